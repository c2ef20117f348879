"""Bad input is refused at the earliest place, with one clear sentence and without any change."""

import json
from collections.abc import Iterator

import pytest

from farmdesk.domain.states import FailureReason, TaskState
from tests.farm import LocalFarm, local_farm


@pytest.fixture(scope="module")
def farm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalFarm]:
    """A running farm that all refusals share: it must not be changed by any of them."""
    with local_farm(tmp_path_factory.mktemp("farm")) as made:
        made.scene()
        (made.scenes / "sphere.blend").write_bytes(b"BLENDER")
        (made.scenes / "folder.tiny").mkdir()
        yield made.start()


WRONG: dict[str, tuple[list[str], str]] = {
    "scene is not there": (["gone.tiny"], "does not exist"),
    "scene is a folder": (["folder.tiny"], "is no file"),
    "scene of another tool": (["sphere.blend", "--tool", "tiny"], "its scenes end in .tiny"),
    "two tools open it": (["开幕式 a.tiny"], "Name one with --tool"),
    "unknown tool": (["开幕式 a.tiny", "--tool", "maya"], "Unknown tool or version"),
    "unknown version": (["--tool-version", "9"], "known are: blender 3.4+, tiny 1, tiny 2"),
    "no frames": (["--frames", ""], "frame"),
    "nonsense frames": (["--frames", "1-x"], "1-x"),
    "half a range": (["--frames", "1-"], "1-"),
    "step of none": (["--frames", "1-10x0"], "1-10x0"),
    "overlapping frames": (["--frames", "1-10,5-20"], "Frame 5 is named more than once"),
    "a frame twice": (["--frames", "7,7"], "Frame 7"),
    "too many frames": (["--frames", "1-99999999"], "frames"),
    "full-width digits": (["--frames", "１-５"], "１-５"),
    "parameter of wrong type": (["--set", "quality=high"], "a whole number from 1 up to 10"),
    "parameter too big": (["--set", "quality=11"], "a whole number from 1 up to 10"),
    "parameter without value": (["--set", "quality"], "quality"),
    "unknown parameter": (["--set", "colour=1"], "known are: quality"),
    "camera of a tool without": (["--camera", "Cam"], "cannot be told its camera"),
    "size is none": (["--size", "big"], "1920x1080"),
    "size of nothing": (["--size", "0x0"], "width"),
    "unknown format": (["--format", "GIF"], "known are: PNG"),
    "unknown policy": (["--policy", "magic"], "policy"),
    "priority too high": (["--priority", "10"], "priority"),
    "priority below zero": (["--priority", "-1"], "priority"),
    "unknown change": (["--change", "huge"], "change"),
    "no previous task": (["--previous", "77"], "There is no task 77"),
    "policy needs a previous task": (["--policy", "version"], "previous version"),
    "name of two lines": (["--name", "a\nb"], "name"),
}


def _words(farm: LocalFarm, words: list[str]) -> list[str]:
    """Complete a submission that would be right but for `words`."""
    scene = words[0] if words[0].endswith((".tiny", ".blend")) else "开幕式 a.tiny"
    rest = words[1:] if scene == words[0] else [*words, "--tool", "tiny"]
    if scene in ("gone.tiny", "folder.tiny"):
        rest = [*rest, "--tool", "tiny"]
    if "--tool" in rest and "maya" not in rest and "--tool-version" not in rest:
        rest = [*rest, "--tool-version", "1"]
    if "--frames" not in rest:
        rest = [*rest, "--frames", "1-5"]
    return ["submit", str(farm.scenes / scene), "--start", *rest]


@pytest.mark.parametrize("case", WRONG)
def test_submission(farm: LocalFarm, case: str, capsys: pytest.CaptureFixture[str]) -> None:
    words, reason = WRONG[case]
    assert farm.run(*_words(farm, words)) == 1
    told = capsys.readouterr()
    assert reason in told.err
    assert len(told.err.strip().splitlines()) == 1
    assert (told.out, farm.link.tasks()) == ("", [])
    assert farm.server is not None
    assert farm.server.poll() is None


def test_refusal_for_programs(farm: LocalFarm, capsys: pytest.CaptureFixture[str]) -> None:
    assert farm.run(*_words(farm, ["gone.tiny"]), "--json") == 1
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["applied"], row["task_id"]) == (False, None)
    assert "does not exist" in row["text"]


@pytest.mark.parametrize("verb", ["start", "pause", "stop", "resume", "recycle", "restore",
                                  "purge", "retry", "show", "frames"])  # fmt: skip
def test_no_such_task(farm: LocalFarm, verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert farm.run(verb, 4711) == 1
    assert "There is no task 4711" in capsys.readouterr().err


@pytest.mark.parametrize("words", [["pause"], ["pause", "one"], ["fly", "1"], ["submit", "a"], []])
def test_wrong_words(farm: LocalFarm, words: list[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        farm.run(*(words or ["--nothing"]))


# ---- what only the tool can find out: the task fails fast, and says why --------------------------


@pytest.mark.parametrize(
    ("version", "refuse", "reason"),
    [
        ("2", "scene_load", "The scene does not load: the scene does not load. Open the "),
        ("2", "missing_asset", "An asset is missing: "),
        ("2", "bad_argument", "The tool refused a parameter: "),
        ("1", "scene_load", "the tool ended with exit code 3"),
    ],
)
def test_task_that_cannot_succeed(
    tmp_path_factory: pytest.TempPathFactory, version: str, refuse: str, reason: str
) -> None:
    with local_farm(tmp_path_factory.mktemp("farm"), nodes=3) as farm:
        farm.start()
        task = farm.submit(farm.scene(refuse=refuse), "1-100", tool_version=version)
        row = farm.wait_state(task)
        assert row.state is TaskState.FAILED
        assert reason in row.reason
        assert (row.done, row.failed) == (0, 100)
        assert farm.texts(task).count("started ") <= 6
        assert len(farm.attempts(task)) <= 6
        farm.wait_empty("agent", "guard", "tool")


def test_program_that_is_not_there(tmp_path_factory: pytest.TempPathFactory) -> None:
    with local_farm(tmp_path_factory.mktemp("farm")) as farm:
        tool = (farm.folder / "tools" / "tiny-1.toml").read_text(encoding="utf-8")
        lines = ['cold = ["/opt/no such tool", "$SCENE",', *tool.split("cold = [", 1)[1:]]
        text = tool.split("cold = [", 1)[0] + lines[0] + lines[1].split(",", 4)[4]
        (farm.folder / "tools" / "tiny-1.toml").write_text(text, encoding="utf-8")
        farm.start()
        row = farm.wait_state(farm.submit(farm.scene(), "1-50", tool_version="1"))
        assert row.state is TaskState.FAILED
        assert "could not be started: No such file or directory" in row.reason


def test_frame_of_wrong_size(tmp_path_factory: pytest.TempPathFactory) -> None:
    with local_farm(tmp_path_factory.mktemp("farm")) as farm:
        farm.start()
        task = farm.submit(farm.scene(), "1-50", width=64, height=64)
        row = farm.wait_state(task)
        assert row.state is TaskState.FAILED
        assert "64x64 was expected" in row.reason
        attempts = farm.attempts(task)
        assert len(attempts) < 12
        assert {item.reason for item in attempts} == {FailureReason.BAD_IMAGE}
