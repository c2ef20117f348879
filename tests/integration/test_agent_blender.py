"""The agent with a real Blender: warm and cold, and the scenes that it must refuse."""

import os
import shutil
import subprocess
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

import nodeagent
from nodeagent.images import BadImage, check_image
from nodeagent.orders import Cancel, Open, Render
from nodeagent.reports import (
    Cancelled,
    FrameBegun,
    FramePublished,
    Loaded,
    RangeEnded,
    SessionBroken,
    ToolStarted,
)
from tests.agents import Slot, blender_rules, gone, running_agent

SCENES = Path(__file__).with_name("blender_scenes.py")
START = ["$PROGRAM", "-b", "-noaudio", "--factory-startup", "--python-exit-code", "7"]
COLD = [*START, "$SCENE", "-P", "$AGENT_DIR/tools/blender_setup.py", "-o", "$OUTPUT_DIR/$PATTERN"]
COLD += ["-s", "$START_FRAME", "-e", "$END_FRAME", "-j", "$STEP", "-a"]
WARM = [*START, "-P", "$AGENT_DIR/tools/blender_warm.py"]

both = pytest.mark.parametrize("warm", [False, True], ids=["cold", "warm"])


@pytest.fixture(scope="module")
def scenes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    program = shutil.which("blender")
    if program is None:
        if os.environ.get("CI"):
            pytest.fail("Blender is not installed: apt install blender")
        pytest.skip("Blender is not installed: apt install blender")
    folder = tmp_path_factory.mktemp("scenes")
    argv = [program, "-b", "-noaudio", "--factory-startup", "--python-exit-code", "7"]
    made = subprocess.run(
        [*argv, "-P", str(SCENES), "--", str(folder)], capture_output=True, text=True, timeout=120
    )
    assert made.returncode == 0, made.stdout[-2000:] + made.stderr[-2000:]
    return folder


def opened(slot: Slot, scene: Path, *, warm: bool, **changes: object) -> Open:
    """Give the order that opens a session with Blender, 64x36 PNG where nothing else is said."""
    order = replace(
        slot.open(),
        tool="blender",
        rules=blender_rules(),
        command=COLD,
        warm=WARM if warm else None,
        scene=str(scene),
        width=64,
        height=36,
        settings={"format": "PNG"},
    )
    return replace(order, **changes)  # type: ignore[arg-type]


@both
def test_frames_of_a_scene(warm: bool, scenes: Path, tmp_path: Path) -> None:
    """The scene says 20x10; the task says 64x36, and its name is Chinese with a blank."""
    slot = Slot(tmp_path)
    with running_agent() as agent:
        agent.send(
            opened(slot, scenes / "雪 花.blend", warm=warm), Render(1, "1-7x3"), Render(2, "2")
        )
        assert agent.wait_for_end(2) == RangeEnded(2)
        assert agent.published() == [1, 4, 7, 2]
        assert agent.begun() == [1, 4, 7, 2]
        frames = agent.of(FramePublished)
        assert {(frame.width, frame.height) for frame in frames} == {(64, 36)}
        assert len({frame.sha256 for frame in frames}) == 4  # the camera moves
        assert len(agent.of(ToolStarted)) == len(agent.of(Loaded)) == (1 if warm else 2)
        assert agent.close() == 0
    assert [line.frame for line in slot.journal()] == [1, 4, 7, 2]
    for left, right in pairwise(frames):
        assert left.started + left.seconds <= right.started + 0.05


@both
def test_the_task_s_settings_are_applied(warm: bool, scenes: Path, tmp_path: Path) -> None:
    """A doubled slash before a path would have Blender look beside the scene."""
    slot = Slot(tmp_path)
    settings = {"format": "OPEN_EXR", "camera": "Camera", "layer": "Second", "samples": 2}
    with running_agent() as agent:
        agent.send(
            opened(
                slot,
                Path(f"/{scenes}/good.blend"),
                warm=warm,
                scratch=f"/{slot.scratch}",
                pattern="a_######.exr",
                settings=settings,
            ),
            Render(1, "-3"),
        )
        assert agent.wait_for_end(1) == RangeEnded(1)
        assert slot.names() == ["a_-000003.exr"]
        assert check_image(slot.output / "a_-000003.exr").format == "EXR"


@pytest.mark.parametrize(
    ("scene", "settings", "reason", "named"),
    [
        ("no_camera", {}, "bad_argument", "no camera"),
        ("good", {"camera": "Cube"}, "bad_argument", "'Cube'"),
        ("good", {"layer": "Third"}, "bad_argument", "'Third'"),
        ("good", {"engine": "POVRAY"}, "bad_argument", "'POVRAY'"),
        ("good", {"format": "FFMPEG"}, "bad_argument", "'FFMPEG'"),
        ("no_texture", {}, "missing_asset", "wood.png"),
        ("no_library", {}, "missing_asset", "library.blend"),
        ("cut", {}, "scene_load", "scene"),
        ("not_there", {}, "scene_load", "not_there.blend"),
    ],
)
def test_what_is_refused_before_the_first_frame(
    scene: str, settings: dict[str, str], reason: str, named: str, scenes: Path, tmp_path: Path
) -> None:
    slot = Slot(tmp_path)
    with running_agent() as agent:
        agent.send(
            opened(slot, scenes / f"{scene}.blend", warm=True, settings=settings), Render(1, "1-9")
        )
        broken = agent.wait_for(SessionBroken)
        assert broken.reason == reason
        assert named in broken.text
        assert agent.begun() == []


@pytest.mark.parametrize(
    ("scene", "reason"),
    [("no_texture", "missing_asset"), ("not_there", "scene_load"), ("no_camera", "bad_argument")],
)
def test_what_is_refused_cold(scene: str, reason: str, scenes: Path, tmp_path: Path) -> None:
    with running_agent() as agent:
        agent.send(opened(Slot(tmp_path), scenes / f"{scene}.blend", warm=False), Render(1, "1-9"))
        assert agent.wait_for(SessionBroken).reason == reason
        assert agent.published() == []


@pytest.mark.parametrize("scene", ["no_texture", "no_library"])
def test_missing_files_that_were_allowed(scene: str, scenes: Path, tmp_path: Path) -> None:
    settings = {"format": "PNG", "allow_missing": True}
    with running_agent() as agent:
        agent.send(
            opened(Slot(tmp_path), scenes / f"{scene}.blend", warm=True, settings=settings),
            Render(1, "1"),
        )
        assert agent.wait_for_end(1) == RangeEnded(1)
        assert agent.published() == [1]


@both
@pytest.mark.parametrize("scene", ["reads", "writes", "climbs"])
def test_a_package_reaches_no_other_tasks_files(
    scene: str, warm: bool, scenes: Path, tmp_path: Path
) -> None:
    theirs = (scenes / "theirs/frame.png").read_bytes()
    settings = {"format": "PNG", "package": str(scenes / "mine")}
    with running_agent() as agent:
        order = opened(Slot(tmp_path), scenes / f"mine/{scene}.blend", warm=warm, settings=settings)
        agent.send(order, Render(1, "1"))
        broken = agent.wait_for(SessionBroken)
        assert (broken.reason, "theirs" in broken.text) == ("bad_argument", True)
        assert agent.published() == []
    assert [p.name for p in (scenes / "theirs").iterdir()] == ["frame.png"]
    assert (scenes / "theirs/frame.png").read_bytes() == theirs


def test_a_package_that_keeps_to_itself_renders(scenes: Path, tmp_path: Path) -> None:
    settings = {"format": "PNG", "package": str(scenes / "mine")}
    with running_agent() as agent:
        order = opened(Slot(tmp_path), scenes / "mine/keeps.blend", warm=True, settings=settings)
        agent.send(order, Render(1, "1"))
        assert agent.wait_for_end(1) == RangeEnded(1)
        assert agent.published() == [1]


def test_a_warm_blender_is_named_on_its_command_line(scenes: Path, tmp_path: Path) -> None:
    """Templates may name the scene, so that Blender opens it before us; it is not read twice."""
    slot = Slot(tmp_path)
    warm = [*START, "$SCENE", *WARM[len(START) :]]
    with running_agent() as agent:
        order = opened(slot, scenes / "good.blend", warm=True)
        agent.send(replace(order, warm=warm), Render(1, "1"))
        assert agent.wait_for_end(1) == RangeEnded(1)
        agent.close()
    assert (slot.logs / "n1.log").read_text().count("Read blend:") == 1


@both
def test_cancel_in_mid_frame(warm: bool, scenes: Path, tmp_path: Path) -> None:
    settings = {"format": "PNG", "samples": 100_000}
    with running_agent() as agent:
        agent.send(
            opened(Slot(tmp_path), scenes / "good.blend", warm=warm, settings=settings),
            Render(1, "1-9"),
        )
        tool = agent.wait_for_tool()
        agent.wait_for(FrameBegun)
        agent.send(Cancel())
        agent.wait_for(Cancelled)
        assert gone(tool)
        assert agent.published() == []


def test_the_files_that_blender_writes(scenes: Path, tmp_path: Path) -> None:
    """Each is proven when it is whole, and never when it was cut."""
    files = sorted((scenes / "codecs").iterdir())
    assert len(files) == 23
    for file in files:
        facts = check_image(file)
        assert (facts.width, facts.height) == (20, 10), file.name
        body = file.read_bytes()
        for keep in {0, 4, len(body) // 3, len(body) // 2, len(body) - 40, len(body) - 1}:
            cut = tmp_path / file.name
            cut.write_bytes(body[:keep])
            with pytest.raises(BadImage):
                check_image(cut)


SEEN = """
import sys
sys.path.insert(0, {tools!r})
import bpy, blender_warm
cube, seen = bpy.data.objects["Cube"], []
bpy.app.handlers.render_init.append(lambda *_: seen.append(round(cube.matrix_world[0][3])))
for skip in (blender_warm.skip_next_update, lambda: None):
    cube.location.x += 10
    skip()
    bpy.ops.render.render()
print("seen", seen)
"""


def test_one_evaluation_of_the_view_layer_is_skipped_and_no_other(scenes: Path) -> None:
    """What a scene's own handlers do while it renders must find the next one in its place."""
    tools = Path(nodeagent.__file__).with_name("tools")
    argv = ["blender", *START[1:], str(scenes / "good.blend")]
    ran = subprocess.run(
        [*argv, "--python-expr", SEEN.format(tools=str(tools))],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert "seen [0, 20]" in ran.stdout, ran.stdout + ran.stderr
