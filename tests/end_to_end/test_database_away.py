"""The database goes away while frames are finished: the task goes on, and all is recorded after."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from farmdesk.domain.states import TaskState
from tests.farm import READY, LocalFarm, local_farm, wait_until
from tests.servers import DatabaseServer


@pytest.fixture
def server(db_server: DatabaseServer) -> Iterator[DatabaseServer]:
    """The database server of this worker, which runs again at the end whatever the test did."""
    yield db_server
    db_server.stop()
    db_server.start()


@pytest.fixture
def farm(tmp_path: Path, server: DatabaseServer) -> Iterator[LocalFarm]:
    """A running farm of two nodes on it."""
    with local_farm(tmp_path, database=server.new_database()) as made:
        yield made.start()


def _journaled(farm: LocalFarm, task: int) -> set[int]:
    return {line.frame for line in farm.journal(task)}


@pytest.mark.parametrize("kill", [False, True])
def test_frames_go_on_meanwhile(farm: LocalFarm, server: DatabaseServer, kill: bool) -> None:
    scene = farm.scene(gated=True)
    task = farm.submit(scene, "1-10")
    scene.wait_in_hand()
    server.stop(kill=kill)
    scene.let(*range(1, 7))
    wait_until(lambda: _journaled(farm, task) >= set(range(1, 7)), "frames without a database")
    saved = farm.folder / "engine.journal"
    wait_until(lambda: saved.exists() and saved.stat().st_size > 0, "the engine's own journal")
    server.start()
    farm.wait_done(task, 6)
    scene.let()
    farm.prove(task, range(1, 11))
    assert set(scene.ends()) == set(range(1, 11))
    wait_until(lambda: not saved.exists(), "an empty journal")
    assert "back again" in farm.said()
    assert farm.run("priority", task, 7) == 1  # it answers again: a completed task has none


def test_task_ends_while_the_database_is_away(farm: LocalFarm, server: DatabaseServer) -> None:
    scene = farm.scene(gated=True)
    task = farm.submit(scene, "1-6")
    scene.wait_in_hand()
    server.stop()
    scene.let()
    farm.wait_empty("agent", "tool")  # all is rendered; the check waits for the records
    server.start()
    farm.prove(task, range(1, 7))


def test_engine_is_killed_meanwhile(
    farm: LocalFarm, server: DatabaseServer, capfd: pytest.CaptureFixture[str]
) -> None:
    scene = farm.scene(gated=True)
    task = farm.submit(scene, "1-10")
    scene.wait_in_hand()
    server.stop(kill=True)
    scene.let(*range(1, 7))
    wait_until(lambda: _journaled(farm, task) >= set(range(1, 7)), "frames without a database")
    farm.kill()
    ends = scene.ends()
    waiting = farm.launch()
    wait_until(lambda: "tries again: " in farm.said(), "a word about the database")
    assert "cannot be reached" in farm.said()
    assert "s3cret" not in farm.said()
    assert farm.run("tasks") == 3
    assert "cannot be reached" in capfd.readouterr().err
    server.start()
    wait_until(lambda: READY in farm.said() or waiting.poll() is not None, "the engine's start")
    farm.wait_state(task, TaskState.RENDERING)
    farm.wait_done(task, 6)
    scene.let()
    farm.prove(task, range(1, 11))
    assert {frame: scene.ends()[frame] for frame in ends} == ends  # none of them again
