"""Agents and tools are killed or hang: their frames run again soon, and no process is left over."""

import signal
from pathlib import Path

import pytest

from farmdesk.domain.states import FailureReason
from tests.agents import gone
from tests.farm import LocalFarm, local_farm, wait_for, wait_until

ELSEWHERE_S = 30.0  # 10 s are promised (benchmarks/latency.py); this machine may be busy


@pytest.mark.parametrize(
    ("fault", "version"), [(signal.SIGKILL, "1"), (signal.SIGKILL, "2"), (signal.SIGSTOP, "2")]
)
def test_agent_dies_or_hangs(farm: LocalFarm, fault: signal.Signals, version: str) -> None:
    scene = farm.scene(gated=True)
    task = farm.submit(scene, "1-6", tool_version=version)
    frame = scene.wait_in_hand()["local-1"]
    tool = farm.tool_on(scene, frame)
    agent = farm.agent_on("local-1")
    agent.send_signal(fault)
    wait_until(lambda: len(scene.begins(frame)) > 1, f"frame {frame} again", ELSEWHERE_S)
    assert gone(agent)
    assert gone(tool)  # before the frame began again, for it has the slot's lock
    scene.let()
    farm.prove(task, range(1, 7))
    assert "agent on local-1" in farm.texts(task)
    farm.wait_empty("agent", "guard", "tool")


@pytest.mark.parametrize("version", ["1", "2"])
def test_tool_is_killed(farm: LocalFarm, version: str) -> None:
    scene = farm.scene(gated=True)
    task = farm.submit(scene, "1-6", tool_version=version)
    frame = scene.wait_in_hand()["local-1"]
    farm.tool_on(scene, frame).kill()
    failed = wait_for(lambda: next(iter(farm.attempts(task)), None), "the failed try")
    scene.let()
    farm.prove(task, range(1, 7))
    assert (failed.frame, failed.attempt, failed.node) == (frame, 1, "local-1")
    assert (failed.reason, failed.text) == (
        FailureReason.CRASH,
        "the tool was killed by signal 9",
    )
    assert scene.begins(frame) == ["local-1", "local-2"]  # rather where it did not fail


@pytest.mark.parametrize("version", ["1", "2"])
def test_tool_hangs(tmp_path: Path, version: str) -> None:
    with local_farm(tmp_path, nodes=1, stall_s=3.0) as farm:
        farm.start()
        scene = farm.scene(faults={"3": ["hang", 1]})
        task = farm.submit(scene, "1-6", tool_version=version)
        farm.prove(task, range(1, 7))
        (failed,) = [item for item in farm.attempts(task) if item.reason]
        assert (failed.frame, failed.reason) == (3, FailureReason.STALL)
        assert "no output and no CPU use for 3 s" in failed.text
        farm.wait_empty("agent", "guard", "tool")


def test_the_only_node_s_agent_dies_again_and_again(tmp_path: Path) -> None:
    """The node rests as faulty, and the task waits for it instead of failing."""
    with local_farm(tmp_path, nodes=1) as farm:
        farm.start()
        scene = farm.scene(gated=True)
        task = farm.submit(scene, "1-3")
        for times in range(1, 4):
            wait_until(lambda: len(scene.begins(1)) == times, f"try {times}")  # noqa: B023 - at once
            farm.agent_on("local-1").kill()
        wait_until(lambda: farm.link.nodes()[0].record.state == "fault", "the node's rest")
        assert "tried again in 1 min" in farm.link.nodes()[0].record.reason
        assert farm.task(task).state == "rendering"
        farm.wait_empty("agent", "guard", "tool")
