"""The life of a task: what may follow what, and the sentence when it may not."""

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farmdesk.domain.account_commands import AccountCommand
from farmdesk.domain.commands import Command
from farmdesk.domain.errors import Refused
from farmdesk.domain.frames import FrameSet
from farmdesk.domain.node_commands import DrainNodes, SetAutoStart, WakeNodes
from farmdesk.domain.queues import RecycleQueue
from farmdesk.domain.said import Said
from farmdesk.domain.states import TaskState
from farmdesk.domain.task import MOVES, WISHES, IllegalTransition, RenderTask, TaskId, WrongQueue
from farmdesk.domain.task_commands import (
    PauseTask,
    PurgeTask,
    RecycleTask,
    RestoreTask,
    ResumeTask,
    RetryFailed,
    SetPriority,
    StartRender,
    StopTask,
    SubmitTask,
    TakeFrames,
    TakePackage,
    TakeSentFrames,
)
from farmdesk.domain.task_spec import TaskSpec
from farmdesk.domain.urgent_commands import RequestUrgent, RequestWord

S = TaskState
SPEC = TaskSpec("snow", "blender", "3.4+", "/work/snow.blend", FrameSet.range(1, 1, 10))


def task(state: TaskState = S.QUEUED) -> RenderTask:
    return RenderTask(TaskId(7), SPEC, "ann", state=state)


def wish(kind: type[Command]) -> Command:
    more = {TakePackage: ("0f" * 16,), SetPriority: (5,), RequestUrgent: ("the director waits",)}
    more |= {TakeFrames: ("/elsewhere",), TakeSentFrames: ("0f" * 16,)}
    return kind(7, *more.get(kind, ()))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "way",
    [
        [S.RENDERING, S.VERIFYING, S.COMPLETED],
        [S.RENDERING, S.VERIFYING, S.RENDERING, S.VERIFYING, S.COMPLETED],
        [S.RENDERING, S.PAUSED, S.RENDERING, S.STOPPED, S.RENDERING, S.FAILED, S.RENDERING],
        [S.RENDERING, S.PAUSED, S.VERIFYING, S.PARTLY_FAILED, S.RENDERING],
        [S.RENDERING, S.PREEMPTED, S.RENDERING],
        [S.RENDERING, S.PREEMPTED, S.PAUSED, S.STOPPED],
        [S.STOPPED, S.RENDERING],
    ],
)
def test_lives_that_a_task_may_have(way: list[TaskState]) -> None:
    made = task()
    for state in way:
        made.move(state, Said(f"because of {state}", "有原因"))
        told = (made.state, made.reason, made.reason_zh)
        assert told == (state, f"because of {state}", "有原因")


@pytest.mark.parametrize(
    ("state", "to"),
    [
        (S.QUEUED, S.COMPLETED),
        (S.RENDERING, S.COMPLETED),  # nothing is complete before it was checked
        (S.RENDERING, S.RENDERING),
        (S.COMPLETED, S.RENDERING),
        (S.STOPPED, S.VERIFYING),
        (S.PARTLY_FAILED, S.COMPLETED),
        (S.QUEUED, S.PREEMPTED),
    ],
)
def test_a_move_that_is_not_in_the_table_changes_nothing(state: TaskState, to: TaskState) -> None:
    made = task(state)
    with pytest.raises(IllegalTransition):
        made.move(to, Said("why"))
    assert (made.state, made.reason) == (state, "")


def test_the_refusal_says_what_is_wrong_and_what_to_do_in_both_languages() -> None:
    with pytest.raises(IllegalTransition) as refused:
        task(S.PARTLY_FAILED).check(PauseTask(7))
    assert refused.value.en == (
        "Task 7 is partly failed and cannot be paused. Retry its failed frames or submit it again."
    )
    assert refused.value.zh == "任务 7 部分失败，不能暂停。请重试失败帧或重新提交。"


@pytest.mark.parametrize("state", TaskState)
def test_every_refusal_has_a_sentence(state: TaskState) -> None:
    for wanted in [*WISHES, *TaskState]:
        refused = IllegalTransition(TaskId(7), state, wanted)
        assert refused.en.startswith("Task 7 is ")
        assert refused.zh.startswith("任务 7 ")


def test_every_command_about_a_task_has_its_states() -> None:
    assert set(WISHES) == set(get_args(Command)) - {
        SubmitTask,
        SetAutoStart,
        DrainNodes,
        WakeNodes,
        *get_args(RequestWord),
        *get_args(AccountCommand),
    }
    assert set(MOVES) == set(TaskState)


@pytest.mark.parametrize(
    ("kind", "states"),
    [
        (StartRender, {S.QUEUED, S.STOPPED, S.PAUSED}),
        (PauseTask, {S.RENDERING, S.PREEMPTED}),
        (StopTask, {S.QUEUED, S.RENDERING, S.PAUSED, S.PREEMPTED, S.VERIFYING}),
        (ResumeTask, {S.PAUSED, S.STOPPED, S.PREEMPTED}),
        (RetryFailed, {S.PARTLY_FAILED, S.FAILED, S.STOPPED}),
    ],
)
def test_people_may_ask_only_in_some_states(kind: type[Command], states: set[TaskState]) -> None:
    assert WISHES[kind] == states


@pytest.mark.parametrize("kind", [StartRender, PauseTask, StopTask, ResumeTask, RetryFailed])
def test_a_wish_that_is_granted_can_be_carried_out(kind: type[Command]) -> None:
    leads_to = {PauseTask: S.PAUSED, StopTask: S.STOPPED}.get(kind, S.RENDERING)
    for state in WISHES[kind]:
        task(state).move(leads_to)


@pytest.mark.parametrize("state", [S.RENDERING, S.VERIFYING, S.PAUSED, S.PREEMPTED])
def test_only_a_task_at_rest_is_recycled(state: TaskState) -> None:
    with pytest.raises(IllegalTransition):
        RecycleQueue().recycle(task(state))


def test_a_recycled_task_rests_until_it_is_restored() -> None:
    queue, made = RecycleQueue(), task(S.STOPPED)
    queue.recycle(made)
    assert list(queue) == [made]
    for kind in (StartRender, ResumeTask, RetryFailed, SetPriority, RecycleTask):
        with pytest.raises(WrongQueue, match="Restore it first"):
            made.check(wish(kind))
    with pytest.raises(WrongQueue):
        made.move(S.RENDERING)
    assert queue.restore(TaskId(7)) is made
    made.check(StartRender(7))
    assert list(queue) == []
    with pytest.raises(WrongQueue, match="not in the recycle queue"):
        queue.restore(TaskId(7))


def test_a_purged_task_never_comes_back() -> None:
    queue, made = RecycleQueue(), task(S.COMPLETED)
    with pytest.raises(WrongQueue, match="not in the recycle queue"):
        queue.purge(TaskId(7))
    queue.recycle(made)
    queue.purge(TaskId(7))
    assert made.purged
    assert list(queue) == []
    for kind in (RestoreTask, PurgeTask, RecycleTask, RetryFailed):
        with pytest.raises(WrongQueue, match=r"purged|not in"):
            made.check(wish(kind))
    with pytest.raises(WrongQueue):
        queue.recycle(made)


wishes = st.sampled_from(sorted(WISHES, key=lambda kind: kind.__name__))


@given(st.sampled_from(TaskState), st.lists(wishes | st.sampled_from(TaskState), max_size=12))
def test_no_order_of_wishes_and_moves_breaks_a_task(
    state: TaskState, steps: list[type[Command] | TaskState]
) -> None:
    made = task(state)
    for step in steps:
        before = made.state
        try:
            if isinstance(step, TaskState):
                made.move(step)
            else:
                made.check(wish(step))
        except Refused:
            assert made.state is before
        else:
            assert made.state is (step if isinstance(step, TaskState) else before)
