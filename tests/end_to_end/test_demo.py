"""The demo, with fewer frames: from nothing to a customer's opened results, and a second time."""

import hashlib
import io
import os
from pathlib import Path

import pytest
from rich.console import Console

from farmdesk.demo import run
from farmdesk.demo.run import run_demo


def test_the_whole_way_and_again_with_the_same_people(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "FRAMES", "1-3")
    folder = tmp_path / "演示 demo"
    frames = []
    for turn in (1, 2):
        said = io.StringIO()
        good = run_demo(folder, {**os.environ, "WINDOW": "0"}, Console(file=said))
        assert good, said.getvalue()
        assert ("applied" in said.getvalue()) is (turn == 1)
        assert "3 of 3, 0 failed" in said.getvalue()
        frames = sorted((folder / "results").glob("frame_*.png"))
        assert len(frames) == 3
    proven = sorted((folder / "farm/work/000002/frames").glob("frame_*.png"))
    digests = [[hashlib.sha256(p.read_bytes()).digest() for p in side] for side in (frames, proven)]
    assert digests[0] == digests[1]
    assert (folder / "contact-sheet.png").stat().st_size > 0
    assert not any((folder / "farm/inbox").iterdir())
