"""The tables of the farm; migrations in `sql/` make them, and a test holds the two together.

Readers ask for `rev > last`: one writer, one rev a flush, so no change is ever missed. What runs
now is in `node_slot`; a frame gets a row when an attempt at it ends.
"""

import builtins
from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ForeignKeyConstraint,
    Index,
    PrimaryKeyConstraint,
    Table,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from farmdesk.db.columns import Blob, Digest, LongText, Name, Number, Real, UtcTime, Word

_MYSQL = {"mysql_engine": "InnoDB", "mysql_charset": "utf8mb4", "mysql_collate": "utf8mb4_bin"}


class Base(DeclarativeBase):
    """Root of the tables."""


class Task(Base):
    """A render task: what was submitted, where it stands, its counters."""

    __tablename__ = "task"
    __table_args__ = (
        PrimaryKeyConstraint("id", name="pk_task"),
        CheckConstraint("priority BETWEEN 0 AND 9", name="ck_task_priority"),
        Index("ix_task_rev", "rev"),
        _MYSQL,
    )

    id: Mapped[int] = mapped_column(Number, autoincrement=False)
    name: Mapped[str] = mapped_column(LongText)
    owner: Mapped[str] = mapped_column(Name)
    project: Mapped[str] = mapped_column(LongText)
    show: Mapped[str] = mapped_column(LongText)
    version: Mapped[str] = mapped_column(LongText)
    tool: Mapped[str] = mapped_column(LongText)
    tool_version: Mapped[str] = mapped_column(LongText)
    scene: Mapped[str] = mapped_column(LongText)
    frames: Mapped[str] = mapped_column(LongText)
    width: Mapped[int | None]
    height: Mapped[int | None]
    fps: Mapped[float | None] = mapped_column(Real)
    camera: Mapped[str | None] = mapped_column(LongText)
    layer: Mapped[str | None] = mapped_column(LongText)
    output_format: Mapped[str] = mapped_column(LongText)
    parameters: Mapped[dict[str, Any]] = mapped_column(JSON)
    policy: Mapped[str] = mapped_column(LongText)
    previous_task: Mapped[int | None] = mapped_column(Number)
    change: Mapped[str] = mapped_column(LongText)
    note: Mapped[str] = mapped_column(LongText)
    start: Mapped[bool]
    due: Mapped[str | None] = mapped_column(LongText)
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    total: Mapped[int]
    output: Mapped[str] = mapped_column(LongText)

    state: Mapped[str] = mapped_column(Word)
    reason: Mapped[str] = mapped_column(LongText)
    priority: Mapped[int]
    position: Mapped[int] = mapped_column(Number)
    done: Mapped[int]
    failed: Mapped[int]
    running: Mapped[int]
    render_s: Mapped[float] = mapped_column(Real)
    started_at: Mapped[datetime | None] = mapped_column(UtcTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcTime)
    check_report: Mapped[str | None] = mapped_column(LongText)
    recycled: Mapped[bool]
    purged: Mapped[bool]
    after: Mapped[int | None] = mapped_column(Number)
    after_mode: Mapped[str] = mapped_column(Word, server_default="task")
    reason_zh: Mapped[str | None] = mapped_column(LongText)
    rev: Mapped[int] = mapped_column(Number)


class TaskFrames(Base):
    """The state of every frame of a task as of `blob_rev`: zlib over one byte a frame."""

    __tablename__ = "task_frames"
    __table_args__ = (
        PrimaryKeyConstraint("task_id", name="pk_task_frames"),
        ForeignKeyConstraint(["task_id"], ["task.id"], name="fk_task_frames_task"),
        _MYSQL,
    )

    task_id: Mapped[int] = mapped_column(Number, autoincrement=False)
    states: Mapped[bytes] = mapped_column(Blob)
    blob_rev: Mapped[int] = mapped_column(Number)


class Frame(Base):
    """A finished attempt at a frame. No foreign key: it would lock the task's row each time."""

    __tablename__ = "frame"
    __table_args__ = (
        PrimaryKeyConstraint("task_id", "frame", "attempt", name="pk_frame"),
        Index("ix_frame_task_rev", "task_id", "rev"),
        _MYSQL,
    )

    task_id: Mapped[int] = mapped_column(Number)
    frame: Mapped[int]
    attempt: Mapped[int]
    state: Mapped[int]
    node: Mapped[str] = mapped_column(Name)
    finished_at: Mapped[datetime] = mapped_column(UtcTime)
    render_s: Mapped[float] = mapped_column(Real)
    load_s: Mapped[float] = mapped_column(Real)
    bytes: Mapped[int] = mapped_column(Number)
    sha256: Mapped[builtins.bytes | None] = mapped_column(Digest)
    width: Mapped[int] = mapped_column(Number)  # image formats count up to 2**32
    height: Mapped[int] = mapped_column(Number)
    path: Mapped[str] = mapped_column(LongText)
    reason: Mapped[str | None] = mapped_column(Word)
    text: Mapped[str] = mapped_column(LongText)
    rev: Mapped[int] = mapped_column(Number)


class Node(Base):
    """A render node: what it is, and whether it may work."""

    __tablename__ = "node"
    __table_args__ = (PrimaryKeyConstraint("node", name="pk_node"), _MYSQL)

    node: Mapped[str] = mapped_column(Name)
    state: Mapped[str] = mapped_column(Word)
    reason: Mapped[str] = mapped_column(LongText)
    cpus: Mapped[int | None]
    memory_mb: Mapped[int | None]
    gpus: Mapped[list[str]] = mapped_column(JSON)
    failures: Mapped[int]
    reason_zh: Mapped[str | None] = mapped_column(LongText)
    pool: Mapped[str | None] = mapped_column(Name)
    tools: Mapped[list[str] | None] = mapped_column(JSON)  # NULL: every tool


class NodeSlot(Base):
    """What a node does now; its rev is that of the node's whole line.

    Small and rewritten all the time: an index would cost each flush more than it saves a reader.
    """

    __tablename__ = "node_slot"
    __table_args__ = (PrimaryKeyConstraint("node", name="pk_node_slot"), _MYSQL)

    node: Mapped[str] = mapped_column(Name)
    task_id: Mapped[int | None] = mapped_column(Number)
    frame: Mapped[int | None]
    frame_started_at: Mapped[datetime | None] = mapped_column(UtcTime)
    cpu: Mapped[float | None] = mapped_column(Real)
    memory: Mapped[float | None] = mapped_column(Real)
    gpu: Mapped[float | None] = mapped_column(Real)
    disk_free_mb: Mapped[int | None] = mapped_column(Number)
    sampled_at: Mapped[datetime | None] = mapped_column(UtcTime)
    rev: Mapped[int] = mapped_column(Number)


class Log(Base):
    """A line for people."""

    __tablename__ = "log"
    __table_args__ = (
        PrimaryKeyConstraint("id", name="pk_log"),
        Index("ix_log_task", "task_id", "id"),
        _MYSQL,
    )

    id: Mapped[int] = mapped_column(Number, autoincrement=True)
    at: Mapped[datetime] = mapped_column(UtcTime)
    level: Mapped[str] = mapped_column(Word)
    text: Mapped[str] = mapped_column(LongText)
    task_id: Mapped[int | None] = mapped_column(Number)
    node: Mapped[str | None] = mapped_column(Name)
    frame: Mapped[int | None]


class SentCommand(Base):
    """What a person asked for, and what became of it: the audit trail."""

    __tablename__ = "command"
    __table_args__ = (
        PrimaryKeyConstraint("id", name="pk_command"),
        Index("ix_command_answered", "answered_at", "id"),
        _MYSQL,
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
    """An urgent request; its forecasts as the JSON that `db/urgent_rows.py` makes."""

    __tablename__ = "urgent_request"
    __table_args__ = (
        PrimaryKeyConstraint("id", name="pk_urgent_request"),
        Index("ix_urgent_request_rev", "rev"),
        _MYSQL,
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
        _MYSQL,
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
        _MYSQL,
    )

    id: Mapped[int] = mapped_column(Number, autoincrement=True)
    at: Mapped[datetime] = mapped_column(UtcTime)
    login: Mapped[str] = mapped_column(Name)
    role: Mapped[str] = mapped_column(Word)
    text: Mapped[str] = mapped_column(LongText)
    text_zh: Mapped[str] = mapped_column(LongText)
    task_id: Mapped[int | None] = mapped_column(Number)
    request_id: Mapped[int | None] = mapped_column(Number)


class EngineLease(Base):
    """Which engine works for this farm: one row, made by the migration."""

    __tablename__ = "engine_lease"
    __table_args__ = (
        PrimaryKeyConstraint("id", name="pk_engine_lease"),
        CheckConstraint("id = 1", name="ck_engine_lease_one"),
        _MYSQL,
    )

    id: Mapped[int] = mapped_column(autoincrement=False)
    owner: Mapped[str | None] = mapped_column(Name)
    until: Mapped[datetime | None] = mapped_column(UtcTime)


class FarmCounter(Base):
    """The farm's revision and its last flush: one row, made by the migration."""

    __tablename__ = "farm_counter"
    __table_args__ = (
        PrimaryKeyConstraint("id", name="pk_farm_counter"),
        CheckConstraint("id = 1", name="ck_farm_counter_one"),
        _MYSQL,
    )

    id: Mapped[int] = mapped_column(autoincrement=False)
    rev: Mapped[int] = mapped_column(Number)
    flush: Mapped[int] = mapped_column(Number)


def table_of(model: type[Base]) -> Table:
    """Give a model's table: rows are written and read past the ORM."""
    table = model.__table__
    if not isinstance(table, Table):
        raise TypeError(f"{model.__name__} is no plain table")
    return table
