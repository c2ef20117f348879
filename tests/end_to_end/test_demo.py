"""The demo, with fewer frames: from nothing to a customer's opened results, and a second time."""

import hashlib
import io
import os
from pathlib import Path

import pytest
from rich.console import Console

from farmdesk.cli.screen import Screen
from farmdesk.demo import run
from farmdesk.demo.run import run_demo


def test_the_whole_way_and_again_with_the_same_people(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "FRAMES", "1-3")
    folder = tmp_path / "演示 demo"
    frames = []
    for language, figures in (("en", "3 of 3, 0 failed"), ("zh", "3 / 3，失败 0")):
        said = io.StringIO()
        screen = Screen(Console(file=said), language)
        good = run_demo(folder, {**os.environ, "WINDOW": "0"}, screen)
        assert good, said.getvalue()
        assert ("applied" in said.getvalue()) is (language == "en")
        assert "申请" not in said.getvalue(), "the second time all have their keys"
        assert figures in said.getvalue()
        frames = sorted((folder / "results").glob("frame_*.png"))
        assert len(frames) == 3
    proven = sorted((folder / "farm/work/000002/frames").glob("frame_*.png"))
    digests = [[hashlib.sha256(p.read_bytes()).digest() for p in side] for side in (frames, proven)]
    assert digests[0] == digests[1]
    assert (folder / "contact-sheet.png").stat().st_size > 0
    assert not any((folder / "farm/inbox").iterdir())
