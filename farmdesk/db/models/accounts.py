"""Tables of people: who they are, their keys, sessions and leased database accounts.

Secrets lie here wrapped under the master key, sealed to their owner, or as a hash; never in clear.
"""

from datetime import datetime

from sqlalchemy import ForeignKeyConstraint, Index, PrimaryKeyConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from farmdesk.db.columns import Blob, Digest, LongText, Name, Number, UtcTime, Word
from farmdesk.db.models.base import MYSQL, Base


class UserAccount(Base):
    """A user; `identity` is his identity number, wrapped."""

    __tablename__ = "user_account"
    __table_args__ = (
        PrimaryKeyConstraint("id", name="pk_user_account"),
        UniqueConstraint("login", name="uq_user_account_login"),
        MYSQL,
    )

    id: Mapped[int] = mapped_column(Number, autoincrement=True)
    login: Mapped[str] = mapped_column(Name)
    role: Mapped[str] = mapped_column(Word)
    state: Mapped[str] = mapped_column(Word)
    name: Mapped[str] = mapped_column(LongText)
    department: Mapped[str] = mapped_column(LongText)
    contact: Mapped[str] = mapped_column(LongText)
    identity: Mapped[bytes] = mapped_column(Blob)
    quota_bytes: Mapped[int] = mapped_column(Number)
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    decided_by: Mapped[str] = mapped_column(Name)
    decided_at: Mapped[datetime | None] = mapped_column(UtcTime)
    reason: Mapped[str] = mapped_column(LongText)


class UserKey(Base):
    """One version of a user's keys; the private parts are wrapped."""

    __tablename__ = "user_key"
    __table_args__ = (
        PrimaryKeyConstraint("user_id", "version", name="pk_user_key"),
        UniqueConstraint("fingerprint", name="uq_user_key_fingerprint"),
        ForeignKeyConstraint(["user_id"], ["user_account.id"], name="fk_user_key_user_account"),
        MYSQL,
    )

    user_id: Mapped[int] = mapped_column(Number, autoincrement=False)
    version: Mapped[int] = mapped_column(autoincrement=False)
    fingerprint: Mapped[str] = mapped_column(Name)
    public_pem: Mapped[str] = mapped_column(LongText)
    wrapped_private: Mapped[bytes] = mapped_column(Blob)
    wrapped_user_key: Mapped[bytes] = mapped_column(Blob)
    state: Mapped[str] = mapped_column(Word)
    made_at: Mapped[datetime] = mapped_column(UtcTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcTime)


class KeyApplication(Base):
    """Somebody waits for keys; `bundle` holds them, sealed to him, until he collected them."""

    __tablename__ = "application"
    __table_args__ = (
        PrimaryKeyConstraint("id", name="pk_application"),
        ForeignKeyConstraint(["user_id"], ["user_account.id"], name="fk_application_user_account"),
        MYSQL,
    )

    id: Mapped[int] = mapped_column(Number, autoincrement=True)
    user_id: Mapped[int] = mapped_column(Number)
    kind: Mapped[str] = mapped_column(Word)
    handover_key: Mapped[bytes] = mapped_column(Digest)
    pickup_hash: Mapped[bytes] = mapped_column(Digest)
    made_at: Mapped[datetime] = mapped_column(UtcTime)
    approved: Mapped[bool | None]
    decided_by: Mapped[str] = mapped_column(Name)
    decided_at: Mapped[datetime | None] = mapped_column(UtcTime)
    reason: Mapped[str] = mapped_column(LongText)
    bundle: Mapped[bytes | None] = mapped_column(Blob)
    collected_at: Mapped[datetime | None] = mapped_column(UtcTime)
    network: Mapped[str | None] = mapped_column(Name)


class UserSession(Base):
    """A login at the gateway, under the hash of its token."""

    __tablename__ = "session"
    __table_args__ = (
        PrimaryKeyConstraint("token_hash", name="pk_session"),
        ForeignKeyConstraint(["user_id"], ["user_account.id"], name="fk_session_user_account"),
        MYSQL,
    )

    token_hash: Mapped[bytes] = mapped_column(Digest)
    user_id: Mapped[int] = mapped_column(Number)
    fingerprint: Mapped[str] = mapped_column(Name)
    address: Mapped[str] = mapped_column(Name)
    made_at: Mapped[datetime] = mapped_column(UtcTime)
    seen_at: Mapped[datetime] = mapped_column(UtcTime)
    until: Mapped[datetime] = mapped_column(UtcTime)


class DbLease(Base):
    """A database account that was lent to staff; the row stays when the account is dropped.

    `account`, `user_id` and the times say whose commands bear the account's name.
    """

    __tablename__ = "db_lease"
    __table_args__ = (
        PrimaryKeyConstraint("account", name="pk_db_lease"),
        Index("ix_db_lease_dropped", "dropped_at"),
        ForeignKeyConstraint(["user_id"], ["user_account.id"], name="fk_db_lease_user_account"),
        MYSQL,
    )

    account: Mapped[str] = mapped_column(Name)
    user_id: Mapped[int] = mapped_column(Number)
    token_hash: Mapped[bytes] = mapped_column(Digest)
    made_at: Mapped[datetime] = mapped_column(UtcTime)
    until: Mapped[datetime] = mapped_column(UtcTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcTime)
    dropped_at: Mapped[datetime | None] = mapped_column(UtcTime)
