"""Tables of render nodes: what each is, and what it does now."""

from datetime import datetime

from sqlalchemy import (
    JSON,
    PrimaryKeyConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from farmdesk.db.columns import LongText, Name, Number, Real, UtcTime, Word
from farmdesk.db.models.base import MYSQL, Base


class Node(Base):
    """A render node: what it is, and whether it may work."""

    __tablename__ = "node"
    __table_args__ = (PrimaryKeyConstraint("node", name="pk_node"), MYSQL)

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
    __table_args__ = (PrimaryKeyConstraint("node", name="pk_node_slot"), MYSQL)

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
