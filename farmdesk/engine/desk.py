"""Answers commands.

Checks them again, changes the farm, and says in one sentence what became of them.
"""

import logging
from collections.abc import Callable
from dataclasses import asdict, fields, replace
from pathlib import Path

from farmdesk.domain.account_commands import AccountCommand
from farmdesk.domain.commands import (
    AllocateNodes,
    Command,
    PauseTask,
    PurgeTask,
    RecycleTask,
    RequestUrgent,
    RequestWord,
    RestoreTask,
    ResumeTask,
    RetryFailed,
    SetAfter,
    SetAutoStart,
    SetPriority,
    StartRender,
    StopTask,
    SubmitTask,
    TakePackage,
    from_body,
)
from farmdesk.domain.errors import FarmError, Refused
from farmdesk.domain.frames import FrameSet
from farmdesk.domain.records import CommandRow, NewTask, Outcome, StoredTask, TaskRecord
from farmdesk.domain.states import FrameState, TaskState
from farmdesk.domain.task_spec import BadSubmission, TaskSpec
from farmdesk.domain.tool import Tools
from farmdesk.domain.users import User, check_allowed, check_may_name
from farmdesk.engine.bonds import Bonds
from farmdesk.engine.clock import Moment
from farmdesk.engine.dependents import Dependents
from farmdesk.engine.farm import Farm, TaskEntry, make_entry
from farmdesk.engine.intake import Intake
from farmdesk.engine.runs import Runs
from farmdesk.engine.said import Said
from farmdesk.engine.urgent_desk import UrgentDesk
from farmdesk.engine.workspace import Workspace

log = logging.getLogger(__name__)

TaskWish = (
    StartRender
    | ResumeTask
    | PauseTask
    | StopTask
    | SetPriority
    | SetAfter
    | AllocateNodes
    | RetryFailed
    | RecycleTask
    | RestoreTask
    | PurgeTask
)
"""Commands about one task that are answered at once."""


OUR_FAULT = Said(
    "The engine could not carry this out because of a fault of its own; see its log.",
    "由于引擎自身的错误，无法执行此操作；请查看引擎日志。",
)


class Desk:
    """`load` reads a task that is not in memory (the recycle queue's) from the database.

    `user_of` tells what role the sender of a command has.
    """

    def __init__(
        self,
        *,
        farm: Farm,
        runs: Runs,
        tools: Tools,
        workspace: Workspace,
        dependents: Dependents,
        bonds: Bonds,
        urgent: UrgentDesk,
        intake: Intake,
        user_of: Callable[[str], User],
        load: Callable[[int], StoredTask | None],
    ) -> None:
        self._farm = farm
        self._runs = runs
        self._tools = tools
        self._workspace = workspace
        self._dependents = dependents
        self._bonds = bonds
        self._urgent = urgent
        self._intake = intake
        self._user_of = user_of
        self._load = load

    def answer(self, row: CommandRow, now: Moment) -> Outcome:
        """Carry a command out, or refuse it and change nothing."""
        try:
            command = from_body(row.kind, row.body)
            task_id, said = self._carry_out(command, self._user_of(row.issued_by), now)
        except FarmError as error:
            return _outcome(row, Said(error.en, error.zh), now, applied=False)
        except Exception:  # the top of a command: one that we got wrong must not end the farm
            log.exception("command %s (%s) failed", row.id, row.kind)
            return _outcome(row, OUR_FAULT, now, applied=False)
        log.info("command %s by %s: %s", row.id, row.issued_by, said.en)
        return _outcome(row, said, now, applied=True, task_id=task_id)

    def _carry_out(self, command: Command, user: User, now: Moment) -> tuple[int | None, Said]:
        if isinstance(command, SubmitTask):
            check_allowed(user, command, None)
            for named in (command.previous_task, command.after):
                if named is not None:
                    check_may_name(user, named, self._entry(named).task.owner)
            return self._submit(command, user.login, now)
        if isinstance(command, RequestWord):
            check_allowed(user, command, None)
            return self._urgent.word(command, user, now)
        if isinstance(command, SetAutoStart):
            check_allowed(user, command, None)
            why = self._bonds.set_auto_start(command.on)
            return None, Said(why.en, why.zh)
        if isinstance(command, AccountCommand):
            check_allowed(user, command, None)
            raise Refused(
                "This farm has no accounts. Run `farmdesk setup` on its server first.",
                "本渲染农场没有帐号。请先在其服务器上运行 `farmdesk setup`。",
            )
        entry = self._entry(command.task_id)
        check_allowed(user, command, entry.task.owner)
        entry.task.check(command)
        if isinstance(command, RequestUrgent):
            return self._urgent.request(command, entry, user, now)
        if isinstance(command, TakePackage):
            return entry.task.id, self._intake.take(entry, command.transfer)
        return entry.task.id, self._apply(command, entry, now)

    def _apply(self, command: TaskWish, entry: TaskEntry, now: Moment) -> Said:
        """Do to a task what a person asked for and may ask for."""
        key = entry.task.id
        match command:
            case StartRender():
                self._runs.begin(entry, now)
                said = Said(f"Task {key} renders.", f"任务 {key} 开始渲染。")
            case ResumeTask():
                self._runs.begin(entry, now)
                said = Said(f"Task {key} goes on.", f"任务 {key} 继续渲染。")
            case PauseTask():
                self._runs.pause(entry, now)
                said = Said(
                    f"Task {key} pauses after the frames in hand.",
                    f"任务 {key} 跑完当前帧后暂停。",
                )
            case StopTask():
                self._runs.stop(entry, now)
                done = entry.count(FrameState.DONE)
                said = Said(
                    f"Task {key} is stopped; {done} frames are kept.",
                    f"任务 {key} 已停止；保留 {done} 帧。",
                )
            case SetPriority(priority=priority):
                said = self._set_priority(entry, priority)
            case SetAfter(after=after, after_mode=mode):
                said = self._set_after(entry, after, mode)
            case AllocateNodes():
                why = self._bonds.allocate(entry, command)
                said = Said(why.en, why.zh)
            case RetryFailed(frames=frames):
                said = self._retry(entry, frames, now)
            case RecycleTask() | RestoreTask() | PurgeTask():
                said = self._shelve(entry, command)
        return said

    def _shelve(self, entry: TaskEntry, command: RecycleTask | RestoreTask | PurgeTask) -> Said:
        """Move a task to the recycle queue, back, or away for good."""
        key = entry.task.id
        match command:
            case RecycleTask():
                self._farm.recycle(entry)
                return Said(
                    f"Task {key} lies in the recycle queue.", f"任务 {key} 已移入回收队列。"
                )
            case RestoreTask():
                self._farm.restore(entry)
                return Said(f"Task {key} is back in the queue.", f"任务 {key} 已恢复。")
            case PurgeTask():
                self._workspace.discard(key)
                self._farm.purge(entry)
                return Said(f"Task {key} is deleted for good.", f"任务 {key} 已彻底删除。")

    def _submit(self, command: SubmitTask, user: str, now: Moment) -> tuple[int, Said]:
        key = self._farm.last_task_id + 1
        spec = self._located(key, TaskSpec.check(command, self._tools), command)
        if spec.after is not None:
            self._dependents.check(key, spec.frames, after=spec.after, mode=spec.after_mode)
        new = NewTask(
            task_id=key,
            spec=_as_command(spec),
            owner=user,
            created_at=now.utc,
            total=len(spec.frames),
            output=str(self._workspace.frames(key)),
        )
        first = TaskState.UPLOADING if command.upload else TaskState.QUEUED
        entry = make_entry(StoredTask(new, _first_record(new, first)))
        if command.start:
            self._runs.begin(entry, now)
        self._farm.add(entry)
        count = len(spec.frames)
        state, state_zh = ("renders", "开始渲染") if command.start else ("is queued", "已排队")
        if command.upload:
            state, state_zh = "waits for its package", "正在等待场景包"
        return key, Said(
            f"Task {key}, {count} frames, {state}.", f"任务 {key}，共 {count} 帧，{state_zh}。"
        )

    def _located(self, key: int, spec: TaskSpec, command: SubmitTask) -> TaskSpec:
        """Give the task with its scene's place on the storage. Raises BadSubmission."""
        if command.upload:
            self._intake.check_open()
            if command.start:
                raise BadSubmission(
                    "start",
                    "A task whose package is still to come cannot start. Start it when it is "
                    "queued.",
                    "场景包尚未送达的任务不能开始。请在其排队后再派发。",
                )
            return replace(spec, scene=str(self._workspace.scene(key) / spec.scene))
        if not Path(spec.scene).is_file():
            raise BadSubmission(
                "scene",
                f"The scene {spec.scene} does not exist or is no file. Check the path and submit "
                "again.",
                f"场景 {spec.scene} 不存在或不是文件。请检查路径后重新提交。",
            )
        return spec

    def _set_priority(self, entry: TaskEntry, priority: int) -> Said:
        old = entry.task.priority
        self._farm.queue.set_priority(entry.task, priority)
        self._farm.touch(entry, states=True)
        return Said(
            f"Task {entry.task.id} has priority {priority} (was {old}).",
            f"任务 {entry.task.id} 的优先级为 {priority}（原为 {old}）。",
        )

    def _set_after(self, entry: TaskEntry, after: int | None, mode: str) -> Said:
        task = entry.task
        if after is not None:
            if task.state in (TaskState.RENDERING, TaskState.PAUSED, TaskState.PREEMPTED):
                raise Refused(
                    f"Task {task.id} has its frames already. Stop it first; what is finished is "
                    "kept.",
                    f"任务 {task.id} 已开始渲染。请先停止它；已完成的帧会保留。",
                )
            self._dependents.check(task.id, entry.frames, after=after, mode=mode)
        task.after, task.after_mode = after, mode
        self._farm.touch(entry, states=True)
        if after is None:
            return Said(f"Task {task.id} waits for nobody.", f"任务 {task.id} 不再等待其他任务。")
        return Said(f"Task {task.id} waits for task {after}.", f"任务 {task.id} 等待任务 {after}。")

    def _retry(self, entry: TaskEntry, text: str | None, now: Moment) -> Said:
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
        plural = "" if len(chosen) == 1 else "s"
        return Said(
            f"Task {entry.task.id} renders {len(chosen)} failed frame{plural} again.",
            f"任务 {entry.task.id} 重新渲染 {len(chosen)} 个失败帧。",
        )

    def _entry(self, task_id: int) -> TaskEntry:
        entry = self._farm.tasks.get(task_id)
        if entry is None:
            stored = self._load(task_id)
            if stored is None:
                raise Refused(
                    f"There is no task {task_id}. See `farmdesk tasks` for those there are.",
                    f"没有任务 {task_id}。请用 `farmdesk tasks` 查看现有任务。",
                )
            entry = make_entry(stored)
            self._farm.take_back(entry)
        return entry


def _outcome(
    row: CommandRow, said: Said, now: Moment, *, applied: bool, task_id: int | None = None
) -> Outcome:
    return Outcome(
        row.id, applied=applied, text=said.en, at=now.utc, task_id=task_id, text_zh=said.zh
    )


def _as_command(spec: TaskSpec) -> SubmitTask:
    """Give the checked task as the command that would have said it in full."""
    values = asdict(spec) | {"frames": str(spec.frames)}
    values["parameters"] = {key: item for key, item in spec.parameters.items() if item is not None}
    names = {item.name for item in fields(SubmitTask)} & values.keys()
    return SubmitTask(**{name: values[name] for name in names})


def _first_record(new: NewTask, state: TaskState) -> TaskRecord:
    return TaskRecord(
        task_id=new.task_id,
        state=state,
        reason="",
        priority=new.spec.priority,
        position=0,  # the queue gives it its place
        done=0,
        failed=0,
        running=0,
        render_s=0.0,
        after=new.spec.after,
        after_mode=new.spec.after_mode,
    )
