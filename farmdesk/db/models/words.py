"""Tables of what people and the farm say to one another: commands, requests, messages, log."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    ForeignKeyConstraint,
    Index,
    PrimaryKeyConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from farmdesk.db.columns import LongText, Name, Number, UtcTime, Word
from farmdesk.db.models.base import MYSQL, Base


class SentCommand(Base):
    """What a person asked for, and what became of it: the audit trail."""

    __tablename__ = "command"
    __table_args__ = (
        PrimaryKeyConstraint("id", name="pk_command"),
        Index("ix_command_waiting", "answered_at", "issued_by", "id"),
        MYSQL,
    )

    id: Mapped[int] = mapped_column(Number, autoincrement=True)
    kind: Mapped[str] = mapped_column(Word)
    body: Mapped[dict[str, Any]] = mapped_column(JSON)
    issued_by: Mapped[str] = mapped_column(Name)
    issued_at: Mapped[datetime] = mapped_column(UtcTime)
    answered_at: Mapped[datetime | None] = mapped_column(UtcTime)
    applied: Mapped[bool | None]
    text: Mapped[str | None] = mapped_column(LongText)
    text_zh: Mapped[str | None] = mapped_column(LongText)
    task_id: Mapped[int | None] = mapped_column(Number)


class Urgent(Base):
    """An urgent request; `forecasts`: its costs as the JSON that `db/urgent_rows.py` makes."""

    __tablename__ = "urgent_request"
    __table_args__ = (
        PrimaryKeyConstraint("id", name="pk_urgent_request"),
        Index("ix_urgent_request_rev", "rev"),
        MYSQL,
    )

    id: Mapped[int] = mapped_column(Number, autoincrement=False)
    task_id: Mapped[int] = mapped_column(Number)
    asked_by: Mapped[str] = mapped_column(Name)
    reason: Mapped[str] = mapped_column(LongText)
    asked_at: Mapped[datetime] = mapped_column(UtcTime)
    deadline: Mapped[datetime] = mapped_column(UtcTime)
    state: Mapped[str] = mapped_column(Word)
    rule: Mapped[str] = mapped_column(Word)
    decided_by: Mapped[str] = mapped_column(Name)
    decided_at: Mapped[datetime | None] = mapped_column(UtcTime)
    decision: Mapped[str] = mapped_column(LongText)
    ending: Mapped[str | None] = mapped_column(LongText)
    ending_zh: Mapped[str | None] = mapped_column(LongText)
    overruled: Mapped[bool]
    forecasts: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    rev: Mapped[int] = mapped_column(Number)


class UrgentConsent(Base):
    """One answer that an urgent request needs; an empty login stands for the render staff."""

    __tablename__ = "urgent_consent"
    __table_args__ = (
        PrimaryKeyConstraint("request_id", "login", name="pk_urgent_consent"),
        ForeignKeyConstraint(
            ["request_id"], ["urgent_request.id"], name="fk_urgent_consent_urgent_request"
        ),
        MYSQL,
    )

    request_id: Mapped[int] = mapped_column(Number, autoincrement=False)
    login: Mapped[str] = mapped_column(Name)
    default_answer: Mapped[str] = mapped_column(Word)
    answer: Mapped[str | None] = mapped_column(Word)
    answered_by: Mapped[str] = mapped_column(Name)
    answered_at: Mapped[datetime | None] = mapped_column(UtcTime)


class Message(Base):
    """A sentence for a user, or for all of a role."""

    __tablename__ = "message"
    __table_args__ = (
        PrimaryKeyConstraint("id", name="pk_message"),
        Index("ix_message_login", "login", "id"),
        Index("ix_message_role", "role", "id"),
        MYSQL,
    )

    id: Mapped[int] = mapped_column(Number, autoincrement=True)
    at: Mapped[datetime] = mapped_column(UtcTime)
    login: Mapped[str] = mapped_column(Name)
    role: Mapped[str] = mapped_column(Word)
    text: Mapped[str] = mapped_column(LongText)
    text_zh: Mapped[str] = mapped_column(LongText)
    task_id: Mapped[int | None] = mapped_column(Number)
    request_id: Mapped[int | None] = mapped_column(Number)


class Log(Base):
    """A line for people."""

    __tablename__ = "log"
    __table_args__ = (
        PrimaryKeyConstraint("id", name="pk_log"),
        Index("ix_log_task", "task_id", "id"),
        MYSQL,
    )

    id: Mapped[int] = mapped_column(Number, autoincrement=True)
    at: Mapped[datetime] = mapped_column(UtcTime)
    level: Mapped[str] = mapped_column(Word)
    text: Mapped[str] = mapped_column(LongText)
    task_id: Mapped[int | None] = mapped_column(Number)
    node: Mapped[str | None] = mapped_column(Name)
    frame: Mapped[int | None]
