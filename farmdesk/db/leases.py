"""Database accounts that are lent to staff: `fl_` and chance, for one session, over TLS alone.

Each login gets a new account, as people can change their own password and so keep an old one. The
row in `db_lease` comes first and is marked last, so that no crash leaves an account that nobody
knows. To make or drop an account commits what went before: these statements go over a connection
of their own, while another one holds the row.
"""

import secrets
from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, bindparam, insert, select, text, update

from farmdesk.db import accounts, audit, sessions
from farmdesk.db.blockers import kill
from farmdesk.db.database import LEASED_CONNECTIONS, Database
from farmdesk.db.grants import role_name
from farmdesk.db.models import DbLease, UserAccount, UserSession, table_of
from farmdesk.domain.accounts import LEASE_PREFIX, Account, DbLogin, Deed, UserState
from farmdesk.domain.errors import Refused
from farmdesk.domain.users import Role

CONNECTIONS = LEASED_CONNECTIONS + 4  # the window and the command line beside it
LEASES = 4  # of one user at a time
CHANGES_AN_HOUR = 3600  # commands that one session may send
_ALL_KINDS = "-aA1"  # of characters, whatever password policy the server has
_LEASE = table_of(DbLease)
_MAKE = (
    "CREATE USER '{account}'@'%%' IDENTIFIED BY %s REQUIRE SSL "
    f"WITH MAX_USER_CONNECTIONS {CONNECTIONS} MAX_UPDATES_PER_HOUR {CHANGES_AN_HOUR}"
)
_SESSION = table_of(UserSession)
_USER = table_of(UserAccount)
_QUIET = (
    select(_LEASE.c.account, _LEASE.c.token_hash)
    .join(_SESSION, _SESSION.c.token_hash == _LEASE.c.token_hash)
    .where(_LEASE.c.ended_at.is_(None), _SESSION.c.seen_at <= bindparam("seen_before"))
)
_IN_USE = text(  # a sleeping connection's `time`: the seconds since its last statement
    "SELECT DISTINCT user FROM information_schema.processlist"
    " WHERE LEFT(user, 3) = :prefix AND (command <> 'Sleep' OR time < :quiet_s)"
)
_CONNECTED = text("SELECT id FROM information_schema.processlist WHERE user = :account")


class NoLease(Refused):
    """This farm or this user has no database accounts to lend."""

    def __init__(self) -> None:
        super().__init__(
            "This farm lends no database account here: it needs MySQL or MariaDB, and a login of "
            "the staff that is not over. Log in again.",
            "此农场无法在此出借数据库帐号：需要 MySQL 或 MariaDB，以及仍然有效的员工登录。"
            "请重新登录。",
        )


def lend(
    database: Database,
    account: Account,
    *,
    token_hash: bytes,
    now: datetime,
    until: datetime,
    chain: audit.Chain,
) -> DbLogin:
    """Make a database account for a session of the staff, and note it. Raises NoLease.

    Whoever ends the session meanwhile waits for the lease's row, and ends that too.
    With more than `LEASES` of one user the oldest ends: he shall not use up all connections.
    """
    if not database.is_server or account.role is Role.CUSTOMER:
        raise NoLease
    role = role_name(database, account.role)
    _make_room(database, account.user_id, now, chain)
    name = LEASE_PREFIX + secrets.token_hex(8)
    login = DbLogin(name, secrets.token_urlsafe(32) + _ALL_KINDS, role, until)
    values = {"account": name, "user_id": account.user_id, "token_hash": token_hash}
    with database.writing() as connection:
        user = accounts.hold(connection, account.user_id)
        if user.state is not UserState.ACTIVE or not sessions.hold(connection, token_hash):
            raise NoLease
        connection.execute(insert(_LEASE).values(**values, made_at=now, until=until))
        deed = Deed(now, account.login, "lend_database_account", name, f"{role}, until {until}")
        audit.append_all(connection, (deed,), chain)
    with database.writing() as connection, database.at_once() as maker:
        if not _lock(connection, name):  # it ended before it began: its session did
            raise NoLease
        maker.exec_driver_sql(_MAKE.format(account=name), (login.password,))
        maker.exec_driver_sql(f"GRANT `{role}` TO '{name}'@'%%'")
    return login


def end_of_sessions(connection: Connection, token_hashes: Collection[bytes], now: datetime) -> None:
    """End the leases of sessions that have ended; their accounts go with the next `drop_ended`."""
    _end(connection, _LEASE.c.token_hash.in_(token_hashes), now)


def end_of_user(connection: Connection, user_id: int, now: datetime) -> None:
    """End all leases of a user whose sessions have ended; the accounts go as above."""
    _end(connection, _LEASE.c.user_id == user_id, now)


def note_use(database: Database, *, now: datetime, quiet: timedelta) -> None:
    """Note that sessions are in use whose lent account is: the gateway sees nothing of that.

    In use: it has a connection, and that has not been quiet for so long.
    """
    if not database.is_server:
        return
    with database.reading() as connection:
        found = connection.execute(_QUIET, {"seen_before": now - quiet}).all()
        words = {"prefix": LEASE_PREFIX, "quiet_s": quiet.total_seconds()}
        in_use = set(connection.scalars(_IN_USE, words)) if found else set()
    busy = [row.token_hash for row in found if row.account in in_use]
    if busy:
        with database.writing() as connection:
            for token_hash in busy:
                sessions.touch(connection, token_hash, now)


def drop_ended(database: Database, now: datetime, chain: audit.Chain) -> int:
    """Drop the accounts whose lease is over, kill their connections, and give their number.

    To be called every few seconds, and at once after a lease was ended.
    """
    if not database.is_server:
        return 0
    over = _LEASE.c.ended_at.is_not(None) | (_LEASE.c.until <= now)
    with database.reading() as connection:
        names = list(
            connection.scalars(select(_LEASE.c.account).where(_LEASE.c.dropped_at.is_(None), over))
        )
    for name in names:
        _drop(database, name, now, chain)
    return len(names)


def _make_room(database: Database, user_id: int, now: datetime, chain: audit.Chain) -> None:
    mine = (_LEASE.c.user_id == user_id) & _LEASE.c.ended_at.is_(None) & (_LEASE.c.until > now)
    newest = select(_LEASE.c.account).where(mine).order_by(_LEASE.c.made_at.desc())
    with database.writing() as connection:
        oldest = connection.scalars(newest).all()[LEASES - 1 :]
        _end(connection, _LEASE.c.account.in_(oldest), now)
    if oldest:
        drop_ended(database, now, chain)


def _end(connection: Connection, which: ColumnElement[bool], now: datetime) -> None:
    alive = which & _LEASE.c.ended_at.is_(None)
    connection.execute(update(_LEASE).where(alive).values(ended_at=now))


def _drop(database: Database, name: str, now: datetime, chain: audit.Chain) -> None:
    """Drop first, then kill: nobody comes in again between the two."""
    with database.writing() as connection, database.at_once() as dropper:
        if not _lock(connection, name, ended=True):  # somebody else was quicker
            return
        dropper.exec_driver_sql(f"DROP USER IF EXISTS '{name}'@'%%'")
        for process in dropper.scalars(_CONNECTED, {"account": name}).all():
            kill(dropper, process)
        dropped = update(_LEASE).where(_LEASE.c.account == name)
        connection.execute(dropped.values(dropped_at=now))
        whose = select(_USER.c.login).join(_LEASE, _LEASE.c.user_id == _USER.c.id)
        login = connection.execute(whose.where(_LEASE.c.account == name)).scalar_one()
        deed = Deed(now, "farm", "drop_database_account", name, login)
        audit.append_all(connection, (deed,), chain)


def _lock(connection: Connection, name: str, *, ended: bool = False) -> bool:
    """Hold a lease's row until the transaction ends; False when it is dropped, or has ended."""
    query = select(_LEASE.c.dropped_at, _LEASE.c.ended_at).where(_LEASE.c.account == name)
    row = connection.execute(query.with_for_update()).one()
    return row.dropped_at is None and (ended or row.ended_at is None)
