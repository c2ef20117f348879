"""What the engine reads: the farm at its start, a task's attempts when it checks them."""

from collections.abc import Iterator
from itertools import groupby

from sqlalchemy import Connection, Row, Select, func, select, tuple_

from farmdesk.db import commands, urgent_rows
from farmdesk.db.database import Database
from farmdesk.db.flush_rows import SPEC
from farmdesk.db.frame_states import saved_states
from farmdesk.db.models import FarmCounter, Frame, Task, Urgent, table_of
from farmdesk.db.records import frame_record, node_record, node_select, timed
from farmdesk.domain.records import FrameRecord, NewTask, NodeRecord, TaskRecord
from farmdesk.domain.rows import FrameTimes
from farmdesk.domain.snapshot import FarmSnapshot, StoredTask
from farmdesk.domain.states import FrameState, TaskState
from farmdesk.domain.task_commands import SubmitTask

_PAGE = 5000  # attempts in memory at a time
_OVER = {TaskState.QUEUED, TaskState.COMPLETED, TaskState.EXPIRED}  # nothing failed, or no matter


def load_farm(connection: Connection) -> FarmSnapshot:
    """Give the tasks that are not recycled, all nodes, and where the numbers stand."""
    waiting = select(table_of(Task)).where(Task.recycled.is_(False)).order_by(Task.id)
    return FarmSnapshot(
        last_flush=connection.scalars(select(FarmCounter.flush)).one(),
        last_task_id=connection.scalar(select(func.max(Task.id))) or 0,
        tasks=tuple(_stored_task(connection, row) for row in connection.execute(waiting).all()),
        nodes=tuple(sorted(map(node_record, connection.execute(node_select())), key=_name)),
        urgents=urgent_rows.read_open(connection),
        standing=commands.standing(connection),
        last_urgent_id=connection.scalar(select(func.max(Urgent.id))) or 0,
    )


def _name(record: NodeRecord) -> str:
    return record.node


def load_task(connection: Connection, task_id: int) -> StoredTask | None:
    """Give one task; None when there is none."""
    row = connection.execute(select(table_of(Task)).where(Task.id == task_id)).one_or_none()
    return None if row is None else _stored_task(connection, row)


def _stored_task(connection: Connection, row: Row[tuple[object, ...]]) -> StoredTask:
    spec = SubmitTask(
        **{name: getattr(row, name) for name in SPEC},
        priority=row.priority,
        after=row.after,
        after_mode=row.after_mode,
    )
    return StoredTask(
        NewTask(row.id, spec, row.owner, row.created_at, row.total, row.output),
        TaskRecord(
            task_id=row.id,
            state=TaskState(row.state),
            reason=row.reason,
            priority=row.priority,
            position=row.position,
            done=row.done,
            failed=row.failed,
            running=row.running,
            render_s=row.render_s,
            started_at=row.started_at,
            finished_at=row.finished_at,
            frame_states=saved_states(connection, row.id),
            check_report=row.check_report,
            recycled=row.recycled,
            purged=row.purged,
            after=row.after,
            after_mode=row.after_mode,
            reason_zh=row.reason_zh or "",
        ),
        {} if TaskState(row.state) in _OVER else _failures(connection, row.id),
    )


def _failures(connection: Connection, task_id: int) -> dict[int, int]:
    """Give the number of the last attempt in vain of each frame that had one."""
    in_vain = (Frame.task_id == task_id) & (Frame.state != FrameState.DONE)
    query = select(Frame.frame, func.max(Frame.attempt)).where(in_vain).group_by(Frame.frame)
    rows = connection.execute(query).all()
    return {row[0]: row[1] for row in rows}


def _attempts(database: Database, task_id: int, first: int | None = None) -> Iterator[FrameRecord]:
    """Give finished attempts by frame and attempt. Holds no connection between pages."""
    query = select(table_of(Frame)).where(Frame.task_id == task_id)
    if first is not None:
        query = query.where(Frame.frame >= first)
    query = query.order_by(Frame.frame, Frame.attempt).limit(_PAGE)
    page = _page(database, query)
    while page:
        yield from page
        last = page[-1]
        after = tuple_(Frame.frame, Frame.attempt) > (last.frame, last.attempt)
        page = _page(database, query.where(Frame.frame >= last.frame, after))


def _page(database: Database, query: Select[tuple[object, ...]]) -> list[FrameRecord]:
    with database.reading() as connection:
        return [frame_record(row) for row in connection.execute(query)]


def frame_times(database: Database, task_id: int) -> FrameTimes:
    """Give the seconds of each rendered frame; three columns, for there may be 500,000 rows."""
    query = select(Frame.frame, Frame.render_s, Frame.load_s).order_by(Frame.frame, Frame.attempt)
    with database.reading() as connection:
        rows = connection.execute(query.where(Frame.task_id == task_id, timed())).all()
    loads = [row[2] for row in rows if row[2] > 0.0]
    return FrameTimes(
        task_id, {row[0]: row[1] for row in rows}, sum(loads) / len(loads) if loads else None
    )


def proofs(database: Database, task_id: int, first: int | None = None) -> Iterator[FrameRecord]:
    """Give the last attempt of each frame from `first` on, where that one proved it."""
    for _, tries in groupby(_attempts(database, task_id, first), key=lambda record: record.frame):
        *_, last = tries
        if last.state is FrameState.DONE:
            yield last
