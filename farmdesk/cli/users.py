"""`farmdesk user`: who is on the farm and who wants to be; a superadmin decides."""

from collections.abc import Sequence
from datetime import datetime

from rich.console import Console
from rich.table import Table
from rich.text import Text

from farmdesk.cli.call import AddVerb, Call, second_words
from farmdesk.domain.account_commands import (
    ApproveUser,
    ReinstateUser,
    RejectUser,
    SetQuota,
    SuspendUser,
)
from farmdesk.domain.accounts import Account, Application, PublicKey
from farmdesk.domain.command_fields import ROLES
from farmdesk.security.handover import handover_fingerprint


def add_verbs(verb: AddVerb) -> None:
    """Add `user` with the words behind it."""
    word = second_words(verb("user", "look after accounts: for superadmins", _list))
    word("list", "list the applications that wait, and the accounts", _list)
    word("show", "show one account and its keys", _show).add_argument("login")
    approve = word("approve", "give an applicant keys", _approve)
    approve.add_argument("application", type=int)
    approve.add_argument("--role", choices=ROLES, default="customer", help="of a new account")
    approve.add_argument(
        "--handover",
        required=True,
        metavar="DIGITS",
        help="the fingerprint as the applicant reads it out, 16 digits at least",
    )
    reject = word("reject", "turn applications down", _reject)
    reject.add_argument("application", type=int, nargs="+")
    suspend = word("suspend", "lock an account; all that it does ends at once", _suspend)
    suspend.add_argument("login")
    for made in (reject, suspend):
        made.add_argument("--reason", required=True)
    word("reinstate", "let a suspended account in again", _reinstate).add_argument("login")
    quota = word("quota", "set how much of the inbox somebody may take", _quota)
    quota.add_argument("login")
    quota.add_argument("gigabytes", type=int)


def _list(call: Call) -> int:
    call.check_superadmin()
    applications, accounts = call.people.applications(), call.people.accounts()
    shown = {"applications": [_plain(item) for item in applications], "accounts": accounts}
    return call.show(shown, lambda: print_people(call.console, applications, accounts))


def _show(call: Call) -> int:
    call.check_superadmin()
    account = call.people.account(call.words.login)
    keys = call.people.keys(account.user_id)
    return call.show(
        {"account": account, "keys": keys}, lambda: print_account(call.console, account, keys)
    )


def _approve(call: Call) -> int:
    words = call.words
    return call.send([ApproveUser(words.application, role=words.role, handover=words.handover)])


def _reject(call: Call) -> int:
    words = call.words
    return call.send([RejectUser(number, words.reason) for number in words.application])


def _suspend(call: Call) -> int:
    return call.send([SuspendUser(call.words.login, call.words.reason)])


def _reinstate(call: Call) -> int:
    return call.send([ReinstateUser(call.words.login)])


def _quota(call: Call) -> int:
    return call.send([SetQuota(call.words.login, call.words.gigabytes)])


def print_people(
    console: Console, applications: Sequence[Application], accounts: Sequence[Account]
) -> None:
    """Print who waits, with the fingerprint to compare by voice, and then everybody."""
    if applications:
        table = _table("#", "Applicant", "Wants", "Since", "Handover key")
        for item in applications:
            wants = "an account" if item.kind.value == "account" else "new keys"
            fingerprint = handover_fingerprint(item.handover_key)
            table.add_row(str(item.id), item.login, wants, _time(item.made_at), fingerprint)
        console.print(table)
        console.print()
    table = _table("Login", "Role", "State", "Name", "Department", "Contact", "Quota")
    for account in accounts:
        cells = (
            account.login,
            account.role.value,
            account.state.value,
            account.name,
            account.department,
            account.contact,
            f"{account.quota_bytes / 1e9:.0f} GB",
        )
        table.add_row(*(Text(cell) for cell in cells))
    console.print(table)


def print_account(console: Console, account: Account, keys: Sequence[PublicKey]) -> None:
    """Print an account with its keys; the newest is the last."""
    table = Table.grid(padding=(0, 2))
    decided = f"by {account.decided_by}, {_time(account.decided_at)}" if account.decided_at else ""
    lines = {
        "Login": f"{account.login}  {account.role.value}, {account.state.value}",
        "Name": account.name,
        "Department": account.department,
        "Contact": account.contact,
        "Quota": f"{account.quota_bytes / 1e9:.0f} GB",
        "Since": _time(account.created_at),
        "Decided": decided + (f": {account.reason}" if account.reason else ""),
    }
    for name, value in lines.items():
        if value:
            table.add_row(Text(name, "dim"), Text(value))
    for key in keys:
        ended = f" {_time(key.ended_at)}" if key.ended_at else ""
        text = f"{key.version}  {key.state.value}{ended}\n{key.fingerprint}"
        table.add_row(Text("Key", "dim"), Text(text))
    console.print(table)


def _plain(item: Application) -> dict[str, object]:
    """Give an application for programs, with the fingerprint that people compare."""
    return {
        "id": item.id,
        "login": item.login,
        "kind": item.kind,
        "made_at": item.made_at,
        "handover": handover_fingerprint(item.handover_key),
    }


def _table(*columns: str) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def _time(at: datetime | None) -> str:
    return "" if at is None else f"{at.astimezone():%Y-%m-%d %H:%M}"
