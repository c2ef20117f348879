"""A rendering task: what its RenderControl orders is carried to the agents."""

from collections.abc import Callable, Iterable

from farmdesk.dispatch.appetite import Appetite
from farmdesk.dispatch.events import (
    CancelRange,
    CloseSession,
    Event,
    FrameDone,
    FrameGivenUp,
    FramesRendered,
    OpenSession,
    Order,
    Quiet,
    RenderRange,
    SlotId,
    SlotLost,
    SlotRevoked,
    StopAfter,
    TaskHopeless,
)
from farmdesk.dispatch.render_control import RenderControl
from farmdesk.domain.failure_words import advised, why_failed
from farmdesk.domain.states import FrameState
from farmdesk.engine.clock import Moment
from farmdesk.engine.farm import Farm
from farmdesk.engine.overlay import overlay
from farmdesk.engine.session import AgentSession
from farmdesk.engine.task_entry import TaskEntry

SessionOpener = Callable[["TaskRun", SlotId, Moment], AgentSession]
"""Starts an agent on the slot for a run, or gives the one that is open already."""


class TaskRun:
    """One RenderControl with its sessions.

    `outbox` gathers the orders that the engine itself must carry out.
    """

    def __init__(
        self, entry: TaskEntry, control: RenderControl, *, farm: Farm, open_session: SessionOpener
    ) -> None:
        self.entry = entry
        self.control = control
        self.sessions: dict[SlotId, AgentSession] = {}
        self.outbox: list[FramesRendered | TaskHopeless | Quiet] = []
        self._farm = farm
        self._open_session = open_session
        self.appetite = Appetite()
        self.banned: set[SlotId] = set()  # slots that failed too often for this task
        self.leaving: set[SlotId] = set()  # slots that shall leave after their frame in hand

    @property
    def staying(self) -> tuple[SlotId, ...]:
        """The slots that work for this task and shall stay, the oldest first."""
        return tuple(slot for slot in self.sessions if slot not in self.leaving)

    def feed(self, events: Iterable[Event], now: Moment) -> list[Order]:
        """Give events of one instant to the control and carry out its orders."""
        orders = self.control.handle_all(list(events), now.seconds)
        for order in orders:
            self._carry_out(order, now)
        return orders

    def revoke(self, slots: Iterable[SlotId], now: Moment, *, kill: bool = False) -> None:
        """Let slots leave this task: after their frame in hand, or at once (`kill`)."""
        slots = [slot for slot in slots if slot in self.sessions]
        self.leaving.update(slots)
        self.feed([SlotRevoked(slot, kill) for slot in slots], now)

    def gone(self, session: AgentSession, now: Moment) -> None:
        """An agent has ended. What it had not published goes back."""
        if self.sessions.get(session.slot) is session:
            del self.sessions[session.slot]
            self.leaving.discard(session.slot)
        if not session.closing:
            self.feed([SlotLost(session.slot)], now)

    def found(self, frame: int, seconds: float, node: str, now: Moment) -> None:
        """A node's journal knows of a finished frame that was never reported."""
        slot = next((key for key, item in self.sessions.items() if item.node == node), None)
        self.feed([FrameDone(slot or SlotId(node), frame, seconds)], now)

    def note(self, level: str, text: str, now: Moment, session: AgentSession | None = None) -> None:
        """Note a line for people about this task, and about what a session does for it."""
        node = session.node if session else None
        frame = session.running if session else None
        self._farm.note(self.entry, level, text, now.utc, node=node, frame=frame)

    def overlay(self) -> bytes:
        """Give all frame states with what is handed out and rendered now laid over what lasts."""
        sessions = self.sessions.values()
        held = (self.control.held(session.slot) for session in sessions)
        running = (session.running for session in sessions if session.running is not None)
        return overlay(self.entry, held, running)

    # ---- orders ----------------------------------------------------------------------------------

    def _carry_out(self, order: Order, now: Moment) -> None:
        match order:
            case OpenSession(slot=slot):
                self.sessions[slot] = self._open_session(self, slot, now)
            case RenderRange(slot=slot, frames=frames):
                self.sessions[slot].render(frames)
            case StopAfter(slot=slot, frame=frame):
                self.sessions[slot].stop_after(frame)
            case CancelRange(slot=slot):
                self.sessions[slot].cancel()
            case CloseSession(slot=slot, fault=fault):
                self._close(slot, fault)
            case FrameGivenUp(frame=frame, reason=reason, text=text):
                self.entry.set_state(frame, FrameState.FAILED)
                self.entry.last_error = advised(why_failed(reason, text), reason)
                self.note("error", f"frame {frame} given up: {text} ({reason})", now)
                self._farm.touch(self.entry, states=True)
            case _:
                self.outbox.append(order)

    def _close(self, slot: SlotId, fault: bool) -> None:
        self.leaving.discard(slot)
        if fault:
            self.banned.add(slot)
        session = self.sessions.pop(slot, None)
        if session is not None:
            session.close()
