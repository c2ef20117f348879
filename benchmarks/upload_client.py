"""One upload in a process of its own: `python -m benchmarks.upload_client`, an `Order` on stdin.

It prints what the upload took, as JSON; the memory is its process's, nothing else's.
"""

import json
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from benchmarks.customer import Customer, peak_mb
from farmdesk.domain.transfers import UPLOAD_CONNECTIONS, TransferState
from farmdesk.link.remote.source_files import source_files
from farmdesk.link.remote.transfer_door import PIECE, TransferDoor
from farmdesk.link.remote.upload import Upload
from farmdesk.link.remote.upload_journal import UploadJournal
from farmdesk.link.transfer_wire import RUN_BYTES


@dataclass(frozen=True, slots=True)
class Order(Customer):
    """What to upload, how, where, and as whom. `task_id` 0: unsealed."""

    source: str
    task_id: int


def upload_sealed(order: Order) -> float:
    """Upload a file as people do; give the seconds."""
    source, keys = Path(order.source), order.keys()
    door = TransferDoor(order.session())
    journal = UploadJournal(source.with_suffix(f".{order.task_id}"))
    begun = time.perf_counter()
    seen = Upload(door, journal, keys).send(order.task_id, lambda: source_files(source))
    seconds = time.perf_counter() - begun
    if seen.state is not TransferState.COMPLETE:
        raise RuntimeError(f"the upload is {seen.state}")
    journal.close()
    return seconds


def upload_plain(order: Order) -> float:
    """Send a file unsealed, over as many connections, in requests as long; give the seconds."""
    source, session = Path(order.source), order.session()
    size = source.stat().st_size

    def send(offset: int) -> None:
        length = min(RUN_BYTES, size - offset)
        body = _pieces(source, offset, length)
        session.send(f"/transfers/plain/{offset}", body)

    begun = time.perf_counter()
    with ThreadPoolExecutor(UPLOAD_CONNECTIONS) as pool:
        list(pool.map(send, range(0, size, RUN_BYTES)))
    return time.perf_counter() - begun


def _pieces(source: Path, offset: int, length: int) -> Iterator[memoryview]:
    piece = memoryview(bytearray(PIECE))
    with source.open("rb", buffering=0) as file:
        file.seek(offset)
        while length:
            read = file.readinto(piece[: min(PIECE, length)])
            length -= read
            yield piece[:read]


def main() -> None:
    """Carry one order out."""
    order = Order(**json.loads(sys.stdin.read()))
    seconds = upload_sealed(order) if order.task_id else upload_plain(order)
    print(json.dumps({"seconds": seconds, "rss_mb": peak_mb("self")}))


if __name__ == "__main__":
    main()
