"""What an operator does by hand: frames from elsewhere taken or refused, packages fetched."""

import json
from pathlib import Path

import pytest

from farmdesk.domain.node import BY_HAND
from farmdesk.domain.states import TaskState
from farmdesk.domain.task_commands import TakeFrames
from farmdesk.link.outcome import wait_outcome
from tests.farm import WAIT_S, LocalFarm
from tests.tiny_tool import png


def test_failed_frames_come_from_elsewhere(
    farm: LocalFarm, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scene = farm.scene(faults={"2": ["small", 9], "3": ["crash", 9]})
    task = farm.submit(scene, "1-4", width=4, height=4)
    assert farm.wait_state(task).state is TaskState.PARTLY_FAILED
    elsewhere = tmp_path / "别处 rendered"
    elsewhere.mkdir()
    good = farm.frame_file(task, 1).read_bytes()

    def hand_in(code: int) -> str:
        capsys.readouterr()
        assert farm.run("hand-in", task, elsewhere) == code
        told = capsys.readouterr()
        return told.out + told.err

    (elsewhere / "frame_0001.png").write_bytes(png(99))
    (elsewhere / "frame_0002.png").write_bytes(png(2)[:-9])
    (elsewhere / "frame_0003.png").write_bytes(png(3, 2))
    (elsewhere / "notes.txt").touch()
    said = hand_in(1)
    assert "frame 1 is proven already" in said
    assert "frame_0002.png fails the frame check" in said
    assert "is 2x2, expected is 4x4" in said
    assert "notes.txt" in said
    assert (farm.task(task).state, farm.task(task).done) == (TaskState.PARTLY_FAILED, 2)
    assert "fails the frame check" in farm.texts(task)

    (elsewhere / "frame_0003.png").write_bytes(png(3))
    assert "1 frame taken by hand" in hand_in(0)
    row = farm.wait_state(task, TaskState.PARTLY_FAILED)
    assert (row.done, row.failed) == (3, 1)
    (elsewhere / "frame_0002.png").write_bytes(png(2))
    assert "1 frame taken by hand" in hand_in(0)
    farm.wait_state(task, TaskState.COMPLETED)
    farm.prove(task, range(1, 5))
    assert farm.frame_file(task, 1).read_bytes() == good
    assert farm.frame_file(task, 2).read_bytes() == png(2)
    nodes = {record.frame: record.node for record in farm.attempts(task) if not record.reason}
    assert {frame for frame, node in nodes.items() if node == BY_HAND} == {2, 3}
    assert "cannot be given frames by hand" in hand_in(1)


def test_a_whole_task_comes_from_elsewhere(
    farm: LocalFarm, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    task = farm.submit(farm.scene(), "1-20", start=False)
    assert farm.run("hand-in", task, tmp_path / "nowhere") == 1
    for frame in range(1, 21):
        (tmp_path / f"frame_{frame:04d}.png").write_bytes(png(frame))
    assert farm.run("hand-in", task, tmp_path, "--json") == 0
    farm.prove(task, range(1, 21))
    capsys.readouterr()
    assert farm.run("show", task) == 0
    assert "Mean frame" not in capsys.readouterr().out  # no node has rendered any


def test_a_package_or_a_scene_is_fetched(
    farm: LocalFarm, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    package = farm.folder / "work" / "000001" / "scene"  # as intake opens it
    (package / "textures").mkdir(parents=True)
    (package / "textures" / "snow.png").write_bytes(png(1))
    (package / "开幕.tiny").write_text("{}")
    first = farm.submit(package / "开幕.tiny", "1-2", start=False)
    second = farm.submit(farm.scene("b"), "1-2", start=False)
    to = tmp_path / "to"

    assert farm.run("fetch", first, to) == 0
    assert (to / "textures" / "snow.png").read_bytes() == png(1)
    assert (to / "开幕.tiny").read_text() == "{}"
    assert farm.run("fetch", second, to) == 0
    assert (to / "b.tiny").read_bytes() == (farm.scenes / "b.tiny").read_bytes()
    assert sorted(path.name for path in to.iterdir()) == ["b.tiny", "textures", "开幕.tiny"]
    capsys.readouterr()
    assert farm.run("fetch", first, to, "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["files"], told["copied"]) == (2, 0)

    (to / "开幕.tiny").write_text("mine")
    assert farm.run("fetch", first, to) == 1
    assert (to / "开幕.tiny").read_text() == "mine"
    assert farm.run("fetch", 99, to) == 1
    capsys.readouterr()
    assert farm.run("audit", "list", "--what", "fetch_package", "--json") == 0
    noted = [row["subject"] for row in json.loads(capsys.readouterr().out)]
    assert noted == [f"task {task}" for task in (first, second, first, first)]
    assert farm.run("audit", "list", "--task", second, "--json") == 0
    actions = [row["action"] for row in json.loads(capsys.readouterr().out)]
    assert actions == ["submit_task", "fetch_package"]
    farm.write_config('operators = ["somebody else"]')
    assert farm.run("fetch", second, tmp_path / "other") == 1
    assert not (tmp_path / "other").exists()
    assert farm.run("fetch", second, to, "--server", "https://127.0.0.1:1") == 1


def test_a_killed_engine_takes_the_rest_when_it_is_back(farm: LocalFarm, tmp_path: Path) -> None:
    task = farm.submit(farm.scene(), "1-6", start=False)
    elsewhere = tmp_path / "rendered"
    elsewhere.mkdir()
    for frame in range(1, 7):
        (elsewhere / f"frame_{frame:04d}.png").write_bytes(png(frame))
    farm.kill()
    release = farm.hold_checks(only=4)
    farm.start()
    number = farm.link.send(TakeFrames(task, str(elsewhere)))
    farm.wait_done(task, 3)
    farm.kill()
    release()  # for the process that held the frame: it finds nobody who wants its answer
    farm.wait_empty("check")
    assert not farm.frame_file(task, 4).exists()
    farm.start()
    release()
    row = wait_outcome(farm.link, number, WAIT_S)
    assert (row.applied, row.text[:23]) == (True, "3 frames taken by hand ")
    release()  # the check of the whole sequence has come to it
    farm.prove(task, range(1, 7))
    assert list(farm.folder.glob("work/*/frames/*.part")) == []
