"""What is freed below a block in use goes back to the system."""

import subprocess
import sys

import pytest

_HOLES = """
from pathlib import Path
from farmdesk.gateway.memory import give_back
def held_mb():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 >> 20
blocks = [b"x" * (100_000 + n % 2) for n in range(1000)]
del blocks[:-1]
before = held_mb()
give_back()
print(before - held_mb())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="no other C library keeps so much")
def test_holes_go_back() -> None:
    said = subprocess.run([sys.executable, "-c", _HOLES], check=True, capture_output=True)
    assert int(said.stdout) > 80
