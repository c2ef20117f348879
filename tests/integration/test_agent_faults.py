"""Tools that crash, hang, lie or fill the disk, and shares that do not work, with real agents."""

import contextlib
import os
import resource
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from nodeagent.job import read_job
from nodeagent.orders import Cancel, Render
from nodeagent.reports import (
    Cancelled,
    FrameBegun,
    FrameBroken,
    FramePublished,
    RangeEnded,
    SessionBroken,
    ToolStarted,
)
from tests.agents import Agent, Slot, gone, running_agent

both = pytest.mark.parametrize("warm", [False, True], ids=["cold", "warm"])


@both
def test_a_killed_tool_costs_one_frame(warm: bool, tmp_path: Path) -> None:
    slot = Slot(tmp_path)
    slot.let(1, 3)
    with running_agent() as agent:
        agent.send(slot.open("--gates", str(slot.gates), warm=warm), Render(1, "1-3"))
        tool = agent.wait_for_tool()
        agent.wait_for(FrameBegun, frame=2)
        tool.kill()
        assert agent.wait_for_end(1) == RangeEnded(1)
        assert agent.broken() == {2: "crash"}
        assert agent.published() == [1, 3]
        assert "signal 9" in agent.of(FrameBroken)[0].text


@both
@pytest.mark.parametrize(
    ("behaviour", "reason"),
    [
        ("--crash", "crash"),
        ("--truncate", "bad_image"),
        ("--skip", "bad_image"),
        ("--small", "bad_image"),
    ],
)
def test_one_bad_frame_costs_no_other(
    warm: bool, behaviour: str, reason: str, tmp_path: Path
) -> None:
    slot = Slot(tmp_path)
    with running_agent() as agent:
        agent.send(slot.open(behaviour, "3", warm=warm), Render(1, "1-5"))
        assert agent.wait_for_end(1) == RangeEnded(1)
        assert agent.broken() == {3: reason}
        assert sorted(agent.published()) == [1, 2, 4, 5]
        assert slot.names() == [f"frame_{frame:04d}.png" for frame in (1, 2, 4, 5)]


def test_a_frame_of_another_size_than_ordered(tmp_path: Path) -> None:
    with running_agent() as agent:
        agent.send(Slot(tmp_path).open(warm=True, width=16, height=4), Render(1, "1"))
        agent.wait_for_end(1)
        assert agent.broken() == {1: "bad_image"}
        assert "8x4" in agent.of(FrameBroken)[0].text


@both
def test_a_tool_that_hangs_is_killed(warm: bool, tmp_path: Path) -> None:
    slot = Slot(tmp_path)
    with running_agent() as agent:
        opened = slot.open("--hang", "2", "--daemon", str(slot.daemon), warm=warm, stall_s=2.0)
        agent.send(opened, Render(1, "1-3"))
        tool = agent.wait_for_tool()
        daemon = slot.daemon_of(tool)
        assert agent.wait_for(FrameBroken).reason == "stall"
        assert gone(tool)
        assert gone(daemon)
        assert agent.wait_for_end(1) == RangeEnded(1)
        assert agent.published() == [1, 3]


@both
def test_a_tool_that_computes_in_silence_does_not_hang(warm: bool, tmp_path: Path) -> None:
    """Three seconds of CPU time, more than the stall time."""
    with running_agent() as agent:
        agent.send(Slot(tmp_path).open("--busy", "2", warm=warm, stall_s=2.0), Render(1, "1-3"))
        assert agent.wait_for_end(1) == RangeEnded(1)
        assert agent.published() == [1, 2, 3]


@both
def test_three_in_a_row_end_the_session(warm: bool, tmp_path: Path) -> None:
    bad = [str(frame) for frame in range(2, 10)]
    with running_agent() as agent:
        agent.send(
            Slot(tmp_path).open("--crash", *bad, warm=warm), Render(1, "1-9"), Render(2, "20")
        )
        broken = agent.wait_for_end(1)
        assert isinstance(broken, SessionBroken)
        assert broken.reason == "crash"
        assert list(agent.broken()) == [2, 3, 4]
        assert isinstance(agent.wait_for_end(2), SessionBroken)
        agent.send(Render(3, "1"))
        assert agent.wait_for_end(3) == RangeEnded(3)


def test_a_good_frame_in_between_is_no_row(tmp_path: Path) -> None:
    with running_agent() as agent:
        agent.send(Slot(tmp_path).open("--fail", "1", "2", "4", "5", warm=True), Render(1, "1-6"))
        assert agent.wait_for_end(1) == RangeEnded(1)
        assert agent.broken() == dict.fromkeys([1, 2, 4, 5], "output_write")
        assert len(agent.of(ToolStarted)) == 1  # a frame that failed is no reason for a new tool


@pytest.mark.parametrize("reason", ["scene_load", "missing_asset", "bad_argument"])
def test_a_refused_scene_ends_the_session(reason: str, tmp_path: Path) -> None:
    with running_agent() as agent:
        agent.send(Slot(tmp_path).open("--refuse", reason, warm=True), Render(1, "1-9"))
        broken = agent.wait_for(SessionBroken)
        assert (broken.reason, broken.text) == (reason, "not like this")
        assert agent.of(FrameBroken) == []


def test_exit_codes_other_than_zero(tmp_path: Path) -> None:
    """Frames that are whole count whatever the tool says at its end."""
    with running_agent() as agent:
        agent.send(Slot(tmp_path).open("--skip", "3", "--exit-code", "3"), Render(1, "1-3"))
        agent.wait_for_end(1)
        assert agent.published() == [1, 2]
        assert agent.broken() == {3: "crash"}
        assert "exit code 3" in agent.of(FrameBroken)[0].text


@contextlib.contextmanager
def full_disk(agent: Agent, folder: Path) -> Iterator[None]:
    """Leave no room in a folder: by a tiny file system where we may mount one, else by a limit."""
    mount = ["mount", "-t", "tmpfs", "-o", "size=4k", "tmpfs", str(folder)]
    mounted = os.geteuid() == 0 and subprocess.run(mount, capture_output=True).returncode == 0
    if mounted:
        (folder / "filler").write_bytes(bytes(4096))
    else:
        resource.prlimit(agent.process.pid, resource.RLIMIT_FSIZE, (50, resource.RLIM_INFINITY))
    try:
        yield
    finally:
        if mounted:
            subprocess.run(["umount", str(folder)], check=True)
        else:
            unlimited = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
            resource.prlimit(agent.process.pid, resource.RLIMIT_FSIZE, unlimited)


def test_a_full_share(tmp_path: Path) -> None:
    slot = Slot(tmp_path)
    with running_agent() as agent:
        with full_disk(agent, slot.output):
            agent.send(slot.open(warm=True), Render(1, "1"))
            broken = agent.wait_for(FrameBroken)
            assert broken.reason == "output_write"
            assert "frame_0001.png" in broken.text
            assert agent.wait_for_end(1) == RangeEnded(1)
            assert not [name for name in slot.names() if name != "filler"]
        agent.send(Render(2, "1-2"))
        assert agent.wait_for_end(2) == RangeEnded(2)
        assert agent.published() == [1, 2]


def test_a_share_that_is_gone(tmp_path: Path) -> None:
    slot = Slot(tmp_path)
    slot.output.rmdir()
    with running_agent() as agent:
        agent.send(slot.open(warm=True), Render(1, "1-3"))
        assert isinstance(agent.wait_for_end(1), SessionBroken)
        assert set(agent.broken().values()) == {"output_write"}
        assert slot.journal() == []


def test_what_a_killed_agent_left_on_the_share(tmp_path: Path) -> None:
    """A torn journal line, a half copy of ours, one of another node, and a frame to be replaced."""
    slot = Slot(tmp_path)
    (slot.logs / "n1.jsonl").write_text('{"frame": 1, "seco')
    ours = f"frame_0007.png.{read_job(slot.open()).slot}.part"
    for name in (ours, "frame_0007.png.n2.part", "frame_0001.png"):
        (slot.output / name).write_text("half")
    with running_agent() as agent:
        agent.send(slot.open(warm=True), Render(1, "1-2"))
        agent.wait_for_end(1)
        assert agent.published() == [1, 2]
    assert [line.frame for line in slot.journal()] == [1, 2]
    assert slot.names() == ["frame_0001.png", "frame_0002.png", "frame_0007.png.n2.part"]


def test_files_of_an_earlier_attempt_are_not_mistaken(tmp_path: Path) -> None:
    slot = Slot(tmp_path)
    old = slot.scratch / "frames" / "0001"
    old.mkdir(parents=True)
    (old / "frame_0001.png").write_bytes(b"old")
    with running_agent() as agent:
        agent.send(slot.open("--skip", "1"), Render(1, "1"))
        agent.wait_for_end(1)
        assert agent.broken() == {1: "bad_image"}


def test_a_stopped_tool_is_cancelled_all_the_same(tmp_path: Path) -> None:
    slot = Slot(tmp_path)
    with running_agent() as agent:
        agent.send(slot.open("--gates", str(slot.gates), warm=True), Render(1, "1"))
        tool = agent.wait_for_tool()
        agent.wait_for(FrameBegun)
        tool.send_signal(signal.SIGSTOP)
        agent.send(Cancel())
        agent.wait_for(Cancelled)
        assert gone(tool)
        assert agent.of(FramePublished) == []
