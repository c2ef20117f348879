"""How fast files are sealed and opened, against OpenSSL itself and against a plain copy.

Of whole files, here and on the line, the best of several turns counts, on both sides alike: what
else goes on in a machine, and in the host of a virtual one, only ever adds to a time.
"""

import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from farmdesk.security.sealed import PLAIN, PLAIN_FIRST, SEGMENT, SealedFile, Seed, SegmentPlan
from farmdesk.security.sealed_files import open_file, seal_file

KEY = bytes(range(32))
_OPENSSL = ("openssl", "speed", "-seconds", "1", "-bytes", str(SEGMENT), "-evp", "aes-256-gcm")
_ROUNDS = 1500  # segments: about the second that OpenSSL takes
_SHORT = 3  # as often are they repeated that take a second

Ratios = dict[str, float | None]


def memory_ratios(repeats: int) -> Ratios:
    """Give `seal_vs_openssl` and `open_vs_openssl`: one core, in memory, a MiB at a time."""
    file = SealedFile(KEY, b"", plan=SegmentPlan(PLAIN_FIRST + PLAIN + 1), seed=Seed.fresh())
    plain, sealed = memoryview(bytearray(PLAIN)), memoryview(bytearray(SEGMENT))
    seal, open_ = list[float](), list[float]()
    for _ in range(repeats):
        ours = _cpu_rate(lambda: file.seal_into(1, plain, sealed))
        seal.append(ours / _openssl_rate())
        ours = _cpu_rate(lambda: file.open_into(1, sealed, plain))
        open_.append(ours / _openssl_rate("-decrypt"))
    return {"seal_vs_openssl": median(seal), "open_vs_openssl": median(open_)}


def file_ratios(folder: Path, size: int, repeats: int) -> Ratios:
    """Give `seal_file_vs_copy` and `open_file_vs_copy`: files of `size` bytes in one folder."""
    source = random_file(folder / "source", size)
    sealed, opened, copied = folder / "sealed", folder / "opened", folder / "copied"
    ways: dict[str, Callable[[], object]] = {
        "copy": lambda: plain_copy(source, copied),
        "seal": lambda: seal_file(source, sealed, key=KEY, context=b""),
        "open": lambda: open_file(sealed, opened, key=KEY, context=b""),
    }
    seconds: dict[str, list[float]] = {way: [] for way in ways}
    for _ in range(_SHORT * repeats):
        for way, work in ways.items():
            have_memory(folder, size)
            begun = time.perf_counter()
            work()
            seconds[way].append(time.perf_counter() - begun)
            for made in (copied, opened):
                made.unlink(missing_ok=True)
    source.unlink()
    sealed.unlink()
    copy_s, seal_s, open_s = (min(seconds[way]) for way in ("copy", "seal", "open"))
    return {"seal_file_vs_copy": copy_s / seal_s, "open_file_vs_copy": copy_s / open_s}


def random_file(path: Path, size: int) -> Path:
    """Write a file that nothing can compress."""
    block = os.urandom(min(size, 64 << 20))
    with path.open("wb") as file:
        for start in range(0, size, len(block) or 1):
            file.write(block[: size - start])
    return path


def have_memory(folder: Path, size: int) -> None:
    """See to it that memory for a file of `size` bytes is at hand before something is measured.

    A virtual machine gives what it does not use back to its host, and gets it anew page by page: in
    turns, whoever came first paid for that, with up to 5 s of system time a GiB.
    """
    random_file(folder / "memory", size).unlink()


def plain_copy(source: Path, target: Path) -> None:
    """Copy a file, a MiB at a time, and flush it: what sealing is held against."""
    buffer = memoryview(bytearray(SEGMENT))
    with source.open("rb", buffering=0) as reader, target.open("wb", buffering=0) as writer:
        while read := reader.readinto(buffer):
            writer.write(buffer[:read])
        os.fsync(writer.fileno())


def _cpu_rate(work: Callable[[], object]) -> float:
    """Give bytes in a second of this thread, as `openssl speed` counts them."""
    begun = time.thread_time()
    for _ in range(_ROUNDS):
        work()
    return _ROUNDS * PLAIN / (time.thread_time() - begun)


def _openssl_rate(*options: str) -> float:
    argv = [*_OPENSSL, *options]
    said = subprocess.run(argv, check=True, capture_output=True, text=True).stdout
    return float(said.split()[-1].rstrip("k")) * 1000
