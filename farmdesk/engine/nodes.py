"""The nodes' states: which may take work, which rest after failures, which are drained.

Every move is shown on the farm's table of nodes, and lets the slots be planned anew.
"""

import logging
from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from farmdesk.dispatch.wants import Place
from farmdesk.domain.node import RenderNode
from farmdesk.domain.state_words import REASONS
from farmdesk.domain.states import FailureReason, NodeState
from farmdesk.domain.task import TaskId
from farmdesk.engine.clock import Moment
from farmdesk.engine.farm import Farm
from nodeagent.reports import AgentReport, FramePublished, Hello, Sample

log = logging.getLogger(__name__)

REST_S = (60.0, 300.0, 900.0)  # a faulty node is tried again after these: nobody is called at night

_USABLE = frozenset({NodeState.IDLE, NodeState.RENDERING})

_AT_REST: dict[str, object] = {"task_id": None, "frame": None, "frame_started_at": None}


class Nodes:
    """All nodes of the farm; who starts agents says what runs where."""

    def __init__(self, places: Sequence[Place], farm: Farm) -> None:
        """Show all that have places as idle, and all that are known of old as offline."""
        self.by_name: Mapping[str, RenderNode] = {p.node: RenderNode(p.node) for p in places}
        self._farm = farm
        self._rests: dict[str, float] = {}  # faulty nodes, and until when they are left alone
        self._drained: dict[str, str] = {}  # nodes that take nothing new, and who said so
        self._faults: Counter[str] = Counter()  # rests since the node last published a frame
        for name in farm.nodes.keys() | self.by_name.keys():
            farm.set_node(name, state=NodeState.OFFLINE, reason="", reason_zh="", **_AT_REST)
        for place in places:
            farm.set_node(place.node, pool=place.pool, tools=_shown(place.tools))
        for name in self.by_name:
            self._move(name, NodeState.IDLE)

    def usable(self, name: str) -> bool:
        """Say whether slots of a node could start to work now, or when they are free."""
        return name not in self._rests and self.by_name[name].state in _USABLE

    def switch_off(self) -> None:
        """Show all as offline: the engine ends."""
        for name in self.by_name:
            self._farm.set_node(
                name,
                state=NodeState.OFFLINE,
                reason="the engine does not run",
                reason_zh="引擎未运行",
                **_AT_REST,
            )

    # ---- what agents do --------------------------------------------------------------------------

    def take_up(self, name: str, task_id: int) -> None:
        """An agent starts on a node."""
        if self.by_name[name].state is not NodeState.RENDERING:
            self._move(name, NodeState.RENDERING)
        self._farm.set_node(name, task_id=task_id)

    def heard(self, name: str, report: AgentReport, now: Moment) -> None:
        """Take what an agent says of its node."""
        match report:
            case Hello(cpus=cpus, memory_mb=memory_mb, gpus=gpus):
                self._farm.set_node(name, cpus=cpus, memory_mb=memory_mb, gpus=tuple(gpus))
            case Sample():
                self._farm.set_node(
                    name,
                    cpu=report.cpu,
                    memory=report.memory,
                    gpu=report.gpu,
                    disk_free_mb=report.disk_free_mb,
                    sampled_at=now.utc,
                )
            case FramePublished():
                self.by_name[name].succeed()
                self._faults.pop(name, None)
            case _:
                pass

    def show_work(self, name: str, task_id: int, frame: int | None) -> None:
        """One of a node's agents has ended; another one works for this task."""
        self._farm.set_node(name, task_id=task_id, frame=frame, frame_started_at=None)

    def show_rest(self, name: str) -> None:
        """Nothing runs on a node any more."""
        self._farm.set_node(name, **_AT_REST)
        if name not in self._rests:
            self._move_idle(name)

    # ---- drained by a person ---------------------------------------------------------------------

    def drain(self, name: str, by: str, *, works: bool) -> None:
        """From now on a node takes nothing new; when nothing runs on it, it is in maintenance."""
        self._drained[name] = by
        self._farm.changes += 1
        if name in self._rests:
            return
        if works:
            self._move(name, NodeState.DRAINING, *_drained_by(by))
        else:
            self._move_idle(name)

    def bring_back(self, name: str, *, works: bool) -> None:
        """Let a drained node work again."""
        del self._drained[name]
        self._farm.changes += 1
        if name not in self._rests:
            self._move(name, NodeState.RENDERING if works else NodeState.IDLE)

    def _move_idle(self, name: str) -> None:
        """Nothing runs on a node: it idles, or is in maintenance where it was drained."""
        by = self._drained.get(name)
        if by is None:
            self._move(name, NodeState.IDLE)
        else:
            self._move(name, NodeState.MAINTENANCE, *_drained_by(by))

    # ---- at rest after failures ------------------------------------------------------------------

    def failed(self, name: str, task_id: int, reason: FailureReason, now: Moment) -> bool:
        """Count a failure; True when the node is at fault now: nothing shall run on it.

        It rests, longer each time, so that a broken node costs little, and a mended one comes back
        without anybody being called.
        """
        node = self.by_name[name]
        at_fault = node.fail(TaskId(task_id), reason)
        if not at_fault or name in self._rests or node.state is NodeState.MAINTENANCE:
            return False
        rest = REST_S[min(self._faults[name], len(REST_S) - 1)]
        self._faults[name] += 1
        self._rests[name] = now.seconds + rest
        self._farm.changes += 1
        why, minutes = REASONS[reason], f"{rest / 60:.0f}"
        text = f"{node.failures} failures in a row ({why.en}); tried again in {minutes} min"
        text_zh = f"连续失败 {node.failures} 次（{why.zh}）；{minutes} 分钟后重试"
        self._move(name, NodeState.FAULT, text, text_zh)
        log.warning("node %s: %s", name, text)
        return True

    def end_rests(self, now: Moment) -> list[str]:
        """Give the nodes whose rest is over; show what they do, and they may work again."""
        rested = [name for name, until in self._rests.items() if until <= now.seconds]
        for name in rested:
            del self._rests[name]
            self._farm.changes += 1
        return rested

    def _move(self, name: str, state: NodeState, reason: str = "", reason_zh: str = "") -> None:
        node = self.by_name[name]
        node.move(state, reason, reason_zh)
        self._farm.set_node(
            name, state=state, reason=reason, reason_zh=reason_zh, failures=node.failures
        )


def _shown(tools: Collection[str] | None) -> tuple[str, ...] | None:
    return None if tools is None else tuple(sorted(tools))


def _drained_by(login: str) -> tuple[str, str]:
    return f"drained by {login}", f"由 {login} 排空"
