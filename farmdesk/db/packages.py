"""What the engine needs to know of uploads: which arrived, what they are sealed with, their end."""

from datetime import datetime

from sqlalchemy import select

from farmdesk.db import accounts, transfers, user_keys
from farmdesk.db.database import Database
from farmdesk.db.models import FileTransfer, Task, table_of
from farmdesk.domain.accounts import KeyRecord
from farmdesk.domain.states import TaskState
from farmdesk.domain.transfers import Transfer, TransferKind, TransferState


class PackageStore:
    """Uploads and the keys that they are sealed with. Every method may raise FarmUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def arrived(self) -> dict[int, str]:
        """Give the uploads, id by task, that were whole before the tasks that wait for them moved.

        Also those that were taken in or refused just before the engine was killed: the last one of
        each task counts.
        """
        upload, task = table_of(FileTransfer), table_of(Task)
        handed_over = [TransferState.COMPLETE, TransferState.TAKEN_IN, TransferState.REFUSED]
        query = (
            select(upload.c.task_id, upload.c.id)
            .join(task, task.c.id == upload.c.task_id)
            .where(task.c.state == TaskState.UPLOADING.value)
            .where(upload.c.kind == TransferKind.PACKAGE.value)
            .where(upload.c.state.in_([state.value for state in handed_over]))
            .order_by(upload.c.made_at)
        )
        with self._database.reading() as connection:
            return {row.task_id: row.id.hex() for row in connection.execute(query)}

    def find(self, transfer: bytes) -> Transfer | None:
        """Give an upload; None when there is none."""
        with self._database.reading() as connection:
            return transfers.find(connection, transfer)

    def key(self, user_id: int, version: int) -> KeyRecord | None:
        """Give a version of a user's keys; None when there is none."""
        with self._database.reading() as connection:
            return user_keys.version(connection, user_id, version)

    def quota(self, user_id: int) -> int:
        """Give how many bytes a user's package may have. Raises NoAccount."""
        with self._database.reading() as connection:
            return accounts.by_id(connection, user_id).quota_bytes

    def end(
        self, transfer: bytes, state: TransferState, *, en: str, zh: str, now: datetime
    ) -> bool:
        """End an upload, with the reason where it was refused; False when it had ended before."""
        with self._database.writing() as connection:
            return transfers.end(connection, transfer, state, now=now, reason=en, reason_zh=zh)
