"""The desk for commands about one task: start, pause, stop, order, wait, retry, throw away."""

from farmdesk.domain.errors import FarmError, Refused
from farmdesk.domain.frames import FrameSet
from farmdesk.domain.said import Said
from farmdesk.domain.states import FrameState, TaskState
from farmdesk.domain.task_commands import (
    PauseTask,
    PurgeTask,
    RecycleTask,
    RestoreTask,
    ResumeTask,
    RetryFailed,
    SetAfter,
    SetPriority,
    StartRender,
    StopTask,
)
from farmdesk.domain.users import User
from farmdesk.engine.clock import Moment
from farmdesk.engine.dependents import Dependents
from farmdesk.engine.desk import TaskAnswers
from farmdesk.engine.farm import Farm
from farmdesk.engine.runs import Runs
from farmdesk.engine.task_entry import TaskEntry
from farmdesk.engine.workspace import Workspace


class TaskDesk:
    """Does to tasks what people may ask for. What it refuses changes nothing."""

    def __init__(
        self, *, farm: Farm, runs: Runs, workspace: Workspace, dependents: Dependents
    ) -> None:
        self._farm = farm
        self._runs = runs
        self._workspace = workspace
        self._dependents = dependents

    @property
    def about_tasks(self) -> TaskAnswers:
        """What this desk answers."""
        return {
            StartRender: self._start,
            ResumeTask: self._resume,
            PauseTask: self._pause,
            StopTask: self._stop,
            SetPriority: self._set_priority,
            SetAfter: self._set_after,
            RetryFailed: self._retry,
            RecycleTask: self._recycle,
            RestoreTask: self._restore,
            PurgeTask: self._purge,
        }

    def _start(self, _command: StartRender, entry: TaskEntry, _user: User, now: Moment) -> Said:
        self._runs.begin(entry, now)
        return Said(f"Task {entry.task.id} renders.", f"任务 {entry.task.id} 开始渲染。")

    def _resume(self, _command: ResumeTask, entry: TaskEntry, _user: User, now: Moment) -> Said:
        self._runs.begin(entry, now)
        return Said(f"Task {entry.task.id} goes on.", f"任务 {entry.task.id} 继续渲染。")

    def _pause(self, _command: PauseTask, entry: TaskEntry, _user: User, now: Moment) -> Said:
        self._runs.pause(entry, now)
        return Said(
            f"Task {entry.task.id} pauses after the frames in hand.",
            f"任务 {entry.task.id} 跑完当前帧后暂停。",
        )

    def _stop(self, _command: StopTask, entry: TaskEntry, _user: User, now: Moment) -> Said:
        self._runs.stop(entry, now)
        done = entry.count(FrameState.DONE)
        return Said(
            f"Task {entry.task.id} is stopped; {done} frames are kept.",
            f"任务 {entry.task.id} 已停止；保留 {done} 帧。",
        )

    def _set_priority(
        self, command: SetPriority, entry: TaskEntry, _user: User, _now: Moment
    ) -> Said:
        old = entry.task.priority
        self._farm.queue.set_priority(entry.task, command.priority)
        self._farm.touch(entry, states=True)
        return Said(
            f"Task {entry.task.id} has priority {command.priority} (was {old}).",
            f"任务 {entry.task.id} 的优先级为 {command.priority}（原为 {old}）。",
        )

    def _set_after(self, command: SetAfter, entry: TaskEntry, _user: User, _now: Moment) -> Said:
        task, after = entry.task, command.after
        if after is not None:
            if task.state in (TaskState.RENDERING, TaskState.PAUSED, TaskState.PREEMPTED):
                raise Refused(
                    f"Task {task.id} has its frames already. Stop it first; what is finished is "
                    "kept.",
                    f"任务 {task.id} 已开始渲染。请先停止它；已完成的帧会保留。",
                )
            self._dependents.check(task.id, entry.frames, after=after, mode=command.after_mode)
        task.after, task.after_mode = after, command.after_mode
        self._farm.touch(entry, states=True)
        if after is None:
            return Said(f"Task {task.id} waits for nobody.", f"任务 {task.id} 不再等待其他任务。")
        return Said(f"Task {task.id} waits for task {after}.", f"任务 {task.id} 等待任务 {after}。")

    def _retry(self, command: RetryFailed, entry: TaskEntry, _user: User, now: Moment) -> Said:
        failed = entry.select(FrameState.FAILED)
        chosen = failed if command.frames is None else FrameSet.parse(command.frames)
        if not chosen or chosen - failed:
            raise Refused(
                f"Task {entry.task.id} has {len(failed)} failed frames ({failed or 'none'}); only "
                "these can be tried again.",
                f"任务 {entry.task.id} 有 {len(failed)} 个失败帧（{failed or '无'}）；"
                "只能重试这些帧。",
            )
        for frame in chosen:
            entry.set_state(frame, FrameState.WAITING)
        try:
            self._runs.begin(entry, now)
        except FarmError:
            for frame in chosen:
                entry.set_state(frame, FrameState.FAILED)
            raise
        plural = "" if len(chosen) == 1 else "s"
        return Said(
            f"Task {entry.task.id} renders {len(chosen)} failed frame{plural} again.",
            f"任务 {entry.task.id} 重新渲染 {len(chosen)} 个失败帧。",
        )

    def _recycle(self, _command: RecycleTask, entry: TaskEntry, _user: User, _now: Moment) -> Said:
        self._farm.recycle(entry)
        key = entry.task.id
        return Said(f"Task {key} lies in the recycle queue.", f"任务 {key} 已移入回收队列。")

    def _restore(self, _command: RestoreTask, entry: TaskEntry, _user: User, _now: Moment) -> Said:
        self._farm.restore(entry)
        return Said(f"Task {entry.task.id} is back in the queue.", f"任务 {entry.task.id} 已恢复。")

    def _purge(self, _command: PurgeTask, entry: TaskEntry, _user: User, _now: Moment) -> Said:
        self._workspace.discard(entry.task.id)
        self._farm.purge(entry)
        return Said(
            f"Task {entry.task.id} is deleted for good.", f"任务 {entry.task.id} 已彻底删除。"
        )
