"""A render node: how its state may move, and when failures in a row make it a fault."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from farmdesk.domain.errors import Refused
from farmdesk.domain.states import FailureReason, NodeState
from farmdesk.domain.task import TaskId
from farmdesk.domain.text import quoted

BY_HAND = "by hand"  # stands for the node of frames that a person handed in; none has a blank
FAILURES_TO_FAULT = 3  # in a row

OWN_REASONS = frozenset({FailureReason.GPU, FailureReason.NODE_LOST})
"""Failures that only a sick node causes."""

NODE_REASONS = OWN_REASONS | {FailureReason.CRASH, FailureReason.STALL}
"""Failures that a sick node may cause; the others are the task's or the frame's own."""

_REST = frozenset({NodeState.IDLE, NodeState.MAINTENANCE, NodeState.OFFLINE, NodeState.FAULT})

MOVES: Mapping[NodeState, frozenset[NodeState]] = MappingProxyType(
    {
        NodeState.IDLE: _REST - {NodeState.IDLE} | {NodeState.RENDERING},
        NodeState.RENDERING: frozenset(
            {NodeState.IDLE, NodeState.DRAINING, NodeState.OFFLINE, NodeState.FAULT}
        ),
        # back to rendering when the drain is called off
        NodeState.DRAINING: _REST | {NodeState.RENDERING},
        NodeState.MAINTENANCE: frozenset({NodeState.IDLE, NodeState.OFFLINE}),
        NodeState.OFFLINE: frozenset({NodeState.IDLE, NodeState.MAINTENANCE}),
        # a fault stays over a loss of the network; a rest or a person ends it
        NodeState.FAULT: frozenset({NodeState.IDLE, NodeState.MAINTENANCE}),
    }
)
"""Where a node may go from each state."""

_WORDS: Mapping[NodeState, tuple[str, str]] = MappingProxyType(
    {
        NodeState.IDLE: ("idle", "空闲"),
        NodeState.RENDERING: ("rendering", "渲染中"),
        NodeState.DRAINING: ("draining", "排空中"),
        NodeState.MAINTENANCE: ("in maintenance", "维护中"),
        NodeState.OFFLINE: ("offline", "离线"),
        NodeState.FAULT: ("at fault", "故障"),
    }
)

_INSTEAD: Mapping[NodeState, tuple[str, str]] = MappingProxyType(
    {
        NodeState.IDLE: ("Nothing needs to end on it.", "它上面没有需要结束的工作。"),
        NodeState.RENDERING: ("Drain it first.", "请先将其排空。"),
        NodeState.DRAINING: ("Wait until its frame is done.", "请等待当前帧完成。"),
        NodeState.MAINTENANCE: ("End its maintenance first.", "请先结束维护。"),
        NodeState.OFFLINE: ("Switch it on, or look at its network.", "请开机，或检查其网络。"),
        NodeState.FAULT: (
            "Look at its log, mend it, then set it to idle.",
            "请查看日志并修复，然后设为空闲。",
        ),
    }
)


class IllegalNodeMove(Refused):
    """A move that a node's present state does not allow."""

    def __init__(self, node: str, state: NodeState, to: NodeState) -> None:
        self.node = node
        self.state = state
        self.to = to
        is_en, is_zh = _WORDS[state]
        to_en, to_zh = _WORDS[to]
        en, zh = _INSTEAD[state]
        super().__init__(
            f"Node {quoted(node)} is {is_en} and cannot become {to_en}. {en}",
            f"节点 {quoted(node)} 处于{is_zh}状态，不能变为{to_zh}。{zh}",
        )


class UnknownNode(Refused):
    """A name that no node of the farm has."""

    def __init__(self, node: str) -> None:
        self.node = node
        super().__init__(
            f"There is no node {quoted(node)}. See `farmdesk nodes` for those there are.",
            f"没有节点 {quoted(node)}。请用 `farmdesk nodes` 查看现有节点。",
        )


@dataclass(slots=True)
class RenderNode:
    """A node as the engine holds it. `failures`: in a row, those that speak against the node."""

    name: str
    state: NodeState = NodeState.OFFLINE
    reason: str = ""
    reason_zh: str = ""
    failures: int = 0
    suspect_task: TaskId | None = None  # the task of all failures in a row
    several_tasks: bool = False  # they came from more than one task

    def move(self, to: NodeState, reason: str = "", reason_zh: str = "") -> None:
        """Change the state, and the reason for it, in two languages. Raises IllegalNodeMove."""
        if to not in MOVES[self.state]:
            raise IllegalNodeMove(self.name, self.state, to)
        if self.state is NodeState.FAULT:
            self.succeed()
        self.state, self.reason, self.reason_zh = to, reason, reason_zh

    def succeed(self) -> None:
        """A frame was finished here: what failed before says nothing against the node."""
        self.failures, self.suspect_task, self.several_tasks = 0, None, False

    def fail(self, task_id: TaskId, reason: FailureReason) -> bool:
        """Count a failure; give True when the node should become a FAULT now.

        A GPU error and an agent that vanishes are the node's own. A crash or a stall may be the
        frame's, so those of one task alone never are a fault: one bad scene must not take the whole
        farm down over night.
        """
        if reason not in NODE_REASONS:
            return False
        self.failures += 1
        self.several_tasks |= self.suspect_task not in (None, task_id)
        self.suspect_task = task_id
        enough = self.failures >= FAILURES_TO_FAULT
        return enough and (self.several_tasks or reason in OWN_REASONS)


def offers(tools: Collection[str] | None, name: str, version: str) -> bool:
    """Say whether a node that offers `tools` has this tool in this version; None: every tool."""
    return tools is None or name in tools or f"{name} {version}" in tools
