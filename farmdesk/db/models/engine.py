"""Tables of the engine itself, of one row each."""

from datetime import datetime

from sqlalchemy import (
    CheckConstraint,
    PrimaryKeyConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from farmdesk.db.columns import Name, Number, UtcTime
from farmdesk.db.models.base import MYSQL, Base


class EngineLease(Base):
    """Which engine works for this farm: one row, made by the migration."""

    __tablename__ = "engine_lease"
    __table_args__ = (
        PrimaryKeyConstraint("id", name="pk_engine_lease"),
        CheckConstraint("id = 1", name="ck_engine_lease_one"),
        MYSQL,
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
        MYSQL,
    )

    id: Mapped[int] = mapped_column(autoincrement=False)
    rev: Mapped[int] = mapped_column(Number)
    flush: Mapped[int] = mapped_column(Number)
