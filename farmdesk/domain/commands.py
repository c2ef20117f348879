"""What people ask of the farm. People never change state: they send one of these, and the engine answers it.

A command is a frozen dataclass; `to_body` and `from_body` turn it into JSON-like values and back, so that it can lie
in table `command` and travel over HTTPS. `from_body` refuses what does not fit, with a sentence for the sender.
"""

from dataclasses import dataclass, field, fields
from typing import Literal, get_args, get_type_hints

from farmdesk.domain.errors import Refused

Parameter = str | int | float | bool


@dataclass(frozen=True, slots=True)
class SubmitTask:
    """Queue a new task. `frames` as text; `scene` an absolute path; `start`: begin without an operator."""

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


Command = (
    SubmitTask
    | StartRender
    | PauseTask
    | StopTask
    | ResumeTask
    | SetPriority
    | RetryFailed
    | RecycleTask
    | RestoreTask
    | PurgeTask
)
Kind = Literal["user", "operator"]
