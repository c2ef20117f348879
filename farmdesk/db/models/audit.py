"""Tables of the audit log: records chained by digest, and the chain's end."""

from datetime import datetime

from sqlalchemy import CheckConstraint, PrimaryKeyConstraint
from sqlalchemy.orm import Mapped, mapped_column

from farmdesk.db.columns import Digest, LongText, Name, Number, UtcTime
from farmdesk.db.models.base import MYSQL, Base


class AuditEntry(Base):
    """One thing that somebody did; the rows are numbered from 1 without gaps."""

    __tablename__ = "audit"
    __table_args__ = (PrimaryKeyConstraint("id", name="pk_audit"), MYSQL)

    id: Mapped[int] = mapped_column(Number, autoincrement=False)
    at: Mapped[datetime] = mapped_column(UtcTime)
    actor: Mapped[str] = mapped_column(Name)
    action: Mapped[str] = mapped_column(Name)
    subject: Mapped[str] = mapped_column(LongText)
    detail: Mapped[str] = mapped_column(LongText)
    previous: Mapped[bytes] = mapped_column(Digest)
    digest: Mapped[bytes] = mapped_column(Digest)


class AuditHead(Base):
    """The last record's number and digest: one row, which writers lock; made by the migration."""

    __tablename__ = "audit_head"
    __table_args__ = (
        PrimaryKeyConstraint("id", name="pk_audit_head"),
        CheckConstraint("id = 1", name="ck_audit_head_one"),
        MYSQL,
    )

    id: Mapped[int] = mapped_column(autoincrement=False)
    last: Mapped[int] = mapped_column(Number)
    digest: Mapped[bytes] = mapped_column(Digest)
