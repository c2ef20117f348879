"""The words about a farm elsewhere: `apply`, `collect`, `login`, `logout`, `profile`.

What they do is in `applying` and `visits`: HTTPS takes a while to load, and most words need none.
"""

import argparse

from farmdesk.cli.asking import PROFILE_FIELDS
from farmdesk.cli.call import Call
from farmdesk.cli.reader import AddVerb


def add_verbs(verb: AddVerb) -> None:
    """Add them."""
    apply = verb("apply", "apply for an account and keys at a farm elsewhere", _apply)
    apply.add_argument("--login", help="that you wish to have")
    apply.add_argument("--reissue", action="store_true", help="new keys for an account of yours")
    for name, *_ in PROFILE_FIELDS:
        apply.add_argument(f"--{name}")
    apply.add_argument("--identity-file", metavar="FILE", help="holds your identity number")
    _add_trust(apply)
    collect = verb("collect", "collect your keys once a superadmin has approved you", _collect)
    collect.add_argument("--key-folder", metavar="FOLDER", help="for the key file")
    collect.add_argument("--passphrase-file", metavar="FILE", help="holds its new passphrase")
    login = verb("login", "log in to a farm elsewhere with your key file", _login)
    login.add_argument("--key", metavar="FILE", help="your key file; else the collected one")
    login.add_argument("--passphrase-file", metavar="FILE", help="holds its passphrase")
    _add_trust(login)
    verb("logout", "log out of a farm elsewhere", _logout)
    profile = verb("profile", "see your account, or change what you tell of yourself", _profile)
    for name, *_ in PROFILE_FIELDS:
        profile.add_argument(f"--{name}")


def _add_trust(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--ca", metavar="FILE.pem", help="the certificate of the farm's authority")
    verb.add_argument("--fingerprint", help="of the farm's authority, as a superadmin told you")
    verb.add_argument("--trust", action="store_true", help="trust anew: the farm has changed it")


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
