"""All agents that run now.

Starts them, hears them, notices those that fell silent, knows which slots are free.
"""

import itertools
import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from farmdesk.dispatch.events import SlotId
from farmdesk.domain.node import RenderNode
from farmdesk.domain.states import FailureReason, NodeState
from farmdesk.domain.task import TaskId
from farmdesk.engine.clock import Moment
from farmdesk.engine.farm import Farm, TaskEntry
from farmdesk.engine.ports import Launcher
from farmdesk.engine.posts import AgentGone, AgentSaid
from farmdesk.engine.session import Session
from farmdesk.engine.task_run import TaskRun
from nodeagent.protocol import FramePublished, Hello, Open, Pong, Sample

log = logging.getLogger(__name__)

REST_S = (60.0, 300.0, 900.0)  # a faulty node is tried again after these: nobody is called at night

_AT_REST: dict[str, object] = {"task_id": None, "frame": None, "frame_started_at": None}


@dataclass(frozen=True, slots=True)
class Slot:
    """One place of a node where one tool process runs. `speed` None: not known."""

    id: SlotId
    node: str
    launcher: Launcher
    speed: float | None = None


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
        self._rests: dict[SlotId, float] = {}  # faulty slots, and until when they are left alone
        self._faults: Counter[SlotId] = Counter()  # rests since the slot last published a frame
        self._nodes = {slot.node: RenderNode(slot.node) for slot in slots}
        for name in farm.nodes.keys() | self._nodes.keys():
            farm.set_node(name, state=NodeState.OFFLINE, reason="", **_AT_REST)
        for slot in slots:
            self._move(slot.node, NodeState.IDLE)

    def hang_up(self) -> None:
        """Leave all agents: they finish the frame in hand, note it in their journals and end."""
        for session, _ in self._sessions.values():
            session.link.hang_up()
        for name in self._nodes:
            self._farm.set_node(
                name, state=NodeState.OFFLINE, reason="the engine does not run", **_AT_REST
            )

    def free(self) -> list[Slot]:
        """Give the slots that could start to work now."""
        return [
            slot
            for key, slot in self._slots.items()
            if key not in self._busy and key not in self._rests
        ]

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
            case Pong():
                session.ready = True
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
                self._faults.pop(session.slot, None)
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
        self._farm.set_node(session.node, **_AT_REST)
        if session.slot not in self._rests:
            self._move(session.node, NodeState.IDLE)
        if not session.closing:
            self.failed(session, FailureReason.NODE_LOST, now)
        return found

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
        if not at_fault or session.slot in self._rests:
            return
        rest = REST_S[min(self._faults[session.slot], len(REST_S) - 1)]
        self._faults[session.slot] += 1
        self._rests[session.slot] = now.seconds + rest
        text = f"{node.failures} failures in a row ({reason}); tried again in {rest / 60:.0f} min"
        self._move(session.node, NodeState.FAULT, text)
        log.warning("node %s: %s", session.node, text)
        if session.id in self._sessions:
            session.link.kill()

    def wake(self, now: Moment) -> None:
        """Give slots whose rest is over back to the farm."""
        for slot in [slot for slot, until in self._rests.items() if until <= now.seconds]:
            del self._rests[slot]
            if slot not in self._busy:
                self._move(self._slots[slot].node, NodeState.IDLE)

    def _move(self, node: str, state: NodeState, reason: str = "") -> None:
        self._nodes[node].move(state, reason)
        self._farm.set_node(node, state=state, reason=reason, failures=self._nodes[node].failures)
