"""All agents that run now: starts them, hears them, notices those that fell silent."""

import itertools
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from farmdesk.dispatch.events import SlotId
from farmdesk.dispatch.wants import Place
from farmdesk.domain.states import FailureReason
from farmdesk.engine.clock import Moment
from farmdesk.engine.farm import Farm
from farmdesk.engine.nodes import Nodes
from farmdesk.engine.ports import Launcher
from farmdesk.engine.posts import AgentGone, AgentSaid
from farmdesk.engine.session import AgentSession
from farmdesk.engine.task_entry import TaskEntry
from farmdesk.engine.task_run import TaskRun
from nodeagent.orders import Open


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
    """Knows which slots are free. `nodes`: the states of the nodes that they belong to.

    `post` puts what agents say into the loop's inbox. `order_for` writes the `Open` order of a task
    on a slot.
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
        self._places = [Place(slot.id, slot.node, slot.pool, slot.tools) for slot in slots]
        self.nodes = Nodes(self._places, farm)
        self._farm = farm
        self._post = post
        self._order_for = order_for
        self._numbers = itertools.count(1)
        self._sessions: dict[int, tuple[AgentSession, TaskRun]] = {}
        self._busy: dict[SlotId, AgentSession] = {}
        self._slots_of: dict[str, list[SlotId]] = {}
        for slot in slots:
            self._slots_of.setdefault(slot.node, []).append(slot.id)
        self._unready = {slot.id for slot in slots}  # no next agent was prepared there
        self._held: set[SlotId] = set()  # where agents of an earlier engine still work

    def hang_up(self) -> None:
        """Leave all agents: they finish the frame in hand, note it in their journals and end."""
        for session, _ in self._sessions.values():
            session.link.hang_up()
        self.nodes.switch_off()

    # ---- slots -----------------------------------------------------------------------------------

    @property
    def places(self) -> Sequence[Place]:
        """All slots of all nodes."""
        return self._places

    def usable_places(self) -> list[Place]:
        """Give the slots that could start to work now, or when they are free."""
        return [
            place
            for place in self._places
            if self.nodes.usable(place.node) and place.slot not in self._held
        ]

    @property
    def busy(self) -> Mapping[SlotId, AgentSession]:
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
        self._farm.changes += 1

    def slot(self, slot: SlotId) -> Slot:
        """Give a slot by its name."""
        return self._slots[slot]

    # ---- an agent's life -------------------------------------------------------------------------

    def open(self, run: TaskRun, slot: SlotId, now: Moment) -> AgentSession:
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
        session = AgentSession(
            id=number,
            slot=slot,
            node=place.node,
            task_id=run.entry.task.id,
            link=link,
            heard_at=now.seconds,
        )
        self._sessions[number] = (session, run)
        self._busy[slot] = session
        self.nodes.take_up(place.node, session.task_id)
        session.open(order)
        return session

    def hear(self, post: AgentSaid, now: Moment) -> tuple[AgentSession, TaskRun] | None:
        """Note that an agent lives and what it says of its node.

        None when it is not known any more.
        """
        found = self._sessions.get(post.session)
        if found is None:
            return None
        session, _ = found
        session.heard_at = now.seconds
        self.nodes.heard(session.node, post.report, now)
        return found

    def end(self, post: AgentGone, now: Moment) -> tuple[AgentSession, TaskRun] | None:
        """Take an agent that has ended out; its slot is free, or rests after too many bad ends."""
        found = self._sessions.pop(post.session, None)
        if found is None:
            return None
        session, _ = found
        if self._busy.get(session.slot) is session:
            del self._busy[session.slot]
            self._unready.add(session.slot)
        self._farm.changes += 1
        self._show(session.node)
        if not session.closing:
            self.failed(session, FailureReason.NODE_LOST, now)
        return found

    def silent(self, now: Moment) -> list[AgentSession]:
        """Ping all agents that are due, and give those that were silent for too long."""
        return [session for session, _ in self._sessions.values() if not session.watch(now.seconds)]

    def failed(self, session: AgentSession, reason: FailureReason, now: Moment) -> None:
        """Count a failure of the session's node; all agents of one at fault are killed."""
        if self.nodes.failed(session.node, session.task_id, reason, now):
            for other, _ in list(self._sessions.values()):
                if other.node == session.node:
                    other.link.kill()

    def wake(self, now: Moment) -> None:
        """Give nodes whose rest is over back to the farm; free slots get their next agents."""
        self._make_ready()
        for node in self.nodes.end_rests(now):
            self._show(node)

    def _make_ready(self) -> None:
        """Prepare the next agents of the slots that are free, a little after their last ones ended.

        A task whose last agents ended is checked first: that should not wait for a start.
        """
        for slot in self._unready - self._busy.keys():
            self._unready.discard(slot)
            self._slots[slot].launcher.keep_ready(slot)

    # ---- nodes -----------------------------------------------------------------------------------

    def drain(self, node: str, by: str) -> None:
        """From now on a node takes nothing new."""
        self.nodes.drain(node, by, works=bool(self._at_work(node)))

    def bring_back(self, node: str) -> None:
        """Let a drained node work again."""
        self.nodes.bring_back(node, works=bool(self._at_work(node)))

    def _show(self, node: str) -> None:
        """After an agent has ended: show what the node's other slots do, or that it idles."""
        others = self._at_work(node)
        if others:
            self.nodes.show_work(node, others[0].task_id, others[0].running)
        else:
            self.nodes.show_rest(node)

    def _at_work(self, node: str) -> list[AgentSession]:
        return [self._busy[slot] for slot in self._slots_of[node] if slot in self._busy]
