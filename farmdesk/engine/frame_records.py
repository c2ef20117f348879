"""Finished attempts as the database keeps them, made of what agents report or note."""

from datetime import UTC, datetime

from farmdesk.domain.records import FrameRecord
from farmdesk.domain.states import FailureReason, FrameState
from farmdesk.engine.clock import Moment
from farmdesk.engine.session import AgentSession
from farmdesk.engine.task_entry import TaskEntry
from nodeagent.journal import JournalLine
from nodeagent.reports import FrameBroken, FramePublished


def published_record(
    entry: TaskEntry, session: AgentSession, report: FramePublished, now: Moment
) -> FrameRecord:
    """Give the record of a frame that an agent published."""
    return FrameRecord(
        task_id=entry.task.id,
        frame=report.frame,
        attempt=entry.attempts.get(report.frame, 0) + 1,
        state=FrameState.DONE,
        node=session.node,
        finished_at=now.utc,
        render_s=report.seconds,
        load_s=session.load_s,
        bytes=report.bytes,
        sha256=report.sha256,
        width=report.width,
        height=report.height,
        path=report.path,
    )


def broken_record(
    entry: TaskEntry, node: str, report: FrameBroken, state: FrameState, now: Moment
) -> FrameRecord:
    """Give the record of the attempt in vain that `entry` counted last."""
    return FrameRecord(
        task_id=entry.task.id,
        frame=report.frame,
        attempt=entry.attempts[report.frame],
        state=state,
        node=node,
        finished_at=now.utc,
        render_s=0.0,
        reason=read_reason(report.reason),
        text=report.text,
    )


def record_of(entry: TaskEntry, node: str, line: JournalLine) -> FrameRecord:
    """Give the record of a frame that a node's journal says is finished."""
    return FrameRecord(
        task_id=entry.task.id,
        frame=line.frame,
        attempt=entry.attempts.get(line.frame, 0) + 1,
        state=FrameState.DONE,
        node=node,
        finished_at=datetime.fromtimestamp(line.finished, UTC),
        render_s=line.seconds,
        bytes=line.bytes,
        sha256=line.sha256,
        width=line.width,
        height=line.height,
        path=line.path,
    )


def read_reason(text: str) -> FailureReason:
    """Read an agent's word for a failure; an unknown one, from a newer agent, counts as a crash."""
    try:
        return FailureReason(text)
    except ValueError:
        return FailureReason.CRASH
