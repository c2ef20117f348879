"""Turns rows into the records of the domain, in one place for the store and the reports."""

from sqlalchemy import ColumnElement, Row, Select, select

from farmdesk.db.models import Frame, Node, NodeSlot, Task
from farmdesk.domain.node import BY_HAND
from farmdesk.domain.records import FrameRecord, LogRecord, NodeRecord
from farmdesk.domain.states import FailureReason, FrameState, NodeState

AnyRow = Row[tuple[object, ...]]


def frame_record(row: AnyRow) -> FrameRecord:
    """Read a row of `frame`."""
    return FrameRecord(
        task_id=row.task_id,
        frame=row.frame,
        attempt=row.attempt,
        state=FrameState(row.state),
        node=row.node,
        finished_at=row.finished_at,
        render_s=row.render_s,
        load_s=row.load_s,
        bytes=row.bytes,
        sha256="" if row.sha256 is None else row.sha256.hex(),
        width=row.width,
        height=row.height,
        path=row.path,
        reason=None if row.reason is None else FailureReason(row.reason),
        text=row.text,
    )


def timed() -> ColumnElement[bool]:
    """Say which attempts tell how long a frame takes: the proven ones that a node rendered."""
    return (Frame.state == FrameState.DONE) & (Frame.node != BY_HAND)


def node_select() -> Select[tuple[object, ...]]:
    """Give nodes with their slots and, as `task_name`, the task's name, in no order."""
    columns = [column for column in NodeSlot.__table__.columns if column.name != "node"]
    return (
        select(Node.__table__, *columns, Task.name.label("task_name"))
        .select_from(NodeSlot)
        .join(Node, Node.node == NodeSlot.node)
        .outerjoin(Task, Task.id == NodeSlot.task_id)
    )


def node_record(row: AnyRow) -> NodeRecord:
    """Read a row of `node_select`."""
    return NodeRecord(
        node=row.node,
        state=NodeState(row.state),
        reason=row.reason,
        reason_zh=row.reason_zh or "",
        task_id=row.task_id,
        frame=row.frame,
        frame_started_at=row.frame_started_at,
        cpu=row.cpu,
        memory=row.memory,
        gpu=row.gpu,
        disk_free_mb=row.disk_free_mb,
        sampled_at=row.sampled_at,
        cpus=row.cpus,
        memory_mb=row.memory_mb,
        gpus=tuple(row.gpus),
        failures=row.failures,
        pool=row.pool or "",
        tools=None if row.tools is None else tuple(row.tools),
    )


def log_record(row: AnyRow) -> LogRecord:
    """Read a row of `log`."""
    return LogRecord(row.at, row.level, row.text, row.task_id, row.node, row.frame)
