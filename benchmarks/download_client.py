"""One download in a process of its own: `python -m benchmarks.download_client`, an order on stdin.

It prints what the download took, as JSON; memory and CPU time are its process's, nothing else's.
"""

import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from benchmarks.customer import Customer, peak_mb
from farmdesk.link.remote.download import Download
from farmdesk.link.remote.result_door import ResultDoor
from farmdesk.link.results_wire import RUN_SEGMENTS
from farmdesk.security.sealed import SEGMENT

_RUN = RUN_SEGMENTS * SEGMENT


@dataclass(frozen=True, slots=True)
class Order(Customer):
    """What to download, how, from where, and as whom. `task_id` 0: unsealed."""

    folder: str
    task_id: int
    size: int
    connections: int


def download_sealed(order: Order) -> None:
    """Download a task's results as people do."""
    door = ResultDoor(order.session())
    download = Download(door, order.keys(), connections=order.connections)
    fetched = download.fetch(order.task_id, Path(order.folder))
    if fetched.bytes != order.size:
        raise RuntimeError(f"{fetched} came")


def download_plain(order: Order) -> None:
    """Fetch the same bytes unsealed, over as many connections, in requests as long."""
    session, target = order.session(), Path(order.folder) / "plain"
    target.parent.mkdir()
    target.touch()

    def fetch(offset: int) -> None:
        params = {"length": min(_RUN, order.size - offset)}
        with (
            target.open("r+b", buffering=0) as file,
            session.reading(f"/plain/{offset}", params) as pieces,
        ):
            file.seek(offset)
            for piece in pieces:
                file.write(piece)

    with ThreadPoolExecutor(order.connections) as pool:
        list(pool.map(fetch, range(0, order.size, _RUN)))
    if target.stat().st_size != order.size:
        raise RuntimeError("the file is not whole")


def main() -> None:
    """Carry one order out."""
    order = Order(**json.loads(sys.stdin.read()))
    begun, begun_cpu = time.perf_counter(), time.process_time()
    if order.task_id:
        download_sealed(order)
    else:
        download_plain(order)
    seconds, cpu_s = time.perf_counter() - begun, time.process_time() - begun_cpu
    print(json.dumps({"seconds": seconds, "cpu_s": cpu_s, "rss_mb": peak_mb("self")}))


if __name__ == "__main__":
    main()
