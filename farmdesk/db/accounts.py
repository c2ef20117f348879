"""Table `user_account`: the people of the farm. Their keys are in `user_keys`.

Functions that change something need a writing connection.
"""

from collections.abc import Callable, Collection, Iterator
from datetime import datetime

from sqlalchemy import Connection, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from farmdesk.db.account_errors import LoginTaken, NoAccount, WrongUserState
from farmdesk.db.models import UserAccount, table_of
from farmdesk.db.records import AnyRow
from farmdesk.domain.accounts import Account, Profile, UserState, check_login, check_profile
from farmdesk.domain.users import Role

Wrap = Callable[[int, str], bytes]
"""Gives an identity number wrapped for the user with this number."""

_USER = table_of(UserAccount)
READABLE = tuple(column for column in _USER.columns if column.name != "identity")
"""What a superadmin's database account may read, too."""

_UNDECIDED = {"decided_by": "", "decided_at": None, "reason": ""}


def add(
    connection: Connection,
    login: str,
    profile: Profile,
    *,
    role: Role,
    state: UserState,
    quota_bytes: int,
    now: datetime,
    wrap: Wrap,
) -> Account:
    """Make an account without keys. Raises LoginTaken or BadAccountField.

    A rejected account's login may be taken again: its profile is then the new one.
    """
    check_login(login)
    check_profile(profile)
    values: dict[str, object] = {
        "login": login,
        "role": role.value,
        "state": state.value,
        "name": profile.name,
        "department": profile.department,
        "contact": profile.contact,
        "quota_bytes": quota_bytes,
        "created_at": now,
        **_UNDECIDED,
    }
    rejected = (_USER.c.login == login) & (_USER.c.state == UserState.REJECTED.value)
    user_id = connection.scalar(select(_USER.c.id).where(rejected).with_for_update())
    if user_id is None:
        try:
            made = connection.execute(insert(_USER).values(**values, identity=b""))
        except IntegrityError as error:
            raise LoginTaken(login) from error
        user_id = int(made.lastrowid)
    values["identity"] = wrap(user_id, profile.identity)
    connection.execute(update(_USER).where(_USER.c.id == user_id).values(values))
    return by_id(connection, user_id)


def find(connection: Connection, login: str) -> Account | None:
    """Give an account by its login."""
    row = connection.execute(select(*READABLE).where(_USER.c.login == login)).one_or_none()
    return None if row is None else account_of(row)


def active(connection: Connection, login: str) -> Account:
    """Give an account that may log in. Raises NoAccount."""
    account = find(connection, login)
    if account is None or account.state is not UserState.ACTIVE:
        raise NoAccount(login)
    return account


def by_id(connection: Connection, user_id: int) -> Account:
    """Give an account that there is. Raises NoAccount."""
    row = connection.execute(select(*READABLE).where(_USER.c.id == user_id)).one_or_none()
    if row is None:
        raise NoAccount(str(user_id))
    return account_of(row)


def hold(connection: Connection, user_id: int) -> Account:
    """Give an account, and let nobody change it until the transaction ends. Raises NoAccount."""
    mine = select(*READABLE).where(_USER.c.id == user_id).with_for_update()
    row = connection.execute(mine).one_or_none()
    if row is None:
        raise NoAccount(str(user_id))
    return account_of(row)


def everybody(connection: Connection) -> list[Account]:
    """Give all accounts by login."""
    rows = connection.execute(select(*READABLE).order_by(_USER.c.login))
    return [account_of(row) for row in rows]


def move(
    connection: Connection,
    login: str,
    *,
    wanted: Collection[UserState],
    state: UserState,
    by: str,
    reason: str,
    now: datetime,
) -> Account:
    """Bring an account from one of the `wanted` states to another.

    Raises NoAccount or WrongUserState. More ends with an account that is
    suspended: see `sessions`, `leases` and `transfers`.
    """
    row = connection.execute(
        select(_USER.c.id, _USER.c.state).where(_USER.c.login == login).with_for_update()
    ).one_or_none()
    if row is None:
        raise NoAccount(login)
    if UserState(row.state) not in wanted:
        raise WrongUserState(login, UserState(row.state))
    decided = {"state": state.value, "decided_by": by, "decided_at": now, "reason": reason}
    connection.execute(update(_USER).where(_USER.c.id == row.id).values(decided))
    return by_id(connection, row.id)


def set_role(connection: Connection, user_id: int, role: Role) -> None:
    """Give an account another role."""
    _change(connection, user_id, {"role": role.value})


def set_quota(connection: Connection, login: str, quota_bytes: int) -> Account:
    """Set how much of the inbox a user's uploads may take. Raises NoAccount."""
    account = find(connection, login)
    if account is None:
        raise NoAccount(login)
    _change(connection, account.user_id, {"quota_bytes": quota_bytes})
    return by_id(connection, account.user_id)


def set_profile(
    connection: Connection, user_id: int, *, name: str, department: str, contact: str
) -> Account:
    """Change what a person tells of himself; the identity number stays. Raises BadAccountField."""
    check_profile(Profile(name, department, contact, identity="-"))
    _change(connection, user_id, {"name": name, "department": department, "contact": contact})
    return by_id(connection, user_id)


def identities(connection: Connection) -> Iterator[tuple[int, bytes]]:
    """Give user numbers with wrapped identity numbers, for a new master key."""
    yield from (
        (row.id, row.identity) for row in connection.execute(select(_USER.c.id, _USER.c.identity))
    )


def rewrap_identity(connection: Connection, user_id: int, *, old: bytes, new: bytes) -> None:
    """Keep an identity number under another wrapping, unless it changed since `old` was read."""
    here = (_USER.c.id == user_id) & (_USER.c.identity == old)
    connection.execute(update(_USER).where(here).values(identity=new))


def superadmin(connection: Connection) -> str | None:
    """Give the login of a superadmin, the first of several; None where there is none.

    It reads no column that came later: a farm that is still to be updated is answered, too.
    """
    which = select(_USER.c.login).where(_USER.c.role == Role.SUPERADMIN.value)
    return connection.execute(which.order_by(_USER.c.login).limit(1)).scalar_one_or_none()


def staff_count(connection: Connection, role: Role) -> int:
    """Give how many active accounts have a role; the last superadmin must not be suspended."""
    which = (_USER.c.role == role.value) & (_USER.c.state == UserState.ACTIVE.value)
    return int(connection.execute(select(func.count()).where(which)).scalar_one())


def _change(connection: Connection, user_id: int, values: dict[str, object]) -> None:
    connection.execute(update(_USER).where(_USER.c.id == user_id).values(values))


def account_of(row: AnyRow) -> Account:
    """Read a row of `user_account`."""
    return Account(
        user_id=row.id,
        login=row.login,
        role=Role(row.role),
        state=UserState(row.state),
        name=row.name,
        department=row.department,
        contact=row.contact,
        quota_bytes=row.quota_bytes,
        created_at=row.created_at,
        decided_by=row.decided_by,
        decided_at=row.decided_at,
        reason=row.reason,
    )
