"""Submissions that a tool can render, and those that are refused before anything starts."""

from dataclasses import replace

import pytest

from farmdesk.domain.errors import Refused
from farmdesk.domain.frames import FrameSet
from farmdesk.domain.task_commands import SubmitTask
from farmdesk.domain.task_spec import BadSubmission, TaskSpec
from farmdesk.domain.tool import ModelingTool, Tools

TOOLS = Tools(
    [
        ModelingTool.from_toml(
            """
            name = "blender"
            version = "3.4+"
            suffixes = [".blend"]
            settings = ["camera", "size"]
            cold = ["$PROGRAM", "$SCENE", ["-c", "$CAMERA"]]
            output = { pattern = "f_####", formats = { PNG = ".png" } }
            parameter = [{ name = "samples", kind = "integer", minimum = 1, default = 64 }]
            """
        )
    ]
)
GOOD = SubmitTask("snow", "blender", "", "/work/snow.blend", "1-99x2")


def test_a_good_submission_is_completed_by_its_tool() -> None:
    spec = TaskSpec.check(replace(GOOD, camera="Cam", width=64, height=32), TOOLS)
    assert spec.frames == FrameSet.range(1, 2, 50)
    assert spec.tool_version == "3.4+"
    assert spec.settings == {
        "samples": 64,
        "camera": "Cam",
        "layer": None,
        "width": 64,
        "height": 32,
        "fps": None,
        "format": "PNG",
    }
    assert TaskSpec.check(replace(GOOD, scene="G:\\shows\\snow.blend"), TOOLS).scene[0] == "G"


def test_the_scene_of_a_package_lies_inside_it() -> None:
    spec = TaskSpec.check(replace(GOOD, scene="shots/开幕 1.blend", upload=True), TOOLS)
    assert spec.scene == "shots/开幕 1.blend"


@pytest.mark.parametrize(
    "scene",
    ["/work/a.blend", "C:\\a.blend", "../a.blend", "a/../b.blend", "./a.blend", "a//b.blend"],
)
def test_a_scene_outside_its_package_is_refused(scene: str) -> None:
    with pytest.raises(BadSubmission, match="no path inside a package"):
        TaskSpec.check(replace(GOOD, scene=scene, upload=True), TOOLS)


def test_an_accepted_one_is_read_again_without_the_tool() -> None:
    spec = TaskSpec.of(GOOD)
    assert (spec.name, spec.frames) == ("snow", FrameSet.range(1, 2, 50))


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        (replace(GOOD, tool="maya"), "Unknown tool or version maya"),
        (replace(GOOD, tool_version="2.8"), r"known are: blender 3\.4\+"),
        (replace(GOOD, scene="snow.blend"), "not a full path"),
        (replace(GOOD, scene="/work/snow.max"), "its scenes end in"),
        (replace(GOOD, frames="1-10,5"), "more than once"),
        (replace(GOOD, width=64), "belong together"),
        (replace(GOOD, layer="fog"), "cannot be told its layer"),
        (replace(GOOD, fps=25.0), "cannot be told its fps"),
        (replace(GOOD, output_format="GIF"), "output format GIF"),
        (replace(GOOD, parameters={"samples": "many"}), "samples must be a whole number"),
        (replace(GOOD, camera="--python=/evil.py"), "cannot be handed to the tool"),
        (replace(GOOD, policy="version"), "previous version"),
    ],
)
def test_what_cannot_be_rendered_is_refused(wrong: SubmitTask, text: str) -> None:
    with pytest.raises(Refused, match=text) as refused:
        TaskSpec.check(wrong, TOOLS)
    assert refused.value.zh != refused.value.en
