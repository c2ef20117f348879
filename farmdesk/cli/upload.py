"""`farmdesk upload`: its words. What they do is in `uploading`, which HTTPS makes slow to load."""

import argparse

from farmdesk.cli.call import Call
from farmdesk.cli.reader import AddVerb
from farmdesk.domain.transfers import UPLOAD_CONNECTIONS


def add_verbs(verb: AddVerb) -> None:
    """Add `upload`."""
    upload = verb("upload", "send a task's scene package, sealed; again: go on with it", _upload)
    upload.add_argument("task", type=int, help="a task that waits for its package")
    upload.add_argument("package", nargs="?", metavar="FOLDER", help="or one file")
    upload.add_argument(
        "--cancel", action="store_true", help="end it; the farm deletes what it has"
    )
    add_transfer_words(upload)


def add_transfer_words(verb: argparse.ArgumentParser) -> None:
    """Add how a package is sent, and with which keys."""
    verb.add_argument("--whole", action="store_true", help="send also what has not changed")
    add_key_words(verb, UPLOAD_CONNECTIONS)


def add_key_words(verb: argparse.ArgumentParser, connections: int) -> None:
    """Add which keys seal or open what travels, and over how many connections: else so many."""
    verb.add_argument("--key", metavar="FILE", help="your key file; else the collected one")
    verb.add_argument("--passphrase-file", metavar="FILE", help="holds its passphrase")
    verb.add_argument(
        "--connections", type=int, default=connections, help=f"at a time ({connections})"
    )


def _upload(call: Call) -> int:
    from farmdesk.cli import uploading

    return uploading.cancel(call) if call.words.cancel else uploading.upload(call)
