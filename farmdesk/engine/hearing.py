"""What agents report becomes events for the render control of their task."""

from farmdesk.dispatch.events import (
    FrameDone,
    FrameFailed,
    FrameGivenUp,
    FrameStarted,
    SceneLoaded,
    SessionFailed,
    StoppingAfter,
)
from farmdesk.domain.states import FailureReason, FrameState
from farmdesk.domain.text import is_plain_name
from farmdesk.engine.agents import Agents
from farmdesk.engine.clock import Moment
from farmdesk.engine.farm import Farm
from farmdesk.engine.frame_records import broken_record, published_record, read_reason
from farmdesk.engine.session import AgentSession
from farmdesk.engine.task_run import TaskRun
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


class Hearing:
    """Believes no report that does not fit: a frame of another task, a range long cancelled."""

    def __init__(self, farm: Farm, agents: Agents) -> None:
        self._farm = farm
        self._agents = agents

    def take(self, run: TaskRun, session: AgentSession, report: AgentReport, now: Moment) -> None:
        """Take a report of one of a run's agents."""
        match report:
            case FramePublished():
                self._published(run, session, report, now)
            case FrameBegun(range_id=number) if number == session.range_id:
                self._begun(run, session, report, now)
            case FrameBroken(range_id=number, frame=frame) if number == session.range_id:
                if frame in run.control.held(session.slot):  # else it was told before
                    self._broken(run, session, report, now)
            case SessionBroken(range_id=number) if number == session.range_id:
                reason = read_reason(report.reason)
                run.note("error", f"{report.text} ({reason})", now, session)
                run.feed([SessionFailed(session.slot, reason, report.text)], now)
            case RangeEnded():
                if misses(run, session, report):
                    text = "the range ended, but not all of its frames were reported"
                    run.feed([SessionFailed(session.slot, FailureReason.CRASH, text)], now)
            case StoppingAfterFrame(range_id=number) if number == session.range_id:
                run.feed([StoppingAfter(session.slot, report.frame)], now)
            case Loaded():
                session.load_s = report.seconds
                run.note("info", f"scene loaded in {report.seconds:.1f} s", now, session)
                run.feed([SceneLoaded(session.slot, report.seconds)], now)
            case ToolStarted():
                run.note("info", "started " + " ".join(report.argv), now, session)
            case Log():
                run.note(report.level, report.text, now, session)
            case _:
                pass

    def _published(
        self, run: TaskRun, session: AgentSession, report: FramePublished, now: Moment
    ) -> None:
        """Take a finished frame, unless it is of no concern or its name is not ours."""
        if report.frame not in run.entry.frames or not is_plain_name(report.path):
            run.note("warning", f"refused frame {report.frame} at {report.path!r}", now, session)
            return
        if session.running == report.frame:
            session.running = None
        self._farm.record_frame(run.entry, published_record(run.entry, session, report, now))
        session.load_s = 0.0
        run.feed([FrameDone(session.slot, report.frame, report.seconds)], now)

    def _begun(self, run: TaskRun, session: AgentSession, report: FrameBegun, now: Moment) -> None:
        session.running = report.frame
        self._farm.set_node(
            session.node,
            task_id=run.entry.task.id,
            frame=report.frame,
            frame_started_at=now.utc,
        )
        run.feed([FrameStarted(session.slot, report.frame)], now)

    def _broken(
        self, run: TaskRun, session: AgentSession, report: FrameBroken, now: Moment
    ) -> None:
        if session.running == report.frame:
            session.running = None
        entry, reason = run.entry, read_reason(report.reason)
        self._agents.failed(session, reason, now)
        orders = run.feed([FrameFailed(session.slot, report.frame, reason, report.text)], now)
        given_up = any(isinstance(order, FrameGivenUp) for order in orders)
        run.note("error", f"frame {report.frame} failed: {report.text}", now, session)
        if entry.state_of(report.frame) is FrameState.DONE:
            return  # a twin of this frame was faster
        entry.attempts[report.frame] = entry.attempts.get(report.frame, 0) + 1
        state = FrameState.FAILED if given_up else FrameState.RETRYING
        self._farm.record_frame(entry, broken_record(entry, session.node, report, state, now))


def misses(run: TaskRun, session: AgentSession, report: AgentReport) -> bool:
    """Say whether a report shows that an earlier one was lost.

    The range has ended but not all of its frames, or it has come to a frame too early.
    """
    match report:
        case RangeEnded(range_id=number) if number == session.range_id:
            return bool(run.control.held(session.slot))
        case FrameBegun(number, frame) | FramePublished(number, frame) if (
            number == session.range_id
        ):
            due = run.control.due(session.slot)
            return due is not None and frame > due
        case _:
            return False
