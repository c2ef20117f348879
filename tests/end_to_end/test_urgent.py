"""An urgent task takes the farm over and gives it back: no finished frame is lost or redone.

Customers and staff speak through the command line, each with a login of his own.
"""

import json
import os
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from farmdesk.domain.states import TaskState
from farmdesk.domain.task_commands import SubmitTask
from farmdesk.domain.users import Role, User
from farmdesk.link.direct import DirectLink
from farmdesk.link.outcome import wait_outcome
from tests.farm import ROOT, WAIT_S, LocalFarm, Scene, local_farm, wait_until

SCENES = ROOT / "tests" / "integration" / "blender_scenes.py"
Say = Callable[..., int]


@pytest.fixture
def farm(tmp_path: Path) -> Iterator[LocalFarm]:
    """A running farm of two nodes, whose staff is `operator`; all others are customers."""
    with local_farm(tmp_path) as made:
        made.write_config('nodes = 2\nstall_s = 30\nlinger_s = 30\noperators = ["operator"]')
        yield made.start()


@pytest.fixture
def say(farm: LocalFarm, monkeypatch: pytest.MonkeyPatch) -> Say:
    """Give the command line of any login: `say("ann", "urgent", "list")` gives the exit code."""

    def run(login: str, *words: object) -> int:
        monkeypatch.setenv("LOGNAME", login)
        return farm.run(*words)

    return run


def _submit(farm: LocalFarm, owner: str, scene: Path, frames: str, **fields: object) -> int:
    """Queue a task of a customer."""
    values: dict[str, object] = {"tool": "tiny", "tool_version": "2", **fields}
    link = DirectLink(f"sqlite:///{farm.folder}/farm.db", issued_by=owner)
    command = SubmitTask(name=scene.stem, scene=str(scene), frames=frames, **values)  # type: ignore[arg-type]
    row = wait_outcome(link, link.send(command), WAIT_S)
    link.close()
    assert row.task_id is not None, row.text
    return row.task_id


def _told(farm: LocalFarm, login: str) -> str:
    return "\n".join(r.record.text for r in farm.link.messages(User(login, Role.CUSTOMER)))


def test_with_a_real_blender_one_task_gives_way_to_another(
    farm: LocalFarm, say: Say, capfd: pytest.CaptureFixture[str]
) -> None:
    _make_blender_scenes(farm)
    # Dynamic: `range_split` may have the very last frame rendered by two idle nodes.
    blender: dict[str, object] = {"tool": "blender", "tool_version": "", "policy": "dynamic"}
    slow: dict[str, object] = {"width": 160, "height": 90, "parameters": {"samples": 8}}
    first = _submit(farm, "ann", farm.scenes / "good.blend", "1-60", **blender, **slow)
    assert say("operator", "start", first) == 0
    urgent = _submit(farm, "bob", farm.scenes / "雪 花.blend", "1-8", **blender)
    assert say("bob", "urgent", "request", urgent, "--reason", "总导演改了结尾") == 0
    assert say("bob", "urgent", "answer", 1, "allow") == 1  # he was not asked
    assert say("ann", "urgent", "answer", 1, "allow") == 0
    capfd.readouterr()
    assert say("operator", "urgent", "list", "--json") == 0
    (row,) = json.loads(capfd.readouterr().out)
    assert [task["task_id"] for task in row["request"]["costs"][0]["tasks"]] == [first]
    farm.wait_done(first, 2)
    assert say("operator", "urgent", "review", 1, "allow") == 0
    assert farm.task(first).state is TaskState.PREEMPTED
    done = {line.frame for line in farm.journal(first)}
    assert 2 <= len(done) < 60
    farm.prove(urgent, range(1, 9))
    assert farm.task(first).done < 60
    farm.prove(first, range(1, 61))
    for task, count in ((first, 60), (urgent, 8)):
        rendered = Counter(line.frame for line in farm.journal(task))
        assert rendered == dict.fromkeys(range(1, count + 1), 1)
    ends = [farm.task(task).finished_at for task in (urgent, first)]
    assert ends == sorted(ends, key=str)
    assert "was interrupted" in _told(farm, "ann")
    assert "goes on" in _told(farm, "ann")


def _make_blender_scenes(farm: LocalFarm) -> None:
    program = shutil.which("blender")
    if program is None:
        if os.environ.get("CI"):
            pytest.fail("Blender is not installed: apt install blender")
        pytest.skip("Blender is not installed: apt install blender")
    argv = [program, "-b", "-noaudio", "--factory-startup", "--python-exit-code", "7"]
    argv += ["-P", str(SCENES), "--", str(farm.scenes)]
    subprocess.run(argv, check=True, capture_output=True, timeout=120)


def _take_over(farm: LocalFarm, say: Say) -> tuple[int, int, Scene, Scene]:
    """Let an urgent task be admitted while two frames of another one are in hand."""
    scene, ending = farm.scene("a", gated=True), farm.scene("b", gated=True)
    first = _submit(farm, "ann", scene.path, "1-10")
    assert say("operator", "start", first) == 0
    scene.let(1, 2, 3, 4)
    farm.wait_done(first, 4)
    scene.wait_in_hand()
    urgent = _submit(farm, "bob", ending.path, "1-4")
    assert say("bob", "urgent", "request", urgent, "--reason", "new ending") == 0
    words = ("--reason", "the show begins", "--exit", "lose-nothing")
    assert say("operator", "urgent", "overrule", 1, *words) == 0
    assert farm.task(first).state is TaskState.PREEMPTED
    return first, urgent, scene, ending


def _finish(farm: LocalFarm, tasks: tuple[int, int], scene: Scene, ending: Scene) -> None:
    """Let both tasks end, and hold that what was finished before was not rendered again.

    Nothing is said of frames finished later: two idle nodes may both be given the very last one.
    """
    first, urgent = tasks
    journaled = farm.journal(first)  # first: each of these has ended
    ends = scene.ends()
    finished = {line.frame: ends[line.frame] for line in journaled}
    ending.let()
    farm.prove(urgent, range(1, 5))
    scene.let()
    farm.prove(first, range(1, 11))
    ends = scene.ends()
    assert {frame: ends[frame] for frame in finished} == finished
    assert [row.request.state for row in farm.link.urgent_requests()] == ["ended"]


def test_killed_while_nodes_leave(farm: LocalFarm, say: Say) -> None:
    """The interrupted task's last frames end while no engine runs; they are taken over."""
    first, urgent, scene, ending = _take_over(farm, say)
    in_hand = scene.wait_in_hand()
    farm.kill()
    scene.let(*in_hand.values())
    farm.wait_empty("agent", "guard", "tool")
    assert set(in_hand.values()) <= {line.frame for line in farm.journal(first)}
    farm.start()
    assert farm.task(first).state is TaskState.PREEMPTED
    ending.wait_in_hand()
    assert farm.task(first).done == 6
    _finish(farm, (first, urgent), scene, ending)


def test_killed_while_the_urgent_task_renders(farm: LocalFarm, say: Say) -> None:
    first, urgent, scene, ending = _take_over(farm, say)
    scene.let(*scene.wait_in_hand().values())
    ending.wait_in_hand()
    farm.kill()
    farm.start()
    wait_until(lambda: farm.task(urgent).running == 2, "the urgent task on both nodes again")
    assert farm.task(first).state is TaskState.PREEMPTED
    _finish(farm, (first, urgent), scene, ending)


def test_killed_while_people_are_asked(farm: LocalFarm, say: Say) -> None:
    scene, ending = farm.scene("a", gated=True), farm.scene("b", gated=True)
    first = _submit(farm, "ann", scene.path, "1-10")
    assert say("operator", "start", first) == 0
    scene.wait_in_hand()
    urgent = _submit(farm, "bob", ending.path, "1-4")
    assert say("bob", "urgent", "request", urgent, "--reason", "new ending") == 0
    assert say("ann", "urgent", "answer", 1, "refuse") == 0
    farm.kill()
    farm.start()
    (row,) = farm.link.urgent_requests()
    assert row.request.refused_by == ["ann"]
    assert say("ann", "urgent", "answer", 1, "allow") == 1  # she answered before
    assert say("operator", "urgent", "overrule", 1, "--reason", "the show begins") == 0
    scene.let()  # whatever is in hand may end
    _finish(farm, (first, urgent), scene, ending)
