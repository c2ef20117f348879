"""The engine is killed with -9: the next one goes on; no finished frame is rendered again."""

import pytest

from farmdesk.domain.states import TaskState
from tests.farm import LocalFarm, Scene, wait_until

FRAMES = range(1, 11)


def _render_some(farm: LocalFarm, scene: Scene, **fields: object) -> tuple[int, dict[str, int]]:
    """Let four frames be finished; give the task and the frames that both nodes have in hand."""
    task = farm.submit(scene, "1-10", **fields)
    scene.let(1, 2, 3, 4)
    farm.wait_done(task, 4)
    wait_until(lambda: set(scene.in_hand().values()) <= set(range(5, 11)), "the next frames")
    return task, scene.wait_in_hand()


def _finished(farm: LocalFarm, scene: Scene, task: int) -> dict[int, int]:
    """Give the frames that are finished now, and how often each was rendered."""
    journaled = farm.journal(task)  # first: each of these has ended
    ends = scene.ends()
    return {line.frame: ends[line.frame] for line in journaled}


def _prove(farm: LocalFarm, scene: Scene, task: int, finished: dict[int, int]) -> None:
    """Hold that the task is whole, and that no frame that was finished was rendered again.

    Nothing is said of frames finished later: two idle nodes may both be given the very last one.
    """
    farm.prove(task, FRAMES)
    ends = scene.ends()
    assert {frame: ends[frame] for frame in finished} == finished


def test_frames_finished_while_it_is_gone_are_taken_over(farm: LocalFarm) -> None:
    scene = farm.scene(gated=True)
    task, in_hand = _render_some(farm, scene)
    farm.kill()
    scene.let(*in_hand.values())
    farm.wait_empty("agent", "guard", "tool")  # they finished what they had, and began nothing more
    assert set(in_hand.values()) <= {line.frame for line in farm.journal(task)}
    assert farm.task(task).done == 4
    finished = _finished(farm, scene, task)
    farm.start()
    farm.wait_done(task, 6)
    scene.let()
    _prove(farm, scene, task, finished)


def test_agents_that_still_work_finish_their_frames(farm: LocalFarm) -> None:
    """The next engine waits for slots and frames; nothing that was begun is rendered anew."""
    scene = farm.scene(gated=True)
    task, in_hand = _render_some(farm, scene)
    old = farm.processes("agent") + farm.processes("tool")
    farm.kill()
    farm.start()
    reasons = {row.record.reason for row in farm.link.nodes()}
    assert all(process.is_running() for process in old), reasons
    scene.let()
    farm.prove(task, FRAMES)
    assert {frame: len(scene.begins(frame)) for frame in in_hand.values()} == dict.fromkeys(
        in_hand.values(), 1
    )


def test_killed_again_and_again(farm: LocalFarm) -> None:
    """Right after its start, and while it takes its nodes over."""
    scene = farm.scene(gated=True)
    task, in_hand = _render_some(farm, scene)
    finished = _finished(farm, scene, task)
    farm.kill()
    farm.start().kill()
    server = farm.launch()
    wait_until(lambda: farm.processes("agent") or server.poll() is not None, "the take-over")
    farm.kill()
    scene.let(*in_hand.values())
    farm.start()
    scene.let()
    _prove(farm, scene, task, finished)


def test_killed_during_the_frame_check(farm: LocalFarm) -> None:
    farm.kill()
    release = farm.hold_checks()
    farm.start()
    scene = farm.scene()
    task = farm.submit(scene, "1-10")
    farm.wait_state(task, TaskState.VERIFYING)
    farm.kill()
    release()
    farm.wait_empty("check", "spare", "agent", "tool")  # what waits for work ends with its engine
    assert farm.task(task).state is TaskState.VERIFYING
    finished = _finished(farm, scene, task)
    assert set(finished) == set(FRAMES)
    farm.start()
    _prove(farm, scene, task, finished)


@pytest.mark.parametrize("version", ["1", "2"])
def test_a_paused_and_a_queued_task_stay_what_they_are(farm: LocalFarm, version: str) -> None:
    scene = farm.scene(gated=True)
    task, in_hand = _render_some(farm, scene, tool_version=version)
    queued = farm.submit(farm.scene("b"), "1-3", start=False)
    farm.run("pause", task)
    scene.let(*in_hand.values())
    farm.wait_empty("agent")
    done = farm.wait_done(task, 6).done
    finished = _finished(farm, scene, task)
    farm.kill()
    farm.start()
    assert farm.task(task).state is TaskState.PAUSED
    assert farm.task(queued).state is TaskState.QUEUED
    assert farm.task(task).done == done
    scene.let()
    assert farm.run("resume", task) == 0
    _prove(farm, scene, task, finished)
