"""A rendering task: agents' reports become events for its RenderControl, its orders become theirs.

The first half of `TaskRun` is what comes in, the second what goes out.
"""

import logging
from collections.abc import Iterable
from typing import Protocol

from farmdesk.dispatch.appetite import Appetite
from farmdesk.dispatch.events import (
    CancelRange,
    CloseSession,
    Event,
    FrameDone,
    FrameFailed,
    FrameGivenUp,
    FramesRendered,
    FrameStarted,
    OpenSession,
    Order,
    Quiet,
    RenderRange,
    SceneLoaded,
    SessionFailed,
    SlotId,
    SlotLost,
    SlotRevoked,
    StopAfter,
    StoppingAfter,
    TaskHopeless,
)
from farmdesk.dispatch.render_control import RenderControl
from farmdesk.domain.states import FailureReason, FrameState
from farmdesk.domain.text import is_plain_name
from farmdesk.engine.clock import Moment
from farmdesk.engine.farm import Farm
from farmdesk.engine.frame_records import (
    broken_record,
    published_record,
    read_reason,
)
from farmdesk.engine.overlay import overlay
from farmdesk.engine.session import Session
from farmdesk.engine.task_entry import TaskEntry
from nodeagent.reports import (
    AgentReport,
    FrameBegun,
    FrameBroken,
    FramePublished,
    Loaded,
    Log,
    RangeEnded,
    SessionBroken,
    StoppingAfterFrame,
    ToolStarted,
)

log = logging.getLogger(__name__)


class Sessions(Protocol):
    """What a run needs of the engine's agents."""

    def open(self, run: "TaskRun", slot: SlotId, now: Moment) -> Session:
        """Start an agent on the slot for this run, or give the one that is open already."""
        ...

    def failed(self, session: Session, reason: FailureReason, now: Moment) -> None:
        """Note a failure of the session's node."""
        ...


class TaskRun:
    """One RenderControl with its sessions.

    `outbox` gathers the orders that the engine itself must carry out.
    """

    def __init__(
        self, entry: TaskEntry, control: RenderControl, *, farm: Farm, sessions: Sessions
    ) -> None:
        self.entry = entry
        self.control = control
        self.sessions: dict[SlotId, Session] = {}
        self.outbox: list[FramesRendered | TaskHopeless | Quiet] = []
        self._farm = farm
        self._agents = sessions
        self.appetite = Appetite()
        self.banned: set[SlotId] = set()  # slots that failed too often for this task
        self.leaving: set[SlotId] = set()  # slots that shall leave after their frame in hand

    # ---- what comes in ---------------------------------------------------------------------------

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

    @property
    def staying(self) -> tuple[SlotId, ...]:
        """The slots that work for this task and shall stay, the oldest first."""
        return tuple(slot for slot in self.sessions if slot not in self.leaving)

    def said(self, session: Session, report: AgentReport, now: Moment) -> None:
        """Take a report of one of this run's agents."""
        match report:
            case FramePublished():
                self.published(session, report, now)
            case FrameBegun(range_id=number) if number == session.range_id:
                self._begun(session, report, now)
            case FrameBroken(range_id=number, frame=frame) if number == session.range_id:
                if frame in self.control.held(session.slot):  # else it was told before
                    self._broken(session, report, now)
            case SessionBroken(range_id=number) if number == session.range_id:
                reason = read_reason(report.reason)
                self._log("error", f"{report.text} ({reason})", now, session)
                self.feed([SessionFailed(session.slot, reason, report.text)], now)
            case RangeEnded():
                if self.misses(session, report):
                    text = "the range ended, but not all of its frames were reported"
                    self.feed([SessionFailed(session.slot, FailureReason.CRASH, text)], now)
            case StoppingAfterFrame(range_id=number) if number == session.range_id:
                self.feed([StoppingAfter(session.slot, report.frame)], now)
            case Loaded():
                session.load_s = report.seconds
                self._log("info", f"scene loaded in {report.seconds:.1f} s", now, session)
                self.feed([SceneLoaded(session.slot, report.seconds)], now)
            case ToolStarted():
                self._log("info", "started " + " ".join(report.argv), now, session)
            case Log():
                self._log(report.level, report.text, now, session)
            case _:
                pass

    def misses(self, session: Session, report: AgentReport) -> bool:
        """Say whether a report shows that an earlier one was lost.

        The range has ended but not all of its frames, or it has come to a frame too early.
        """
        match report:
            case RangeEnded(range_id=number) if number == session.range_id:
                return bool(self.control.held(session.slot))
            case FrameBegun(number, frame) | FramePublished(number, frame) if (
                number == session.range_id
            ):
                due = self.control.due(session.slot)
                return due is not None and frame > due
            case _:
                return False

    def published(self, session: Session, report: FramePublished, now: Moment) -> None:
        """Take a finished frame.

        One that is of no concern, or whose name is not ours, is refused.
        """
        if report.frame not in self.entry.frames or not is_plain_name(report.path):
            self._log("warning", f"refused frame {report.frame} at {report.path!r}", now, session)
            return
        if session.running == report.frame:
            session.running = None
        self._farm.record_frame(self.entry, published_record(self.entry, session, report, now))
        session.load_s = 0.0
        self.feed([FrameDone(session.slot, report.frame, report.seconds)], now)

    def gone(self, session: Session, now: Moment) -> None:
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

    def _begun(self, session: Session, report: FrameBegun, now: Moment) -> None:
        session.running = report.frame
        self._farm.set_node(
            session.node,
            task_id=self.entry.task.id,
            frame=report.frame,
            frame_started_at=now.utc,
        )
        self.feed([FrameStarted(session.slot, report.frame)], now)

    def _broken(self, session: Session, report: FrameBroken, now: Moment) -> None:
        if session.running == report.frame:
            session.running = None
        reason = read_reason(report.reason)
        self._agents.failed(session, reason, now)
        orders = self.feed([FrameFailed(session.slot, report.frame, reason, report.text)], now)
        given_up = any(isinstance(order, FrameGivenUp) for order in orders)
        self._log("error", f"frame {report.frame} failed: {report.text}", now, session)
        if self.entry.state_of(report.frame) is FrameState.DONE:
            return  # a twin of this frame was faster
        self.entry.attempts[report.frame] = self.entry.attempts.get(report.frame, 0) + 1
        state = FrameState.FAILED if given_up else FrameState.RETRYING
        self._farm.record_frame(
            self.entry, broken_record(self.entry, session.node, report, state, now)
        )

    # ---- what goes out ---------------------------------------------------------------------------

    def _carry_out(self, order: Order, now: Moment) -> None:
        match order:
            case OpenSession(slot=slot):
                self.sessions[slot] = self._agents.open(self, slot, now)
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
                self.entry.last_error = text
                self._log("error", f"frame {frame} given up: {text} ({reason})", now, None)
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

    # ---- what screens see ------------------------------------------------------------------------

    def overlay(self) -> bytes:
        """Give all frame states with what is handed out and rendered now laid over what lasts."""
        sessions = self.sessions.values()
        held = (self.control.held(session.slot) for session in sessions)
        running = (session.running for session in sessions if session.running is not None)
        return overlay(self.entry, held, running)

    def _log(self, level: str, text: str, now: Moment, session: Session | None) -> None:
        node = session.node if session else None
        frame = session.running if session else None
        self._farm.note(self.entry, level, text, now.utc, node=node, frame=frame)
