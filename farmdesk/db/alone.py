"""Lets one program at a time work on a whole farm: its tables, or all that its vault wraps."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import text

from farmdesk.db.blockers import free_name
from farmdesk.db.database import Database
from farmdesk.db.faults import Busy

_NAME_LENGTH = 64  # of a named lock, on either server
_TAKE = text("SELECT GET_LOCK(:name, :wait_s)")
_LEAVE = text("DO RELEASE_LOCK(:name)")


@contextmanager
def alone(database: Database, work: str, *, wait_s: int) -> Iterator[None]:
    """Keep others out of a work until it is committed: servers by a named lock, SQLite by its own.

    On SQLite do all of the work in one writing transaction. A killed program's lock goes with its
    connection. `wait_s`: less than the database's answers may take. Raises Busy or FarmUnavailable.
    """
    if not database.is_server:
        yield
        return
    name = f"farmdesk.{work}.{database.name}"[:_NAME_LENGTH]
    with database.reading() as connection:  # of its own: else the lock were free before the commit
        free_name(connection, name)
        if connection.scalar(_TAKE, {"name": name, "wait_s": wait_s}) != 1:
            raise Busy(database.place)
        try:
            yield
        finally:
            connection.execute(_LEAVE, {"name": name})
