"""One agent per slot: the scratch folder's lock, which a new agent takes from an old one.

The lock (flock(2)) is also held by the guards of the agent's tools, so whoever has it knows that no
process of an earlier agent is left. The file says who holds it.
"""

import contextlib
import fcntl
import json
import os
import time
from pathlib import Path

import psutil

ASK_S = 2.0  # an old agent that was asked to end may take so long
KILL_S = 5.0  # and its processes so long after it was killed
POLL_S = 0.01


class Occupied(Exception):
    """Another agent holds the slot and cannot be ended."""


class SlotLock:
    """A held lock; `descriptor` is to be handed to the guards."""

    def __init__(self, scratch: Path) -> None:
        """Take the lock, ending another agent if there is one. Raises Occupied, OSError."""
        scratch.mkdir(parents=True, exist_ok=True)
        path = scratch / "agent.lock"
        self.descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        if not self._take(0.0):
            self._end_holder()
        me = psutil.Process()
        holder = json.dumps({"pid": me.pid, "create_time": me.create_time()}).encode()
        os.ftruncate(self.descriptor, 0)
        os.pwrite(self.descriptor, holder, 0)

    def release(self) -> None:
        """Give the lock up."""
        os.close(self.descriptor)

    def _end_holder(self) -> None:
        holder = self._holder()
        if holder is not None:
            with contextlib.suppress(psutil.Error):
                holder.terminate()
        if self._take(ASK_S):
            return
        if holder is not None:
            with contextlib.suppress(psutil.Error):
                holder.kill()
        if not self._take(KILL_S):
            os.close(self.descriptor)
            raise Occupied("another agent works in this scratch folder and cannot be ended")

    def _holder(self) -> psutil.Process | None:
        """Give the process that the file names, unless its number is a later one's by now."""
        try:
            named = json.loads(os.pread(self.descriptor, 4096, 0))
            process = psutil.Process(named["pid"])
            return process if process.create_time() == named["create_time"] else None
        except (ValueError, KeyError, TypeError, psutil.Error):
            return None

    def _take(self, timeout_s: float) -> bool:
        deadline = time.monotonic() + timeout_s
        while True:
            with contextlib.suppress(BlockingIOError):
                fcntl.flock(self.descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return True
            if time.monotonic() >= deadline:
                return False
            time.sleep(POLL_S)
