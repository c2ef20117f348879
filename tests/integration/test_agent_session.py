"""A session's life with a real agent process and a tiny tool, warm and cold."""

import hashlib
import json
from pathlib import Path

import pytest

from nodeagent.orders import Cancel, Close, Ping, Render, StopAfterFrame
from nodeagent.reports import (
    Cancelled,
    Closed,
    FrameBegun,
    FramePublished,
    Loaded,
    Log,
    Pong,
    RangeEnded,
    SessionBroken,
    StoppingAfterFrame,
    ToolStarted,
)
from tests.agents import Slot, gone, running_agent

both = pytest.mark.parametrize("warm", [False, True], ids=["cold", "warm"])


@both
def test_a_range_from_hello_to_closed(warm: bool, tmp_path: Path) -> None:
    slot = Slot(tmp_path)
    with running_agent() as agent:
        assert agent.hello.pid == agent.process.pid
        agent.send(slot.open("--chatter", warm=warm), Render(7, "1-5x2,8"))
        assert agent.wait_for_end(7) == RangeEnded(7)
        assert agent.published() == [1, 3, 5, 8]
        assert agent.close() == 0
    for report, line in zip(agent.of(FramePublished), slot.journal(), strict=True):
        body = (slot.output / f"frame_{report.frame:04d}.png").read_bytes()
        assert report.sha256 == line.sha256 == hashlib.sha256(body).hexdigest()
        assert (report.width, report.height, report.bytes) == (8, 4, len(body))
        assert (line.frame, line.node, line.started) == (report.frame, "n1", report.started)
    assert slot.names() == [f"frame_{frame:04d}.png" for frame in (1, 3, 5, 8)]
    assert sorted(path.name for path in slot.scratch.iterdir()) == ["agent.lock"]
    assert "rendering 8" in (slot.logs / "n1.log").read_text()
    assert len(agent.of(ToolStarted)) == (1 if warm else 2)
    assert len(agent.of(Loaded)) == (1 if warm else 0)


def test_the_tool_starts_with_the_first_range(tmp_path: Path) -> None:
    with running_agent() as agent:
        agent.send(Slot(tmp_path).open(warm=True), Ping())
        agent.wait_for(Pong)
        agent.close()
        assert agent.of(ToolStarted) == []


@both
def test_a_next_range_is_taken_at_any_time(warm: bool, tmp_path: Path) -> None:
    with running_agent() as agent:
        agent.send(
            Slot(tmp_path).open(warm=warm), Render(1, "1-3"), Render(2, "10"), Render(3, "4")
        )
        assert agent.wait_for_end(3) == RangeEnded(3)
        assert agent.published() == [1, 2, 3, 10, 4]
        assert [each.range_id for each in agent.of(RangeEnded)] == [1, 2, 3]


def test_a_warm_tool_begins_while_the_frame_before_is_published(tmp_path: Path) -> None:
    """Frame 2 is begun though frame 1's journal line cannot be written yet."""
    slot = Slot(tmp_path)
    journal = slot.logs / "n1.jsonl"
    journal.mkdir()  # no journal, no publication
    with running_agent() as agent:
        agent.send(slot.open("--gates", str(slot.gates), warm=True), Render(1, "1-2"))
        slot.let(1)
        agent.wait_for(FrameBegun, frame=2)
        assert agent.published() == []
        journal.rmdir()
        slot.let(2)
        agent.wait_for_end(1)
        assert sorted([*agent.published(), *agent.broken()]) == [1, 2]


@both
@pytest.mark.parametrize(("asked", "answer"), [(5, 5), (4, 3), (1, 3), (3, 3), (99, 9)])
def test_stop_after_keeps_the_frame_in_hand(
    warm: bool, asked: int, answer: int, tmp_path: Path
) -> None:
    slot = Slot(tmp_path)
    slot.let(1, 5, 7, 9)
    with running_agent() as agent:
        agent.send(slot.open("--gates", str(slot.gates), warm=warm), Render(1, "1-9x2"))
        agent.wait_for(FrameBegun, frame=3)
        agent.send(StopAfterFrame(1, asked))
        assert agent.wait_for(StoppingAfterFrame) == StoppingAfterFrame(1, answer)
        slot.let(3)
        assert agent.wait_for_end(1) == RangeEnded(1)
        assert agent.published() == list(range(1, answer + 1, 2))
        agent.send(Render(2, "5"))
        assert agent.wait_for_end(2) == RangeEnded(2)


def test_a_cold_tool_ends_with_the_last_frame_wanted(tmp_path: Path) -> None:
    """It would render frame 3 next, which its gate holds for ever."""
    slot = Slot(tmp_path)
    slot.let(1)
    with running_agent() as agent:
        agent.send(slot.open("--gates", str(slot.gates)), Render(1, "1-3"))
        tool = agent.wait_for_tool()
        agent.wait_for(FrameBegun, frame=2)
        agent.send(StopAfterFrame(1, 2))
        slot.let(2)
        agent.wait_for_end(1)
        assert gone(tool)
        assert slot.names() == ["frame_0001.png", "frame_0002.png"]


@both
def test_stop_after_a_range_that_is_not_begun_or_not_there(warm: bool, tmp_path: Path) -> None:
    slot = Slot(tmp_path)
    with running_agent() as agent:
        agent.send(
            slot.open("--gates", str(slot.gates), warm=warm), Render(1, "1"), Render(2, "5-9")
        )
        agent.wait_for(FrameBegun, frame=1)
        agent.send(StopAfterFrame(2, 4), StopAfterFrame(77, 1))
        assert agent.wait_for(StoppingAfterFrame).frame is None
        assert agent.wait_for(StoppingAfterFrame) == StoppingAfterFrame(77, None)
        slot.let(1)
        assert {agent.wait_for(RangeEnded).range_id for _ in (1, 2)} == {1, 2}
        assert agent.published() == [1]


@both
def test_cancel_kills_and_the_session_stays(warm: bool, tmp_path: Path) -> None:
    slot = Slot(tmp_path)
    slot.let(1, 5)
    behaviour = ("--gates", str(slot.gates), "--daemon", str(slot.daemon))
    with running_agent() as agent:
        agent.send(slot.open(*behaviour, warm=warm), Render(1, "1-4"), Render(2, "7"))
        tool = agent.wait_for_tool()
        daemon = slot.daemon_of(tool)
        agent.wait_for(FrameBegun, frame=2)
        agent.send(Cancel())
        agent.wait_for(Cancelled)
        assert gone(tool)
        assert gone(daemon)
        agent.send(Render(3, "5"))
        assert agent.wait_for_end(3) == RangeEnded(3)
        assert 2 not in [*agent.published(), *agent.broken()]
        assert {each.range_id for each in agent.of(RangeEnded)} == {3}


def test_close_publishes_what_is_rendered(tmp_path: Path) -> None:
    slot = Slot(tmp_path)
    slot.let(1)
    with running_agent() as agent:
        agent.send(slot.open("--gates", str(slot.gates), warm=True), Render(1, "1-2"))
        agent.wait_for(FrameBegun, frame=2)
        assert agent.close() == 0
    assert [line.frame for line in slot.journal()] == [1]


def test_nonsense_is_answered_and_survived(tmp_path: Path) -> None:
    nonsense = [
        b"",
        b"no json\n",
        b"[]\n",
        b'{"t": "Explode"}\n',
        b'{"t": "Render", "range_id": "one", "frames": 1}\n',
        b'{"t": "Open"}\n',
        b"\xff\xfe\x00\n",
        b"[" * 100_000 + b"\n",
        b'{"t": "Ping", "pad": "' + b"x" * (2 << 20) + b'"}\n',
    ]
    with running_agent() as agent:
        agent.send_raw(b"".join(nonsense))
        agent.send(Ping())
        agent.wait_for(Pong)
        assert len(agent.of(Log)) == len(nonsense) - 1
        agent.send(Render(1, "1"))
        assert agent.wait_for(SessionBroken).reason == "bad_argument"
        agent.send(Close())
        agent.wait_for(Closed)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"rules": [["failure", "(", "crash"]]}, "bad_argument"),
        ({"pattern": "frame.png"}, "bad_argument"),
        ({"pattern": "../####.png"}, "bad_argument"),
        ({"pattern": "#_#.png"}, "bad_argument"),
        ({"command": ["$PROGRAM"], "tool": ""}, "bad_argument"),
        ({"command": ["$PROGRAM"], "settings": {"program": "no-such-tool"}}, "crash"),
        ({"command": ["/no/such/tool"]}, "crash"),
        ({"command": ["a\0b"]}, "bad_argument"),
        ({"scratch": "/proc/no"}, "output_write"),
    ],
)
def test_what_cannot_be_opened_is_refused_with_the_first_range(
    changes: dict[str, object], reason: str, tmp_path: Path
) -> None:
    with running_agent() as agent:
        agent.send(Slot(tmp_path).open(**changes), Render(1, "1"))  # type: ignore[arg-type]
        broken = agent.wait_for(SessionBroken)
        assert (broken.range_id, broken.reason) == (1, reason)
        assert agent.close() == 0


@pytest.mark.parametrize("frames", ["", "a", "5-1", "1-3x0", "1,,2", "1-99999999999"])
def test_frames_that_are_none(frames: str, tmp_path: Path) -> None:
    with running_agent() as agent:
        agent.send(Slot(tmp_path).open(warm=True), Render(1, frames), Render(2, "1"))
        assert agent.wait_for(SessionBroken).reason == "bad_argument"
        assert agent.wait_for_end(2) == RangeEnded(2)


def test_no_secret_of_the_environment_is_logged(tmp_path: Path) -> None:
    slot = Slot(tmp_path)
    with running_agent() as agent:
        agent.send(slot.open(warm=True, environment={"SHARE_PASSWORD": "s3cret"}), Render(1, "1"))
        agent.wait_for_end(1)
        agent.close()
        assert "s3cret" not in (slot.logs / "n1.log").read_text()
        assert "s3cret" not in json.dumps([repr(report) for report in agent.reports])
