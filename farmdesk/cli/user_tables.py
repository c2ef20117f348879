"""What `farmdesk user list` and `user show` show."""

from collections.abc import Sequence
from datetime import datetime

from farmdesk.cli.headings import (
    CONTACT,
    DECIDED,
    DEPARTMENT,
    KEY,
    LOGIN,
    NAME,
    NUMBER,
    QUOTA,
    ROLE,
    SINCE,
    STATE,
    named,
)
from farmdesk.cli.screen import Screen, Shown
from farmdesk.domain.account_words import APPLICATIONS, KEY_STATES, ROLES, USER_STATES
from farmdesk.domain.accounts import Account, Application, PublicKey
from farmdesk.domain.said import Said
from farmdesk.domain.sizes import size_text
from farmdesk.security.handover import handover_fingerprint

_APPLICATION_HEADINGS = (
    NUMBER,
    Said("Applicant", "申请人"),
    Said("Wants", "申请内容"),
    SINCE,
    Said("Handover key", "移交密钥"),
)


def print_people(
    screen: Screen, applications: Sequence[Application], accounts: Sequence[Account]
) -> None:
    """Print who waits, with the fingerprint to compare by voice, and then everybody."""
    if applications:
        screen.table(_APPLICATION_HEADINGS, map(_application, applications))
        screen.say("")
    screen.table((LOGIN, ROLE, STATE, NAME, DEPARTMENT, CONTACT, QUOTA), map(_account, accounts))


def print_account(screen: Screen, account: Account, keys: Sequence[PublicKey]) -> None:
    """Print an account with its keys; the newest is the last."""
    standing = named(account.role, ROLES) + Said(", ", "，") + named(account.state, USER_STATES)
    screen.facts(
        [
            (LOGIN, Said(f"{account.login}  ") + standing),
            (NAME, account.name),
            (DEPARTMENT, account.department),
            (CONTACT, account.contact),
            (QUOTA, size_text(account.quota_bytes)),
            (SINCE, _time(account.created_at)),
            (DECIDED, _decided(account)),
            *((KEY, _key(key)) for key in keys),
        ]
    )


def _application(item: Application) -> tuple[Shown, ...]:
    wants, fingerprint = APPLICATIONS[item.kind], handover_fingerprint(item.handover_key)
    return str(item.id), item.login, wants, _time(item.made_at), fingerprint


def _account(account: Account) -> tuple[Shown, ...]:
    return (
        account.login,
        named(account.role, ROLES),
        named(account.state, USER_STATES),
        account.name,
        account.department,
        account.contact,
        size_text(account.quota_bytes),
    )


def _decided(account: Account) -> Said:
    why = Said(f": {account.reason}", f"：{account.reason}") if account.reason else Said()
    if not account.decided_at:
        return why
    by, at = account.decided_by, _time(account.decided_at)
    return Said(f"by {by}, {at}", f"{by}，{at}") + why


def _key(key: PublicKey) -> Said:
    ended = f" {_time(key.ended_at)}" if key.ended_at else ""
    state = named(key.state, KEY_STATES)
    return Said(f"{key.version}  ") + state + Said(f"{ended}\n{key.fingerprint}")


def _time(at: datetime | None) -> str:
    return "" if at is None else f"{at.astimezone():%Y-%m-%d %H:%M}"
