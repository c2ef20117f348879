"""A terminal with a person at it: a real process, real keys, a real Ctrl-C."""

import fcntl
import os
import pty
import select
import signal
import subprocess
import sys
import termios
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress

from tests.farm import ROOT

CTRL_C = b"\x03"
PATIENCE_S = 20.0  # of the person


class Terminal:
    """`farmdesk` with some words, at a terminal of its own; all that it has shown is in `shown`."""

    def __init__(self, *words: object, environment: Mapping[str, str]) -> None:
        self.shown = ""
        self._master, slave = pty.openpty()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "farmdesk", *map(str, words)],
            env={**environment, "PYTHONPATH": str(ROOT), "COLUMNS": "400", "TERM": "xterm"},
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
            preexec_fn=_sit_down,  # noqa: PLW1509 - no other thread starts a process here
        )
        os.close(slave)

    def wait_for(self, text: str) -> None:
        """Wait until the text is on the screen."""
        while text not in self.shown:
            more = self._read()
            assert more, f"the program has ended: {self.shown}"

    def press(self, keys: bytes) -> None:
        """Press keys."""
        os.write(self._master, keys)

    def end(self) -> int:
        """Wait until the program ends by itself; give its exit code."""
        while self._read():
            pass
        return self.process.wait()

    def interrupt(self) -> int:
        """Press Ctrl-C, and again where nothing follows, as people do; give the exit code.

        Of one that comes just before CPython begins to wait for an answer it hears with the next.
        """
        self.press(CTRL_C)
        while True:
            if not select.select([self._master], [], [], PATIENCE_S)[0]:
                self.press(CTRL_C)
            elif not self._read():
                return self.process.wait()

    def close(self) -> None:
        """Leave nothing behind."""
        self.process.kill()
        self.process.wait()
        os.close(self._master)

    def _read(self) -> bytes:
        with suppress(OSError):  # nobody is there to write any more
            more = os.read(self._master, 1 << 16)
            self.shown += more.decode(errors="replace")
            return more
        return b""


def _sit_down() -> None:
    """Make the terminal that of this process, and hear its Ctrl-C whatever the shell ignored."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@contextmanager
def terminal(*words: object, environment: Mapping[str, str]) -> Iterator[Terminal]:
    """Give one, and leave nothing behind."""
    made = Terminal(*words, environment=environment)
    try:
        yield made
    finally:
        made.close()
