"""Commands about tasks: from submission to the recycle queue.

See `commands` for what a command is.
"""

from dataclasses import dataclass, field

Parameter = str | int | float | bool


@dataclass(frozen=True, slots=True)
class SubmitTask:
    """Queue a new task.

    `frames` as text; `scene` an absolute path, or with `upload` its path inside the package that
    the task then waits for; `start`: begin without waiting for an operator. None: as the scene
    says. `after`: a task to wait for; `after_mode`: see `AfterMode`. `due`:
    when it should be done, ISO 8601 with its zone.
    """

    name: str
    tool: str
    tool_version: str
    scene: str
    frames: str
    project: str = ""
    show: str = ""
    version: str = ""
    width: int | None = None
    height: int | None = None
    fps: float | None = None
    camera: str | None = None
    layer: str | None = None
    output_format: str = "PNG"
    parameters: dict[str, Parameter] = field(default_factory=dict)
    policy: str = "range_split"
    priority: int = 5
    previous_task: int | None = None
    change: str = "new"
    note: str = ""
    start: bool = False
    after: int | None = None
    after_mode: str = "task"
    due: str | None = None
    upload: bool = False


@dataclass(frozen=True, slots=True)
class TakePackage:
    """Open the scene package that has arrived for a task, prove it, and queue the task."""

    task_id: int
    transfer: str  # the transfer's id, hex


@dataclass(frozen=True, slots=True)
class TakeFrames:
    """Take frames of a task that were rendered elsewhere: files of a folder of the farm's server.

    `folder`: a full path. Each one passes the checks that a node's frames pass.
    """

    task_id: int
    folder: str


@dataclass(frozen=True, slots=True)
class TakeSentFrames:
    """Take frames of a task that came sealed from an operator's machine; see `TakeFrames`."""

    task_id: int
    transfer: str  # the transfer's id, hex


@dataclass(frozen=True, slots=True)
class StartRender:
    """Give a queued, stopped or paused task nodes and let it render."""

    task_id: int


@dataclass(frozen=True, slots=True)
class PauseTask:
    """Finish the frames in hand, start nothing new."""

    task_id: int


@dataclass(frozen=True, slots=True)
class StopTask:
    """Kill the tools now; finished frames are kept, the task stays stopped."""

    task_id: int


@dataclass(frozen=True, slots=True)
class ResumeTask:
    """Go on with a paused or stopped task."""

    task_id: int


@dataclass(frozen=True, slots=True)
class SetPriority:
    """Change a task's priority, 0 (low) to 9 (high)."""

    task_id: int
    priority: int


@dataclass(frozen=True, slots=True)
class SetAfter:
    """Let a task wait for another one; `after` None: for nobody any more."""

    task_id: int
    after: int | None = None
    after_mode: str = "task"


@dataclass(frozen=True, slots=True)
class RetryFailed:
    """Render the failed frames of an ended task again; `frames` None means all of them."""

    task_id: int
    frames: str | None = None


@dataclass(frozen=True, slots=True)
class RecycleTask:
    """Move an ended or waiting task to the recycle queue."""

    task_id: int


@dataclass(frozen=True, slots=True)
class RestoreTask:
    """Bring a task back from the recycle queue."""

    task_id: int


@dataclass(frozen=True, slots=True)
class PurgeTask:
    """Delete a recycled task's frames, logs and scratch for good; its row stays for the record."""

    task_id: int


TaskCommand = (
    SubmitTask
    | TakePackage
    | TakeFrames
    | TakeSentFrames
    | StartRender
    | PauseTask
    | StopTask
    | ResumeTask
    | SetPriority
    | SetAfter
    | RetryFailed
    | RecycleTask
    | RestoreTask
    | PurgeTask
)
