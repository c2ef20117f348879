"""Table of transfers: what is on its way in or out, for whom and for which task."""

from datetime import datetime

from sqlalchemy import ForeignKeyConstraint, Index, PrimaryKeyConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from farmdesk.db.columns import LongText, Number, TransferKey, UtcTime, Word
from farmdesk.db.models.base import MYSQL, Base


class FileTransfer(Base):
    """An upload or a download. `open_task`: the task as long as it is open, NULL afterwards.

    So that the index allows any number of ended uploads of a task, and one open one.
    """

    __tablename__ = "transfer"
    __table_args__ = (
        PrimaryKeyConstraint("id", name="pk_transfer"),
        UniqueConstraint("open_task", name="uq_transfer_open_task"),
        Index("ix_transfer_user", "user_id", "state"),
        ForeignKeyConstraint(["user_id"], ["user_account.id"], name="fk_transfer_user_account"),
        MYSQL,
    )

    id: Mapped[bytes] = mapped_column(TransferKey)
    user_id: Mapped[int] = mapped_column(Number)
    task_id: Mapped[int] = mapped_column(Number)
    open_task: Mapped[int | None] = mapped_column(Number)
    kind: Mapped[str] = mapped_column(Word, server_default="package")
    command_id: Mapped[int | None] = mapped_column(Number)
    key_version: Mapped[int]
    bytes_total: Mapped[int] = mapped_column(Number)
    bytes_here: Mapped[int] = mapped_column(Number)
    state: Mapped[str] = mapped_column(Word)
    reason: Mapped[str] = mapped_column(LongText)
    reason_zh: Mapped[str] = mapped_column(LongText)
    made_at: Mapped[datetime] = mapped_column(UtcTime)
    touched_at: Mapped[datetime] = mapped_column(UtcTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcTime)
