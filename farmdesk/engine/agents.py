"""All agents that run now.

Starts them, hears them, notices those that fell silent, knows which slots are free.
"""

import itertools
import logging
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from farmdesk.dispatch.events import SlotId
from farmdesk.dispatch.wants import Place
from farmdesk.domain.node import RenderNode
from farmdesk.domain.states import FailureReason, NodeState
from farmdesk.domain.task import TaskId
from farmdesk.engine.clock import Moment
from farmdesk.engine.farm import Farm
from farmdesk.engine.ports import Launcher
from farmdesk.engine.posts import AgentGone, AgentSaid
from farmdesk.engine.session import Session
from farmdesk.engine.task_entry import TaskEntry
from farmdesk.engine.task_run import TaskRun
from nodeagent.protocol import FramePublished, Hello, Open, Sample

log = logging.getLogger(__name__)

REST_S = (60.0, 300.0, 900.0)  # a faulty node is tried again after these: nobody is called at night

_USABLE = frozenset({NodeState.IDLE, NodeState.RENDERING})

_AT_REST: dict[str, object] = {"task_id": None, "frame": None, "frame_started_at": None}


@dataclass(frozen=True, slots=True)
class Slot:
    """One place of a node where one tool process runs.

    `speed` None: not known. `tools` None: every tool; see `dispatch.wants.Place`.
    """

    id: SlotId
    node: str
    launcher: Launcher
    speed: float | None = None
    pool: str = ""
    tools: frozenset[str] | None = None


class Agents:
    """`post` puts what agents say into the loop's inbox.

    `order_for` writes the `Open` order of a task on a slot.
    """

    def __init__(
        self,
        slots: list[Slot],
        *,
        farm: Farm,
        post: Callable[[AgentSaid | AgentGone], None],
        order_for: Callable[[TaskEntry, Slot], Open],
    ) -> None:
        self._slots = {slot.id: slot for slot in slots}
        self._farm = farm
        self._post = post
        self._order_for = order_for
        self._numbers = itertools.count(1)
        self._sessions: dict[int, tuple[Session, TaskRun]] = {}
        self._busy: dict[SlotId, Session] = {}
        self._rests: dict[str, float] = {}  # faulty nodes, and until when they are left alone
        self._drained: dict[str, str] = {}  # nodes that take nothing new, and who said so
        self._faults: Counter[str] = Counter()  # rests since the node last published a frame
        self._nodes = {slot.node: RenderNode(slot.node) for slot in slots}
        self._slots_of: dict[str, list[SlotId]] = {}
        for slot in slots:
            self._slots_of.setdefault(slot.node, []).append(slot.id)
        self._unready = {slot.id for slot in slots}  # no next agent was prepared there
        self._held: set[SlotId] = set()  # where agents of an earlier engine still work
        self._places = [Place(slot.id, slot.node, slot.pool, slot.tools) for slot in slots]
        self.changes = 0  # grows whenever a slot falls free, or a node may work or not any more
        for name in farm.nodes.keys() | self._nodes.keys():
            farm.set_node(name, state=NodeState.OFFLINE, reason="", reason_zh="", **_AT_REST)
        for slot in slots:
            tools = None if slot.tools is None else tuple(sorted(slot.tools))
            farm.set_node(slot.node, pool=slot.pool, tools=tools)
        for name in self._nodes:
            self._move(name, NodeState.IDLE)

    def hang_up(self) -> None:
        """Leave all agents: they finish the frame in hand, note it in their journals and end."""
        for session, _ in self._sessions.values():
            session.link.hang_up()
        for name in self._nodes:
            self._farm.set_node(
                name,
                state=NodeState.OFFLINE,
                reason="the engine does not run",
                reason_zh="引擎未运行",
                **_AT_REST,
            )

    @property
    def nodes(self) -> Mapping[str, RenderNode]:
        """The nodes by name."""
        return self._nodes

    @property
    def places(self) -> Sequence[Place]:
        """All slots of all nodes."""
        return self._places

    @property
    def busy(self) -> Mapping[SlotId, Session]:
        """The slots where an agent runs, one that is told to end included."""
        return self._busy

    @property
    def held(self) -> Collection[SlotId]:
        """The slots where agents of an earlier engine still finish a frame."""
        return self._held

    def hold(self, slot: SlotId) -> None:
        """Leave a slot to an agent of an earlier engine."""
        self._held.add(slot)

    def let_go(self, slot: SlotId) -> None:
        """A slot that was held is free."""
        self._held.discard(slot)
        self.changes += 1

    def usable(self, node: str) -> bool:
        """Say whether slots of a node could start to work now, or when they are free."""
        return node not in self._rests and self._nodes[node].state in _USABLE

    def slot(self, slot: SlotId) -> Slot:
        """Give a slot by its name."""
        return self._slots[slot]

    def open(self, run: TaskRun, slot: SlotId, now: Moment) -> Session:
        """Start an agent on the slot for this run, or give the one that is open already."""
        current = run.sessions.get(slot)
        if current is not None:
            return current
        place = self._slots[slot]
        order = self._order_for(run.entry, place)
        number = next(self._numbers)
        link = place.launcher.launch(
            slot,
            on_report=lambda report: self._post(AgentSaid(number, report)),
            on_gone=lambda text: self._post(AgentGone(number, text)),
        )
        session = Session(
            id=number,
            slot=slot,
            node=place.node,
            task_id=run.entry.task.id,
            link=link,
            heard_at=now.seconds,
        )
        self._sessions[number] = (session, run)
        self._busy[slot] = session
        if self._nodes[place.node].state is not NodeState.RENDERING:
            self._move(place.node, NodeState.RENDERING)
        self._farm.set_node(place.node, task_id=session.task_id)
        session.open(order)
        return session

    def hear(self, post: AgentSaid, now: Moment) -> tuple[Session, TaskRun] | None:
        """Note that an agent lives and what it says of its node.

        None when it is not known any more.
        """
        found = self._sessions.get(post.session)
        if found is None:
            return None
        session, _ = found
        session.heard_at = now.seconds
        match post.report:
            case Hello(cpus=cpus, memory_mb=memory_mb, gpus=gpus):
                self._farm.set_node(session.node, cpus=cpus, memory_mb=memory_mb, gpus=tuple(gpus))
            case Sample() as sample:
                self._farm.set_node(
                    session.node,
                    cpu=sample.cpu,
                    memory=sample.memory,
                    gpu=sample.gpu,
                    disk_free_mb=sample.disk_free_mb,
                    sampled_at=now.utc,
                )
            case FramePublished():
                self._nodes[session.node].succeed()
                self._faults.pop(session.node, None)
            case _:
                pass
        return found

    def end(self, post: AgentGone, now: Moment) -> tuple[Session, TaskRun] | None:
        """Take an agent that has ended out; its slot is free, or rests after too many bad ends."""
        found = self._sessions.pop(post.session, None)
        if found is None:
            return None
        session, _ = found
        if self._busy.get(session.slot) is session:
            del self._busy[session.slot]
            self._unready.add(session.slot)
        self.changes += 1
        self._show_rest(session.node)
        if not session.closing:
            self.failed(session, FailureReason.NODE_LOST, now)
        return found

    def _show_rest(self, node: str) -> None:
        """After an agent has ended: show what the node's other slots do, or that it idles."""
        others = (self._busy.get(slot) for slot in self._slots_of[node])
        other = next((session for session in others if session is not None), None)
        if other is not None:
            self._farm.set_node(
                node, task_id=other.task_id, frame=other.running, frame_started_at=None
            )
            return
        self._farm.set_node(node, **_AT_REST)
        if node not in self._rests:
            self._move_idle(node)

    def drain(self, node: str, by: str) -> None:
        """From now on a node takes nothing new; when nothing runs on it, it is in maintenance."""
        self._drained[node] = by
        self.changes += 1
        if node in self._rests:
            return
        if self._works(node):
            self._move(node, NodeState.DRAINING, *_drained_by(by))
        else:
            self._move_idle(node)

    def bring_back(self, node: str) -> None:
        """Let a drained node work again."""
        del self._drained[node]
        self.changes += 1
        if node not in self._rests:
            self._move(node, NodeState.RENDERING if self._works(node) else NodeState.IDLE)

    def _works(self, node: str) -> bool:
        return any(slot in self._busy for slot in self._slots_of[node])

    def _move_idle(self, node: str) -> None:
        """Nothing runs on a node: it idles, or is in maintenance where it was drained."""
        by = self._drained.get(node)
        if by is None:
            self._move(node, NodeState.IDLE)
        else:
            self._move(node, NodeState.MAINTENANCE, *_drained_by(by))

    def silent(self, now: Moment) -> list[Session]:
        """Ping all agents that are due, and give those that were silent for too long."""
        return [session for session, _ in self._sessions.values() if not session.watch(now.seconds)]

    def failed(self, session: Session, reason: FailureReason, now: Moment) -> None:
        """Count a failure of the session's node; a node that is at fault rests.

        Longer each time, so that a broken node costs little, and a mended one comes back without
        anybody being called.
        """
        node = self._nodes[session.node]
        at_fault = node.fail(TaskId(session.task_id), reason)
        if not at_fault or session.node in self._rests or node.state is NodeState.MAINTENANCE:
            return
        rest = REST_S[min(self._faults[session.node], len(REST_S) - 1)]
        self._faults[session.node] += 1
        self._rests[session.node] = now.seconds + rest
        self.changes += 1
        text = f"{node.failures} failures in a row ({reason}); tried again in {rest / 60:.0f} min"
        text_zh = f"连续失败 {node.failures} 次（{reason}）；{rest / 60:.0f} 分钟后重试"
        self._move(session.node, NodeState.FAULT, text, text_zh)
        log.warning("node %s: %s", session.node, text)
        for other, _ in list(self._sessions.values()):
            if other.node == session.node:
                other.link.kill()

    def wake(self, now: Moment) -> None:
        """Give nodes whose rest is over back to the farm; free slots get their next agents."""
        self._make_ready()
        for node in [node for node, until in self._rests.items() if until <= now.seconds]:
            del self._rests[node]
            self.changes += 1
            self._show_rest(node)

    def _make_ready(self) -> None:
        """Prepare the next agents of the slots that are free, a little after their last ones ended.

        A task whose last agents ended is checked first: that should not wait for a start.
        """
        for slot in self._unready - self._busy.keys():
            self._unready.discard(slot)
            self._slots[slot].launcher.keep_ready(slot)

    def _move(self, name: str, state: NodeState, reason: str = "", reason_zh: str = "") -> None:
        node = self._nodes[name]
        node.move(state, reason, reason_zh)
        self._farm.set_node(
            name, state=state, reason=reason, reason_zh=reason_zh, failures=node.failures
        )


def _drained_by(login: str) -> tuple[str, str]:
    return f"drained by {login}", f"由 {login} 排空"
