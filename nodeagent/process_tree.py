"""A tool with all processes it starts: starting, killing and watching them as one.

On Linux a guard process (`nodeagent/guard.py`) holds the tree; other systems get a module of the
same shape. How to test a change: tests/integration/test_agent_end.py kills agents and guards of
tools that double-fork.
"""

import contextlib
import os
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

GUARD = Path(__file__).with_name("guard.py")
KILL_WAIT_S = 5.0


@dataclass(frozen=True, slots=True)
class TreeEnd:
    """How a tool ended: its exit code (or minus the signal), or why it could not be started."""

    code: int
    error: int = 0  # errno of the failed start, 0 when it started


class ProcessTree:
    """One tool and its descendants, with pipes to its stdin, stdout and stderr (raw descriptors).

    `merge` sends stderr into stdout; `keep` are descriptors that the guard holds until the tree is
    gone (the lock).
    """

    def __init__(
        self,
        argv: Sequence[str],
        *,
        environment: Mapping[str, str],
        folder: str,
        merge: bool,
        keep: Sequence[int] = (),
    ) -> None:
        control, self._control = os.pipe()
        self._status, status = os.pipe()
        self.pid: int | None = None
        own = [sys.executable, "-I", "-S", str(GUARD), str(control), str(status)]
        try:
            self._guard = subprocess.Popen(
                [*own, *argv],
                bufsize=0,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT if merge else subprocess.PIPE,
                env=dict(environment),
                cwd=folder,
                pass_fds=(control, status, *keep),
                start_new_session=True,
            )
        except (OSError, ValueError):
            os.close(self._control)
            os.close(self._status)
            raise
        finally:
            os.close(control)
            os.close(status)
        self._control_open = True
        self._gone = threading.Event()
        self._root = psutil.Process(self._guard.pid)  # not only the pid, which may be used again

    @property
    def outputs(self) -> list[int]:
        """The descriptors of the tool's stdout, and of stderr where it is not merged."""
        return [stream.fileno() for stream in (self._guard.stdout, self._guard.stderr) if stream]

    def write(self, line: bytes) -> bool:
        """Write to the tool's stdin; False if the tool no longer reads."""
        stdin = self._guard.stdin
        try:
            while stdin is not None and line:
                line = line[stdin.write(line) :]
        except (OSError, ValueError):
            return False
        return True

    def read_pid(self) -> int | None:
        """Wait for the tool's process id; None if there was no process.

        Call it once, before `wait`.
        """
        line = b""
        while not line.endswith(b"\n"):
            part = os.read(self._status, 1)
            if not part:
                return None
            line += part
        word, _, value = line.partition(b" ")
        self.pid = int(value) if word == b"pid" else None
        return self.pid

    def wait(self) -> TreeEnd:
        """Wait until the tool and all it started are gone; close the pipes.

        Call it once, from one thread.
        """
        said = b""
        while part := os.read(self._status, 4096):
            said += part
        guard_code = self._guard.wait()
        words = dict(line.split(b" ", 1) for line in said.splitlines() if b" " in line)
        os.close(self._status)
        self._gone.set()
        return TreeEnd(int(words.get(b"exit", guard_code)), int(words.get(b"error", 0)))

    def close(self) -> None:
        """Close our ends of the tool's pipes, after its output was read."""
        for stream in (self._guard.stdin, self._guard.stdout, self._guard.stderr):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()

    def kill(self) -> None:
        """Kill the whole tree and return when its processes are gone.

        Another thread must be in `wait`.
        """
        seen = self._members()
        if self._control_open:
            self._control_open = False
            os.close(self._control)
        self._gone.wait(KILL_WAIT_S)
        _, alive = psutil.wait_procs(seen, timeout=0)
        for process in alive:  # the guard was killed by somebody, or cannot do its work
            with contextlib.suppress(psutil.Error):
                process.kill()

    def cpu_seconds(self) -> float:
        """Give the CPU time that the living processes of the tree have used so far."""
        total = 0.0
        for process in self._members():
            with contextlib.suppress(psutil.Error):
                times = process.cpu_times()
                total += times.user + times.system
        return total

    def _members(self) -> list[psutil.Process]:
        try:
            return self._root.children(recursive=True)
        except psutil.NoSuchProcess:
            return []
