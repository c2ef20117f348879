"""The supervisor with real processes: what ends, what starts again, and that nothing is left."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.farm import ROOT, wait_for, wait_until

_PART = """
import os, signal, sys, time
sys.path.insert(0, os.getcwd())
from farmdesk.supervisor import end_with_supervisor
name, log, refused, slow = sys.argv[1:]
def say(word):
    with open(log, "a") as file:
        file.write(f"{name} {word} {os.getpid()}\\n")
def end(_number, _frame):
    say("end")
    sys.exit()
end_with_supervisor()
while name == slow:
    time.sleep(0.05)
signal.signal(signal.SIGTERM, end)
say("start")
while name != refused or "engine start" not in open(log).read():
    time.sleep(0.05)
sys.exit(1)
"""
_SUPERVISOR = """
import sys
from farmdesk import supervisor
supervisor.FIRST_WAIT_S = 0.01
_, part, *wishes = sys.argv
start = [sys.executable, part]
sys.exit(supervisor.supervise({name: [*start, name, *wishes] for name in ("engine", "gateway")}))
"""


class Supervised:
    """A supervisor over two parts that write down when they start and end.

    `refused`: the one that ends with 1; `slow`: the one that takes for ever to load.
    """

    def __init__(self, folder: Path, refused: str = "nobody", slow: str = "nobody") -> None:
        self._log, part = folder / "log", folder / "part.py"
        part.write_text(_PART)
        self._log.touch()
        words = [sys.executable, "-c", _SUPERVISOR, str(part), str(self._log), refused, slow]
        self.process = subprocess.Popen(words, cwd=ROOT, stdin=subprocess.DEVNULL)

    def said(self) -> list[list[str]]:
        """Give the lines of the log, as words."""
        return [line.split() for line in self._log.read_text().splitlines()]

    def wait_starts(self, name: str, count: int = 1) -> int:
        """Wait until a part has started so often, and give its process."""

        def look() -> int | None:
            found = [int(line[2]) for line in self.said() if line[:2] == [name, "start"]]
            return found[count - 1] if len(found) >= count else None

        return wait_for(look, f"start of {name}")


@pytest.fixture
def supervised(tmp_path: Path) -> Iterator[Supervised]:
    made = Supervised(tmp_path)
    yield made
    made.process.kill()
    made.process.wait()


def test_told_to_end_it_ends_the_gateway_first(supervised: Supervised) -> None:
    engine, gateway = supervised.wait_starts("engine"), supervised.wait_starts("gateway")
    supervised.process.terminate()
    assert supervised.process.wait(30) == 0
    ends = [line for line in supervised.said() if line[1] == "end"]
    assert ends == [["gateway", "end", str(gateway)], ["engine", "end", str(engine)]]


def test_a_part_that_was_not_ready_yet_ends_well_too(tmp_path: Path) -> None:
    supervised = Supervised(tmp_path, slow="gateway")
    supervised.wait_starts("engine")
    supervised.process.terminate()
    assert supervised.process.wait(30) == 0
    assert [line[:2] for line in supervised.said()] == [["engine", "start"], ["engine", "end"]]


def test_a_part_that_dies_starts_again_beside_the_other(supervised: Supervised) -> None:
    engine = supervised.wait_starts("engine")
    for count in (1, 2, 3):
        psutil.Process(supervised.wait_starts("gateway", count)).kill()
    supervised.wait_starts("gateway", 4)
    assert [line[2] for line in supervised.said() if line[0] == "engine"] == [str(engine)]
    assert psutil.pid_exists(engine)


def test_killed_itself_it_leaves_nobody_behind(supervised: Supervised) -> None:
    parts = [supervised.wait_starts(name) for name in ("engine", "gateway")]
    supervised.process.kill()
    wait_until(lambda: not any(map(psutil.pid_exists, parts)), "end of the parts")
    assert sum(line[1] == "end" for line in supervised.said()) == 2  # each in its own good order


def test_what_cannot_start_at_all_is_told_by_the_exit_code(tmp_path: Path) -> None:
    supervised = Supervised(tmp_path, refused="gateway")
    assert supervised.process.wait(30) == 1
    assert [line[:2] for line in supervised.said()][-1] == ["engine", "end"]
    assert sum(line[:2] == ["gateway", "start"] for line in supervised.said()) == 1
