"""Ends what leased accounts do to stop others: rows, tables, locks and names that they hold.

No grant of either server prevents that whoever may read a row may also lock it.
"""

import logging

from sqlalchemy import Connection, bindparam, text
from sqlalchemy.dialects.mysql.base import MySQLDialect
from sqlalchemy.exc import DBAPIError

from farmdesk.db.database import Database
from farmdesk.domain.accounts import LEASE_PREFIX

log = logging.getLogger(__name__)

_NO_SUCH_THREAD, _NO_SUCH_XID, _WAS_ROLLED_BACK = 1094, 1397, 1402  # Source: mysqld_error.h
OPEN_S = 60  # so long may a transaction of a leased account last; no client of ours takes seconds
_HOLDS_ROWS = text(
    "SELECT p.id, p.user FROM information_schema.innodb_trx t JOIN information_schema.processlist p"
    " ON p.id = t.trx_mysql_thread_id WHERE LEFT(p.user, 3) = :prefix"
    " AND (t.trx_rows_locked > 0 OR t.trx_started < NOW() - INTERVAL :open SECOND)"
).bindparams(bindparam("prefix", LEASE_PREFIX), bindparam("open", OPEN_S))
_MAY_HOLD_TABLE = text(
    "SELECT id, user FROM information_schema.processlist WHERE LEFT(user, 3) = :prefix"
    " AND EXISTS (SELECT 1 FROM information_schema.processlist waits"
    " WHERE waits.state = 'Waiting for table metadata lock' AND LEFT(waits.user, 3) <> :prefix)"
).bindparams(bindparam("prefix", LEASE_PREFIX))
_IS_LEASED = text(
    "SELECT id FROM information_schema.processlist WHERE LEFT(user, 3) = :prefix"
).bindparams(bindparam("prefix", LEASE_PREFIX))
_HOLDS_NAME = text(
    "SELECT id, user FROM information_schema.processlist"
    " WHERE id = IS_USED_LOCK(:name) AND LEFT(user, 3) = :prefix"
).bindparams(bindparam("prefix", LEASE_PREFIX))


def end_blockers(database: Database) -> list[str]:
    """Kill the connections of leased accounts that lock rows or never end a transaction.

    Gives their accounts. No client of ours locks a row; one that does could stop the engine's
    flushes, and a transaction without end stops migrations. So does a HANDLER, which no list of the
    servers shows: while somebody else waits for a table, all leased connections end. A transaction
    that was prepared for a distributed commit (XA) outlives its connection with its locks: nothing
    of ours uses that, so all of them are rolled back. To be called every second or two.
    """
    if not database.is_server:
        return []
    with database.at_once() as connection:
        found = [*connection.execute(_HOLDS_ROWS), *connection.execute(_MAY_HOLD_TABLE)]
        for row in found:
            log.warning("database account %s was in the way; its connection is ended", row.user)
            kill(connection, row.id)
        for form, global_length, _branch_length, name in connection.exec_driver_sql(
            "XA RECOVER" if _is_mariadb(connection) else "XA RECOVER CONVERT XID"
        ).all():
            raw = name if isinstance(name, bytes) else bytes.fromhex(name[2:])  # MySQL says 0x…
            _roll_back(connection, raw[:global_length], raw[global_length:], form)
    return [row.user for row in found]


def free_tables(connection: Connection) -> None:
    """Kill all connections of leased accounts, whose clients connect anew: they may hold tables."""
    for process in connection.scalars(_IS_LEASED).all():
        kill(connection, process)


def free_name(connection: Connection, name: str) -> None:
    """Kill the connection of a leased account that holds a named lock of ours."""
    for row in connection.execute(_HOLDS_NAME, {"name": name}).all():
        log.warning("database account %s held %s; its connection is ended", row.user, name)
        kill(connection, row.id)


def kill(connection: Connection, process: int) -> None:
    """End a connection of the server; one that has gone by itself is fine."""
    _run(connection, f"KILL {int(process)}", _NO_SUCH_THREAD)


def _is_mariadb(connection: Connection) -> bool:
    return isinstance(connection.dialect, MySQLDialect) and connection.dialect.is_mariadb


def _roll_back(connection: Connection, name: bytes, branch: bytes, form: int) -> None:
    """Roll back a prepared transaction; one that a living connection holds is not there yet."""
    parts = f"X'{name.hex()}', X'{branch.hex()}', {int(form)}"
    if _run(connection, f"XA ROLLBACK {parts}", _NO_SUCH_XID, _WAS_ROLLED_BACK):
        log.warning("a prepared transaction that nobody held any more was rolled back")


def _run(connection: Connection, statement: str, *gone: int) -> bool:
    """Run a statement; False when what it should end is `gone` or not there, by these errors."""
    try:
        connection.exec_driver_sql(statement)
        return True
    except DBAPIError as error:
        if error.orig is None or error.orig.args[0] not in gone:
            raise
        return False
