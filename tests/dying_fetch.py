"""A fetch that is killed: `python -m tests.dying_fetch`, an order on stdin, for tests."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.customer import Customer
from farmdesk.link.remote.download import Download
from farmdesk.link.remote.package_door import PackageDoor
from farmdesk.link.remote.package_fetch import PackageFetch
from farmdesk.link.remote.progress import Progress
from farmdesk.link.remote.result_door import ResultDoor
from farmdesk.link.remote.session import RemoteSession
from farmdesk.security.user_keys import UserKeys


@dataclass(frozen=True, slots=True)
class Order(Customer):
    """What to fetch of task 1, a word of FETCHES, and after how many bytes to die."""

    what: str
    folder: str
    size: int

    def is_fatal(self) -> bool:
        """Carry it out in a program of its own; say whether that died of it."""
        argv = [sys.executable, "-m", "tests.dying_fetch"]
        told = json.dumps(asdict(self)).encode()
        ended = subprocess.run(argv, check=False, input=told)
        return ended.returncode == -signal.SIGKILL


class _Dying(Progress):
    """Kills this process, as nobody can prevent it, once so many bytes are here."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self._size = size

    def add(self, count: int) -> None:
        """Count, and die."""
        super().add(count)
        if self.look().done > self._size:
            os.kill(os.getpid(), signal.SIGKILL)


def _frames(session: RemoteSession, keys: UserKeys, progress: Progress, folder: Path) -> None:
    Download(ResultDoor(session), keys, progress=progress).fetch(1, folder)


def _package(session: RemoteSession, keys: UserKeys, progress: Progress, folder: Path) -> None:
    PackageFetch(PackageDoor(session), keys, progress=progress).fetch(1, folder)


FETCHES: dict[str, Callable[[RemoteSession, UserKeys, Progress, Path], None]] = {
    "frames": _frames,
    "package": _package,
}


def main() -> None:
    """Fetch until death."""
    order = Order(**json.loads(sys.stdin.read()))
    FETCHES[order.what](order.session(), order.keys(), _Dying(order.size), Path(order.folder))


if __name__ == "__main__":
    main()
