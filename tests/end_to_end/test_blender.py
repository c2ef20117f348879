"""A real Blender on a real farm: killed with its engine in mid-task; scenes that cannot work."""

import os
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator

import psutil
import pytest

from farmdesk.domain.states import TaskState
from tests.farm import ROOT, LocalFarm, local_farm, wait_for

SCENES = ROOT / "tests" / "integration" / "blender_scenes.py"


@pytest.fixture(scope="module")
def farm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalFarm]:
    """A running farm, with tiny scenes for Blender in its folder of scenes."""
    program = shutil.which("blender")
    if program is None:
        if os.environ.get("CI"):
            pytest.fail("Blender is not installed: apt install blender")
        pytest.skip("Blender is not installed: apt install blender")
    with local_farm(tmp_path_factory.mktemp("farm")) as made:
        (made.folder / "farm.db").unlink()  # this server begins with nothing
        argv = [program, "-b", "-noaudio", "--factory-startup", "--python-exit-code", "7"]
        subprocess.run(
            [*argv, "-P", str(SCENES), "--", str(made.scenes)],
            check=True,
            capture_output=True,
            timeout=120,
        )
        yield made.start()


def _submit(farm: LocalFarm, scene: str, frames: str, **fields: object) -> int:
    path = farm.scenes / f"{scene}.blend"
    return farm.submit(path, frames, tool="blender", tool_version="", **fields)


def _journaled(farm: LocalFarm, task: int) -> Counter[int]:
    return Counter(line.frame for line in farm.journal(task))


def _is_blender(process: psutil.Process) -> bool:
    return process.name() == "blender"


def test_tool_and_engine_are_killed_in_mid_task(farm: LocalFarm) -> None:
    task = _submit(farm, "雪 花", "1-80")
    farm.wait_done(task, 4)
    blender = wait_for(lambda: next(iter(farm.processes(such=_is_blender)), None), "a Blender")
    blender.kill()
    failed = wait_for(
        lambda: next((item for item in farm.attempts(task) if item.reason), None), "its frame"
    )
    assert failed.text == "the tool was killed by signal 9"
    farm.kill()
    farm.wait_empty("agent", "guard")  # they finish what they have
    assert not farm.processes(such=_is_blender)
    before = _journaled(farm, task)
    farm.start()
    farm.prove(task, range(1, 81))
    after = _journaled(farm, task)
    assert {frame: after[frame] for frame in before} == before


@pytest.mark.parametrize(
    ("scene", "reason"),
    [
        ("no_camera", "The tool refused a parameter: the scene has no camera. "),
        ("cut", "The scene does not load: "),
        ("no_texture", "wood.png. "),
        ("no_library", "library.blend. "),
    ],
)
def test_scene_that_cannot_be_rendered(farm: LocalFarm, scene: str, reason: str) -> None:
    task = _submit(farm, scene, "1-500")
    row = farm.wait_state(task)
    assert row.state is TaskState.FAILED
    assert reason in row.reason
    assert (row.done, row.failed) == (0, 500)
    assert farm.attempts(task) == []  # no frame was tried; the scene was looked at, once a node
    assert farm.texts(task).count("started ") <= 2


def test_camera_that_the_scene_does_not_have(farm: LocalFarm) -> None:
    row = farm.wait_state(_submit(farm, "good", "1-500", camera="第二机位"))
    assert row.state is TaskState.FAILED
    assert "第二机位" in row.reason
    assert "there are: " in row.reason  # and the ones it has


def test_parameters_are_refused_before_blender_starts(
    farm: LocalFarm, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["submit", farm.scenes / "good.blend", "--frames", "1-5", "--start"]
    for wrong, reason in (("engine=LUXCORE", "CYCLES"), ("samples=0", "from 1"), ("x=1", "known")):
        assert farm.run(*words, "--set", wrong) == 1
        assert reason in capsys.readouterr().err
