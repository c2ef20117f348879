"""The desk that takes new tasks in."""

from dataclasses import asdict, fields, replace
from pathlib import Path

from farmdesk.domain.records import NewTask, TaskRecord
from farmdesk.domain.said import Said
from farmdesk.domain.snapshot import StoredTask
from farmdesk.domain.states import TaskState
from farmdesk.domain.task_commands import SubmitTask
from farmdesk.domain.task_spec import BadSubmission, TaskSpec
from farmdesk.domain.tool import Tools
from farmdesk.domain.users import Role, User, check_may_name
from farmdesk.engine.catalogue import Catalogue
from farmdesk.engine.clock import Moment
from farmdesk.engine.dependents import Dependents
from farmdesk.engine.desk import FarmAnswers
from farmdesk.engine.farm import Farm
from farmdesk.engine.intake import Intake
from farmdesk.engine.runs import Runs
from farmdesk.engine.task_entry import make_entry
from farmdesk.engine.workspace import Workspace


class Submissions:
    """Checks what a person hands in, gives it a number and a place in the queue."""

    def __init__(
        self,
        *,
        farm: Farm,
        runs: Runs,
        tools: Tools,
        workspace: Workspace,
        catalogue: Catalogue,
        dependents: Dependents,
        intake: Intake,
    ) -> None:
        self._farm = farm
        self._runs = runs
        self._tools = tools
        self._workspace = workspace
        self._catalogue = catalogue
        self._dependents = dependents
        self._intake = intake

    @property
    def about_farm(self) -> FarmAnswers:
        """What this desk answers."""
        return {SubmitTask: self.submit}

    def submit(self, command: SubmitTask, user: User, now: Moment) -> tuple[int, Said]:
        """Queue a new task, or let it render at once. Raises Refused."""
        for named in (command.previous_task, command.after):
            if named is not None:
                check_may_name(user, named, self._catalogue.get(named).task.owner)
        key = self._farm.last_task_id + 1
        if user.role is Role.CUSTOMER and not command.upload:
            self._intake.check_closed()
        spec = self._located(key, TaskSpec.check(command, self._tools), command)
        if spec.after is not None:
            self._dependents.check(key, spec.frames, after=spec.after, mode=spec.after_mode)
        new = NewTask(
            task_id=key,
            spec=_as_command(spec),
            owner=user.login,
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
