"""What runs until it is told to stop: `server` and `window`."""

import logging
from pathlib import Path

from farmdesk.cli.call import AddVerb, Call
from farmdesk.link.direct import DirectLink
from farmdesk.tool_files import read_tools


def add_verbs(verb: AddVerb) -> None:
    """Add them."""
    verb("server", "run the engine of this farm until it is told to stop", _server)
    window = verb("window", "open the operator's window", _window)
    window.add_argument("--language", choices=("zh", "en"), help="else as remembered")
    window.add_argument("--theme", choices=("dark", "light"), help="else as remembered")
    window.add_argument("--shot", metavar="FILE.png", help="save a picture of the window and end")


def _server(call: Call) -> int:
    from farmdesk.engine.server import serve
    from farmdesk.launch.local import LocalLauncher

    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    serve(call.config, read_tools(call.config.folder), LocalLauncher())
    return 0


def _window(call: Call) -> int:
    from farmdesk.ui.app import run

    words, url, user = call.words, call.config.database, call.login
    return run(
        lambda: DirectLink(url, issued_by=user),
        user=user,
        language=words.language,
        theme=words.theme,
        shot=Path(words.shot).absolute() if words.shot else None,
    )
