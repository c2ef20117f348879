"""The reads of downloads: whose a task's results are, and where; the proof of one frame."""

from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, select

from farmdesk.db.models import Frame, Task, table_of
from farmdesk.db.records import frame_record
from farmdesk.domain.records import FrameRecord
from farmdesk.domain.states import FrameState, TaskState

# Made once: each request for segments asks both, and making them takes longer than the answer.
_OF_TASK = select(Task.owner, Task.state, Task.frames, Task.output).where(
    Task.id == bindparam("task_id")
)
_LAST_ATTEMPT = (
    select(table_of(Frame))
    .where(Frame.task_id == bindparam("task_id"), Frame.frame == bindparam("frame"))
    .order_by(Frame.attempt.desc())
    .limit(1)
)


@dataclass(frozen=True, slots=True)
class TaskResults:
    """A task, as far as its results go."""

    owner: str
    state: TaskState
    frames: str  # `1-100x2,150`
    folder: str  # that holds their files


def of_task(connection: Connection, task_id: int) -> TaskResults | None:
    """Give what a download must know of a task; None when there is no such task."""
    row = connection.execute(_OF_TASK, {"task_id": task_id}).one_or_none()
    return None if row is None else TaskResults(row[0], TaskState(row[1]), row[2], row[3])


def proof(connection: Connection, task_id: int, frame: int) -> FrameRecord | None:
    """Give the last attempt at a frame, if that one proved it."""
    row = connection.execute(_LAST_ATTEMPT, {"task_id": task_id, "frame": frame}).one_or_none()
    record = None if row is None else frame_record(row)
    return record if record is not None and record.state is FrameState.DONE else None
