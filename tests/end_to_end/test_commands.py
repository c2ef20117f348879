"""What people do with tasks, by the command line, as text and as JSON; wrong wishes refused."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from farmdesk.domain.states import TaskState
from tests.farm import LocalFarm, wait_until

Say = Callable[..., str]


@pytest.fixture(params=["text", "json"])
def say(request: pytest.FixtureRequest, farm: LocalFarm, capsys: pytest.CaptureFixture[str]) -> Say:
    """Give a function that runs a command line, ending with `code`, and gives its sentence."""
    as_json = request.param == "json"

    def run(*words: object, code: int = 0) -> str:
        capsys.readouterr()
        assert farm.run(*words, *(["--json"] if as_json else [])) == code
        told = capsys.readouterr()
        if as_json:
            assert told.err == ""
            (row,) = json.loads(told.out)
            assert row["applied"] is (code == 0)
            return str(row["text"])
        assert "" in (told.out, told.err)
        return told.out + told.err

    return run


def test_life_of_a_task(farm: LocalFarm, say: Say) -> None:
    """Queued, started, paused, resumed, stopped, resumed, completed, recycled, restored, purged."""
    scene = farm.scene(gated=True)
    words = ["submit", scene.path, "--frames", "1-8", "--tool", "tiny", "--tool-version", "2"]
    assert "is queued" in say(*words, "--priority", 3)
    task = farm.link.tasks()[0].id
    assert farm.processes("agent") == []
    assert "cannot be paused" in say("pause", task, code=1)
    assert "has priority 9 (was 3)" in say("priority", task, 9)
    assert "must lie between" in say("priority", task, 10, code=1)

    assert "renders" in say("start", task)
    assert "cannot be started" in say("start", task, code=1)
    assert "cannot be resumed" in say("resume", task, code=1)
    assert "cannot be moved to the recycle queue" in say("recycle", task, code=1)
    assert "is not in the recycle queue" in say("purge", task, code=1)
    in_hand = scene.wait_in_hand()

    assert "pauses after the frames in hand" in say("pause", task)
    assert "cannot be paused" in say("pause", task, code=1)
    scene.let(*in_hand.values())
    farm.wait_empty("agent", "tool")  # the frames in hand were finished, and nothing was begun
    assert farm.wait_done(task, 2).done == 2
    assert set(scene.ends()) == set(in_hand.values())
    assert farm.task(task).state is TaskState.PAUSED

    assert "goes on" in say("resume", task)
    in_hand = scene.wait_in_hand()
    assert "is stopped; 2 frames are kept" in say("stop", task)
    farm.wait_empty("tool", "guard", "agent")
    assert set(scene.ends()).isdisjoint(in_hand.values())
    assert "cannot be stopped" in say("stop", task, code=1)

    say("resume", task)
    scene.let()
    farm.prove(task, range(1, 9))
    for verb in ("pause", "resume", "start", "stop", "retry"):
        assert "is completed and cannot be" in say(verb, task, code=1)

    assert "lies in the recycle queue" in say("recycle", task)
    assert farm.link.tasks() == []
    assert "lies in the recycle queue. Restore it first" in say("recycle", task, code=1)
    assert "is back in the queue" in say("restore", task)
    assert "is not in the recycle queue" in say("restore", task, code=1)
    say("recycle", task)
    folder = Path(farm.task(task).output).parent
    assert folder.exists()
    assert "deleted for good" in say("purge", task)
    wait_until(lambda: not any(folder.parent.iterdir()), "the end of its files")
    assert "was purged" in say("restore", task, code=1)
    assert "was purged" in say("purge", task, code=1)


def test_recycled_tasks_outlive_the_engine(farm: LocalFarm, say: Say) -> None:
    task = farm.submit(farm.scene(), "1-3")
    farm.prove(task, range(1, 4))
    say("recycle", task)
    assert farm.end() == 0
    farm.start()
    assert "is back in the queue" in say("restore", task)
    assert farm.task(task).done == 3
    say("recycle", task)
    say("purge", task)


def test_several_tasks_in_one_line(farm: LocalFarm, capsys: pytest.CaptureFixture[str]) -> None:
    tasks = [farm.submit(farm.scene(name), "1-2", start=False) for name in "abc"]
    assert farm.run("recycle", *tasks[:2]) == 0
    assert farm.run("recycle", *tasks) == 1  # two are there already, the third one moves
    assert farm.link.tasks() == []
    assert len(farm.link.tasks(recycled=True)) == 3
    capsys.readouterr()
    assert farm.run("tasks", "--recycled", "--json") == 0
    assert sorted(row["id"] for row in json.loads(capsys.readouterr().out)) == sorted(tasks)


def test_priority_decides_who_renders_next(farm: LocalFarm) -> None:
    first = farm.scene("first", gated=True)
    low, high = farm.scene("low"), farm.scene("high", gated=True)
    front = farm.submit(first, "1-2")
    first.wait_in_hand()
    back = farm.submit(low, "1-2")
    urgent = farm.submit(high, "1-4")
    assert farm.run("priority", urgent, 9) == 0
    first.let()
    high.wait_in_hand()
    assert low.log() == []  # submitted before, but of lower priority
    high.let()
    for task, frames in ((front, 2), (urgent, 4), (back, 2)):
        farm.prove(task, range(1, frames + 1))


def test_what_people_read(farm: LocalFarm, capsys: pytest.CaptureFixture[str]) -> None:
    """Every view, as text and as JSON, of a task that had a bad frame."""
    scene = farm.scene(faults={"2": ["skip", 1]})
    task = farm.submit(scene, "1-4", policy="dynamic")  # no copy of frame 2 hides the bad one
    farm.prove(task, range(1, 5))
    expected: list[tuple[str, list[object]]] = [
        ("4/4", ["tasks"]),
        ("4 of 4 frames proven", ["show", task]),
        ("completed", ["show", task, "--follow"]),
        ("4x4", ["frames", task]),
        ("image is missing or damaged", ["frames", task, "--failed"]),
        ("local-2", ["nodes"]),
        ("task ended: completed", ["logs"]),
        ("failed", ["logs", task]),
    ]
    capsys.readouterr()
    for text, verb in expected:
        assert farm.run(*verb) == 0
        assert text in capsys.readouterr().out
        assert farm.run(*verb, "--json") == 0
        json.loads(capsys.readouterr().out)


def test_negative_frames(farm: LocalFarm) -> None:
    """As the manual writes them: an argument that begins with a dash."""
    words = ["submit", farm.scene().path, "--tool", "tiny", "--tool-version", "2", "--start"]
    assert farm.run(*words, "--frames", "-3-2") == 0
    row = farm.wait_state(farm.link.tasks()[0].id)
    assert (row.state, row.done, row.frames) == (TaskState.COMPLETED, 6, "-3-2")
