"""An upload that is killed: `python -m tests.dying_upload`, an order on stdin, for tests."""

import json
import os
import signal
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.customer import Customer
from farmdesk.link.remote.session import RemoteSession
from farmdesk.link.remote.source_files import source_files
from farmdesk.link.remote.transfer_door import TransferDoor
from farmdesk.link.remote.upload import Upload
from farmdesk.link.remote.upload_journal import UploadJournal


@dataclass(frozen=True, slots=True)
class Order(Customer):
    """What to upload for task 1, and after how many segments to die."""

    package: str
    journal: str
    segments: int

    def to_json(self) -> str:
        """Give it as the program reads it."""
        return json.dumps(asdict(self))


class _DyingDoor(TransferDoor):
    """Kills this process, as nobody can prevent it, before so many segments have left."""

    def __init__(self, session: RemoteSession, left: int) -> None:
        super().__init__(session)
        self._left = left

    def send_run(self, transfer: str, first: int, body: Iterator[memoryview]) -> None:
        """Send, and die."""

        def counted() -> Iterator[memoryview]:
            for piece in body:
                self._left -= 1
                if self._left < 0:
                    os.kill(os.getpid(), signal.SIGKILL)
                yield piece

        super().send_run(transfer, first, counted())


def main() -> None:
    """Upload until death."""
    order = Order(**json.loads(sys.stdin.read()))
    door = _DyingDoor(order.session(), order.segments)
    upload = Upload(door, UploadJournal(Path(order.journal)), order.keys())
    upload.send(1, lambda: source_files(Path(order.package)))


if __name__ == "__main__":
    main()
