"""Table `user_key`: the versions of everybody's keys, private parts wrapped.

Functions that change something need a writing connection.
"""

from collections.abc import Iterator
from dataclasses import fields
from datetime import datetime

from sqlalchemy import Connection, func, insert, select, update

from farmdesk.db.account_errors import NoKey
from farmdesk.db.models import UserKey, table_of
from farmdesk.db.records import AnyRow
from farmdesk.domain.accounts import KeyRecord, KeyState, PublicKey

_KEY = table_of(UserKey)


def next_version(connection: Connection, user_id: int) -> int:
    """Give the version that a user's next keys will have; they are wrapped for it."""
    newest = select(func.coalesce(func.max(_KEY.c.version), 0)).where(_KEY.c.user_id == user_id)
    return int(connection.execute(newest).scalar_one()) + 1


def add(connection: Connection, key: KeyRecord) -> None:
    """Keep new keys; the user's older ones that were in use are retired.

    Raises IntegrityError when two approvals made the same version: one of them must not count.
    """
    older = (_KEY.c.user_id == key.user_id) & (_KEY.c.state == KeyState.ACTIVE.value)
    retired = {"state": KeyState.RETIRED.value, "ended_at": key.made_at}
    connection.execute(update(_KEY).where(older).values(retired))
    values = {c.name: getattr(key, c.name) for c in _KEY.columns}
    connection.execute(insert(_KEY).values(values | {"state": key.state.value}))


def public_of(connection: Connection, user_id: int) -> list[PublicKey]:
    """Give all versions of a user's keys, oldest first, as a superadmin may read them."""
    columns = (getattr(_KEY.c, field.name) for field in fields(PublicKey))
    query = select(*columns).where(_KEY.c.user_id == user_id).order_by(_KEY.c.version)
    return [
        PublicKey(row.version, row.fingerprint, KeyState(row.state), row.made_at, row.ended_at)
        for row in connection.execute(query)
    ]


def find(connection: Connection, fingerprint: str) -> KeyRecord | None:
    """Give keys by their fingerprint, whatever their state."""
    row = connection.execute(select(_KEY).where(_KEY.c.fingerprint == fingerprint)).one_or_none()
    return None if row is None else _key(row)


def hold(connection: Connection, fingerprint: str) -> KeyRecord:
    """Give keys that there are, and let nobody change them until the transaction ends."""
    query = select(_KEY).where(_KEY.c.fingerprint == fingerprint).with_for_update()
    return _key(connection.execute(query).one())


def version(connection: Connection, user_id: int, number: int) -> KeyRecord | None:
    """Give a version of a user's keys, whatever its state: old files need old keys."""
    here = (_KEY.c.user_id == user_id) & (_KEY.c.version == number)
    row = connection.execute(select(_KEY).where(here)).one_or_none()
    return None if row is None else _key(row)


def revoke(connection: Connection, fingerprint: str, now: datetime) -> KeyRecord:
    """Let keys log in and seal no more. Raises NoKey when there are none, or revoked ones.

    Their sessions are to be ended then: see `sessions.end_of_key`. No log-in comes between.
    """
    usable = (_KEY.c.fingerprint == fingerprint) & (_KEY.c.state != KeyState.REVOKED.value)
    revoked = {"state": KeyState.REVOKED.value, "ended_at": now}
    if not connection.execute(update(_KEY).where(usable).values(revoked)).rowcount:
        raise NoKey(fingerprint)
    return _key(connection.execute(select(_KEY).where(_KEY.c.fingerprint == fingerprint)).one())


def everyones(connection: Connection) -> Iterator[KeyRecord]:
    """Give all keys of the farm, for a new master key."""
    for row in connection.execute(select(_KEY).order_by(_KEY.c.user_id, _KEY.c.version)):
        yield _key(row)


def set_wrapped(
    connection: Connection, key: KeyRecord, *, wrapped_private: bytes, wrapped_user_key: bytes
) -> None:
    """Keep the private parts of keys under another wrapping."""
    here = (_KEY.c.user_id == key.user_id) & (_KEY.c.version == key.version)
    values = {"wrapped_private": wrapped_private, "wrapped_user_key": wrapped_user_key}
    connection.execute(update(_KEY).where(here).values(values))


def _key(row: AnyRow) -> KeyRecord:
    return KeyRecord(
        user_id=row.user_id,
        version=row.version,
        fingerprint=row.fingerprint,
        public_pem=row.public_pem,
        wrapped_private=row.wrapped_private,
        wrapped_user_key=row.wrapped_user_key,
        state=KeyState(row.state),
        made_at=row.made_at,
        ended_at=row.ended_at,
    )
