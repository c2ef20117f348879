"""One agent per slot: the scratch folder's lock, which a new agent takes from an old one.

The lock (flock(2)) is also held by the guards of the agent's tools, so whoever has it knows that no
process of an earlier agent is left. The file says who holds it. It has one length from its first
byte on: what its holder finishes must be noted on a full disk, too.
"""

import contextlib
import fcntl
import json
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

ASK_S = 2.0  # an old agent that was asked to end may take so long
KILL_S = 5.0  # and its processes so long after it was killed
POLL_S = 0.01
_BYTES = 4096  # of the file: a block, filled up with blanks


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
        self._write({})

    def linger(self, task: int, frames: Sequence[int]) -> None:
        """Note for the next agent that our engine is gone and what we still finish.

        Raises OSError.
        """
        self._write({"task": task, "frames": list(frames)})

    def _write(self, more: dict[str, object]) -> None:
        me = psutil.Process()
        holder = json.dumps({"pid": me.pid, "create_time": me.create_time(), **more}).encode()
        os.pwrite(self.descriptor, holder.ljust(_BYTES), 0)

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
        return _process(_named(self.descriptor))

    def _take(self, timeout_s: float) -> bool:
        deadline = time.monotonic() + timeout_s
        while True:
            with contextlib.suppress(BlockingIOError):
                fcntl.flock(self.descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return True
            if time.monotonic() >= deadline:
                return False
            time.sleep(POLL_S)


@dataclass(frozen=True, slots=True)
class Held:
    """What an agent without an engine still finishes on a slot; no frames: it has not said yet."""

    task: int
    frames: list[int]


def held_by_another(scratch: Path) -> Held | None:
    """Give what another agent finishes on a slot, None where no process holds it.

    Raises OSError.
    """
    try:
        descriptor = os.open(scratch / "agent.lock", os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return _held(_named(descriptor))
    else:
        return None
    finally:
        os.close(descriptor)


def _held(named: dict[str, Any]) -> Held:
    try:
        if _process(named) is not None:
            return Held(int(named["task"]), [int(frame) for frame in named["frames"]])
    except (KeyError, TypeError, ValueError):
        pass  # it has not said what it finishes, or in no words of ours
    return Held(0, [])


def _named(descriptor: int) -> dict[str, Any]:
    """Read who holds a lock; nothing where the file says nothing that we know."""
    try:
        named = json.loads(os.pread(descriptor, _BYTES, 0))
    except ValueError:
        return {}
    return named if isinstance(named, dict) else {}


def _process(named: dict[str, Any]) -> psutil.Process | None:
    try:
        process = psutil.Process(named["pid"])
        return process if process.create_time() == named["create_time"] else None
    except (KeyError, TypeError, ValueError, psutil.Error):
        return None
