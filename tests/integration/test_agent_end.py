"""How an agent ends when nobody closes it, and what it leaves behind: never a process."""

import os
import signal
from pathlib import Path

import pytest

from nodeagent.orders import Cancel, Ping, Render, StopAfterFrame
from nodeagent.reports import (
    Cancelled,
    FrameBegun,
    Log,
    Pong,
    RangeEnded,
    StoppingAfterFrame,
    ToolStarted,
    Waiting,
)
from tests.agents import Slot, gone, running_agent, wait_until

both = pytest.mark.parametrize("warm", [False, True], ids=["cold", "warm"])


@both
def test_the_frame_in_hand_is_finished_when_the_engine_vanishes(warm: bool, tmp_path: Path) -> None:
    slot = Slot(tmp_path)
    slot.let(1)
    with running_agent() as agent:
        agent.send(
            slot.open("--gates", str(slot.gates), warm=warm), Render(1, "1-9"), Render(2, "20")
        )
        tool = agent.wait_for_tool()
        agent.wait_for(FrameBegun, frame=2)
        agent.hang_up()
        agent.wait_for(Log)  # it knows
        slot.let(2, 3, 20)
        assert agent.wait() == 0
        assert gone(tool)
    assert [line.frame for line in slot.journal()] == [1, 2]
    assert slot.names() == ["frame_0001.png", "frame_0002.png"]


def test_a_reader_that_is_gone_does_not_kill_the_agent(tmp_path: Path) -> None:
    slot = Slot(tmp_path)
    with running_agent() as agent:
        agent.send(slot.open("--gates", str(slot.gates), warm=True), Render(1, "1-2"))
        agent.wait_for(FrameBegun, frame=1)
        assert agent.process.stdout is not None
        os.dup2(os.open(os.devnull, os.O_RDONLY), agent.process.stdout.fileno())  # the pipe ends
        slot.let(1, 2)
        wait_until(lambda: [line.frame for line in slot.journal()] == [1, 2])
        assert agent.process.poll() is None
        agent.hang_up()
        assert agent.process.wait(60) == 0


def test_an_engine_that_says_nothing_is_gone(tmp_path: Path) -> None:
    slot = Slot(tmp_path)
    with running_agent() as agent:
        opened = slot.open("--gates", str(slot.gates), warm=True, heartbeat_s=2.0)
        agent.send(opened, Render(1, "1-9"))
        while not agent.begun():  # the tool may take longer to start than the agent waits
            agent.send(Ping())
            agent.wait_for_any()
        wait_until(lambda: "no word from the engine" in slot.said())
        agent.send(Ping())
        agent.wait_for(Pong)
        slot.let(1, 2)
        assert agent.wait() == 0
    assert [line.frame for line in slot.journal()] == [1]


@both
def test_a_frame_in_hand_is_given_up_after_the_linger_time(warm: bool, tmp_path: Path) -> None:
    slot = Slot(tmp_path)
    with running_agent() as agent:
        opened = slot.open("--gates", str(slot.gates), warm=warm, linger_s=0.2)
        agent.send(opened, Render(1, "1-9"))
        tool = agent.wait_for_tool()
        agent.wait_for(FrameBegun, frame=1)
        agent.hang_up()
        assert agent.wait() == 0
        assert gone(tool)
    assert slot.journal() == []


@both
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_killed_agent_leaves_no_orphan(warm: bool, number: int, tmp_path: Path) -> None:
    """Not even one that forked twice into a session of its own."""
    slot = Slot(tmp_path)
    behaviour = ("--gates", str(slot.gates), "--daemon", str(slot.daemon))
    with running_agent() as agent:
        agent.send(slot.open(*behaviour, warm=warm), Render(1, "1"))
        tool = agent.wait_for_tool()
        daemon = slot.daemon_of(tool)
        guard = tool.parent()
        assert guard is not None
        agent.wait_for(FrameBegun)
        agent.process.send_signal(number)
        for process in (tool, daemon, guard):
            wait_until(lambda process=process: gone(process))
    assert slot.names() == []


def test_a_killed_guard_takes_its_tool_along(tmp_path: Path) -> None:
    slot = Slot(tmp_path)
    slot.let(2)
    with running_agent() as agent:
        agent.send(slot.open("--gates", str(slot.gates), warm=True), Render(1, "1-2"))
        tool = agent.wait_for_tool()
        agent.wait_for(FrameBegun, frame=1)
        guard = tool.parent()
        assert guard is not None
        guard.kill()
        wait_until(lambda: gone(tool))
        assert agent.wait_for_end(1) == RangeEnded(1)
        assert agent.broken() == {1: "crash"}
        assert agent.published() == [2]


@pytest.mark.parametrize("frozen", [False, True], ids=["alive", "frozen"])
def test_a_new_agent_takes_the_slot(frozen: bool, tmp_path: Path) -> None:
    slot = Slot(tmp_path)
    with running_agent() as old, running_agent() as new:
        behaviour = ("--gates", str(slot.gates), "--daemon", str(slot.daemon))
        old.send(slot.open(*behaviour, warm=True), Render(1, "1"))
        tool = old.wait_for_tool()
        daemon = slot.daemon_of(tool)
        old.wait_for(FrameBegun)
        if frozen:
            old.process.send_signal(signal.SIGSTOP)
        slot.let(1)
        new.send(slot.open(warm=True), Render(1, "2"))
        new.wait_for(ToolStarted)
        assert gone(tool)
        assert gone(daemon)
        assert old.process.wait(60) is not None
        assert new.wait_for_end(1) == RangeEnded(1)
        assert new.close() == 0


def test_a_patient_agent_lets_one_without_an_engine_finish(tmp_path: Path) -> None:
    slot = Slot(tmp_path)
    with running_agent() as old, running_agent() as new:
        old.send(slot.open("--gates", str(slot.gates), warm=True), Render(1, "1-3"))
        old.wait_for(FrameBegun, frame=1)
        old.hang_up()
        old.wait_for(Log)
        new.send(slot.open(warm=True, patient_s=60.0), Ping())
        assert new.wait_for(Waiting) == Waiting(task=1, frames=[1])
        new.send(Render(1, "3"), Cancel(), Render(1, "2"))
        new.wait_for(Cancelled)
        slot.let(1)
        assert old.process.wait(60) == 0
        new.wait_for(ToolStarted)
        assert new.wait_for_end(1) == RangeEnded(1)
        assert new.close() == 0
    assert [line.frame for line in slot.journal()] == [1, 2]


def test_one_that_has_not_noticed_yet_may_finish_too(tmp_path: Path) -> None:
    slot = Slot(tmp_path)
    with running_agent() as old, running_agent() as new:
        old.send(slot.open("--gates", str(slot.gates), warm=True), Render(1, "1-3"))
        old.wait_for(FrameBegun, frame=1)
        old.process.send_signal(signal.SIGSTOP)
        old.hang_up()
        opened = slot.open(warm=True, patient_s=60.0, notice_s=60.0)
        new.send(opened, Ping(), StopAfterFrame(7, 1))
        new.wait_for(StoppingAfterFrame)  # it has looked
        assert not new.of(Pong)
        old.process.send_signal(signal.SIGCONT)
        assert new.wait_for(Waiting) == Waiting(task=1, frames=[1])
        slot.let(1)
        assert old.process.wait(60) == 0
        assert new.close() == 0
    assert [line.frame for line in slot.journal()] == [1]


def test_its_patience_ends(tmp_path: Path) -> None:
    slot = Slot(tmp_path)
    with running_agent() as old, running_agent() as new:
        old.send(slot.open("--gates", str(slot.gates), warm=True), Render(1, "1"))
        old.wait_for(FrameBegun, frame=1)
        old.hang_up()
        old.wait_for(Log)
        new.send(slot.open(warm=True, patient_s=0.3), Ping())
        assert old.process.wait(60) is not None
        new.close()
    assert not slot.journal()


def test_two_slots_of_a_node_do_not_meet(tmp_path: Path) -> None:
    first, second = Slot(tmp_path, "n1"), Slot(tmp_path, "n2")
    with running_agent() as one, running_agent() as other:
        one.send(first.open("--gates", str(first.gates), warm=True), Render(1, "1"))
        one.wait_for(FrameBegun)
        other.send(second.open(warm=True), Render(1, "2"))
        assert other.wait_for_end(1) == RangeEnded(1)
        first.let(1)
        assert one.wait_for_end(1) == RangeEnded(1)


def test_a_lock_file_that_lies_harms_nobody(tmp_path: Path) -> None:
    """The named process lives, but started at another time: a process id used again."""
    slot = Slot(tmp_path)
    slot.scratch.mkdir(parents=True)
    for content in (f'{{"pid": {os.getpid()}, "create_time": 1.5}}', "{", ""):
        (slot.scratch / "agent.lock").write_text(content)
        with running_agent() as agent:
            agent.send(slot.open(warm=True), Render(1, "1"))
            assert agent.wait_for_end(1) == RangeEnded(1)
            agent.close()
