"""What runs until it is told to stop: `server` and `window`."""

import argparse
import logging
import sys
from pathlib import Path

from farmdesk.cli.call import Call
from farmdesk.cli.ctrl_c import Interrupted, ctrl_c_as_sigterm
from farmdesk.cli.reader import AddVerb
from farmdesk.tool_files import read_tools

PARTS = ("engine", "gateway")  # of a server, in the order in which they start


def add_verbs(verb: AddVerb) -> None:
    """Add them."""
    server = verb("server", "run this farm's engine and gateway until told to stop", _server)
    server.add_argument("--part", choices=PARTS, help=argparse.SUPPRESS)
    window = verb("window", "open the operator's window", _window)
    window.add_argument(
        "--language", choices=("zh", "en"), help="zh: Chinese, en: English; else as last time"
    )
    window.add_argument("--theme", choices=("dark", "light"), help="its colours; else as last time")
    window.add_argument("--shot", metavar="FILE.png", help="save a picture of the window and end")


def _server(call: Call) -> int:
    """Run the engine; where the farm has a gateway, both of them, each in a process of its own."""
    call.check_means_here()
    with ctrl_c_as_sigterm() as came:
        code = _serve(call)
    if came.is_set():
        raise Interrupted(
            "Nodes finish the frames that they have in hand; `farmdesk server` goes on with all.",
            "节点会渲染完手中的帧；再次运行 `farmdesk server` 即可继续全部工作。",
        )
    return code


def _serve(call: Call) -> int:
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    for chatty in ("alembic", "uvicorn"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    config, part = call.config, call.words.part
    if part is None and config.gateway is not None:
        from farmdesk.supervisor import supervise

        start = [sys.executable, "-m", "farmdesk", "server", "--farm", str(config.folder), "--part"]
        return supervise({name: [*start, name] for name in PARTS})
    if part is not None:
        from farmdesk.supervisor import end_with_supervisor

        end_with_supervisor()
    if part == "gateway":
        from farmdesk.gateway.server import serve_gateway

        serve_gateway(config)
        return 0
    from farmdesk.engine.server import serve
    from farmdesk.launch.local import LocalLauncher

    serve(config, read_tools(config.folder), LocalLauncher())
    return 0


def _window(call: Call) -> int:
    from farmdesk.ui.app import run

    words = call.words
    return run(
        call.open_link,
        user=call.login,
        language=words.language,
        theme=words.theme,
        shot=Path(words.shot).absolute() if words.shot else None,
    )
