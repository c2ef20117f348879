"""Table `session`: who is logged in at the gateway."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, delete, insert, select, update

from farmdesk.db.accounts import READABLE, account_of
from farmdesk.db.columns import NAME_LENGTH
from farmdesk.db.flush_rows import keepable
from farmdesk.db.models import UserAccount, UserSession, table_of
from farmdesk.domain.accounts import Account, Session, UserState

_SESSION = table_of(UserSession)


def begin(connection: Connection, session: Session) -> None:
    """Keep a new session."""
    values = {c.name: getattr(session, c.name) for c in _SESSION.columns}
    values["address"] = keepable(session.address, NAME_LENGTH)
    connection.execute(insert(_SESSION).values(values))


def find(
    connection: Connection, token_hash: bytes, *, now: datetime, idle: timedelta
) -> tuple[Session, Account] | None:
    """Give a session that holds, with its user; None when it is over, idle or its user locked."""
    query = (
        select(*(column.label(f"s_{column.name}") for column in _SESSION.columns), *READABLE)
        .join(UserAccount, UserAccount.id == _SESSION.c.user_id)
        .where(
            _SESSION.c.token_hash == token_hash,
            _SESSION.c.until > now,
            _SESSION.c.seen_at > now - idle,
            UserAccount.state == UserState.ACTIVE.value,
        )
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    session = Session(
        token_hash=row.s_token_hash,
        user_id=row.s_user_id,
        fingerprint=row.s_fingerprint,
        address=row.s_address,
        made_at=row.s_made_at,
        seen_at=row.s_seen_at,
        until=row.s_until,
    )
    return session, account_of(row)


def touch(connection: Connection, token_hash: bytes, now: datetime) -> None:
    """Note that a session is in use; once a minute is enough."""
    here = _SESSION.c.token_hash == token_hash
    connection.execute(update(_SESSION).where(here).values(seen_at=now))


def hold(connection: Connection, token_hash: bytes) -> bool:
    """Let nobody end a session until the transaction ends; False when it has ended already."""
    here = select(_SESSION.c.user_id).where(_SESSION.c.token_hash == token_hash)
    return connection.scalar(here.with_for_update()) is not None


def end(connection: Connection, token_hash: bytes) -> bool:
    """End a session; False when there was none."""
    return _ended(connection, _SESSION.c.token_hash == token_hash) > 0


def end_of_user(connection: Connection, user_id: int) -> int:
    """End all sessions of a user and give their number."""
    return _ended(connection, _SESSION.c.user_id == user_id)


def end_of_key(connection: Connection, fingerprint: str) -> Sequence[bytes]:
    """End all sessions that a key opened and give the hashes of their tokens.

    Waits for a lease that is being made for one of them: end the leases after it.
    """
    return _ended_ones(connection, _SESSION.c.fingerprint == fingerprint)


def sweep(connection: Connection, *, now: datetime, idle: timedelta) -> Sequence[bytes]:
    """Forget the sessions that are over or idle and give the hashes of their tokens.

    As with `end_of_key`: end the leases after it. Whose lent database account is in use is not
    idle, if `leases.note_use` has been called before.
    """
    over = (_SESSION.c.until <= now) | (_SESSION.c.seen_at <= now - idle)
    return _ended_ones(connection, over)


def _ended_ones(connection: Connection, which: ColumnElement[bool]) -> Sequence[bytes]:
    held = select(_SESSION.c.token_hash).where(which).with_for_update()
    found = connection.scalars(held).all()
    if found:
        _ended(connection, _SESSION.c.token_hash.in_(found))
    return found


def _ended(connection: Connection, which: ColumnElement[bool]) -> int:
    return connection.execute(delete(_SESSION).where(which)).rowcount
