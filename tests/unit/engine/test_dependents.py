"""Tasks that wait for others, in an engine turned by hand."""

from dataclasses import replace
from pathlib import Path

import pytest

from farmdesk.domain.records import Outcome
from farmdesk.domain.snapshot import StoredTask
from farmdesk.domain.states import FrameState, TaskState
from farmdesk.domain.task_commands import (
    PauseTask,
    PurgeTask,
    RecycleTask,
    RetryFailed,
    SetAfter,
    StartRender,
    StopTask,
    SubmitTask,
)
from tests.unit.engine.rig import FakeAgent, Rig


def _follow(rig: Rig, frames: str, source: int, mode: str = "frame") -> Outcome:
    scene = rig.folder / "场景 1.blend"
    return rig.send(
        SubmitTask(
            "t", "blender", "", str(scene), frames, start=True, after=source, after_mode=mode
        )
    )


def _agents(rig: Rig, task_id: int) -> list[FakeAgent]:
    return [agent for agent in rig.busy if f"/{task_id:06d}/" in str(agent.orders[0])]


def _finish(rig: Rig, task_id: int, count: int = 1) -> None:
    for _ in range(count):
        _agents(rig, task_id)[0].finish()
        rig.turn()


def _state(rig: Rig, task_id: int) -> tuple[TaskState, str]:
    row = rig.link.task(task_id)
    return row.state, row.reason


def test_a_task_waits_for_the_whole_of_another(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    rig.submit("1-4")
    assert _follow(rig, "1-2", 1, "task").applied
    rig.turn()
    assert _state(rig, 2) == (TaskState.RENDERING, "Waits for task 1 (t) to be completed.")
    rig.load_all()
    rig.render_all()
    assert not _agents(rig, 2)  # the check has not ended
    rig.end_check()
    rig.turn()
    assert rig.link.task(1).state is TaskState.COMPLETED
    assert sum(len(agent.frames) for agent in _agents(rig, 2)) == 2
    assert _state(rig, 2) == (TaskState.RENDERING, "")


def test_frames_follow_those_that_are_proven(tmp_path: Path) -> None:
    rig = Rig(tmp_path, nodes=3)
    rig.submit("1-2")
    _follow(rig, "1-2", 1)
    rig.turn()
    assert len(_agents(rig, 1)) == 2
    assert not _agents(rig, 2)
    assert _state(rig, 2)[1] == "Its frames follow those of task 1 (t)."
    rig.load_all()
    first = _agents(rig, 1)[0].frames[0]
    _finish(rig, 1)
    rig.turn()
    assert [agent.frames for agent in _agents(rig, 2)] == [[first]]
    rig.load_all()
    rig.render_all()
    assert rig.link.task(2).state is TaskState.VERIFYING
    assert _state(rig, 2)[1] == ""


def test_a_frame_that_failed_for_good_releases_nothing_until_it_is_done(tmp_path: Path) -> None:
    rig = Rig(tmp_path, nodes=1)
    rig.submit("1-2")
    _follow(rig, "1-2", 1)
    rig.load_all()
    agent = _agents(rig, 1)[0]
    assert agent.finish() == 1
    rig.turn()
    for _ in range(3):
        _agents(rig, 1)[0].fail("bad_image")
        rig.turn()
    rig.end_check()
    rig.turn()
    assert rig.link.task(1).state is TaskState.PARTLY_FAILED
    assert "Frames 2 failed in task 1" in _state(rig, 2)[1]
    rig.load_all()
    _finish(rig, 2)
    assert rig.entry(2).state_of(1) is FrameState.DONE
    assert rig.entry(2).task.state is TaskState.RENDERING
    assert rig.send(RetryFailed(1)).applied
    rig.turn(20.0)
    rig.turn()
    rig.load_all()
    _finish(rig, 1)
    rig.end_check()
    rig.turn()
    rig.load_all()
    rig.render_all()
    assert rig.link.task(2).state is TaskState.VERIFYING


def test_a_stopped_source_says_so_down_the_whole_chain(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    rig.submit("1-4")
    _follow(rig, "1-4", 1, "task")
    _follow(rig, "1-4", 2, "task")
    assert rig.send(StopTask(1)).applied
    rig.turn()
    assert "was stopped: resume it" in _state(rig, 2)[1]
    assert _state(rig, 3) == (TaskState.RENDERING, "Waits for task 2 (t) to be completed.")
    assert rig.send(StopTask(2)).applied
    rig.turn()
    assert "task 2 (t), which was stopped" in _state(rig, 3)[1]


def test_waits_that_could_never_end_are_refused(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    rig.submit("1-4", start=False)
    assert "no task 9" in _follow(rig, "1-4", 9).text
    assert "no task 2" in _follow(rig, "1-4", 2).text  # its own number
    assert "5" in _follow(rig, "1-5", 1).text
    rig.submit("1-4", start=False)
    assert rig.send(SetAfter(2, 1, "frame")).applied
    refused = rig.send(SetAfter(1, 2))
    assert not refused.applied
    assert "1 → 2 → 1" in refused.text
    assert rig.send(RecycleTask(1)).applied
    assert "recycle queue" in _follow(rig, "1-4", 1).text
    assert "recycle queue: restore it" in _state(rig, 2)[1]
    assert rig.entry(1).task.after is None
    assert len(rig.farm.tasks) == 2


def test_a_recycled_source_keeps_its_frames_until_it_is_purged(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    rig.submit("1-2")
    rig.load_all()
    rig.render_all()
    rig.end_check()
    rig.send(RecycleTask(1))
    rig.submit("1-2", start=False)
    rig.entry(2).task.after = 1
    rig.send(PurgeTask(1))
    rig.send(StartRender(2))
    rig.turn()
    assert "whose frames are gone" in _state(rig, 2)[1]
    assert not rig.busy


def test_a_person_may_let_a_task_go_on_alone(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    rig.submit("1-4", start=False)
    _follow(rig, "1-4", 1, "task")
    rig.turn()
    assert not rig.busy
    assert not rig.send(SetAfter(2, 1, "frame")).applied  # it is at work already
    assert rig.send(SetAfter(2)).applied
    rig.turn()
    assert sum(len(agent.frames) for agent in rig.busy) == 4
    assert _state(rig, 2) == (TaskState.RENDERING, "")
    assert rig.link.task(2).after is None


def test_an_engine_that_starts_again_knows_what_was_released(tmp_path: Path) -> None:
    rig = Rig(tmp_path, nodes=1)
    rig.submit("1-4")
    _follow(rig, "1-4", 1)
    rig.load_all()
    _finish(rig, 1, 2)
    saved = tuple(
        StoredTask(entry.new, replace(rig.link._tasks[key][1], frame_states=bytes(entry.states)))
        for key, entry in rig.farm.tasks.items()
    )
    again = Rig(tmp_path, nodes=4, tasks=saved)
    assert sorted(frame for agent in _agents(again, 2) for frame in agent.frames) == [1, 2]
    again.load_all()
    again.render_all()
    assert again.entry(2).count(FrameState.DONE) == 4


def test_a_paused_dependent_takes_what_is_released_meanwhile(tmp_path: Path) -> None:
    rig = Rig(tmp_path, nodes=1)
    rig.submit("1-2")
    _follow(rig, "1-2", 1)
    assert rig.send(PauseTask(2)).applied
    rig.load_all()
    _finish(rig, 1, 2)
    rig.end_check()
    rig.turn()
    assert not _agents(rig, 2)
    assert rig.send(StartRender(2)).applied
    rig.turn()
    assert sorted(frame for agent in _agents(rig, 2) for frame in agent.frames) == [1, 2]


def test_a_queued_task_waits_for_a_person_once_there_are_frames_for_it(tmp_path: Path) -> None:
    rig = Rig(tmp_path, nodes=1)
    rig.submit("1-2")
    scene = rig.folder / "场景 1.blend"
    rig.send(SubmitTask("t", "blender", "", str(scene), "1-2", after=1, after_mode="frame"))
    rig.turn()
    assert rig.entry(2).task.waiting
    assert "follow those of task 1" in _state(rig, 2)[1]
    assert "任务 1" in rig.link.task(2).reason_zh
    rig.load_all()
    _finish(rig, 1)
    rig.turn()
    assert not rig.entry(2).task.waiting
    assert rig.entry(2).task.state is TaskState.QUEUED


@pytest.mark.parametrize("field", ["after", "previous_task"])
def test_a_customer_learns_nothing_of_others_by_naming_their_tasks(
    tmp_path: Path, field: str
) -> None:
    rig = Rig(tmp_path, operators=frozenset({"chief"}))
    rig.submit("1-4", start=False, user="ann")
    scene = str(rig.folder / "场景 1.blend")
    wish = SubmitTask("t", "blender", "", scene, "1-4", **{field: 1})  # type: ignore[arg-type]
    assert "You have no task 1" in rig.send(wish, user="bob").text
    assert rig.send(wish, user="ann").applied
    assert rig.send(wish, user="chief").applied
