"""What `Open` says, checked and filled in; the reasons; odd bytes as lines."""

import os
import sys
import threading
from pathlib import Path

import pytest

from farmdesk.domain.states import FailureReason
from nodeagent.job import Unfit, native_path, read_job
from nodeagent.output_rules import BadRule, read_rules
from nodeagent.reasons import Reason
from nodeagent.text_lines import MAX_LINE_BYTES, decode, read_lines
from nodeagent.tool_log import ToolLog
from nodeagent.tool_talk import read_said
from tests.agents import Slot, blender_rules


def test_templates_are_filled_item_by_item(tmp_path: Path) -> None:
    """A scene's name is never split, and what looks like a placeholder in it is not filled."""
    template = [
        "$PROGRAM",
        "$SCENE",
        "-s$START_FRAME:$END_FRAME/$STEP",
        "$FRAME",
        "$HOME $$",
        "$CPU",
    ]
    opened = Slot(tmp_path).open(
        command=template, scene="/a b/$CPU; rm -rf.blend", settings={"program": sys.executable}
    )
    job = read_job(opened)
    argv = job.argv(template, output=tmp_path, run=range(3, 10, 2))
    assert argv[:5] == [sys.executable, "/a b/$CPU; rm -rf.blend", "-s3:9/2", "3", "$HOME $$"]
    assert int(argv[5]) >= 1


def test_the_tool_s_environment(tmp_path: Path) -> None:
    job = read_job(Slot(tmp_path).open(environment={"MAYA_APP_DIR": "x"}, settings={"samples": 4}))
    environment = job.environment()
    assert environment["MAYA_APP_DIR"] == "x"
    assert environment["TMPDIR"].startswith(str(job.scratch))
    assert job.token in environment["FARMDESK_TOKEN"]
    assert job.token != read_job(Slot(tmp_path).open()).token


def test_a_program_is_found_by_its_tools_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "blender"
    program.write_text("")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    opened = Slot(tmp_path).open(tool="blender", command=["$PROGRAM"])
    assert read_job(opened).program == str(program)
    program.unlink()
    with pytest.raises(Unfit, match="not on this node"):
        read_job(opened)


@pytest.mark.skipif(os.name == "nt", reason="the other half of the rule")
def test_doubled_slashes_mean_nothing_here() -> None:
    assert native_path("//srv/share/a//b") == "/srv/share/a//b"
    assert native_path("/srv/a") == "/srv/a"


def test_reasons_are_those_of_the_farm() -> None:
    ours = {reason.value for reason in Reason}
    assert ours <= {reason.value for reason in FailureReason}
    assert {reason.value for reason in FailureReason} - ours == {"cancelled", "node_lost"}


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("Error: Cannot read file '/a.blend': No such file or directory", Reason.SCENE_LOAD),
        ("Error: File format is not supported in file '/a'", Reason.SCENE_LOAD),
        ("Error: Cannot render, no camera", Reason.BAD_ARGUMENT),
        ("Error: Render error (No space left on device) cannot save: '/f'", Reason.OUTPUT_WRITE),
        ("CUDA error: Out of memory in cuMemAlloc(&device_pointer, size)", Reason.OUT_OF_MEMORY),
        ("CUDA error: Illegal address in CUDA queue", Reason.GPU),
        ("Writing: /tmp/a.crash.txt", Reason.CRASH),
        ("Warning: Unable to open '/lib.blend': No such file or directory", None),
        ("Fra:1 Mem:9.40M (Peak 10.83M) | Time:00:00.00 | Scene | Sample 0/1", None),
        ("Info: licence texts are in the folder licences", None),
    ],
)
def test_what_blender_s_lines_mean(line: str, reason: Reason | None) -> None:
    assert read_rules(blender_rules()).fatal_reason(line) == reason


@pytest.mark.parametrize(
    ("line", "frame", "path"),
    [
        ("Fra:-12 Mem:9.40M (Peak 10.83M) | Time:00:00.00", -12, None),
        ("Saved: '/tmp/雪 花/frame_0001.png'", None, "/tmp/雪 花/frame_0001.png"),
        ("00:01.768  render           | Saved: '/o/frame_0001.png'", None, "/o/frame_0001.png"),
        ("00:01.768  render           | Fra: 7 | Sample 1/4", 7, None),
        ("Blender quit", None, None),
    ],
)
def test_how_blender_tells_of_its_frames(line: str, frame: int | None, path: str | None) -> None:
    rules = read_rules(blender_rules())
    assert (rules.frame_of(line), rules.saved_path(line)) == (frame, path)
    assert rules.wanted(line) == (frame is not None or path is not None)


@pytest.mark.parametrize(
    "row",
    [
        ["failure", "(", "crash"],
        ["failure", "x", "bad luck"],
        ["frame_done", "no group", ""],
        ["nonsense", "x", ""],
        ["failure", "x"],
    ],
)
def test_a_rule_that_cannot_be_used_is_refused(row: list[str]) -> None:
    with pytest.raises(BadRule, match="rule"):
        read_rules([row])


def test_odd_bytes_become_lines() -> None:
    reader, writer = os.pipe()
    os.write(writer, "R\0e\0a\0d\0y\0\n完成\r50%\r\r\n".encode() + b"\xff\xfe bad\nlast")
    os.close(writer)
    lines = list(read_lines(reader))
    os.close(reader)
    assert lines[:3] == ["Ready", "完成", "50%"]
    assert lines[-1] == "last"
    assert "bad" in lines[3]
    assert decode(b"") == ""


def test_a_line_without_end_does_not_fill_the_memory() -> None:
    reader, writer = os.pipe()

    def feed() -> None:
        os.write(writer, b"x" * 400_000)  # blocks: a pipe holds less
        os.close(writer)

    feeder = threading.Thread(target=feed)
    feeder.start()
    lines = list(read_lines(reader))
    feeder.join()
    os.close(reader)
    assert sum(len(line) for line in lines) == 400_000
    assert max(len(line) for line in lines) <= 2 * MAX_LINE_BYTES


@pytest.mark.parametrize(
    "line",
    [
        '@farmdesk:other {"t": "done", "frame": 1}',
        "@farmdesk:token ",
        "@farmdesk:token []",
        '@farmdesk:token {"frame": 1}',
        '@farmdesk:token {"t": "failed", "reason": "bad luck"}',
        '{"t": "done", "frame": 1}',
    ],
)
def test_lines_that_are_not_from_our_script(line: str) -> None:
    assert read_said(line, "token") is None


def test_our_script_is_heard_through_chatter() -> None:
    said = read_said('Fra:1 Mem@farmdesk:token {"t": "done", "frame": -1, "seconds": 2}', "token")
    assert said is not None
    assert (said.word, said.frame, said.seconds) == ("done", -1, 2.0)


def test_a_log_that_cannot_be_written_holds_nobody_up(tmp_path: Path) -> None:
    log = ToolLog(str(tmp_path / "later" / "a.log"))
    for number in range(100):
        log.add(f"line {number}")
    assert log.tail().splitlines()[-1] == "line 99"
    log.close(5)
    assert not (tmp_path / "later").exists()


def test_a_log_is_appended(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text("before\n")
    log = ToolLog(str(tmp_path / "a.log"))
    log.add("lone \udcff half")
    log.close(5)
    assert (tmp_path / "a.log").read_text() == "before\nlone \\udcff half\n"
