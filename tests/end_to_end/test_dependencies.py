"""A task follows another one frame by frame, over the death of the engine, with real processes."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from farmdesk.domain.states import TaskState
from farmdesk.domain.task_commands import RetryFailed
from tests.farm import LocalFarm, local_farm, wait_until


@pytest.fixture
def three_nodes(tmp_path: Path) -> Iterator[LocalFarm]:
    """A running farm of three nodes on SQLite."""
    with local_farm(tmp_path, nodes=3) as made:
        yield made.start()


def test_frames_follow_their_source_over_the_death_of_the_engine(three_nodes: LocalFarm) -> None:
    farm = three_nodes
    source = farm.scene("sim", gated=True)
    first = farm.submit(source, "1-2")
    look = farm.scene("look")
    follows = {"after": first, "after_mode": "frame"}
    second = farm.submit(look, "1-2", **follows, policy="dynamic")  # one node a frame
    source.wait_in_hand(2)
    wait_until(lambda: "follow those of task 1" in farm.task(second).reason, "the reason")
    assert look.log() == []
    source.let(1)
    farm.wait_done(second, 1)
    assert look.ends() == {1: 1}
    farm.kill()
    farm.start()
    assert look.ends() == {1: 1}
    source.let()
    farm.prove(first, range(1, 3))
    farm.prove(second, range(1, 3))
    assert look.ends()[1] == 1  # it is not rendered again


def test_a_failed_source_holds_its_frame_back_until_it_is_retried(farm: LocalFarm) -> None:
    source = farm.scene("sim", faults={"2": ["truncate", 99]})
    first = farm.submit(source, "1-3")
    second = farm.submit(farm.scene("look"), "1-3", after=first, after_mode="frame")
    assert farm.wait_state(first).state is TaskState.PARTLY_FAILED
    farm.wait_done(second, 2)
    wait_until(lambda: "Frames 2 failed in task 1" in farm.task(second).reason, "the reason")
    assert farm.task(second).state is TaskState.RENDERING
    source.tell()
    assert farm.do(RetryFailed(first)).applied
    farm.prove(second, range(1, 4))
    assert farm.task(first).state is TaskState.COMPLETED


def test_the_command_line_lets_tasks_wait_and_go_on(
    farm: LocalFarm, capsys: pytest.CaptureFixture[str]
) -> None:
    scene = farm.scene()
    words = (scene.path, "--tool", "tiny", "--tool-version", "2", "--frames", "1-2")
    assert farm.run("submit", *words) == 0
    assert farm.run("submit", *words, "--after", 1, "--start", "--due", "2026-02-04T20:00") == 0
    assert farm.run("after", 1, 2) == 1
    assert "1 → 2 → 1" in capsys.readouterr().err
    assert farm.run("submit", *words, "--after", 99) == 1
    assert farm.run("show", 2) == 0
    assert "task 1, all of it" in capsys.readouterr().out
    assert farm.run("after", 2) == 0
    farm.prove(2, range(1, 3))
    assert Path(farm.task(2).output).is_dir()
