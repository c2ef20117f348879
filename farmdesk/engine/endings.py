"""The end of a task: its sequence is checked; bad frames go back, or it is completed or failed."""

import json
import logging
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace

from farmdesk.domain.failure_words import advised
from farmdesk.domain.frames import FrameSet
from farmdesk.domain.records import FrameRecord
from farmdesk.domain.said import Said
from farmdesk.domain.states import FailureReason, FrameState, TaskState
from farmdesk.domain.users import User
from farmdesk.engine.checker import CheckJob
from farmdesk.engine.clock import Moment
from farmdesk.engine.end_news import end_news
from farmdesk.engine.farm import Farm
from farmdesk.engine.posts import BadFrame, CheckEnded, CheckReport
from farmdesk.engine.task_entry import MAX_ATTEMPTS, TaskEntry
from farmdesk.engine.workspace import Workspace

log = logging.getLogger(__name__)

CHECK_AGAIN_S = 5.0  # when the records could not be read

RenderAgain = Callable[[TaskEntry, Moment], None]


@dataclass(frozen=True, slots=True)
class _WaitingCheck:
    """A check that waits for a flush to be written and for a moment (monotonic seconds)."""

    flush: int
    at: float


class Endings:
    """Tasks whose last frame is rendered.

    `begin_check` starts a check beside the loop, `user_of` tells what role a login has.
    """

    def __init__(
        self,
        *,
        farm: Farm,
        workspace: Workspace,
        begin_check: Callable[[CheckJob], None],
        user_of: Callable[[str], User],
    ) -> None:
        self._farm = farm
        self._user_of = user_of
        self._workspace = workspace
        self._begin_check = begin_check
        self._checks: dict[int, _WaitingCheck] = {}

    def rendered(self, entry: TaskEntry, now: Moment) -> None:
        """Nothing of a task is left to render: check what there is."""
        if entry.task.state not in (TaskState.RENDERING, TaskState.PAUSED, TaskState.PREEMPTED):
            return  # stopped meanwhile
        if entry.count(FrameState.DONE):
            self.verify(entry, now)
        else:
            self._end(entry, now)

    def verify(self, entry: TaskEntry, now: Moment) -> None:
        """Check the sequence as soon as the database has all that was recorded."""
        if entry.task.state is not TaskState.VERIFYING:
            entry.task.move(TaskState.VERIFYING)
        self._checks[entry.task.id] = _WaitingCheck(self._farm.flushes + 1, now.seconds)
        self._farm.touch(entry, states=True)

    def call_off(self, task_id: int) -> None:
        """Forget a check that has not begun: the task was paused or stopped."""
        self._checks.pop(task_id, None)

    def start_checks(self, flushed: int, now: Moment) -> None:
        """Start the checks whose records the database has: all up to flush number `flushed`."""
        for task_id, check in list(self._checks.items()):
            if check.flush <= flushed and check.at <= now.seconds:
                del self._checks[task_id]
                self._begin_check(self._job(self._farm.tasks[task_id]))

    def checked(self, post: CheckEnded, render_again: RenderAgain, now: Moment) -> None:
        """Take the end of a check: bad frames are rendered again, otherwise the task has ended."""
        entry = self._farm.tasks.get(post.task_id)
        if entry is None or entry.task.state is not TaskState.VERIFYING:
            return  # stopped or paused meanwhile
        if post.report is None:
            self._checks[post.task_id] = _WaitingCheck(0, now.seconds + CHECK_AGAIN_S)
            self._tell(entry, "warning", f"frame check not possible: {post.error}", now)
        elif post.report.bad:
            for bad in post.report.bad:
                self._reject(entry, bad, now)
            render_again(entry, now)
        else:
            self._prove(entry, post.report, now)

    def _job(self, entry: TaskEntry) -> CheckJob:
        task = entry.task
        return CheckJob(
            task_id=task.id,
            frames=entry.frames,
            given_up=entry.select(FrameState.FAILED, FrameState.SKIPPED),
            folder=self._workspace.frames(task.id),
            started_mark=self._workspace.started_mark(task.id),
            size=(task.spec.width, task.spec.height),
        )

    def _prove(self, entry: TaskEntry, report: CheckReport, now: Moment) -> None:
        entry.check_report = json.dumps(asdict(report))
        self._end(entry, now)

    def _reject(self, entry: TaskEntry, bad: BadFrame, now: Moment) -> None:
        """Count the attempt that the check did not accept as one in vain, on record."""
        attempts = entry.attempts[bad.frame] = entry.attempts.get(bad.frame, 0) + 1
        why = Said(f"frame {bad.frame} {bad.text}", f"第 {bad.frame} 帧{bad.text_zh}")
        given_up = entry.tries(bad.frame) >= MAX_ATTEMPTS
        state = FrameState.FAILED if given_up else FrameState.RETRYING
        entry.set_state(bad.frame, state)
        if bad.record is not None:
            entry.render_s -= bad.record.render_s
            self._farm.record_frame(entry, _rejected(bad.record, bad.text, attempts, state))
        if given_up:
            entry.last_error = advised(why, FailureReason.BAD_IMAGE)
        self._tell(entry, "error", why.en, now, frame=bad.frame)

    def _end(self, entry: TaskEntry, now: Moment) -> None:
        failed = entry.select(FrameState.FAILED)
        if not failed:
            entry.task.move(TaskState.COMPLETED)
        elif entry.count(FrameState.DONE):
            count = "1 frame" if len(failed) == 1 else f"{len(failed)} frames"
            why = Said(f"{count} failed", f"{len(failed)} 帧失败") + _because(entry, failed)
            entry.task.move(TaskState.PARTLY_FAILED, why)
        else:
            entry.task.move(TaskState.FAILED, entry.last_error)
        self._workspace.close(entry.task.id)
        entry.finished_at = now.utc
        entry.running = 0
        level = "error" if failed else "info"
        self._tell(entry, level, f"task ended: {entry.task.state}", now)
        for message in end_news(entry, self._user_of(entry.task.owner), now):
            self._farm.tell(message)
        self._farm.touch(entry, states=True)

    def _tell(
        self, entry: TaskEntry, level: str, text: str, now: Moment, *, frame: int | None = None
    ) -> None:
        log.info("task %s: %s", entry.task.id, text)
        self._farm.note(entry, level, text, now.utc, frame=frame)


def _because(entry: TaskEntry, failed: FrameSet) -> Said:
    """Say why frames failed last; else, after a new start of the engine, which ones."""
    last = entry.last_error
    if not last.en:
        return Said(f" ({failed})", f"（{failed}）")
    return Said(": ", "：") + last


def _rejected(record: FrameRecord, text: str, attempt: int, state: FrameState) -> FrameRecord:
    """Give the record of a frame that the check did not accept."""
    return replace(record, attempt=attempt, state=state, reason=FailureReason.BAD_IMAGE, text=text)
