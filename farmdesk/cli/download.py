"""`farmdesk download`: its words. What they do is in `downloading`: HTTPS is slow to load."""

from farmdesk.cli.call import AddVerb, Call


def add_verbs(verb: AddVerb) -> None:
    """Add `download`."""
    download = verb("download", "fetch a task's frames, sealed; again: go on with it", _download)
    download.add_argument("task", type=int)
    download.add_argument("--frames", metavar="TEXT", help="only these, like 1-100x2,150")
    download.add_argument("--to", metavar="FOLDER", help="else results-TASK in this folder")
    download.add_argument("--wait", action="store_true", help="first wait for the task's end")
    download.add_argument("--key", metavar="FILE", help="your key file; else the collected one")
    download.add_argument("--passphrase-file", metavar="FILE", help="holds its passphrase")
    download.add_argument("--connections", type=int, default=4, help="at a time (4)")


def _download(call: Call) -> int:
    from farmdesk.cli import downloading

    return downloading.download(call)
