"""The engine's lease: one engine a farm, so that there is one writer."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, select, update

from farmdesk.db.models import EngineLease
from farmdesk.domain.errors import Refused


class LeaseHeld(Refused):
    """Another engine works for this farm."""

    def __init__(self, owner: str, until: datetime) -> None:
        clock = f"{until:%Y-%m-%d %H:%M:%S} UTC"
        super().__init__(
            f"Another engine, {owner}, works for this farm. Stop it first; if it was killed, this "
            f"one can start after {clock}.",
            f"另一个引擎 {owner} 正在管理此农场。请先停止它；"
            f"如果它已被终止，请在 {clock} 之后再启动。",
        )
        self.owner = owner
        self.until = until


class LeaseLost(Refused):
    """This engine may not write any more."""

    def __init__(self, owner: str | None) -> None:
        other = owner or "?"
        super().__init__(
            f"The engine {other} has taken this farm over; this one stops writing and must end.",
            f"引擎 {other} 已接管此农场；本引擎停止写入并必须退出。",
        )
        self.owner = owner


def take(connection: Connection, owner: str, *, now: datetime, seconds: float) -> None:
    """Take a lease that is free, over, or one's own already. Raises LeaseHeld."""
    holder, until = connection.execute(
        select(EngineLease.owner, EngineLease.until).with_for_update()
    ).one()
    if holder not in (None, owner) and until is not None and until > now:
        raise LeaseHeld(holder, until)
    _write(connection, owner, now + timedelta(seconds=seconds))


def prolong(connection: Connection, owner: str, *, now: datetime, seconds: float) -> None:
    """Move the end of one's own lease. Raises LeaseLost."""
    confirm(connection, owner)
    _write(connection, owner, now + timedelta(seconds=seconds))


def give_back(connection: Connection, owner: str) -> None:
    """Free one's own lease; somebody else's stays."""
    connection.execute(
        update(EngineLease).where(EngineLease.owner == owner).values(owner=None, until=None)
    )


def confirm(connection: Connection, owner: str) -> None:
    """Lock one's own lease until the transaction ends. Raises LeaseLost when it is another's."""
    holder = connection.scalar(select(EngineLease.owner).with_for_update())
    if holder != owner:
        raise LeaseLost(holder)


def _write(connection: Connection, owner: str, until: datetime) -> None:
    connection.execute(update(EngineLease).values(owner=owner, until=until))
