"""The life of rendering tasks: begin, pause, stop, interrupt, go on; their end is `endings.py`."""

import logging
from collections.abc import Callable, Iterable

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
from farmdesk.domain.failure_words import advised, why_failed
from farmdesk.domain.frames import FrameSet
from farmdesk.domain.rows import FrameTimes
from farmdesk.domain.said import Said
from farmdesk.domain.states import FrameState, TaskState
from farmdesk.engine.agents import Agents
from farmdesk.engine.allocation import Allocation
from farmdesk.engine.clock import Moment
from farmdesk.engine.dependents import Dependents
from farmdesk.engine.endings import Endings
from farmdesk.engine.farm import Farm
from farmdesk.engine.posts import TimesRead
from farmdesk.engine.task_entry import MAX_ATTEMPTS, TaskEntry
from farmdesk.engine.task_run import TaskRun
from farmdesk.engine.workspace import Workspace

log = logging.getLogger(__name__)

ControlMaker = Callable[[TaskEntry, FrameSet, dict[int, int], FrameTimes | None], RenderControl]


class Runs:
    """All rendering tasks.

    `read_times` begins to read a previous version's times (for a task, of a task), beside the loop.
    """

    def __init__(
        self,
        *,
        farm: Farm,
        agents: Agents,
        workspace: Workspace,
        endings: Endings,
        dependents: Dependents,
        allocation: Allocation,
        make_control: ControlMaker,
        read_times: Callable[[int, int], None],
    ) -> None:
        self._farm = farm
        self._agents = agents
        self._workspace = workspace
        self._endings = endings
        self._dependents = dependents
        self._allocation = allocation
        self._make_control = make_control
        self._read_times = read_times
        self._unread: dict[int, dict[int, int]] = {}  # tasks that wait for times: attempts used
        self._runs: dict[int, TaskRun] = {}

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
            self._endings.verify(entry, now)
            return
        self._workspace.prepare(entry.task.id)
        used = {frame: min(count, MAX_ATTEMPTS - 1) for frame, count in entry.attempts.items()}
        self._open_run(entry, used, now)

    def pause(self, entry: TaskEntry, now: Moment) -> None:
        """Finish the frames in hand, start nothing new."""
        entry.task.move(TaskState.PAUSED)
        self._endings.call_off(entry.task.id)
        self._feed(entry, Pause(), now)

    def stop(self, entry: TaskEntry, now: Moment) -> None:
        """Kill the tools of a task now; finished frames are kept."""
        entry.task.move(TaskState.STOPPED)
        self._endings.call_off(entry.task.id)
        self._feed(entry, Stop(), now)

    def interrupt(
        self, entry: TaskEntry, killed: Iterable[SlotId], *, urgent: int, now: Moment
    ) -> None:
        """Let an urgent task have all nodes of this one, which waits at the head of its queue.

        `killed`: slots that leave at once; the others end their frame.
        """
        why = Said(
            f"Task {urgent} is urgent; this one goes on after it.",
            f"任务 {urgent} 加急；之后本任务自动继续。",
        )
        entry.task.move(TaskState.PREEMPTED, why)
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

    def render_again(self, entry: TaskEntry, now: Moment) -> None:
        """Let a task render what the frame-sequence check did not accept."""
        entry.task.move(TaskState.RENDERING)
        self._open_run(entry, {frame: entry.tries(frame) for frame in entry.attempts}, now)
        self._farm.touch(entry, states=True)

    def run_of(self, task_id: int) -> TaskRun | None:
        """Give what works for a task; None when nothing does."""
        return self._runs.get(task_id)

    def at_work(self) -> list[TaskRun]:
        """Give what works for tasks, also for those that end their frames in hand."""
        return list(self._runs.values())

    def rendering(self) -> list[TaskRun]:
        """Give what works for tasks that render: not those that are paused or interrupted."""
        return [r for r in self._runs.values() if r.entry.task.state is TaskState.RENDERING]

    def _feed(self, entry: TaskEntry, event: Pause | Stop, now: Moment) -> None:
        run = self._runs.get(entry.task.id)
        if run is not None:
            run.feed([event], now)
        self._farm.touch(entry, states=True)

    def _open_run(self, entry: TaskEntry, used: dict[int, int], now: Moment) -> None:
        frames = entry.select(FrameState.WAITING, FrameState.RETRYING)
        if not frames:
            self._endings.verify(entry, now)
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
            log.warning("task %s: %s", entry.task.id, text)
            self._farm.note(entry, "warning", text, now.utc)
        frames = entry.select(FrameState.WAITING, FrameState.RETRYING)
        self._take_up(entry, frames, used, post.times)

    def _take_up(
        self, entry: TaskEntry, frames: FrameSet, used: dict[int, int], times: FrameTimes | None
    ) -> None:
        control = self._make_control(entry, frames, used, times)
        self._runs[entry.task.id] = TaskRun(
            entry, control, farm=self._farm, open_session=self._agents.open
        )
        self._farm.stirred.add(entry.task.id)  # what it waits for, if anything, is known now

    # ---- each turn of the loop -------------------------------------------------------------------

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
                self._endings.rendered(entry, now)
            case TaskHopeless(reason=reason, text=text):
                entry.last_error = advised(why_failed(reason, text), reason)
                for state in (FrameState.WAITING, FrameState.RETRYING):
                    entry.states = entry.states.replace(bytes([state]), bytes([FrameState.FAILED]))
                self._endings.rendered(entry, now)
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
