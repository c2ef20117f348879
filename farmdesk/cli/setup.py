"""`farmdesk setup`: its words. What they do is in `set_up`, which takes a while to load."""

import argparse

from farmdesk.cli.call import Call
from farmdesk.cli.door import add_profile_words
from farmdesk.cli.reader import AddVerb
from farmdesk.cli.screen import language
from farmdesk.config import GATEWAY_PORT
from farmdesk.domain.said import Said


def add_verbs(verb: AddVerb) -> None:
    """Add `setup`."""
    setup = verb(
        "setup",
        "set up accounts and the gateway of a farm on this machine; safe to run again",
        _setup,
        example="farmdesk setup --host farm.example --login boss --key-folder ~/keys",
    )
    _add_place(setup)
    _add_superadmin(setup)


def _add_place(setup: argparse.ArgumentParser) -> None:
    """Add where the farm's rows lie, and how clients reach it."""
    setup.add_argument(
        "--database",
        metavar="URL",
        help="like mysql://farmdesk@host/farm; else a file in the farm folder",
    )
    setup.add_argument(
        "--database-password-file",
        metavar="FILE",
        help="holds the database's password; else you are asked",
    )
    setup.add_argument(
        "--host",
        action="append",
        metavar="NAME",
        help="a name or address that clients reach this machine by; may be repeated",
    )
    setup.add_argument(
        "--port",
        type=_port,
        metavar="PORT",
        help=f"where the gateway listens; else {GATEWAY_PORT}",
    )
    for name, text in (
        ("certificate", "a certificate from elsewhere, instead of one of the farm's own"),
        ("key", "the private key of that certificate"),
        ("ca", "the authority that signed that certificate"),
    ):
        setup.add_argument(f"--{name}", metavar="FILE.pem", help=text)


def _add_superadmin(setup: argparse.ArgumentParser) -> None:
    """Add who the first superadmin is."""
    setup.add_argument("--login", metavar="LOGIN", help="of the first superadmin")
    add_profile_words(setup)
    setup.add_argument(
        "--identity-file", metavar="FILE", help="holds your identity number; else you are asked"
    )
    setup.add_argument(
        "--passphrase-file", metavar="FILE", help="holds the key file's passphrase; else you choose"
    )
    setup.add_argument(
        "--key-folder",
        metavar="FOLDER",
        default=".",
        help="where the superadmin's key file is put; else here",
    )


def _setup(call: Call) -> int:
    call.check_means_here()
    from farmdesk.cli.set_up import carry_out

    return carry_out(call)


def _port(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        said = Said(
            f"{text!r} is no port; a port is a number from 1 to 65535",
            f"{text!r} 不是端口；端口是 1 到 65535 的数字",
        )
        raise argparse.ArgumentTypeError(said.text(language()))
    return int(text)
