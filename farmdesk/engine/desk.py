"""Answers commands.

Checks them again, changes the farm, and says in one sentence what became of them.
"""

import logging
from collections.abc import Callable
from dataclasses import asdict, fields
from pathlib import Path

from farmdesk.domain.commands import (
    Command,
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
    from_body,
)
from farmdesk.domain.errors import FarmError, Refused
from farmdesk.domain.frames import FrameSet
from farmdesk.domain.records import CommandRow, NewTask, Outcome, StoredTask, TaskRecord
from farmdesk.domain.states import FrameState, TaskState
from farmdesk.domain.task_spec import BadSubmission, TaskSpec
from farmdesk.domain.tool import Tools
from farmdesk.engine.farm import Farm, TaskEntry, make_entry
from farmdesk.engine.runs import Runs
from farmdesk.engine.task_run import Moment
from farmdesk.engine.workspace import Workspace

log = logging.getLogger(__name__)


class Desk:
    """`load` reads a task that is not in memory (the recycle queue's) from the database."""

    def __init__(
        self,
        *,
        farm: Farm,
        runs: Runs,
        tools: Tools,
        workspace: Workspace,
        load: Callable[[int], StoredTask | None],
    ) -> None:
        self._farm = farm
        self._runs = runs
        self._tools = tools
        self._workspace = workspace
        self._load = load

    def answer(self, row: CommandRow, now: Moment) -> Outcome:
        """Carry a command out, or refuse it and change nothing."""
        try:
            command = from_body(row.kind, row.body)
            task_id, text = self._carry_out(command, row.issued_by, now)
        except FarmError as error:
            return Outcome(row.id, applied=False, text=error.en, at=now.utc)
        except Exception:  # the top of a command: one that we got wrong must not end the farm
            log.exception("command %s (%s) failed", row.id, row.kind)
            text = "The engine could not carry this out because of a fault of its own; see its log."
            return Outcome(row.id, applied=False, text=text, at=now.utc)
        log.info("command %s by %s: %s", row.id, row.issued_by, text)
        return Outcome(row.id, applied=True, text=text, at=now.utc, task_id=task_id)

    def _carry_out(self, command: Command, user: str, now: Moment) -> tuple[int, str]:
        if isinstance(command, SubmitTask):
            return self._submit(command, user, now)
        entry = self._entry(command.task_id)
        key = entry.task.id
        entry.task.check(command)
        match command:
            case StartRender():
                self._runs.begin(entry, now)
                text = f"Task {key} renders."
            case ResumeTask():
                self._runs.begin(entry, now)
                text = f"Task {key} goes on."
            case PauseTask():
                self._runs.pause(entry, now)
                text = f"Task {key} pauses after the frames in hand."
            case StopTask():
                self._runs.stop(entry, now)
                text = f"Task {key} is stopped; {entry.count(FrameState.DONE)} frames are kept."
            case SetPriority(priority=priority):
                text = self._set_priority(entry, priority)
            case RetryFailed(frames=frames):
                text = self._retry(entry, frames, now)
            case RecycleTask():
                self._farm.recycle(entry)
                text = f"Task {key} lies in the recycle queue."
            case RestoreTask():
                self._farm.restore(entry)
                text = f"Task {key} is back in the queue."
            case PurgeTask():
                self._workspace.discard(key)
                self._farm.purge(entry)
                text = f"Task {key} is deleted for good."
        return key, text

    def _submit(self, command: SubmitTask, user: str, now: Moment) -> tuple[int, str]:
        spec = TaskSpec.check(command, self._tools)
        if not Path(spec.scene).is_file():
            raise BadSubmission(
                "scene",
                f"The scene {spec.scene} does not exist or is no file. Check the path and submit "
                "again.",
                f"场景 {spec.scene} 不存在或不是文件。请检查路径后重新提交。",
            )
        if spec.previous_task is not None:
            self._entry(spec.previous_task)
        key = self._farm.last_task_id + 1
        new = NewTask(
            task_id=key,
            spec=_as_command(spec),
            owner=user,
            created_at=now.utc,
            total=len(spec.frames),
            output=str(self._workspace.frames(key)),
        )
        entry = make_entry(new, _first_record(new))
        if command.start:
            self._runs.begin(entry, now)
        self._farm.add(entry)
        state = "renders" if command.start else "is queued"
        return key, f"Task {key}, {len(spec.frames)} frames, {state}."

    def _set_priority(self, entry: TaskEntry, priority: int) -> str:
        old = entry.task.priority
        self._farm.queue.set_priority(entry.task, priority)
        self._farm.touch(entry, states=True)
        return f"Task {entry.task.id} has priority {priority} (was {old})."

    def _retry(self, entry: TaskEntry, text: str | None, now: Moment) -> str:
        failed = entry.select(FrameState.FAILED)
        chosen = failed if text is None else FrameSet.parse(text)
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
        return f"Task {entry.task.id} renders {len(chosen)} failed frames again."

    def _entry(self, task_id: int) -> TaskEntry:
        entry = self._farm.tasks.get(task_id)
        if entry is None:
            stored = self._load(task_id)
            if stored is None:
                raise Refused(
                    f"There is no task {task_id}. See `farmdesk tasks` for those there are.",
                    f"没有任务 {task_id}。请用 `farmdesk tasks` 查看现有任务。",
                )
            entry = make_entry(stored.new, stored.record)
            self._farm.take_back(entry)
        return entry


def _as_command(spec: TaskSpec) -> SubmitTask:
    """Give the checked task as the command that would have said it in full."""
    values = asdict(spec) | {"frames": str(spec.frames)}
    values["parameters"] = {key: item for key, item in spec.parameters.items() if item is not None}
    return SubmitTask(**{item.name: values[item.name] for item in fields(SubmitTask)})


def _first_record(new: NewTask) -> TaskRecord:
    return TaskRecord(
        task_id=new.task_id,
        state=TaskState.QUEUED,
        reason="",
        priority=new.spec.priority,
        position=0,  # the queue gives it its place
        done=0,
        failed=0,
        running=0,
        render_s=0.0,
    )
