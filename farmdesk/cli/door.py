"""The words about a farm elsewhere: `apply`, `collect`, `login`, `logout`, `profile`.

What they do is in `applying` and `visits`: HTTPS takes a while to load, and most words need none.
"""

import argparse

from farmdesk.cli.asking import PROFILE_FIELDS
from farmdesk.cli.call import Call
from farmdesk.cli.reader import AddVerb
from farmdesk.cli.upload import add_key_file


def add_verbs(verb: AddVerb) -> None:
    """Add them."""
    _add_apply(verb)
    _add_collect(verb)
    login = verb("login", "log in to a farm elsewhere with your key file", _login)
    add_key_file(login)
    _add_trust(login)
    verb("logout", "log out of a farm elsewhere", _logout)
    profile = verb(
        "profile",
        "see your account, or change what you tell of yourself",
        _profile,
        example="farmdesk profile --contact 5678",
    )
    add_profile_words(profile)


def _add_apply(verb: AddVerb) -> None:
    apply = verb(
        "apply",
        "apply for an account and keys at a farm elsewhere",
        _apply,
        example="farmdesk apply --login wang --server https://farm.example:8443",
    )
    apply.add_argument("--login", metavar="LOGIN", help="the login that you wish to have")
    apply.add_argument(
        "--reissue", action="store_true", help="new keys for an account that you have"
    )
    add_profile_words(apply)
    apply.add_argument(
        "--identity-file", metavar="FILE", help="holds your identity number; else you are asked"
    )
    _add_trust(apply)


def _add_collect(verb: AddVerb) -> None:
    collect = verb("collect", "collect your keys once a superadmin has approved you", _collect)
    collect.add_argument(
        "--key-folder", metavar="FOLDER", help="where the key file is put; else in your settings"
    )
    collect.add_argument(
        "--passphrase-file", metavar="FILE", help="holds the key file's passphrase; else you choose"
    )


def add_profile_words(verb: argparse.ArgumentParser) -> None:
    """Add what somebody tells of himself."""
    for name, en, _ in PROFILE_FIELDS:
        verb.add_argument(f"--{name}", metavar="TEXT", help=en.lower())


def _add_trust(verb: argparse.ArgumentParser) -> None:
    verb.add_argument(
        "--ca", metavar="FILE.pem", help="the certificate of the farm's authority, from the farm"
    )
    verb.add_argument(
        "--fingerprint",
        metavar="DIGITS",
        help="of the farm's authority, as a superadmin told you; else you are asked",
    )
    verb.add_argument(
        "--trust", action="store_true", help="ask anew: the farm has another authority now"
    )


def _apply(call: Call) -> int:
    from farmdesk.cli import applying

    return applying.apply(call)


def _collect(call: Call) -> int:
    from farmdesk.cli import applying

    return applying.collect(call)


def _login(call: Call) -> int:
    from farmdesk.cli import visits

    return visits.login(call)


def _logout(call: Call) -> int:
    from farmdesk.cli import visits

    return visits.logout(call)


def _profile(call: Call) -> int:
    from farmdesk.cli import visits

    return visits.profile(call)
