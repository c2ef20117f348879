"""Tables of tasks and of the frames that were finished."""

import builtins
from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ForeignKeyConstraint,
    Index,
    PrimaryKeyConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from farmdesk.db.columns import Blob, Digest, LongText, Name, Number, Real, UtcTime, Word
from farmdesk.db.models.base import MYSQL, Base


class Task(Base):
    """A render task: what was submitted, where it stands, its counters."""

    __tablename__ = "task"
    __table_args__ = (
        PrimaryKeyConstraint("id", name="pk_task"),
        CheckConstraint("priority BETWEEN 0 AND 9", name="ck_task_priority"),
        Index("ix_task_rev", "rev"),
        MYSQL,
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
        MYSQL,
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
        MYSQL,
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
