"""The agent as a program: `python -m nodeagent`.

Orders come on stdin, reports go to stdout, nothing else does.
"""

import os
import signal
import sys
import threading

from nodeagent.samples import hello
from nodeagent.wire import ReportWriter, read_orders

WRITE_OUT_S = 2.0


def main() -> int:
    """Work until the engine closes the session or is gone. Gives the exit code."""
    orders, reports = _own_the_line()
    writer = ReportWriter(reports)
    writer.send(hello())
    from nodeagent.session import Session  # the engine need not wait for the rest of us

    session = Session(writer)
    signal.signal(signal.SIGTERM, lambda *_: session.terminate())
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal's Ctrl-C is the engine's affair
    threading.Thread(
        target=read_orders, args=(orders, session.post), name="orders", daemon=True
    ).start()
    session.run()
    writer.close(WRITE_OUT_S)
    return 0


def _own_the_line() -> tuple[int, int]:
    """Move stdin and stdout to descriptors that only we know: no stray print is a report."""
    orders, reports = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return orders, reports


if __name__ == "__main__":
    sys.exit(main())
