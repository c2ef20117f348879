"""Tasks that wait for others, at work: gives them frames as their sources prove them.

The loop calls `settle` each turn; it costs what happened since the last one, never what there is.
"""

import logging
from collections.abc import Mapping
from itertools import compress

from farmdesk.dispatch.events import FramesReleased
from farmdesk.domain.dependencies import (
    AfterMode,
    check_wait,
    releases_all,
    unknown_source,
    wait_reason,
)
from farmdesk.domain.frames import FrameSet
from farmdesk.domain.states import FrameState, TaskState
from farmdesk.engine.catalogue import Catalogue
from farmdesk.engine.clock import Moment
from farmdesk.engine.farm import Farm
from farmdesk.engine.task_entry import TaskEntry
from farmdesk.engine.task_run import TaskRun

log = logging.getLogger(__name__)

_TELLING = frozenset({TaskState.QUEUED, TaskState.RENDERING})  # states that show why they wait
NO_REASON = ("", "")
_PROVEN = bytes(n == FrameState.DONE for n in range(256))


class Dependents:
    """Who waits for whom; a source may lie in the recycle queue."""

    def __init__(self, farm: Farm, catalogue: Catalogue) -> None:
        self._farm = farm
        self._catalogue = catalogue
        self._followers: dict[int, set[int]] = {}
        farm.stirred.update(farm.tasks)

    def check(self, task_id: int, frames: FrameSet, *, after: int, mode: str) -> None:
        """Refuse a wait that could never end. Raises DependencyRefused."""
        if after == task_id:
            raise unknown_source(after)
        source = self._catalogue.find(after)
        if source is None:
            raise unknown_source(after)
        check_wait(task_id, frames, source.task, mode=mode, source_of=self._source_of)

    def released(self, entry: TaskEntry) -> FrameSet | None:
        """Give the frames of a task that may be rendered now; None: all of them."""
        task = entry.task
        if task.after is None or self._is_over(entry):
            return entry.frames - entry.lingering if entry.lingering else None
        source = self._catalogue.find(task.after)
        if source is None or source.task.purged or task.after_mode == AfterMode.TASK:
            return FrameSet()
        proven = FrameSet.of(compress(source.frames, source.states.translate(_PROVEN)))
        return proven - entry.lingering

    def _is_over(self, entry: TaskEntry) -> bool:
        """Whether a task waits for nobody any more."""
        if entry.task.after is None:
            return True
        source = self._catalogue.find(entry.task.after)
        return source is not None and releases_all(source.task, entry.task.after_mode)

    def settle(self, runs: Mapping[int, TaskRun], now: Moment) -> None:
        """Release what was proven since the last turn, and bring the reasons up to date."""
        stirred, proven = self._farm.stirred, self._farm.proven
        if not stirred and not proven:
            return
        self._farm.stirred, self._farm.proven = set(), {}
        for task_id in stirred:
            self._follow(task_id)
        for source_id in proven.keys() & self._followers.keys():
            self._pass_on(source_id, FrameSet.of(proven[source_id]), runs, now)
        followers = (self._followers.get(task_id, set()) for task_id in stirred | proven.keys())
        for task_id in stirred.union(*followers):
            self._look_at(task_id, runs, now)

    def _follow(self, task_id: int) -> None:
        """Note whom a task waits for; whom it waited for before does no harm."""
        entry = self._farm.tasks.get(task_id)
        if entry is not None and entry.task.after is not None:
            self._followers.setdefault(entry.task.after, set()).add(task_id)

    def _pass_on(
        self, source_id: int, frames: FrameSet, runs: Mapping[int, TaskRun], now: Moment
    ) -> None:
        for task_id in self._followers.get(source_id, ()):
            run = runs.get(task_id)
            if run is None or not run.control.withheld:
                continue
            task = run.entry.task
            if task.after == source_id and task.after_mode == AfterMode.FRAME:
                run.feed([FramesReleased(frames - run.entry.lingering)], now)
                self._farm.changes += 1  # it can use slots now

    def _look_at(self, task_id: int, runs: Mapping[int, TaskRun], now: Moment) -> None:
        """Release all frames of a task whose wait is over, and say why another one waits."""
        entry, run = self._farm.tasks.get(task_id), runs.get(task_id)
        if entry is None:
            return
        withheld = 0 if run is None else run.control.withheld - len(entry.lingering)
        if run is not None and withheld > 0 and self._is_over(entry):
            log.info("task %s: its wait is over", task_id)
            run.feed([FramesReleased(entry.frames - entry.lingering)], now)
            withheld = 0
            self._farm.changes += 1
        if entry.task.state not in _TELLING:
            return
        waits = entry.task.after is not None and (run is None or withheld > 0)
        self._tell(entry, self._reason(entry) if waits else NO_REASON)

    def _reason(self, entry: TaskEntry) -> tuple[str, str]:
        if entry.task.after is None:
            return NO_REASON
        source = self._catalogue.find(entry.task.after)
        if source is None:
            return (
                f"Waits for task {entry.task.after}, which is gone: stop this task.",
                f"等待任务 {entry.task.after}，但它已不存在：请停止本任务。",
            )
        if entry.task.state is TaskState.QUEUED and self._has_begun(source, entry.task.after_mode):
            return NO_REASON  # nothing but a start is lacking
        failed = source.select(FrameState.FAILED, FrameState.SKIPPED) & entry.frames
        return wait_reason(source.task, entry.task.after_mode, failed)

    @staticmethod
    def _has_begun(source: TaskEntry, mode: str) -> bool:
        """Whether there would be frames to render if the waiting task were started."""
        if mode == AfterMode.FRAME:
            return source.count(FrameState.DONE) > 0 and not source.task.purged
        return releases_all(source.task, mode)

    def _tell(self, entry: TaskEntry, reason: tuple[str, str]) -> None:
        task = entry.task
        if reason == (task.reason, task.reason_zh) or not (reason[0] or task.waiting):
            return
        (task.reason, task.reason_zh), task.waiting = reason, bool(reason[0])
        self._farm.touch(entry)
        self._farm.changes += 1
        self._farm.stirred.add(task.id)  # who waits for this one says why, too

    def _source_of(self, task_id: int) -> int | None:
        entry = self._catalogue.find(task_id)
        return None if entry is None else entry.task.after
