"""How fast files travel sealed: `python -m benchmarks.transfer [--size 1G] [--repeats 5] [--json]`.

Every figure is a ratio to what a person could use instead, measured in turns on this machine; a
missed target makes the exit code 1.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.downloading import download_ratios
from benchmarks.sealing import Ratios, file_ratios, memory_ratios
from benchmarks.uploading import upload_ratios

AT_LEAST = {
    "seal_vs_openssl": 1.0,
    "open_vs_openssl": 1.0,
    "seal_file_vs_copy": 0.7,
    "open_file_vs_copy": 0.6,
    "upload_vs_plain_tls": 0.7,
    "upload_vs_rclone_crypt": 2.0,
    "delay_20ms_vs_none": 0.7,
    "download_vs_plain_tls": 0.5,
    "download_4_connections_vs_1_at_20ms": 1.0,
}
AT_MOST = {"rss_mb": 150.0, "download_rss_mb": 150.0}
_MEMORY = Path("/dev/shm")  # noqa: S108  disks differ; memory is the harder measure
_UNITS = {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30}


def measure(size: int, repeats: int) -> Ratios:
    """Measure all figures with files of `size` bytes."""
    where = _MEMORY if _MEMORY.is_dir() else None
    figures = memory_ratios(repeats)
    for ratios in (file_ratios, upload_ratios, download_ratios):
        with tempfile.TemporaryDirectory(dir=where, prefix="farmdesk-") as folder:
            figures |= ratios(Path(folder), size, repeats)
    return figures


def missed(figures: Ratios) -> list[str]:
    """Name the figures that miss their target; one that could not be measured misses none."""
    known = {name: figure for name, figure in figures.items() if figure is not None}
    low = [name for name, least in AT_LEAST.items() if known.get(name, least) < least]
    return low + [name for name, most in AT_MOST.items() if known.get(name, most) > most]


def _print(figures: Ratios) -> None:
    table = Table("figure", "measured", "target")
    bad = missed(figures)
    for name, figure in figures.items():
        target = f"≥ {AT_LEAST[name]}" if name in AT_LEAST else f"≤ {AT_MOST[name]:.0f}"
        said = "not measured" if figure is None else f"{figure:.2f}"
        table.add_row(name, f"[red]{said}[/red]" if name in bad else said, target)
    Console().print(table)


def _bytes(text: str) -> int:
    """Read `1G`, `512M` or plain bytes."""
    unit = _UNITS.get(text[-1:].upper(), 1)
    return int(text.rstrip("KMGkmg")) * unit


def main() -> int:
    """Measure, print, and say by the exit code whether every target was met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=_bytes, default=1 << 30, help="of the file, e.g. 1G")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--json", action="store_true", help="print one JSON line")
    words = parser.parse_args()
    figures = measure(words.size, words.repeats)
    if words.json:
        rounded = {name: None if at is None else round(at, 3) for name, at in figures.items()}
        print(json.dumps(rounded))
    else:
        _print(figures)
    return 1 if missed(figures) else 0


if __name__ == "__main__":
    sys.exit(main())
