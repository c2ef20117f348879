"""What an operator can do with tasks: which act fits, why not, and what takes it back. No Qt."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from farmdesk.domain.commands import Command
from farmdesk.domain.node_commands import AllocateNodes
from farmdesk.domain.rows import TaskRow
from farmdesk.domain.states import TaskState
from farmdesk.domain.task import ENDED, WISHES
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
)
from farmdesk.domain.urgent_commands import RequestUrgent
from farmdesk.ui.act_texts import ActText
from farmdesk.ui.sending import Batch
from farmdesk.ui.texts import Phrase, Text

TOP, BOTTOM = 9, 0  # priorities


class Act(Enum):
    """An action on tasks, named by its text."""

    START = ActText.DISPATCH
    PAUSE = ActText.PAUSE
    RESUME = ActText.RESUME
    STOP = ActText.STOP
    RAISE = ActText.RAISE
    LOWER = ActText.LOWER
    RETRY = ActText.RETRY
    RECYCLE = ActText.RECYCLE
    RESTORE = ActText.RESTORE
    PURGE = ActText.PURGE
    ALLOCATE = ActText.ALLOCATE
    URGENT = ActText.URGENT


ALONE = frozenset({Act.ALLOCATE, Act.URGENT})
"""Acts on one task, of which a dialog asks more; the others are done with all selected ones."""


TIPS: Mapping[Act, ActText] = {
    Act.START: ActText.DISPATCH_TIP,
    Act.PAUSE: ActText.PAUSE_TIP,
    Act.RESUME: ActText.RESUME_TIP,
    Act.STOP: ActText.STOP_TIP,
    Act.RAISE: ActText.RAISE_TIP,
    Act.LOWER: ActText.LOWER_TIP,
    Act.RETRY: ActText.RETRY_TIP,
    Act.RECYCLE: ActText.RECYCLE_TIP,
    Act.RESTORE: ActText.RESTORE_TIP,
    Act.PURGE: ActText.PURGE_TIP,
    Act.ALLOCATE: ActText.ALLOCATE_TIP,
    Act.URGENT: ActText.URGENT_TIP,
}

_TYPES: Mapping[Act, type[Command]] = {
    Act.START: StartRender,
    Act.PAUSE: PauseTask,
    Act.RESUME: ResumeTask,
    Act.STOP: StopTask,
    Act.RAISE: SetPriority,
    Act.LOWER: SetPriority,
    Act.RETRY: RetryFailed,
    Act.RECYCLE: RecycleTask,
    Act.RESTORE: RestoreTask,
    Act.PURGE: PurgeTask,
    Act.ALLOCATE: AllocateNodes,
    Act.URGENT: RequestUrgent,
}


@dataclass(frozen=True, slots=True)
class Plan:
    """What an act would do with the selected tasks. `why` says why it can do nothing."""

    act: Act
    rows: tuple[TaskRow, ...] = ()  # those that it fits
    why: ActText | None = None
    refused_state: TaskState | None = None

    @property
    def possible(self) -> bool:
        """There is something to do."""
        return bool(self.rows)

    @property
    def failed_frames(self) -> int:
        """The failed frames of its tasks."""
        return sum(row.failed for row in self.rows)

    def batch(self) -> Batch:
        """Give the commands, and those that take them back; not for acts of `ALONE`."""
        return Batch(
            what=self.act.value,
            commands=tuple(_command(self.act, row) for row in self.rows),
            undo=tuple(_undo(self.act, row) for row in self.rows),
            names=tuple(row.name for row in self.rows),
            undo_text=_undo_text(self.act),
        )


def plan(act: Act, rows: Sequence[TaskRow]) -> Plan:
    """Find the tasks that an act fits, or the reason why it fits none."""
    if not rows:
        return Plan(act, why=ActText.WHY_NOTHING)
    if act in ALONE and len(rows) > 1:
        return Plan(act, why=ActText.WHY_ALONE)
    fits = tuple(row for row in rows if _obstacle(act, row) is None)
    if fits:
        return Plan(act, fits)
    first = rows[0]
    return Plan(act, why=_obstacle(act, first), refused_state=first.state)


def retry_frames(row: TaskRow, frames: str, count: int) -> Batch:
    """Give the one command that retries chosen frames of a task."""
    return Batch(
        what=ActText.RETRY,
        commands=(RetryFailed(row.id, frames),),
        undo=(StopTask(row.id),),
        names=(f"{row.name} ({count})",),
        undo_text=_undo_text(Act.RETRY),
    )


def _undo_text(act: Act) -> Phrase:
    return Text.UNDO_STOPS if act is Act.RETRY else ActText.UNDO


def _obstacle(act: Act, row: TaskRow) -> ActText | None:
    if row.purged:
        return ActText.WHY_PURGED
    if act in (Act.RESTORE, Act.PURGE):
        return None if row.recycled else ActText.WHY_NOT_RECYCLED
    if row.recycled:
        return ActText.WHY_RECYCLED
    if act is Act.RETRY:
        if row.state not in ENDED:
            return ActText.WHY_RUNNING
        if not row.failed:
            return ActText.WHY_NO_FAILED
    # The engine decides; this only keeps a person from asking what it would refuse anyway.
    if row.state not in WISHES[_TYPES[act]]:
        return ActText.WHY_STATE
    if act is Act.RAISE and row.priority >= TOP:
        return ActText.WHY_TOP
    if act is Act.LOWER and row.priority <= BOTTOM:
        return ActText.WHY_BOTTOM
    return None


def _command(act: Act, row: TaskRow) -> Command:
    step = {Act.RAISE: 1, Act.LOWER: -1}
    if act in step:
        return SetPriority(row.id, row.priority + step[act])
    makers: Mapping[Act, Callable[[int], Command]] = {
        Act.START: StartRender,
        Act.PAUSE: PauseTask,
        Act.RESUME: ResumeTask,
        Act.STOP: StopTask,
        Act.RETRY: RetryFailed,
        Act.RECYCLE: RecycleTask,
        Act.RESTORE: RestoreTask,
        Act.PURGE: PurgeTask,
    }
    return makers[act](row.id)


def _undo(act: Act, row: TaskRow) -> Command | None:
    if act in (Act.RAISE, Act.LOWER):
        return SetPriority(row.id, row.priority)
    backs: Mapping[Act, Callable[[int], Command]] = {
        Act.PAUSE: ResumeTask,
        Act.RETRY: StopTask,  # frames that were rendered meanwhile are kept
        Act.RECYCLE: RestoreTask,
        Act.RESTORE: RecycleTask,
    }
    return backs[act](row.id) if act in backs else None
