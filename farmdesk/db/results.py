"""The reads of downloads: whose a task's results are, and where; the proof of one frame."""

from dataclasses import dataclass

from sqlalchemy import Connection, select

from farmdesk.db.models import Frame, Task, table_of
from farmdesk.db.records import frame_record
from farmdesk.domain.records import FrameRecord
from farmdesk.domain.states import FrameState, TaskState


@dataclass(frozen=True, slots=True)
class TaskResults:
    """A task, as far as its results go."""

    owner: str
    state: TaskState
    frames: str  # `1-100x2,150`
    folder: str  # that holds their files


def of_task(connection: Connection, task_id: int) -> TaskResults | None:
    """Give what a download must know of a task; None when there is no such task."""
    columns = (Task.owner, Task.state, Task.frames, Task.output)
    row = connection.execute(select(*columns).where(Task.id == task_id)).one_or_none()
    return None if row is None else TaskResults(row[0], TaskState(row[1]), row[2], row[3])


def proof(connection: Connection, task_id: int, frame: int) -> FrameRecord | None:
    """Give the last attempt at a frame, if that one proved it."""
    query = select(table_of(Frame)).where(Frame.task_id == task_id, Frame.frame == frame)
    row = connection.execute(query.order_by(Frame.attempt.desc()).limit(1)).one_or_none()
    record = None if row is None else frame_record(row)
    return record if record is not None and record.state is FrameState.DONE else None
