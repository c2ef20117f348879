"""The schedule benchmark takes any file of workloads and prints what was promised."""

import json
from pathlib import Path

import pytest

from benchmarks import schedule

TWO_FRAMES = """
from dataclasses import dataclass, field
import numpy as np

@dataclass
class World:
    work: object; load: object; speed: object; speed_hint: object; load_hint: float; prior: object
    slow: dict = field(default_factory=dict)
    down: dict = field(default_factory=dict)

FAMILIES = {"two": None}

def make(family, seed, families=None):
    two = np.full(2, 10.0)
    return World(two, np.full(2, 5.0), np.ones(2), np.ones(2), 5.0, two)
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "any_workloads.py"
    path.write_text(TWO_FRAMES)
    return path


def test_json_is_one_line_of_the_promised_shape(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert schedule.main(["--workloads", str(file), "--seeds", "0-1", "--json"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 1
    report = json.loads(lines[0])
    assert set(report) == {"families", "geometric_mean"}
    assert set(report["families"]["two"]) == set(schedule.CONTENDERS)
    ours = report["families"]["two"]["range_split"]
    assert ours == {"median": pytest.approx(1.0), "worst": pytest.approx(1.0)}
    # Both frames in one chunk: one node renders them in turn.
    assert report["families"]["two"]["chunk10"]["worst"] == pytest.approx(25 / 15)


def test_a_table_names_families_and_policies(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    schedule.main(["--workloads", str(file), "--seeds", "3", "--policies", "static,dynamic"])
    table = capsys.readouterr().out
    assert "two" in table
    assert "static" in table
    assert "chunk10" not in table


@pytest.mark.parametrize("arguments", [["--seeds", "0-x"], ["--policies", "static,best"]])
def test_nonsense_is_refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        schedule.main(arguments)
    assert end.value.code == 2
    assert arguments[1].split(",")[-1] in capsys.readouterr().err
