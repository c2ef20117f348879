"""Which waits are allowed, what they release, and what a waiting task says."""

from collections.abc import Mapping
from types import MappingProxyType

import pytest

from farmdesk.domain.dependencies import (
    AfterMode,
    DependencyRefused,
    check_wait,
    releases_all,
    wait_reason,
)
from farmdesk.domain.frames import FrameSet
from farmdesk.domain.states import TaskState
from farmdesk.domain.task import RenderTask, TaskId
from farmdesk.domain.task_spec import TaskSpec

FRAMES = FrameSet.parse("1-10")


def _task(key: int = 7, state: TaskState = TaskState.RENDERING, **fields: object) -> RenderTask:
    spec = TaskSpec("sim", "blender", "4", "/s.blend", FRAMES)
    return RenderTask(TaskId(key), spec, "anna", state=state, **fields)  # type: ignore[arg-type]


def _check(
    task_id: int,
    source: RenderTask,
    waits: Mapping[int, int] = MappingProxyType({}),
    *,
    frames: str = "1-10",
) -> None:
    check_wait(task_id, FrameSet.parse(frames), source, mode=AfterMode.FRAME, source_of=waits.get)


def test_a_chain_is_allowed() -> None:
    _check(9, _task(8), {8: 7, 7: 6})


@pytest.mark.parametrize(
    ("waits", "told"),
    [({8: 9}, "9 → 8 → 9"), ({8: 7, 7: 9}, "9 → 8 → 7 → 9")],
)
def test_a_cycle_is_refused_and_shown(waits: dict[int, int], told: str) -> None:
    with pytest.raises(DependencyRefused, match=told):
        _check(9, _task(8), waits)


def test_nobody_waits_for_itself() -> None:
    with pytest.raises(DependencyRefused, match="7 → 7"):
        _check(7, _task(7))


@pytest.mark.parametrize(
    "source",
    [
        _task(recycled=True),
        _task(purged=True),
        _task(state=TaskState.EXPIRED),
        _task(state=TaskState.REJECTED),
    ],
)
def test_a_source_that_can_give_nothing_is_refused(source: RenderTask) -> None:
    with pytest.raises(DependencyRefused, match="no task can wait"):
        _check(9, source)


def test_frames_that_the_source_lacks_are_named() -> None:
    with pytest.raises(DependencyRefused, match="11-12"):
        _check(9, _task(), frames="5-12")
    _check(9, _task(), frames="1-10x3")


@pytest.mark.parametrize("state", TaskState)
def test_only_a_complete_source_releases_a_whole_task(state: TaskState) -> None:
    complete = state in (TaskState.COMPLETED, TaskState.EXPIRED)
    assert releases_all(_task(state=state), AfterMode.TASK) == complete
    assert not releases_all(_task(state=state), AfterMode.FRAME)
    assert not releases_all(_task(state=state, purged=True), AfterMode.TASK)


@pytest.mark.parametrize("mode", AfterMode)
@pytest.mark.parametrize("state", TaskState)
def test_every_source_is_explained_in_one_sentence(state: TaskState, mode: AfterMode) -> None:
    en, zh = wait_reason(_task(state=state, reason="2 frames failed."), mode, FrameSet())
    assert "task 7 (sim)" in en
    assert en.endswith(".")
    assert en.count(". ") == 0
    assert "任务 7（sim）" in zh
    assert zh.endswith("。")


def test_failed_source_frames_are_named_with_a_way_out() -> None:
    text, _ = wait_reason(_task(state=TaskState.PARTLY_FAILED), "frame", FrameSet.parse("3,5"))
    assert text.startswith("Frames 3,5 failed in task 7 (sim)")
    assert "retry them there" in text


def test_a_long_list_of_frames_is_cut() -> None:
    failed = FrameSet.of(k * k for k in range(200))
    assert all("… (200)" in text for text in wait_reason(_task(), "frame", failed))
