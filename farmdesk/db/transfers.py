"""Table `transfer`: uploads, one open one a task at most."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from farmdesk.db.flush_rows import keepable
from farmdesk.db.models import FileTransfer, SentCommand, Task, table_of
from farmdesk.db.records import AnyRow
from farmdesk.domain.errors import Refused
from farmdesk.domain.transfers import UNENDED, Transfer, TransferKind, TransferState

_TRANSFER = table_of(FileTransfer)
_UNENDED = sorted(state.value for state in UNENDED)


class UploadOpen(Refused):
    """Another upload for this task has not ended."""

    def __init__(self, task_id: int) -> None:
        self.task_id = task_id
        super().__init__(
            f"Another upload for task {task_id} has not ended. Resume it, or cancel it first.",
            f"任务 {task_id} 的另一个上传尚未结束。请继续该上传，或先取消它。",
        )


def begin(connection: Connection, transfer: Transfer) -> None:
    """Keep a new upload. Raises UploadOpen when its task has one that did not end.

    The transaction cannot go on after UploadOpen.
    """
    values = {c.name: getattr(transfer, c.name) for c in _TRANSFER.columns if c.name != "open_task"}
    values |= {"state": transfer.state.value, "kind": transfer.kind.value}
    values["open_task"] = transfer.task_id
    try:
        connection.execute(insert(_TRANSFER).values(values))
    except IntegrityError as error:
        if "open_task" not in str(error.orig):  # the index or column that both servers name
            raise
        raise UploadOpen(transfer.task_id) from error


def find(connection: Connection, transfer_id: bytes) -> Transfer | None:
    """Give an upload."""
    row = connection.execute(select(_TRANSFER).where(_TRANSFER.c.id == transfer_id)).one_or_none()
    return None if row is None else _transfer(row)


def of_task(connection: Connection, task_id: int) -> Transfer | None:
    """Give the upload of a task that has not ended."""
    query = select(_TRANSFER).where(_TRANSFER.c.open_task == task_id)
    row = connection.execute(query).one_or_none()
    return None if row is None else _transfer(row)


def reserved_bytes(connection: Connection, user_id: int) -> int:
    """Give how much of the inbox a user's uploads take or will take, for his quota."""
    total = select(func.coalesce(func.sum(_TRANSFER.c.bytes_total), 0))
    mine = (_TRANSFER.c.user_id == user_id) & _TRANSFER.c.state.in_(_UNENDED)
    return int(connection.execute(total.where(mine)).scalar_one())


def note_arrived(
    connection: Connection, transfer_id: bytes, *, bytes_here: int, now: datetime
) -> bool:
    """Note how much of an open upload is here; False when it is not open any more."""
    values = {"bytes_here": bytes_here, "touched_at": now}
    return _changed(connection, transfer_id, (TransferState.OPEN,), values)


def note_total(connection: Connection, transfer_id: bytes, bytes_total: int) -> bool:
    """Note how large an open upload will be; False when it is not open any more."""
    return _changed(connection, transfer_id, (TransferState.OPEN,), {"bytes_total": bytes_total})


def complete(connection: Connection, transfer_id: bytes, *, command_id: int, now: datetime) -> bool:
    """Hand an open upload over to the engine; False when it is not open any more."""
    values = {"state": TransferState.COMPLETE.value, "touched_at": now, "command_id": command_id}
    return _changed(connection, transfer_id, (TransferState.OPEN,), values)


def end(
    connection: Connection,
    transfer_id: bytes,
    state: TransferState,
    *,
    now: datetime,
    reason: str = "",
    reason_zh: str = "",
) -> bool:
    """End an upload as TAKEN_IN, REFUSED or CANCELLED; False when it had ended before."""
    return _changed(connection, transfer_id, UNENDED, _ending(state, now, reason, reason_zh))


def end_answered(connection: Connection, now: datetime) -> None:
    """End sent frames whose command is answered, with its answer: the engine is done with them."""
    query = (
        select(_TRANSFER.c.id, SentCommand.applied, SentCommand.text, SentCommand.text_zh)
        .join(SentCommand, SentCommand.id == _TRANSFER.c.command_id)
        .where(_TRANSFER.c.state == TransferState.COMPLETE.value)
        .where(_TRANSFER.c.kind == TransferKind.FRAMES.value)
        .where(SentCommand.answered_at.is_not(None))
    )
    for row in connection.execute(query).all():
        state = TransferState.TAKEN_IN if row.applied else TransferState.REFUSED
        end(connection, row.id, state, now=now, reason=row.text, reason_zh=row.text_zh)


def end_of_purged(connection: Connection, now: datetime) -> None:
    """Cancel uploads of tasks that were deleted for good: nobody would ever take them."""
    query = (
        select(_TRANSFER.c.id)
        .join(Task, Task.id == _TRANSFER.c.task_id)
        .where(_TRANSFER.c.state.in_(_UNENDED))
        .where(Task.purged.is_(True))
    )
    en, zh = "Its task was deleted for good.", "其任务已被彻底删除。"
    for transfer in connection.execute(query).scalars().all():
        end(connection, transfer, TransferState.CANCELLED, now=now, reason=en, reason_zh=zh)


def end_abandoned(connection: Connection, task_id: int, *, before: datetime, now: datetime) -> None:
    """Cancel a task's frames on their way that nothing was heard of since."""
    found = of_task(connection, task_id)
    if found is None or found.kind is not TransferKind.FRAMES or found.touched_at >= before:
        return
    if found.state is TransferState.OPEN:
        en, zh = "Somebody else hands frames in.", "其他人正在提交帧。"
        end(connection, found.id, TransferState.CANCELLED, now=now, reason=en, reason_zh=zh)


def cancel_of_user(
    connection: Connection, user_id: int, *, now: datetime, reason: str, reason_zh: str
) -> int:
    """Cancel all uploads of a user that have not ended and give their number."""
    mine = (_TRANSFER.c.user_id == user_id) & _TRANSFER.c.state.in_(_UNENDED)
    values = _ending(TransferState.CANCELLED, now, reason, reason_zh)
    return connection.execute(update(_TRANSFER).where(mine).values(values)).rowcount


def _ending(state: TransferState, now: datetime, reason: str, reason_zh: str) -> dict[str, object]:
    if state in UNENDED:
        raise ValueError(f"an upload does not end as {state}")
    said = {"reason": keepable(reason), "reason_zh": keepable(reason_zh)}
    return {"state": state.value, "open_task": None, "ended_at": now, **said}


def _changed(
    connection: Connection,
    transfer_id: bytes,
    states: Collection[TransferState],
    values: dict[str, object],
) -> bool:
    here = (_TRANSFER.c.id == transfer_id) & _TRANSFER.c.state.in_([s.value for s in states])
    return connection.execute(update(_TRANSFER).where(here).values(values)).rowcount > 0


def _transfer(row: AnyRow) -> Transfer:
    return Transfer(
        id=row.id,
        user_id=row.user_id,
        task_id=row.task_id,
        key_version=row.key_version,
        bytes_total=row.bytes_total,
        bytes_here=row.bytes_here,
        state=TransferState(row.state),
        made_at=row.made_at,
        touched_at=row.touched_at,
        kind=TransferKind(row.kind),
        command_id=row.command_id,
        ended_at=row.ended_at,
        reason=row.reason,
        reason_zh=row.reason_zh,
    )
