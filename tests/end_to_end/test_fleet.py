"""Two tasks share nodes, one of which has two slots; an allocation outlives a killed engine."""

import json
from pathlib import Path

import pytest

from farmdesk.domain.states import NodeState
from tests.farm import LocalFarm, local_farm, wait_until

NODES = """
nodes = [{name = "a", slots = 2, pool = "gpu"}, {name = "b", tools = ["tiny"]}]
"""


def test_two_tasks_share_and_an_allocation_outlives_the_engine(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    with local_farm(tmp_path) as farm:
        farm.write_config(NODES)
        farm.start()
        first, second = farm.scene("开幕式", gated=True), farm.scene("闭幕式")
        task = farm.submit(first, "1-12")
        first.wait_in_hand(3)  # a slot that has begun nothing would change its task at once
        _row_says(farm, "a", "2 of 2 slots work (tasks 1).")
        other = farm.submit(second, "1-12")
        assert "as soon as its present frame" in _why(farm, capsys, other)
        assert farm.run("allocate", other, "nowhere") == 1
        assert "There is no node nowhere" in capsys.readouterr().err
        assert farm.run("allocate", other, "b") == 0
        farm.kill()
        farm.start()
        first.let()
        farm.prove(task, range(1, 13))
        farm.prove(other, range(1, 13))
        assert {record.node for record in farm.attempts(other)} == {"b"}
        assert not [record for record in farm.attempts(task) if record.reason]
        wait_until(lambda: "No task renders" in _why(farm, capsys, "--node", "a"), "node a at rest")
        wait_until(lambda: _states(farm) == {NodeState.IDLE}, "the last agent's leave")


def test_auto_start_starts_queued_tasks(
    farm: LocalFarm, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    task = farm.submit(farm.scene(), "1-4", start=False)
    assert f"farmdesk start {task}" in _why(farm, capsys, task)
    assert farm.run("auto-start", "on") == 0
    assert "自动开始" in capsys.readouterr().out
    farm.prove(task, range(1, 5))


def _why(farm: LocalFarm, capsys: pytest.CaptureFixture[str], *words: object) -> str:
    """Give what the command line says, as soon as the engine has said something."""

    def said() -> str:
        capsys.readouterr()
        assert farm.run("why", *words, "--json") == 0
        return str(json.loads(capsys.readouterr().out)["why"])

    wait_until(lambda: "farmdesk" in said() or "frame" in said() or "task" in said(), "a reason")
    return said()


def _states(farm: LocalFarm) -> set[NodeState]:
    return {row.record.state for row in farm.link.nodes()}


def _row_says(farm: LocalFarm, node: str, text: str) -> None:
    def says() -> bool:
        (row,) = (row for row in farm.link.nodes() if row.record.node == node)
        return row.record.reason == text

    wait_until(says, f"node {node} to say: {text}")


def test_a_drained_node_finishes_its_frame_and_stays_drained(farm: LocalFarm) -> None:
    scene = farm.scene(gated=True)
    task = farm.submit(scene, "1-8", policy="dynamic")  # nobody else renders its frame too
    wait_until(
        lambda: all(row.record.frame_started_at for row in farm.link.nodes()),
        "the engine to hear that both have begun",
    )
    assert farm.run("node", "drain", "local-2") == 0
    assert farm.run("node", "drain", "local-2") == 1
    scene.let()
    farm.prove(task, range(1, 9))
    assert len([record for record in farm.attempts(task) if record.node == "local-2"]) == 1
    wait_until(lambda: _state(farm, "local-2") is NodeState.MAINTENANCE, "an empty node")
    farm.kill()
    farm.start()
    again = farm.submit(farm.scene("b"), "1-8")
    farm.prove(again, range(1, 9))
    assert {record.node for record in farm.attempts(again)} == {"local-1"}
    assert _state(farm, "local-2") is NodeState.MAINTENANCE
    assert farm.run("node", "wake", "local-2") == 0
    wait_until(lambda: _state(farm, "local-2") is NodeState.IDLE, "the node's return")


def _state(farm: LocalFarm, node: str) -> NodeState:
    return next(row.record.state for row in farm.link.nodes() if row.record.node == node)
