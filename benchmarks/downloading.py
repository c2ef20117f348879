"""How fast a result comes down through a real gateway, against the same bytes unsealed.

`python -m benchmarks.downloading [BYTES]` says what each way took, with the CPU time of both ends.
"""

import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.customer import peak_mb
from benchmarks.download_client import Order
from benchmarks.download_server import SOURCE
from benchmarks.sealing import Ratios, have_memory, random_file
from benchmarks.slow_line import slow_line
from benchmarks.uploading import DELAY_S
from farmdesk.domain.transfers import FETCH_CONNECTIONS
from tests.gateways import keys_of
from tests.result_farm import RenderedTask
from tests.transfer_farm import CUSTOMER, GatewayProcess, gateway_process

PLAIN_SERVER = "benchmarks.download_server"
_TASK = 2
_CLOCK_HZ = 100  # of /proc/PID/stat


@dataclass(frozen=True, slots=True)
class Taken:
    """What one download took, of wall time, and of CPU time at the client and at the gateway."""

    seconds: float
    cpu_s: float
    gateway_cpu_s: float
    rss_mb: float


class Client:
    """Fetches a file of `size` bytes from a gateway, each time in a process of its own."""

    def __init__(self, gateway: GatewayProcess, size: int) -> None:
        self.gateway = gateway
        self.size = size

    def take(self, port: int, task_id: int = _TASK, connections: int = FETCH_CONNECTIONS) -> Taken:
        """Download. `task_id` 0: unsealed."""
        folder = self.gateway.folder / "results"
        order = Order.of(
            keys_of(CUSTOMER),
            url=f"https://127.0.0.1:{port}",
            authority=self.gateway.settings.ca.read_bytes(),
            folder=str(folder),
            task_id=task_id,
            size=self.size,
            connections=connections,
        )
        argv = [sys.executable, "-m", "benchmarks.download_client"]
        have_memory(self.gateway.folder, self.size)
        before = self._cpu_s()
        done = subprocess.run(
            argv, check=True, input=json.dumps(asdict(order)), stdout=subprocess.PIPE, text=True
        )
        shutil.rmtree(folder)
        return Taken(gateway_cpu_s=self._cpu_s() - before, **json.loads(done.stdout))

    def _cpu_s(self) -> float:
        if self.gateway.process is None:
            raise RuntimeError("the gateway is gone")
        stat = Path(f"/proc/{self.gateway.process.pid}/stat").read_text()
        user, system = stat.rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / _CLOCK_HZ


def rendered(gateway: GatewayProcess, source: Path) -> Client:
    """Put a task with one frame, this file, into a farm; give who fetches it."""
    task = RenderedTask(gateway.url, gateway.folder / "frames", CUSTOMER, _TASK, flushes=1)
    task.make({})
    size = source.stat().st_size
    with source.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    task.file(1).hardlink_to(source)
    task.tell(1, bytes=size, sha256=digest)
    return Client(gateway, size)


def measured(folder: Path, size: int, repeats: int) -> tuple[dict[str, list[Taken]], float]:
    """Download a file in each way, in turns; give what each took, and the gateway's memory (MB)."""
    taken: dict[str, list[Taken]] = {}
    source = random_file(folder / SOURCE, size)
    with ExitStack() as stack:
        farm = stack.enter_context(gateway_process(folder / "farm"))
        beside = stack.enter_context(gateway_process(folder / "plain", 1, PLAIN_SERVER))
        (beside.folder / SOURCE).hardlink_to(source)
        sealed, plain = rendered(farm, source), Client(beside, size)
        near = farm.settings.port
        for _ in range(repeats):
            taken.setdefault("sealed", []).append(sealed.take(near))
            taken.setdefault("plain", []).append(plain.take(beside.settings.port, task_id=0))
            with slow_line(near, DELAY_S) as far:
                taken.setdefault("far", []).append(sealed.take(far))
                taken.setdefault("far, 1 connection", []).append(sealed.take(far, connections=1))
        rss_mb = 0.0 if farm.process is None else peak_mb(farm.process.pid)
    for made in ("farm", "plain"):
        shutil.rmtree(folder / made)
    source.unlink()
    return taken, rss_mb


def download_ratios(folder: Path, size: int, repeats: int) -> Ratios:
    """Give the ratios of downloads of one file of `size` bytes, and the memory."""
    taken, rss_mb = measured(folder, size, repeats)
    best = {way: min(one.seconds for one in all_) for way, all_ in taken.items()}
    return {
        "download_vs_plain_tls": best["plain"] / best["sealed"],
        "download_4_connections_vs_1_at_20ms": best["far, 1 connection"] / best["far"],
        "download_rss_mb": max(rss_mb, *(one.rss_mb for all_ in taken.values() for one in all_)),
    }


def main() -> None:
    """Say what each way takes for a MiB."""
    size = int(sys.argv[1]) if sys.argv[1:] else 1 << 30
    with tempfile.TemporaryDirectory(dir="/dev/shm", prefix="farmdesk-") as folder:
        taken, rss_mb = measured(Path(folder), size, repeats=3)
    for way, all_ in taken.items():
        one, mib = sorted(all_, key=lambda taken: taken.seconds)[len(all_) // 2], size / (1 << 20)
        print(
            f"{way:<20} {mib / one.seconds:6.0f} MiB/s; CPU ms a MiB: client "
            f"{1000 * one.cpu_s / mib:.2f}, gateway {1000 * one.gateway_cpu_s / mib:.2f}; "
            f"memory: client {one.rss_mb:.0f} MB, gateway {rss_mb:.0f} MB"
        )


if __name__ == "__main__":
    main()
