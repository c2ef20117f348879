"""Keeps the processes of a farm's server running: the engine, and the gateway beside it.

A part that ends is started again, later each time it does so quickly. Each part holds the read end
of a pipe as its standard input; the supervisor's end of it closes when a part shall end, and also
when the supervisor is killed, whatever killed it. So no part outlives it, and each ends in its own
good order: the engine's agents finish their frames.
"""

import logging
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from time import monotonic
from types import FrameType

FIRST_WAIT_S = 1.0
LONGEST_WAIT_S = 30.0
HEALTHY_S = 60.0  # a part that ran so long begins with the first wait again
REFUSED = 1  # exit code: what is wrong must be put right by a person

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Ended:
    """A part's process is gone; its exit code, negative for a signal."""

    name: str
    code: int


class Stop:
    """Somebody told the server to end."""


@dataclass(slots=True)
class Part:
    """One process that shall run, and how it went so far."""

    name: str
    argv: Sequence[str]
    process: "subprocess.Popen[bytes] | None" = None
    started_at: float = 0.0
    starts: int = 0
    wait_s: float = 0.0  # before the next start, should it end now
    start_at: float = 0.0  # when it is to be started again


class Supervisor:
    """Runs parts until it is told to stop; `argvs` in the order in which they start."""

    def __init__(self, argvs: Mapping[str, Sequence[str]]) -> None:
        self._parts = {n: Part(n, argv, wait_s=FIRST_WAIT_S) for n, argv in argvs.items()}
        self._news: queue.SimpleQueue[Ended | Stop] = queue.SimpleQueue()

    def stop(self) -> None:
        """Tell it to stop, from any thread or signal handler."""
        self._news.put(Stop())

    def run(self) -> int:
        """Run until told to stop, or until a part is refused at its first start; give exit code."""
        while True:
            self._start_due()
            match self._next():
                case Ended(name=name, code=code) if self._is_hopeless(self._parts[name], code):
                    log.error("%s cannot start; the server ends", name)
                    self._end()
                    return code
                case Ended(name=name, code=code):
                    self._put_off(self._parts[name], code)
                case Stop():
                    return self._end()

    def _start_due(self) -> None:
        for part in self._parts.values():
            if part.process is None and part.start_at <= monotonic():
                self._start(part)

    def _start(self, part: Part) -> None:
        # A session of its own: a terminal's Ctrl-C, and its end, are the supervisor's affair alone.
        part.process = subprocess.Popen(part.argv, stdin=subprocess.PIPE, start_new_session=True)
        part.started_at = monotonic()
        part.starts += 1
        log.info("%s runs as process %s", part.name, part.process.pid)
        wait = threading.Thread(
            target=self._tell_end, args=(part.name, part.process), daemon=True, name=part.name
        )
        wait.start()

    def _tell_end(self, name: str, process: "subprocess.Popen[bytes]") -> None:
        self._news.put(Ended(name, process.wait()))

    def _next(self) -> Ended | Stop | None:
        """Give what happened, or None when a part is to be started again."""
        due = [part.start_at for part in self._parts.values() if part.process is None]
        timeout = max(min(due) - monotonic(), 0.0) if due else None
        try:
            return self._news.get(timeout=timeout)
        except queue.Empty:
            return None

    def _is_hopeless(self, part: Part, code: int) -> bool:
        return part.starts == 1 and code == REFUSED and self._ran_s(part) < HEALTHY_S

    def _put_off(self, part: Part, code: int) -> None:
        """Let a part that ended start again in a while."""
        if self._ran_s(part) >= HEALTHY_S:
            part.wait_s = FIRST_WAIT_S
        log.warning("%s ended (%s); it starts again in %g s", part.name, code, part.wait_s)
        self._forget(part)
        part.start_at = monotonic() + part.wait_s
        part.wait_s = min(2 * part.wait_s, LONGEST_WAIT_S)

    def _ran_s(self, part: Part) -> float:
        return monotonic() - part.started_at

    def _end(self) -> int:
        """End the parts, the last one first; give 0 when all ended well."""
        codes = [self._end_part(part) for part in reversed(self._parts.values())]
        return next((code for code in codes if code != 0), 0)

    def _end_part(self, part: Part) -> int:
        if part.process is None:
            return 0
        if part.process.stdin is not None:
            part.process.stdin.close()
        code = part.process.wait()
        log.info("%s has ended (%s)", part.name, code)
        return code

    def _forget(self, part: Part) -> None:
        if part.process is not None and part.process.stdin is not None:
            part.process.stdin.close()
        part.process = None


def supervise(argvs: Mapping[str, Sequence[str]]) -> int:
    """Run the parts of a server until SIGTERM; give the exit code."""
    supervisor = Supervisor(argvs)

    def stop(_number: int, _frame: FrameType | None) -> None:
        supervisor.stop()

    signal.signal(signal.SIGTERM, stop)
    return supervisor.run()


def end_with_supervisor() -> None:
    """Let this process, a part, end in good order when its supervisor lets go of its stdin.

    Until it listens to SIGTERM itself it has begun nothing, and that is an end with code 0.
    It reads past `sys.stdin`: Python aborts at its exit while a thread holds the lock of that, and
    the supervisor would take a part that was refused for one that was killed.
    """

    def watch() -> None:
        while os.read(0, 1):
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    threading.Thread(target=watch, name="supervisor", daemon=True).start()
