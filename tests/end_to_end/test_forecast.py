"""The forecast of a farm at work, and who will be late."""

import json

import pytest

from tests.farm import LocalFarm


def test_the_forecast_tells_ends_and_who_will_be_late(
    farm: LocalFarm, capsys: pytest.CaptureFixture[str]
) -> None:
    scene = farm.scene(gated=True)
    first = farm.submit(scene, "1-500", due="2020-01-01T00:00+00:00")
    farm.submit(scene, "1-500", start=False)
    scene.wait_in_hand(2)
    capsys.readouterr()
    assert farm.run("forecast", "--json", "--first", 2, "--nodes", "+1") == 0
    rows = json.loads(capsys.readouterr().out)
    assert [(row["task_id"], row["queued"]) for row in rows] == [(1, False), (2, True)]
    assert rows[0]["will_be_late"]
    assert rows[1]["moved_s"] < 0 < rows[0]["moved_s"]
    assert farm.run("forecast", first) == 0
    assert "will be late" in capsys.readouterr().out
    assert farm.run("forecast", 99) == 1
