"""Tools as data: refused files, commands that are lists, parameters that are held to rules."""

from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farmdesk.domain.errors import Refused
from farmdesk.domain.states import FailureReason
from farmdesk.domain.toml_table import BadFile
from farmdesk.domain.tool import (
    LogKind,
    ModelingTool,
    Tools,
    UnknownTool,
    WrongFormat,
    WrongScene,
)
from farmdesk.domain.tool_parameters import WrongParameter
from farmdesk.domain.tool_template import BadTemplate, Template, UnfitValue, Value

BLENDER = files("resources").joinpath("tools/blender.toml").read_text(encoding="utf-8")

TOOL = """
name = "maya"
version = "2024"
suffixes = [".ma", ".mb"]
settings = ["camera", "size"]
cold = ["$PROGRAM", "-s", "$START_FRAME", ["-cam", "$CAMERA"], ["-x", "$WIDTH", "-y", "$HEIGHT"],
        ["-quality=$QUALITY"], "-verbose", "$VERBOSE", "$SCENE"]

[output]
pattern = "f_####"
formats = { EXR = ".exr" }

[[parameter]]
name = "quality"
kind = "decimal"
minimum = 0
maximum = 1

[[parameter]]
name = "verbose"
kind = "switch"
default = false

[[parameter]]
name = "passes"
kind = "integer"
required = true
minimum = 1

[[parameter]]
name = "look"
kind = "text"

[[parameter]]
name = "mode"
kind = "choice"
choices = ["draft", "final"]
default = "final"

[[log]]
kind = "failure"
reason = "licence"
pattern = 'License was not obtained'
"""
MAYA = ModelingTool.from_toml(TOOL)


def test_blender_is_filled_but_for_what_only_the_node_knows() -> None:
    tool = ModelingTool.from_toml(BLENDER)
    settings = {"camera": None, "samples": 4, "format": "OPEN_EXR"}
    assert tool.cold.fill(tool.values(settings))[-13:] == [
        *("-o", "$OUTPUT_DIR/frame_####", "-F", "OPEN_EXR", "-x", "1"),
        *("-s", "$START_FRAME", "-e", "$END_FRAME", "-j", "$STEP", "-a"),
    ]
    assert tool.warm is not None
    assert tool.warm.fill({})[-1] == "$AGENT_DIR/tools/blender_warm.py"
    assert tool.output.file_pattern("PNG") == "frame_####.png"


@pytest.mark.parametrize(
    ("line", "kind", "reason"),
    [
        ("Fra:12 Mem:9.1M (Peak 9.2M) | Time:00:00.1", LogKind.FRAME_STARTED, None),
        ("Saved: '/o/frame_0012.png'", LogKind.FRAME_DONE, None),
        ("Error: Cannot read file '/x'", LogKind.FAILURE, FailureReason.SCENE_LOAD),
        ("Error: Cannot render, no camera", LogKind.FAILURE, FailureReason.BAD_ARGUMENT),
        ("Error: engine not found", LogKind.FAILURE, FailureReason.BAD_ARGUMENT),
        (
            "Error: Render error (No space left on device) cannot save: '/o/f.png'",
            LogKind.FAILURE,
            FailureReason.OUTPUT_WRITE,
        ),
        ("CUDA error: Out of memory in cuMemAlloc", LogKind.FAILURE, FailureReason.OUT_OF_MEMORY),
        ("CUDA error: Illegal address", LogKind.FAILURE, FailureReason.GPU),
        ("Writing: /tmp/a.crash.txt", LogKind.FAILURE, FailureReason.CRASH),
    ],
)
def test_blender_lines_mean_what_was_measured(
    line: str, kind: LogKind, reason: FailureReason | None
) -> None:
    rules = ModelingTool.from_toml(BLENDER).log_rules
    first = next(rule for rule in rules if rule.pattern.search(line))
    assert (first.kind, first.reason) == (kind, reason)


def test_an_optional_group_goes_when_one_of_its_values_is_missing() -> None:
    values: dict[str, Value] = {
        "CAMERA": "shot cam",
        "WIDTH": 1920,
        "HEIGHT": None,
        "VERBOSE": True,
        "QUALITY": 0.5,
    }
    assert MAYA.cold.fill(values) == [
        *("$PROGRAM", "-s", "$START_FRAME", "-cam", "shot cam", "-quality=0.5"),
        *("-verbose", "1", "$SCENE"),
    ]
    assert MAYA.cold.fill({"VERBOSE": False}) == [
        *("$PROGRAM", "-s", "$START_FRAME", "-verbose", "0", "$SCENE")
    ]


@given(st.text(max_size=40))
def test_a_value_is_one_argument_or_refused(value: str) -> None:
    template = Template.read(["$PROGRAM", ["$CAMERA", "-c=$CAMERA"]], {})
    try:
        argv = template.fill({"CAMERA": value})
    except UnfitValue:
        return
    assert argv == ["$PROGRAM", value, "-c=" + value]


@pytest.mark.parametrize(
    "value",
    ["-P /evil.py", "--python", "@options", "a\nb", "a\x00b", "$SCENE", "x$PROGRAM", "\ud800"],
)
def test_a_value_that_could_be_more_than_a_value_is_refused(value: str) -> None:
    with pytest.raises(UnfitValue) as refused:
        MAYA.cold.fill({"CAMERA": value, "VERBOSE": True})
    assert "camera" in refused.value.en
    assert refused.value.en.isprintable()


@pytest.mark.parametrize(
    "value", ["; rm -rf /", "`id`", "a b", "'", '"', "$(id)", "主摄像机", "%PATH%"]
)
def test_what_a_shell_would_read_is_only_text(value: str) -> None:
    assert value in MAYA.cold.fill({"CAMERA": value, "VERBOSE": True})


@pytest.mark.parametrize(
    ("items", "text"),
    [
        ([], "program must come first"),
        ([["$PROGRAM"]], "program must come first"),
        (["$PROGRAM", "$NONSENSE"], r"unknown placeholder \$NONSENSE"),
        (["$PROGRAM", "x$SCENES"], r"unknown placeholder \$SCENES"),
        (["$PROGRAM", ["-q", "$QUALITY"]], r"unknown placeholder \$QUALITY"),
        (["$PROGRAM", "$SAMPLE"], r"unknown placeholder \$SAMPLE "),
        (["$PROGRAM", "-cam", "$CAMERA"], "CAMERA may have no value"),
        (["$PROGRAM", "-t=$SAMPLES"], "SAMPLES may have no value"),
        (["$PROGRAM", 5], "must be a text"),
        (["$PROGRAM", [["-a"]]], "must be a text"),
        (["$PROGRAM", "a\nb"], "control characters"),
    ],
)
def test_a_template_that_cannot_be_filled_is_refused_when_it_is_loaded(
    items: list[object], text: str
) -> None:
    with pytest.raises(BadTemplate, match=text):
        Template.read(items, {"SAMPLES": False})


def test_parameters_are_filled_with_their_defaults() -> None:
    assert MAYA.check_parameters({"passes": 3, "quality": 1, "look": "夜景"}) == {
        "quality": 1.0,
        "verbose": False,
        "passes": 3,
        "look": "夜景",
        "mode": "final",
    }


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({}, "parameter passes is required"),
        ({"passes": 0}, "passes must be a whole number from 1"),
        ({"passes": 1.5}, "passes must be a whole number"),
        ({"passes": True}, "passes must be a whole number"),
        ({"passes": "3"}, "passes must be a whole number"),
        ({"passes": 3, "quality": 1.5}, "quality must be a number from 0 up to 1"),
        ({"passes": 3, "quality": float("nan")}, "quality must be a number"),
        ({"passes": 3, "quality": 10**400}, "quality must be a number"),
        ({"passes": 3, "verbose": 1}, "verbose must be true or false"),
        ({"passes": 3, "mode": "Final"}, "mode must be one of: draft, final"),
        ({"passes": 3, "look": "a\nb"}, "look must be one line"),
        ({"passes": 3, "look": "x" * 1001}, "look must be one line of at most 1,000"),
        ({"passes": 3, "threads": 4}, "threads is not known to this tool; known are: look, mode"),
    ],
)
def test_a_wrong_parameter_is_refused_with_its_name_and_what_is_allowed(
    given: dict[str, object], text: str
) -> None:
    with pytest.raises(WrongParameter, match=text):
        MAYA.check_parameters(given)


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        ('name = "maya"', "", "tool.name: this is missing"),
        ('name = "maya"', "name = 5", "tool.name: this must be a text"),
        ('name = "maya"', 'name = "maya', "not TOML"),
        ("suffixes = ", "colour = 1\nsuffixes = ", "tool.colour: this is not known"),
        ('suffixes = [".ma", ".mb"]', "suffixes = [1]", "list of texts"),
        ('["camera", "size"]', '["camera", "zoom"]', "camera, fps, layer, size"),
        ('"-s", "$START_FRAME"', '"-s", "$START"', r"tool.cold: unknown placeholder \$START "),
        ('"f_####"', '"f"', "one run of #"),
        ('"f_####"', '"../f_##"', "one run of #"),
        ('"f_####"', '"#_#"', "one run of #"),
        ('".exr"', '"exr"', r"like \.png"),
        ('kind = "decimal"', 'kind = "float"', "must be one of text, integer"),
        ('name = "look"', 'name = "Look"', "small letters"),
        ('name = "look"', 'name = "mode"', "taken already"),
        ('name = "look"', 'name = "scene"', "taken already"),
        ('default = "final"', 'default = "best"', "one of: draft, final"),
        ("default = false", "default = 0", "true or false"),
        ('choices = ["draft", "final"]', "", "a choice, and only a choice"),
        ("minimum = 0", 'minimum = "0"', "must be a number"),
        ("minimum = 0", "minimum = 2", "greater than the maximum"),
        ('reason = "licence"', 'reason = "bad luck"', "bad luck"),
        ('reason = "licence"', "", "a failure, and only a failure"),
        ("'License was", "'(License was", "unterminated subpattern"),
        ("[[log]]", "[log]", "must be a list"),
    ],
)
def test_a_wrong_tool_file_is_refused_with_the_place(old: str, new: str, text: str) -> None:
    assert old in TOOL
    with pytest.raises(BadFile, match=text):
        ModelingTool.from_toml(TOOL.replace(old, new, 1))


def test_deep_toml_is_refused_and_does_not_end_the_program() -> None:
    with pytest.raises(Refused):
        ModelingTool.from_toml("a = " + "[" * 50_000)


def test_the_catalogue_says_what_it_has() -> None:
    tools = Tools([MAYA, ModelingTool.from_toml(TOOL.replace("2024", "2025"))])
    assert tools.find("maya", "2024") is MAYA
    for name, version in (("maya", "2019"), ("maya", ""), ("nuke", ""), ("MAYA", "2024")):
        with pytest.raises(UnknownTool, match=r"known are: maya 2024, maya 2025\."):
            tools.find(name, version)
    assert Tools([MAYA]).find("maya", "") is MAYA
    with pytest.raises(UnknownTool):
        Tools([]).find("maya", "2024")


def test_scenes_and_formats_of_other_tools_are_refused() -> None:
    MAYA.check_scene("G:\\show\\A.MB")
    for scene in ("/w/a.blend", "/w/a", "/w/a.mb/", "/w/a.mb.exe"):
        with pytest.raises(WrongScene, match=r"its scenes end in \.ma, \.mb"):
            MAYA.check_scene(scene)
    with pytest.raises(WrongFormat, match="known are: EXR"):
        MAYA.output.file_pattern("PNG")
