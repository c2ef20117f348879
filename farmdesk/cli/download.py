"""`farmdesk download`: its words. What they do is in `downloading`: HTTPS is slow to load."""

from farmdesk.cli.call import Call
from farmdesk.cli.reader import AddVerb, add_task
from farmdesk.cli.upload import add_key_words
from farmdesk.domain.transfers import FETCH_CONNECTIONS


def add_verbs(verb: AddVerb) -> None:
    """Add `download`."""
    download = verb(
        "download",
        "bring a task's proven frames to this machine; again: what is lacking",
        _download,
        example="farmdesk download 7 --wait\nfarmdesk download 7 --frames 1-100x2,150 --to frames",
    )
    add_task(download)
    download.add_argument("--frames", metavar="FRAMES", help="only these, like 1-100x2,150")
    download.add_argument("--to", metavar="FOLDER", help="where to; else results-TASK, here")
    download.add_argument(
        "--wait",
        action="store_true",
        help="bring each frame as soon as it is proven, until the task has ended",
    )
    add_key_words(download, FETCH_CONNECTIONS)


def _download(call: Call) -> int:
    from farmdesk.cli import downloading

    return downloading.download(call)
