"""`farmdesk upload`: its words. What they do is in `uploading`, which HTTPS makes slow to load."""

import argparse

from farmdesk.cli.call import Call
from farmdesk.cli.reader import AddVerb, add_task
from farmdesk.domain.transfers import UPLOAD_CONNECTIONS


def add_verbs(verb: AddVerb) -> None:
    """Add `upload`."""
    upload = verb(
        "upload",
        "send a task's scene package, sealed; again: go on with it",
        _upload,
        example="farmdesk upload 7 scene/\nfarmdesk upload 7 --cancel",
    )
    add_task(upload)
    upload.add_argument(
        "package", nargs="?", metavar="FOLDER", help="the package: a folder, or one file"
    )
    upload.add_argument(
        "--cancel", action="store_true", help="end the upload; the farm deletes what has arrived"
    )
    add_transfer_words(upload)


def add_transfer_words(verb: argparse.ArgumentParser) -> None:
    """Add how a package is sent, and with which keys."""
    verb.add_argument(
        "--whole",
        action="store_true",
        help="send also what has not changed since the previous version",
    )
    add_key_words(verb, UPLOAD_CONNECTIONS)


def add_key_words(verb: argparse.ArgumentParser, connections: int) -> None:
    """Add which keys seal or open what travels, and over how many connections: else so many."""
    add_key_file(verb)
    verb.add_argument(
        "--connections",
        metavar="N",
        type=int,
        default=connections,
        help=f"so many at a time; else {connections}",
    )


def add_key_file(verb: argparse.ArgumentParser) -> None:
    """Add which key file is opened, and how."""
    verb.add_argument(
        "--key", metavar="FILE", help="your key file; else the one that farmdesk collect wrote"
    )
    verb.add_argument(
        "--passphrase-file",
        metavar="FILE",
        help="holds the key file's passphrase; else you are asked",
    )


def _upload(call: Call) -> int:
    from farmdesk.cli import uploading

    return uploading.cancel(call) if call.words.cancel else uploading.upload(call)
