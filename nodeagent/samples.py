"""How busy the node is, every two seconds; and what it is made of, once."""

import os
import shutil
import socket
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

import psutil

from nodeagent.protocol import VERSION
from nodeagent.reports import Hello, Sample

EVERY_S = 2.0
GPU_TOOL_S = 3.0
MIB = 1 << 20


def hello() -> Hello:
    """Describe this node."""
    return Hello(
        version=VERSION,
        pid=os.getpid(),
        host=socket.gethostname(),
        cpus=os.cpu_count() or 1,
        memory_mb=psutil.virtual_memory().total // MIB,
        gpus=_ask_gpus("name"),
    )


class Sampler:
    """Sends a `Sample` every two seconds, from a thread, until `stop`."""

    def __init__(self, scratch: Path, send: Callable[[Sample], None]) -> None:
        self._scratch = scratch
        self._send = send
        self._stopped = threading.Event()
        threading.Thread(target=self._run, name="samples", daemon=True).start()

    def stop(self) -> None:
        """Send no more."""
        self._stopped.set()

    def _run(self) -> None:
        psutil.cpu_percent()  # the first call begins the measurement
        while not self._stopped.wait(EVERY_S):
            self._send(take_sample(self._scratch))


def take_sample(scratch: Path) -> Sample:
    """Measure now; `cpu` is the share since the last call in this thread."""
    return Sample(
        cpu=psutil.cpu_percent() / 100,
        memory=psutil.virtual_memory().percent / 100,
        gpu=_gpu_share(),
        disk_free_mb=_disk_free_mb(scratch),
    )


def _disk_free_mb(folder: Path) -> int:
    try:
        return shutil.disk_usage(folder).free // MIB
    except OSError:
        return 0


def _gpu_share() -> float | None:
    """Give the share of the busiest GPU, or None where no NVIDIA driver tells."""
    shares = [float(line) / 100 for line in _ask_gpus("utilization.gpu") if line.isdigit()]
    return max(shares, default=None)


def _ask_gpus(what: str) -> list[str]:
    """Give nvidia-smi's answer, a line for each GPU; none where there is no such program."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return []
    argv = [program, f"--query-gpu={what}", "--format=csv,noheader,nounits"]
    try:
        asked = subprocess.run(
            argv, capture_output=True, text=True, errors="replace", timeout=GPU_TOOL_S
        )
    except (OSError, subprocess.TimeoutExpired):
        return []
    return [line.strip() for line in asked.stdout.splitlines() if line.strip()]
