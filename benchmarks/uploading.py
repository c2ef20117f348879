"""How fast a package goes up through a real gateway, against what a person could use instead."""

import json
import shutil
import subprocess
import sys
import time
from dataclasses import asdict
from itertools import count
from pathlib import Path

from benchmarks.customer import peak_mb
from benchmarks.sealing import Ratios, have_memory, random_file
from benchmarks.slow_line import slow_line
from benchmarks.upload_client import Order
from tests.gateways import keys_of
from tests.transfer_farm import CUSTOMER, GatewayProcess, gateway_process

DELAY_S = 0.020  # each way


def upload_ratios(folder: Path, size: int, repeats: int) -> Ratios:
    """Give the ratios of uploads of a file of `size` bytes, measured in turns, and the memory."""
    source = random_file(folder / "source", size)
    farm = folder / "farm"
    farm.mkdir()
    tasks = count(1)
    seconds: dict[str, list[float]] = {}
    rss_mb = list[float]()

    def upload(name: str, gateway: GatewayProcess, port: int) -> None:
        """Upload in a process of its own, and note what it took."""
        task_id = 0 if name == "plain" else next(tasks)
        have_memory(folder, size)
        taken = _upload(gateway, port, source, task_id)
        seconds.setdefault(name, []).append(taken["seconds"])
        rss_mb.append(taken["rss_mb"])
        shutil.rmtree(farm / "inbox", ignore_errors=True)
        (farm / "plain.bin").write_bytes(b"")

    with gateway_process(farm, 3 * repeats, "benchmarks.upload_server") as gateway:
        for _ in range(repeats):
            upload("sealed", gateway, gateway.settings.port)
            upload("plain", gateway, gateway.settings.port)
            if (rclone_s := rclone_seconds(folder, source)) is not None:
                seconds.setdefault("rclone", []).append(rclone_s)
            for name, delay_s in (("near", 0.0), ("far", DELAY_S)):
                with slow_line(gateway.settings.port, delay_s) as port:
                    upload(name, gateway, port)
        if gateway.process is not None:
            rss_mb.append(peak_mb(gateway.process.pid))
    source.unlink()
    best = {name: min(measured) for name, measured in seconds.items()}
    return {
        "upload_vs_plain_tls": best["plain"] / best["sealed"],
        "upload_vs_rclone_crypt": best["rclone"] / best["sealed"] if "rclone" in best else None,
        "delay_20ms_vs_none": best["near"] / best["far"],
        "rss_mb": max(rss_mb),
    }


def rclone_seconds(folder: Path, source: Path) -> float | None:
    """Copy a file into rclone's crypt remote over a local folder; None where there is no rclone."""
    rclone = shutil.which("rclone")
    if rclone is None:
        return None
    remote, config = folder / "remote", folder / "rclone.conf"
    argv = [rclone, "obscure", "a passphrase"]
    secret = subprocess.run(argv, check=True, capture_output=True, text=True).stdout.strip()
    config.write_text(f"[sealed]\ntype = crypt\nremote = {remote}\npassword = {secret}\n")
    have_memory(folder, source.stat().st_size)
    begun = time.perf_counter()
    subprocess.run(
        [rclone, "--config", str(config), "copyto", str(source), "sealed:source"], check=True
    )
    seconds = time.perf_counter() - begun
    shutil.rmtree(remote)
    return seconds


def _upload(gateway: GatewayProcess, port: int, source: Path, task_id: int) -> dict[str, float]:
    order = Order.of(
        keys_of(CUSTOMER),
        url=f"https://127.0.0.1:{port}",
        authority=gateway.settings.ca.read_bytes(),
        source=str(source),
        task_id=task_id,
    )
    argv = [sys.executable, "-m", "benchmarks.upload_client"]
    done = subprocess.run(
        argv, check=True, input=json.dumps(asdict(order)), stdout=subprocess.PIPE, text=True
    )
    taken: dict[str, float] = json.loads(done.stdout)
    return taken
