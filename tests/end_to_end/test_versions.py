"""A second version is planned by the first one's times, and the two are compared."""

import json

import pytest

from tests.farm import LocalFarm


def test_the_report_compares_a_task_with_its_previous_version(
    farm: LocalFarm, capsys: pytest.CaptureFixture[str]
) -> None:
    scene = farm.scene()
    first = farm.submit(scene, "1-4")
    farm.prove(first, range(1, 5))
    second = farm.submit(scene, "1-6", previous_task=first, change="minor")
    farm.prove(second, range(1, 7))
    capsys.readouterr()
    assert farm.run("versions", second, "--json", "--stretches", 2) == 0
    report = json.loads(capsys.readouterr().out)
    found = report["comparison"]
    assert (found["compared"], found["without"]) == (4, 2)
    assert [(part["first"], part["last"]) for part in found["stretches"]] == [(1, 2), (3, 4)]
    assert farm.run("versions", second) == 0
    assert "mean error of a frame" in capsys.readouterr().out
    assert farm.run("versions", first) == 1
    assert "names no previous version" in capsys.readouterr().err
