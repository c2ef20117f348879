"""The lock of a slot: who has it, what he says, and how the next one takes it."""

import fcntl
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from nodeagent import lock
from nodeagent.lock import Held, Occupied, SlotLock, held_by_another

HOLDER = """
import signal, sys
from pathlib import Path
from nodeagent.lock import SlotLock
held = SlotLock(Path(sys.argv[1]))
if sys.argv[2] == "deaf":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
if sys.argv[2] == "polite":
    signal.signal(signal.SIGTERM, lambda *_: held.release())
print("held", flush=True)
print(sys.stdin.readline(), end="", flush=True)
"""


@contextmanager
def holder(scratch: Path, kind: str = "") -> Iterator[subprocess.Popen[bytes]]:
    """Run a program that holds the lock, and answers a line.

    Asked to end, a `deaf` one does not, and a `polite` one gives the lock up first.
    """
    command = [sys.executable, "-c", HOLDER, str(scratch), kind]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        try:
            yield process
        finally:
            process.kill()


@contextmanager
def flocked(scratch: Path, says: bytes) -> Iterator[None]:
    """Hold the lock ourselves, with a file that says something."""
    (scratch / "agent.lock").write_bytes(says)
    with (scratch / "agent.lock").open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def says(scratch: Path) -> object:
    return json.loads((scratch / "agent.lock").read_bytes())


def me(**more: object) -> dict[str, object]:
    process = psutil.Process()
    return {"pid": process.pid, "create_time": process.create_time(), **more}


def test_a_free_slot_is_taken_and_given_up(tmp_path: Path) -> None:
    scratch = tmp_path / "a" / "b"
    taken = SlotLock(scratch)
    assert says(scratch) == me()
    assert (scratch / "agent.lock").stat().st_mode & 0o777 == 0o600
    assert not os.get_inheritable(taken.descriptor)
    assert held_by_another(scratch) == Held(0, [])
    taken.release()
    assert held_by_another(scratch) is None
    assert held_by_another(scratch) is None  # looking takes nothing
    SlotLock(scratch).release()


def test_where_no_agent_ever_was_nobody_holds(tmp_path: Path) -> None:
    assert held_by_another(tmp_path / "none") is None
    assert not (tmp_path / "none").exists()


def test_what_is_still_finished_is_said(tmp_path: Path) -> None:
    taken = SlotLock(tmp_path)
    length = (tmp_path / "agent.lock").stat().st_size
    taken.linger(7, range(10**6, 10**6 + 9))
    assert held_by_another(tmp_path) == Held(7, list(range(10**6, 10**6 + 9)))
    taken.linger(8, (5,))  # what is shorter leaves nothing of what was longer
    assert says(tmp_path) == me(task=8, frames=[5])
    assert held_by_another(tmp_path) == Held(8, [5])
    assert (tmp_path / "agent.lock").stat().st_size == length  # no note needs space on the disk
    taken.release()


LIES = [
    b"",
    b"{",
    b"[]",
    b"7",
    b"\xff\xfe",
    json.dumps({"task": 7, "frames": [5]}).encode(),
    json.dumps({"pid": "me", "create_time": 1, "task": 7, "frames": [5]}).encode(),
    json.dumps({"pid": -1, "create_time": 1, "task": 7, "frames": [5]}).encode(),
    json.dumps(me(create_time=1.0, task=7, frames=[5])).encode(),
    json.dumps(me(task=7)).encode(),
    json.dumps(me(frames=[5])).encode(),
    json.dumps(me(task=7, frames=5)).encode(),
    json.dumps(me(task="x", frames=[5])).encode(),
    json.dumps(me(task=7, frames=["x"])).encode(),
    json.dumps(me(task=None, frames=[None])).encode(),
]  # our number is in some: they are counted, or each process of tests would name them otherwise


@pytest.mark.parametrize("lie", LIES, ids=range(len(LIES)))
def test_a_lock_file_that_lies_names_no_frames(tmp_path: Path, lie: bytes) -> None:
    with flocked(tmp_path, lie):
        assert held_by_another(tmp_path) == Held(0, [])


def test_who_holds_the_lock_is_asked_to_end(tmp_path: Path) -> None:
    with holder(tmp_path) as process:
        taken = SlotLock(tmp_path)
        assert process.wait() == -15
        assert says(tmp_path) == me()
        taken.release()


def test_who_does_not_end_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock, "ASK_S", 0.05)
    monkeypatch.setattr(lock, "KILL_S", 60)
    with holder(tmp_path, "deaf") as process:
        SlotLock(tmp_path).release()
        assert process.wait() == -9


def test_who_gives_the_lock_up_may_end_in_peace(tmp_path: Path) -> None:
    with holder(tmp_path, "polite") as process:
        taken = SlotLock(tmp_path)
        told, _ = process.communicate(b"still here\n")
        assert (told, process.returncode) == (b"still here\n", 0)
        taken.release()


@pytest.mark.parametrize(
    "says", [b"", json.dumps(me(create_time=1.0)).encode()], ids=["nobody", "somebody before us"]
)
def test_nobody_is_ended_for_a_number_that_was_once_an_agents(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, says: bytes
) -> None:
    """Here the number is our own; the lock stays with whoever has it, and no file stays open."""
    monkeypatch.setattr(lock, "ASK_S", 0.02)
    monkeypatch.setattr(lock, "KILL_S", 0.02)
    with flocked(tmp_path, says):
        with pytest.raises(Occupied, match="cannot be ended"):
            SlotLock(tmp_path)
        path = str((tmp_path / "agent.lock").resolve())
        assert [file.path for file in psutil.Process().open_files()].count(path) == 1
        assert (tmp_path / "agent.lock").read_bytes() == says
