"""`farmdesk user`: who is on the farm and who wants to be; a superadmin decides."""

import argparse

from farmdesk.cli.call import Call
from farmdesk.cli.numbers import number
from farmdesk.cli.reader import AddVerb, second_words
from farmdesk.cli.user_tables import print_account, print_people
from farmdesk.domain.account_commands import (
    ApproveUser,
    ReinstateUser,
    RejectUser,
    SetQuota,
    SuspendUser,
)
from farmdesk.domain.accounts import Application
from farmdesk.domain.command_fields import ROLES
from farmdesk.domain.sizes import read_size
from farmdesk.security.handover import handover_fingerprint

_APPLICATION = "its number, as farmdesk user list shows it"


def add_verbs(verb: AddVerb) -> None:
    """Add `user` with the words behind it."""
    word = second_words(verb("user", "look after accounts: for superadmins", _list))
    word("list", "list the applications that wait, and the accounts", _list)
    _add_login(
        word("show", "show one account and its keys", _show, example="farmdesk user show wang")
    )
    _add_approve(word)
    _add_reject(word)
    suspend = word("suspend", "lock an account; all that it does ends at once", _suspend)
    _add_login(suspend)
    _add_reason(suspend)
    _add_login(word("reinstate", "let a suspended account in again", _reinstate))
    _add_quota(word)


def _add_approve(word: AddVerb) -> None:
    approve = word(
        "approve",
        "give an applicant keys",
        _approve,
        example='farmdesk user approve 7 --handover "1f2e 3d4c 5b6a 7988"',
    )
    approve.add_argument("application", metavar="APPLICATION", type=number, help=_APPLICATION)
    approve.add_argument(
        "--role",
        metavar="ROLE",
        choices=ROLES,
        default="customer",
        help="of a new account: customer, operator or superadmin; else customer",
    )
    approve.add_argument(
        "--handover",
        required=True,
        metavar="DIGITS",
        help="the fingerprint as the applicant reads it out to you, 16 digits at least",
    )


def _add_reject(word: AddVerb) -> None:
    reject = word(
        "reject",
        "turn applications down",
        _reject,
        example='farmdesk user reject 8 9 --reason "unknown here"',
    )
    reject.add_argument(
        "application", metavar="APPLICATION", type=number, nargs="+", help=_APPLICATION
    )
    _add_reason(reject)


def _add_quota(word: AddVerb) -> None:
    quota = word(
        "quota",
        "set how much of the inbox somebody's packages may take",
        _quota,
        example="farmdesk user quota wang 1.5TB",
    )
    _add_login(quota)
    quota.add_argument(
        "size", metavar="SIZE", help="like 20GB, 1.5 TB, 500 MiB, or a number of bytes; 0: none"
    )
    quota.add_argument("unit", metavar="UNIT", nargs="?", default="", help="where SIZE has none")


def _add_login(command: argparse.ArgumentParser) -> None:
    command.add_argument("login", metavar="LOGIN", help="whose account")


def _add_reason(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--reason", metavar="TEXT", required=True, help="why; the person concerned reads it"
    )


def _list(call: Call) -> int:
    call.check_superadmin()
    applications, accounts = call.people.applications(), call.people.accounts()
    shown = {"applications": [_plain(item) for item in applications], "accounts": accounts}
    return call.show(shown, lambda: print_people(call.screen, applications, accounts))


def _show(call: Call) -> int:
    call.check_superadmin()
    account = call.people.account(call.words.login)
    keys = call.people.keys(account.user_id)
    return call.show(
        {"account": account, "keys": keys}, lambda: print_account(call.screen, account, keys)
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
    words = call.words
    return call.send([SetQuota(words.login, read_size(f"{words.size} {words.unit}"))])


def _plain(item: Application) -> dict[str, object]:
    """Give an application for programs, with the fingerprint that people compare."""
    return {
        "id": item.id,
        "login": item.login,
        "kind": item.kind,
        "made_at": item.made_at,
        "handover": handover_fingerprint(item.handover_key),
    }
