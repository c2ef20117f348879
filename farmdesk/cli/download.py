"""`farmdesk download`: its words. What they do is in `downloading`: HTTPS is slow to load."""

from farmdesk.cli.call import Call
from farmdesk.cli.reader import AddVerb
from farmdesk.cli.upload import add_key_words
from farmdesk.domain.transfers import FETCH_CONNECTIONS


def add_verbs(verb: AddVerb) -> None:
    """Add `download`."""
    download = verb("download", "fetch a task's frames, sealed; again: go on with it", _download)
    download.add_argument("task", type=int)
    download.add_argument("--frames", metavar="TEXT", help="only these, like 1-100x2,150")
    download.add_argument("--to", metavar="FOLDER", help="else results-TASK in this folder")
    download.add_argument(
        "--wait", action="store_true", help="each frame as it is proven, until the end"
    )
    add_key_words(download, FETCH_CONNECTIONS)


def _download(call: Call) -> int:
    from farmdesk.cli import downloading

    return downloading.download(call)
