"""The reads of links: each costs what changed, never what there is.

`rev` grows with each flush, and a flush becomes visible at once: rows with `rev > since` are all
that changed.
"""

import math
from collections.abc import Collection

from sqlalchemy import Connection, Select, case, func, select

from farmdesk.db.commands import COLUMNS, command_row
from farmdesk.db.frame_states import live_states
from farmdesk.db.models import FarmCounter, Frame, Log, NodeSlot, SentCommand, Task, table_of
from farmdesk.db.records import AnyRow, frame_record, log_record, node_record, node_select, timed
from farmdesk.domain.errors import Refused
from farmdesk.domain.frames import FrameSet
from farmdesk.domain.rows import CommandRow, FrameRow, FrameStates, LogRow, NodeRow, Pace, TaskRow
from farmdesk.domain.states import TaskState


def tasks(
    connection: Connection, since_rev: int, recycled: bool | None, owner: str | None = None
) -> list[TaskRow]:
    """Give the tasks that changed since, by position; `recycled` None gives both queues.

    `owner`: only this user's.
    """
    query = _tasks().where(Task.rev > since_rev).order_by(Task.position, Task.id)
    if recycled is not None:
        query = query.where(Task.recycled.is_(recycled))
    if owner is not None:
        query = query.where(Task.owner == owner)
    return [_task_row(row) for row in connection.execute(query)]


def task(connection: Connection, task_id: int) -> TaskRow:
    """Give one task. Raises Refused when there is none."""
    row = connection.execute(_tasks().where(Task.id == task_id)).one_or_none()
    if row is None:
        raise _no_task(task_id)
    return _task_row(row)


def owner_of(connection: Connection, task_id: int) -> str | None:
    """Give the login of a task's owner; None when there is no such task."""
    return connection.scalar(select(Task.owner).where(Task.id == task_id))


def owned(connection: Connection, task_ids: Collection[int], owner: str) -> list[int]:
    """Give those of these tasks that belong to a user."""
    wanted = Task.id.in_(task_ids) & (Task.owner == owner)
    return list(connection.scalars(select(Task.id).where(wanted)))


def frame_states(connection: Connection, task_id: int) -> FrameStates:
    """Give the state of every frame. Raises Refused when there is no such task."""
    # The rev comes first: what is flushed between the two reads is then seen again, not missed.
    rev = connection.scalars(select(FarmCounter.rev)).one()
    task(connection, task_id)
    return FrameStates(task_id, rev, live_states(connection, task_id))


def scene(connection: Connection, task_id: int) -> str:
    """Give the path of a task's scene on the farm. Raises Refused when there is no such task."""
    path = connection.scalar(select(Task.scene).where(Task.id == task_id))
    if path is None:
        raise _no_task(task_id)
    return path


def frames(
    connection: Connection,
    task_id: int,
    since_rev: int,
    limit: int,
    *,
    within: FrameSet | None = None,
) -> list[FrameRow]:
    """Give finished attempts with a higher rev, by rev; about `limit`: a rev is never cut.

    `within`: only at frames from its first to its last one.
    """
    wanted = [Frame.task_id == task_id, Frame.rev > since_rev]
    if within:
        wanted.append(Frame.frame.between(within.first, within.last))
    marks = select(Frame.rev).where(*wanted).order_by(Frame.rev).offset(limit - 1).limit(1)
    last = connection.scalar(marks)
    query = select(table_of(Frame)).where(*wanted)
    if last is not None:
        query = query.where(Frame.rev <= last)
    rows = connection.execute(query.order_by(Frame.rev, Frame.frame, Frame.attempt))
    return [FrameRow(row.rev, frame_record(row)) for row in rows]


def paces(connection: Connection, task_ids: Collection[int]) -> list[Pace]:
    """Give the pace of each of these tasks that has rendered frames; summed up by the database."""
    seconds, load_s = Frame.render_s, Frame.load_s
    loads = func.avg(case((load_s > 0.0, load_s)))  # AVG passes over NULL
    columns = (func.count(), func.avg(seconds), func.avg(seconds * seconds), loads)
    wanted = Frame.task_id.in_(task_ids) & timed()
    query = select(Frame.task_id, *columns).where(wanted).group_by(Frame.task_id)
    return [
        Pace(row[0], row[1], row[2], math.sqrt(max(row[3] - row[2] ** 2, 0.0)), row[4])
        for row in connection.execute(query)
    ]


def nodes(connection: Connection, since_rev: int) -> list[NodeRow]:
    """Give the nodes that changed since, by name."""
    rows = connection.execute(node_select().where(NodeSlot.rev > since_rev))
    found = [NodeRow(row.rev, node_record(row), row.task_name or "") for row in rows]
    return sorted(found, key=lambda row: row.record.node)  # in SQL it would read all nodes first


def logs(
    connection: Connection,
    since_id: int,
    task_id: int | None,
    limit: int,
    owner: str | None = None,
) -> list[LogRow]:
    """Give log lines with a higher number, oldest first; with `since_id` 0 the newest `limit`.

    `owner`: only those about this user's tasks.
    """
    query = select(table_of(Log)).where(Log.id > since_id).limit(limit)
    if owner is not None:
        query = query.where(Log.task_id.in_(select(Task.id).where(Task.owner == owner)))
    if task_id is not None:
        query = query.where(Log.task_id == task_id)
    rows = connection.execute(query.order_by(Log.id if since_id else Log.id.desc())).all()
    return [LogRow(row.id, log_record(row)) for row in (rows if since_id else reversed(rows))]


def outcome(connection: Connection, command_id: int) -> CommandRow:
    """Give a command with its answer, if any. Raises Refused when there is no such command."""
    query = select(*COLUMNS).where(SentCommand.id == command_id)
    row = connection.execute(query).one_or_none()
    if row is None:
        raise no_command(command_id)
    return command_row(row)


def no_command(command_id: int) -> Refused:
    """Give the error for a command that there is not, or not for who asks."""
    return Refused(
        f"There is no command {command_id}. Check the number.",
        f"没有编号为 {command_id} 的命令。请检查编号。",
    )


def commands(
    connection: Connection, since_id: int, limit: int, issued_by: str | None = None
) -> list[CommandRow]:
    """Give commands with a higher number, oldest first; `issued_by`: only this user's."""
    query = select(*COLUMNS).where(SentCommand.id > since_id)
    if issued_by is not None:
        query = query.where(SentCommand.issued_by == issued_by)
    return [
        command_row(row) for row in connection.execute(query.order_by(SentCommand.id).limit(limit))
    ]


def _tasks() -> Select[tuple[object, ...]]:
    crew = (
        select(NodeSlot.task_id, func.count().label("nodes")).group_by(NodeSlot.task_id).subquery()
    )
    nodes = func.coalesce(crew.c.nodes, 0).label("nodes")
    return select(*table_of(Task).columns, nodes).outerjoin(crew, crew.c.task_id == Task.id)


def _task_row(row: AnyRow) -> TaskRow:
    return TaskRow(
        id=row.id,
        rev=row.rev,
        name=row.name,
        owner=row.owner,
        project=row.project,
        show=row.show,
        version=row.version,
        tool=row.tool,
        tool_version=row.tool_version,
        state=TaskState(row.state),
        reason=row.reason,
        priority=row.priority,
        position=row.position,
        frames=row.frames,
        total=row.total,
        done=row.done,
        failed=row.failed,
        running=row.running,
        nodes=row.nodes,
        render_s=row.render_s,
        created_at=row.created_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
        recycled=row.recycled,
        output=row.output,
        check_report=row.check_report,
        policy=row.policy,
        previous_task=row.previous_task,
        change=row.change,
        after=row.after,
        after_mode=row.after_mode,
        due=row.due,
        reason_zh=row.reason_zh or "",
        purged=row.purged,
    )


def _no_task(task_id: int) -> Refused:
    return Refused(
        f"There is no task {task_id}. Check the number: `farmdesk tasks` lists them.",
        f"没有编号为 {task_id} 的任务。请检查编号：`farmdesk tasks` 可列出全部任务。",
    )
