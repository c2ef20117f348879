"""`farmdesk setup`: its words. What they do is in `set_up`, which takes a while to load."""

import argparse

from farmdesk.cli.asking import PROFILE_FIELDS
from farmdesk.cli.call import Call
from farmdesk.cli.reader import AddVerb
from farmdesk.config import GATEWAY_PORT


def add_verbs(verb: AddVerb) -> None:
    """Add `setup`."""
    setup = verb("setup", "set up accounts and the gateway of a farm; safe to run again", _setup)
    setup.add_argument("--database", metavar="URL", help="like mysql://farmdesk@host/farm")
    setup.add_argument("--database-password-file", metavar="FILE")
    setup.add_argument(
        "--host",
        action="append",
        metavar="NAME",
        help="a name or address that clients reach this server by; may be repeated",
    )
    setup.add_argument("--port", type=_port, help=f"of the gateway ({GATEWAY_PORT})")
    for name in ("certificate", "key", "ca"):
        setup.add_argument(f"--{name}", metavar="FILE.pem", help="of a certificate from elsewhere")
    setup.add_argument("--login", help="of the first superadmin")
    for name, *_ in PROFILE_FIELDS:
        setup.add_argument(f"--{name}")
    setup.add_argument("--identity-file", metavar="FILE", help="holds the identity number")
    setup.add_argument("--passphrase-file", metavar="FILE", help="for the superadmin's key file")
    setup.add_argument(
        "--key-folder", metavar="FOLDER", default=".", help="where the key file is put; else here"
    )


def _setup(call: Call) -> int:
    call.check_means_here()
    from farmdesk.cli.set_up import carry_out

    return carry_out(call)


def _port(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"{text} is no port; a port is a number from 1 to 65535")
    return int(text)
