"""What an operator can do with tasks, why not, and what takes it back."""

import pytest

from farmdesk.domain.commands import Command
from farmdesk.domain.rows import TaskRow
from farmdesk.domain.states import TaskState
from farmdesk.domain.task_commands import (
    PauseTask,
    PurgeTask,
    RecycleTask,
    RestoreTask,
    ResumeTask,
    RetryFailed,
    SetPriority,
    StopTask,
)
from farmdesk.ui.act_texts import ActText
from farmdesk.ui.operator.acts import ALONE, Act, plan, retry_frames
from tests.gui.staged_farm import task_row

RENDERING = task_row(1)
PARTLY = task_row(2, state=TaskState.PARTLY_FAILED, failed=12)
BINNED = task_row(3, state=TaskState.STOPPED, recycled=True)
PURGED = task_row(3, state=TaskState.STOPPED, recycled=True, purged=True)


@pytest.mark.parametrize(
    ("act", "row", "command", "undo"),
    [
        (Act.PAUSE, RENDERING, PauseTask(1), ResumeTask(1)),
        (Act.STOP, RENDERING, StopTask(1), None),
        (Act.RAISE, RENDERING, SetPriority(1, 6), SetPriority(1, 5)),
        (Act.LOWER, RENDERING, SetPriority(1, 4), SetPriority(1, 5)),
        (Act.RETRY, PARTLY, RetryFailed(2), StopTask(2)),
        (Act.RECYCLE, PARTLY, RecycleTask(2), RestoreTask(2)),
        (Act.RESTORE, BINNED, RestoreTask(3), RecycleTask(3)),
        (Act.PURGE, BINNED, PurgeTask(3), None),
    ],
)
def test_an_act_is_one_command_and_its_way_back(
    act: Act, row: TaskRow, command: Command, undo: Command | None
) -> None:
    batch = plan(act, [row]).batch()
    assert batch.commands == (command,)
    assert batch.undo == (undo,)


@pytest.mark.parametrize(
    ("act", "row", "why"),
    [
        (Act.PAUSE, PARTLY, ActText.WHY_STATE),
        (Act.RETRY, RENDERING, ActText.WHY_RUNNING),
        (Act.RETRY, task_row(4, state=TaskState.STOPPED), ActText.WHY_NO_FAILED),
        (Act.RAISE, task_row(4, priority=9), ActText.WHY_TOP),
        (Act.LOWER, task_row(4, priority=0), ActText.WHY_BOTTOM),
        (Act.RECYCLE, RENDERING, ActText.WHY_STATE),
        (Act.RESUME, BINNED, ActText.WHY_RECYCLED),
        (Act.RESTORE, RENDERING, ActText.WHY_NOT_RECYCLED),
        (Act.PURGE, PARTLY, ActText.WHY_NOT_RECYCLED),
        (Act.RESTORE, PURGED, ActText.WHY_PURGED),
        (Act.PURGE, PURGED, ActText.WHY_PURGED),
        (Act.URGENT, PARTLY, ActText.WHY_STATE),
        (Act.ALLOCATE, BINNED, ActText.WHY_RECYCLED),
    ],
)
def test_what_cannot_be_done_says_why(act: Act, row: TaskRow, why: ActText) -> None:
    found = plan(act, [row])
    assert not found.possible
    assert found.why is why


def test_an_act_is_done_with_those_it_fits() -> None:
    found = plan(Act.PAUSE, [PARTLY, RENDERING, BINNED])
    assert [row.id for row in found.rows] == [1]
    assert plan(Act.PAUSE, []).why is ActText.WHY_NOTHING


@pytest.mark.parametrize("act", [Act.ALLOCATE, Act.URGENT])
def test_what_a_dialog_asks_about_is_done_with_one_task(act: Act) -> None:
    assert act in ALONE
    assert plan(act, [RENDERING]).possible
    assert plan(act, [RENDERING, task_row(5)]).why is ActText.WHY_ALONE


def test_chosen_frames_are_retried_by_one_command() -> None:
    batch = retry_frames(PARTLY, "1-12", 12)
    assert batch.commands == (RetryFailed(2, "1-12"),)
