"""How long a tool was silent: what counts as life, and what of the time counts."""

import pytest

from nodeagent import running_tool
from nodeagent.process_tree import TreeEnd
from nodeagent.running_tool import RunningTool

LOOK_S = 2.0


class Clock:
    """Time, and the CPU time of a process tree that says nothing, as a test wants them."""

    now = 1000.0
    cpu_s = 0.3
    outputs: tuple[int, ...] = ()

    def monotonic(self) -> float:
        return self.now

    def time(self) -> float:
        return self.now

    def cpu_seconds(self) -> float:
        return self.cpu_s

    def read_pid(self) -> None:
        return None

    def wait(self) -> TreeEnd:
        return TreeEnd(0, 0)

    def close(self) -> None:
        pass


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(running_tool, "time", clock)
    monkeypatch.setattr(running_tool, "ProcessTree", lambda *_args, **_named: clock)
    return clock


@pytest.fixture
def tool(clock: Clock) -> RunningTool:
    made = RunningTool(
        ["tool"],
        environment={},
        folder=".",
        merge=True,
        keep=(),
        wanted=lambda _line: False,
        post=lambda _event: None,
    )
    clock.now += LOOK_S
    assert made.silent_s(LOOK_S) == 0.0  # it was started since the last look
    return made


def test_silence_grows_until_there_is_life(tool: RunningTool, clock: Clock) -> None:
    for look in (1, 2, 3):
        clock.now += LOOK_S
        assert tool.silent_s(LOOK_S) == look * LOOK_S
    clock.now += LOOK_S
    clock.cpu_s += 0.1
    assert tool.silent_s(LOOK_S) == 0.0


def test_a_child_that_ended_is_life(tool: RunningTool, clock: Clock) -> None:
    clock.now += LOOK_S
    clock.cpu_s = 0.0
    assert tool.silent_s(LOOK_S) == 0.0


def test_a_machine_that_stood_still_is_not_a_tool_that_hangs(
    tool: RunningTool, clock: Clock
) -> None:
    """Neither is a trace of work lost in the long time: it was done in the moment before."""
    clock.now += 3600.0
    assert tool.silent_s(LOOK_S) == 2 * LOOK_S
    clock.now += 3600.0
    clock.cpu_s += 0.1
    assert tool.silent_s(LOOK_S) == 0.0


def test_who_is_given_work_was_not_silent_before(tool: RunningTool, clock: Clock) -> None:
    for _ in range(9):
        clock.now += LOOK_S
        tool.silent_s(LOOK_S)
    tool.awake()
    assert tool.silent_s(LOOK_S) == 0.0
    clock.now += LOOK_S
    assert tool.silent_s(LOOK_S) == 0.0
    clock.now += LOOK_S
    assert tool.silent_s(LOOK_S) == LOOK_S
