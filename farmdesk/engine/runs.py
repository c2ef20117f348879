"""The life of rendering tasks.

Begin, pause, stop, check, end.
"""

import json
import logging
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, replace

from farmdesk.dispatch.events import (
    FramesRendered,
    Pause,
    Quiet,
    Resume,
    SlotId,
    Stop,
    TaskHopeless,
    Tick,
)
from farmdesk.dispatch.render_control import RenderControl
from farmdesk.dispatch.versions import takes_prior
from farmdesk.domain.frames import FrameSet
from farmdesk.domain.records import FrameTimes, LogRecord
from farmdesk.domain.states import FailureReason, FrameState, TaskState
from farmdesk.engine.agents import Agents
from farmdesk.engine.allocation import Allocation
from farmdesk.engine.checker import CheckJob
from farmdesk.engine.clock import Moment
from farmdesk.engine.dependents import Dependents
from farmdesk.engine.farm import Farm, TaskEntry
from farmdesk.engine.posts import AgentGone, AgentSaid, BadFrame, CheckEnded, CheckReport, TimesRead
from farmdesk.engine.task_run import TaskRun, is_plain_name, record_of
from farmdesk.engine.workspace import Workspace
from nodeagent.journal import read_journal
from nodeagent.protocol import FramePublished, RangeEnded

log = logging.getLogger(__name__)

ControlMaker = Callable[[TaskEntry, FrameSet, dict[int, int], FrameTimes | None], RenderControl]

MAX_ATTEMPTS = 3
CHECK_AGAIN_S = 5.0  # when the records could not be read


@dataclass(frozen=True, slots=True)
class _WaitingCheck:
    """A check that waits for a flush to be written and for a moment (monotonic seconds)."""

    flush: int
    at: float


class Runs:
    """All rendering tasks.

    `begin_check` starts a frame-sequence check, `read_times` the reading of a previous version's
    times (for a task, of a task), both beside the loop.
    """

    def __init__(
        self,
        *,
        farm: Farm,
        agents: Agents,
        workspace: Workspace,
        dependents: Dependents,
        allocation: Allocation,
        make_control: ControlMaker,
        begin_check: Callable[[CheckJob], None],
        read_times: Callable[[int, int], None],
    ) -> None:
        self._farm = farm
        self._agents = agents
        self._workspace = workspace
        self._dependents = dependents
        self._allocation = allocation
        self._make_control = make_control
        self._begin_check = begin_check
        self._read_times = read_times
        self._unread: dict[int, dict[int, int]] = {}  # tasks that wait for times: attempts used
        self._runs: dict[int, TaskRun] = {}
        self._checks: dict[int, _WaitingCheck] = {}

    # ---- what people ask for ---------------------------------------------------------------------

    def begin(self, entry: TaskEntry, now: Moment) -> None:
        """Let a task render what is not done. Raises Refused when its folders cannot be written."""
        self._workspace.prepare(entry.task.id)
        entry.task.move(TaskState.RENDERING)
        run = self._runs.get(entry.task.id)
        entry.started_at = entry.started_at or now.utc
        entry.finished_at = None
        if run is not None:
            run.feed([Resume()], now)
        else:
            entry.forgiven = dict(entry.attempts)
            self._open_run(entry, {}, now)
        self._farm.touch(entry, states=True)

    def go_on(self, entry: TaskEntry, now: Moment) -> None:
        """Take a task up again that was rendering or being checked when the engine ended."""
        if entry.task.state is TaskState.VERIFYING:
            self.verify(entry, now)
            return
        self._workspace.prepare(entry.task.id)
        used = {frame: min(count, MAX_ATTEMPTS - 1) for frame, count in entry.attempts.items()}
        self._open_run(entry, used, now)

    def pause(self, entry: TaskEntry, now: Moment) -> None:
        """Finish the frames in hand, start nothing new."""
        entry.task.move(TaskState.PAUSED)
        self._checks.pop(entry.task.id, None)
        self._feed(entry, Pause(), now)

    def stop(self, entry: TaskEntry, now: Moment) -> None:
        """Kill the tools of a task now; finished frames are kept."""
        entry.task.move(TaskState.STOPPED)
        self._checks.pop(entry.task.id, None)
        self._feed(entry, Stop(), now)

    def interrupt(
        self, entry: TaskEntry, killed: Iterable[SlotId], *, urgent: int, now: Moment
    ) -> None:
        """Let an urgent task have all nodes of this one, which waits at the head of its queue.

        `killed`: slots that leave at once; the others end their frame.
        """
        entry.task.move(TaskState.PREEMPTED, f"Task {urgent} is urgent; this one goes on after it.")
        entry.task.reason_zh = f"任务 {urgent} 加急；之后本任务自动继续。"
        self._farm.queue.move_to_head(entry.task)
        run = self._runs.get(entry.task.id)
        if run is not None:
            run.revoke(killed, now, kill=True)
            run.feed([Pause()], now)
        self._farm.touch(entry, states=True)

    def resume(self, entry: TaskEntry, now: Moment) -> None:
        """Let an interrupted task go on; the tries of its frames are counted on.

        Raises Refused when its folders cannot be written.
        """
        self._workspace.prepare(entry.task.id)
        entry.task.move(TaskState.RENDERING)
        run = self._runs.get(entry.task.id)
        if run is not None:
            run.feed([Resume()], now)
        else:
            self._open_run(entry, {frame: entry.tries(frame) for frame in entry.attempts}, now)
        self._farm.touch(entry, states=True)

    def run_of(self, task_id: int) -> TaskRun | None:
        """Give what works for a task; None when nothing does."""
        return self._runs.get(task_id)

    def rendering(self) -> list[TaskRun]:
        """Give what works for tasks that render: not those that are paused or interrupted."""
        return [r for r in self._runs.values() if r.entry.task.state is TaskState.RENDERING]

    def verify(self, entry: TaskEntry, now: Moment) -> None:
        """Check the sequence as soon as the database has all that was recorded."""
        if entry.task.state is not TaskState.VERIFYING:
            entry.task.move(TaskState.VERIFYING)
        self._checks[entry.task.id] = _WaitingCheck(self._farm.flushes + 1, now.seconds)
        self._farm.touch(entry, states=True)

    def _feed(self, entry: TaskEntry, event: Pause | Stop, now: Moment) -> None:
        run = self._runs.get(entry.task.id)
        if run is not None:
            run.feed([event], now)
        self._farm.touch(entry, states=True)

    def _open_run(self, entry: TaskEntry, used: dict[int, int], now: Moment) -> None:
        frames = entry.select(FrameState.WAITING, FrameState.RETRYING)
        if not frames:
            self.verify(entry, now)
            return
        spec = entry.task.spec
        if spec.previous_task is not None and takes_prior(spec.policy, spec.change):
            self._unread[entry.task.id] = used
            self._read_times(entry.task.id, spec.previous_task)
        else:
            self._take_up(entry, frames, used, None)

    def times_read(self, post: TimesRead, now: Moment) -> None:
        """The times that a task waited for are here, or cannot be had: let it render."""
        used = self._unread.pop(post.task_id, None)
        entry = self._farm.tasks.get(post.task_id)
        if used is None or entry is None or entry.task.state is not TaskState.RENDERING:
            return  # stopped or paused meanwhile: its next start reads them again
        if post.times is None:
            text = f"it renders without the times of its previous version: {post.error}"
            self._log(entry, "warning", text, now)
        frames = entry.select(FrameState.WAITING, FrameState.RETRYING)
        self._take_up(entry, frames, used, post.times)

    def _take_up(
        self, entry: TaskEntry, frames: FrameSet, used: dict[int, int], times: FrameTimes | None
    ) -> None:
        control = self._make_control(entry, frames, used, times)
        self._runs[entry.task.id] = TaskRun(entry, control, farm=self._farm, sessions=self._agents)
        self._farm.stirred.add(entry.task.id)  # what it waits for, if anything, is known now

    # ---- each turn of the loop -------------------------------------------------------------------

    def agent_said(self, post: AgentSaid, now: Moment) -> None:
        """Take a report; a late one of a run that is over counts for the task's present run too."""
        found = self._agents.hear(post, now)
        if found is None:
            return
        (session, run), report = found, post.report
        if isinstance(report, RangeEnded) and run.misses(session, report):
            self.read_journal(run.entry, session.node, now)  # a report was lost on its way
        run.said(session, report, now)
        current = self._runs.get(session.task_id)
        if current is run or current is None or not isinstance(report, FramePublished):
            return
        entry = current.entry
        if report.frame in entry.frames and entry.state_of(report.frame) is FrameState.DONE:
            current.found(report.frame, report.seconds, session.node, now)

    def agent_gone(self, post: AgentGone, now: Moment) -> None:
        """An agent has ended.

        Take what its journal knows, then give back what it had not finished.
        """
        found = self._agents.end(post, now)
        if found is None:
            return
        session, run = found
        if not session.closing or post.text:  # one that was told to end may have lost its line
            self._log(run.entry, "warning", f"agent on {session.node}: {post.text or 'ended'}", now)
            self.read_journal(run.entry, session.node, now)
        run.gone(session, now)

    def read_journal(self, entry: TaskEntry, node: str, now: Moment) -> None:
        """Take over frames that a node finished and could not report."""
        for line in read_journal(self._workspace.journal(entry.task.id, node)):
            if line.frame not in entry.frames or not is_plain_name(line.path):
                continue
            if entry.state_of(line.frame) is FrameState.DONE:
                continue
            if not (self._workspace.frames(entry.task.id) / line.path).exists():
                continue  # the frame-sequence check did not accept it
            self._farm.record_frame(entry, record_of(entry, node, line))
            run = self._runs.get(entry.task.id)
            if run is not None:
                run.found(line.frame, line.seconds, node, now)

    def tick(self, now: Moment) -> None:
        """Let every control look at what is late."""
        for run in self._runs.values():
            run.feed([Tick()], now)

    def settle(self, now: Moment) -> None:
        """Act on what controls could not do themselves, then give free slots to tasks."""
        self._dependents.settle(self._runs, now)
        for run in list(self._runs.values()):
            while run.outbox:
                self._act(run, run.outbox.pop(0), now)
        self._allocation.settle(self._runs, self.begin, now)

    def start_checks(self, flushed: int, now: Moment) -> None:
        """Start the checks whose records the database has: all up to flush number `flushed`."""
        for task_id, check in list(self._checks.items()):
            if check.flush <= flushed and check.at <= now.seconds:
                del self._checks[task_id]
                self._begin_check(self._job(self._farm.tasks[task_id]))

    def count_running(self) -> None:
        """Count the frames that are rendered now, for the next flush."""
        for run in self._runs.values():
            running = sum(session.running is not None for session in run.sessions.values())
            if running != run.entry.running:
                run.entry.running = running
                self._farm.touch(run.entry)

    def overlay(self, entry: TaskEntry) -> bytes:
        """Give a task's frame states as screens should see them."""
        run = self._runs.get(entry.task.id)
        return run.overlay() if run else bytes(entry.states)

    def _act(self, run: TaskRun, order: FramesRendered | TaskHopeless | Quiet, now: Moment) -> None:
        entry = run.entry
        if isinstance(order, Quiet) and entry.task.state is TaskState.RENDERING:
            return  # it was resumed meanwhile
        self._drop(run, now)
        match order:
            case FramesRendered():
                self._after_last_frame(entry, now)
            case TaskHopeless(reason=reason, text=text):
                entry.last_error = f"{text} ({reason})"
                for state in (FrameState.WAITING, FrameState.RETRYING):
                    entry.states = entry.states.replace(bytes([state]), bytes([FrameState.FAILED]))
                self._after_last_frame(entry, now)
            case Quiet():
                pass

    def _drop(self, run: TaskRun, now: Moment) -> None:
        """Close the run's sessions: other tasks can use the slots while this one is checked."""
        del self._runs[run.entry.task.id]
        run.feed([Stop()], now)
        run.outbox.clear()
        if run.entry.running:
            run.entry.running = 0
            self._farm.touch(run.entry)

    # ---- the end of a task -----------------------------------------------------------------------

    def _after_last_frame(self, entry: TaskEntry, now: Moment) -> None:
        if entry.task.state not in (TaskState.RENDERING, TaskState.PAUSED, TaskState.PREEMPTED):
            return  # stopped meanwhile
        if entry.count(FrameState.DONE):
            self.verify(entry, now)
        else:
            self._end(entry, now)

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

    def checked(self, post: CheckEnded, now: Moment) -> None:
        """Take the end of a check: bad frames are rendered again, otherwise the task has ended."""
        entry = self._farm.tasks.get(post.task_id)
        if entry is None or entry.task.state is not TaskState.VERIFYING:
            return  # stopped or paused meanwhile
        if post.report is None:
            self._checks[post.task_id] = _WaitingCheck(0, now.seconds + CHECK_AGAIN_S)
            self._log(entry, "warning", f"frame check not possible: {post.error}", now)
        elif post.report.bad:
            self._render_again(entry, post.report, now)
        else:
            entry.check_report = json.dumps(asdict(post.report))
            self._end(entry, now)

    def _render_again(self, entry: TaskEntry, report: CheckReport, now: Moment) -> None:
        for bad in report.bad:
            self._reject(entry, bad, now)
        entry.task.move(TaskState.RENDERING)
        tries = {frame: entry.tries(frame) for frame in entry.attempts}
        self._open_run(entry, tries, now)
        self._farm.touch(entry, states=True)

    def _reject(self, entry: TaskEntry, bad: BadFrame, now: Moment) -> None:
        """Count the attempt that the check did not accept as one in vain, on record."""
        attempts = entry.attempts[bad.frame] = entry.attempts.get(bad.frame, 0) + 1
        text = f"frame {bad.frame} {bad.text}"
        given_up = entry.tries(bad.frame) >= MAX_ATTEMPTS
        state = FrameState.FAILED if given_up else FrameState.RETRYING
        entry.set_state(bad.frame, state)
        if bad.record is not None:
            entry.render_s -= bad.record.render_s
            changed = replace(bad.record, attempt=attempts, state=state)
            self._farm.record_frame(
                entry, replace(changed, reason=FailureReason.BAD_IMAGE, text=bad.text)
            )
        if given_up:
            entry.last_error = text
        self._log(entry, "error", text, now, frame=bad.frame)

    def _end(self, entry: TaskEntry, now: Moment) -> None:
        failed = entry.select(FrameState.FAILED)
        if not failed:
            entry.task.move(TaskState.COMPLETED)
        elif entry.count(FrameState.DONE):
            count = "1 frame" if len(failed) == 1 else f"{len(failed)} frames"
            why = f": {entry.last_error}" if entry.last_error else f" ({failed})"
            entry.task.move(TaskState.PARTLY_FAILED, f"{count} failed{why}")
        else:
            entry.task.move(TaskState.FAILED, entry.last_error)
        entry.finished_at = now.utc
        entry.running = 0
        self._log(entry, "error" if failed else "info", f"task ended: {entry.task.state}", now)
        self._farm.touch(entry, states=True)

    def _log(
        self, entry: TaskEntry, level: str, text: str, now: Moment, *, frame: int | None = None
    ) -> None:
        log.info("task %s: %s", entry.task.id, text)
        self._farm.log(
            LogRecord(at=now.utc, level=level, text=text, task_id=entry.task.id, frame=frame)
        )
