"""Table `application`: who waits for keys, what was decided, and the sealed keys until collected.

Functions that change something need a writing connection.
"""

import hmac
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Select, func, insert, select, true, update

from farmdesk.db import accounts
from farmdesk.db.account_errors import (
    AlreadyDecided,
    AppliedBefore,
    ListFull,
    NetworkFull,
    NoApplication,
    TooManyApplications,
)
from farmdesk.db.models import KeyApplication, UserAccount, table_of
from farmdesk.db.records import AnyRow
from farmdesk.domain.accounts import Application, ApplicationKind, UserState

MAX_OF_ACCOUNT = 3  # undecided ones, from one network: whoever knows a login may apply for it
MAX_OF_NETWORK = 20
MAX_WAITING = 1000  # of everybody: what a superadmin can still look through
_APPLICATION = table_of(KeyApplication)
READABLE = tuple(
    c for c in _APPLICATION.columns if c.name not in ("bundle", "pickup_hash", "network")
)
"""What a superadmin's database account may read, too."""


def apply(
    connection: Connection,
    user_id: int,
    kind: ApplicationKind,
    *,
    handover_key: bytes,
    pickup_hash: bytes,
    network: str,
    now: datetime,
) -> Application:
    """Ask for keys for an account that there is.

    `handover_key`: the applicant's X25519 public key, 32 bytes. `pickup_hash`: SHA-256 of the
    secret that he will collect the keys with. `network`: where he is, see `security.brakes`.
    Raises NoAccount, AppliedBefore, TooManyApplications, NetworkFull or ListFull.
    """
    account = accounts.hold(connection, user_id)  # of two at once the second one sees the first
    if same(connection, account.login, handover_key=handover_key, pickup_hash=pickup_hash):
        raise AppliedBefore
    near = _APPLICATION.c.network == network
    if _count(connection, near & (_APPLICATION.c.user_id == user_id)) >= MAX_OF_ACCOUNT:
        raise TooManyApplications(account.login)
    if _count(connection, near) >= MAX_OF_NETWORK:
        raise NetworkFull
    if count_waiting(connection) >= MAX_WAITING:
        raise ListFull
    values = {
        "user_id": user_id,
        "kind": kind.value,
        "handover_key": handover_key,
        "pickup_hash": pickup_hash,
        "made_at": now,
        "network": network,
        "decided_by": "",
        "reason": "",
    }
    return find(connection, connection.execute(insert(_APPLICATION).values(values)).lastrowid)


def count_waiting(connection: Connection) -> int:
    """Give how many applications nobody has decided."""
    return _count(connection, true())


def _count(connection: Connection, which: ColumnElement[bool]) -> int:
    undecided = which & _APPLICATION.c.approved.is_(None)
    return int(connection.execute(select(func.count()).where(undecided)).scalar_one())


def same(
    connection: Connection, login: str, *, handover_key: bytes, pickup_hash: bytes
) -> Application | None:
    """Give the application that was made with this key and secret, if it has come in before.

    Who knows the hash of the secret made it: the farm shows it to nobody.
    """
    query = _query().where(
        UserAccount.login == login,
        _APPLICATION.c.handover_key == handover_key,
        _APPLICATION.c.pickup_hash == pickup_hash,
    )
    row = connection.execute(query.order_by(_APPLICATION.c.id).limit(1)).one_or_none()
    return None if row is None else _application(row)


def find(connection: Connection, application_id: int) -> Application:
    """Give an application. Raises NoApplication."""
    query = _query().where(_APPLICATION.c.id == application_id)
    row = connection.execute(query).one_or_none()
    if row is None:
        raise NoApplication(application_id)
    return _application(row)


def waiting(connection: Connection) -> list[Application]:
    """Give the applications that nobody has decided, oldest first."""
    query = _query().where(_APPLICATION.c.approved.is_(None))
    return [_application(row) for row in connection.execute(query.order_by(_APPLICATION.c.id))]


def decide(
    connection: Connection,
    application_id: int,
    *,
    approved: bool,
    by: str,
    now: datetime,
    reason: str = "",
    bundle: bytes | None = None,
) -> Application:
    """Close an application, and a new account's state with it. Raises AlreadyDecided.

    `bundle`: the keys, sealed to the handover key, for the applicant to collect. The keys
    themselves go to `user_keys.add`, in the same transaction.
    """
    _lock_undecided(connection, application_id)
    decided = {"approved": approved, "decided_by": by, "decided_at": now, "reason": reason}
    here = _APPLICATION.c.id == application_id
    connection.execute(update(_APPLICATION).where(here).values(**decided, bundle=bundle))
    application = find(connection, application_id)
    if application.kind is ApplicationKind.ACCOUNT:
        accounts.move(
            connection,
            application.login,
            wanted=(UserState.PENDING,),
            state=UserState.ACTIVE if approved else UserState.REJECTED,
            by=by,
            reason=reason,
            now=now,
        )
    return application


def _lock_undecided(connection: Connection, application_id: int) -> None:
    """Let nobody else decide meanwhile. Raises NoApplication or AlreadyDecided."""
    query = select(_APPLICATION.c.decided_by, _APPLICATION.c.approved)
    row = connection.execute(
        query.where(_APPLICATION.c.id == application_id).with_for_update()
    ).one_or_none()
    if row is None:
        raise NoApplication(application_id)
    if row.approved is not None:
        raise AlreadyDecided(application_id, row.decided_by)


def bundle(connection: Connection, application_id: int, pickup_hash: bytes) -> bytes | None:
    """Give the sealed keys; None when they are not there, were collected, or the hash is another.

    They can be read again, on a bad line, until `collected`.
    """
    query = select(_APPLICATION.c.bundle, _APPLICATION.c.pickup_hash)
    row = connection.execute(query.where(_APPLICATION.c.id == application_id)).one_or_none()
    if row is None or not hmac.compare_digest(row.pickup_hash, pickup_hash):
        return None
    return None if row.bundle is None else bytes(row.bundle)


def knows(connection: Connection, application_id: int, pickup_hash: bytes) -> bool:
    """Tell whether this is the hash of the application's pickup secret."""
    query = select(_APPLICATION.c.pickup_hash).where(_APPLICATION.c.id == application_id)
    kept = connection.scalar(query)
    return kept is not None and hmac.compare_digest(kept, pickup_hash)


def collected(connection: Connection, application_id: int, now: datetime) -> bool:
    """Delete the sealed keys for good: their owner has them. False when it was done before."""
    here = (_APPLICATION.c.id == application_id) & _APPLICATION.c.bundle.is_not(None)
    gone = update(_APPLICATION).where(here).values(bundle=None, collected_at=now)
    return connection.execute(gone).rowcount > 0


def collected_by(connection: Connection, user_id: int, now: datetime) -> None:
    """Delete a user's sealed keys for good: he has logged in with his newest ones."""
    here = (_APPLICATION.c.user_id == user_id) & _APPLICATION.c.bundle.is_not(None)
    connection.execute(update(_APPLICATION).where(here).values(bundle=None, collected_at=now))


def forget_bundles(connection: Connection, decided_before: datetime) -> int:
    """Delete the sealed keys that nobody has collected for so long, and give their number."""
    old = _APPLICATION.c.bundle.is_not(None) & (_APPLICATION.c.decided_at < decided_before)
    return connection.execute(update(_APPLICATION).where(old).values(bundle=None)).rowcount


def _query() -> Select[tuple[object, ...]]:
    login = UserAccount.login.label("login")
    return select(*READABLE, login).join(UserAccount, UserAccount.id == _APPLICATION.c.user_id)


def _application(row: AnyRow) -> Application:
    return Application(
        id=row.id,
        user_id=row.user_id,
        login=row.login,
        kind=ApplicationKind(row.kind),
        handover_key=row.handover_key,
        made_at=row.made_at,
        decided_at=row.decided_at,
        approved=row.approved,
        reason=row.reason,
        collected_at=row.collected_at,
    )
