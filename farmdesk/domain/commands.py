"""What people ask of the farm. People never change state: they send one of these.

A command is a frozen dataclass; the engine answers it. `to_body` and `from_body` turn commands into
JSON-like values and back, so that they can lie in table `command` and travel over HTTPS.
"""

import re
from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, field, fields
from typing import Any, get_args, get_type_hints

from farmdesk.domain.account_commands import AccountCommand
from farmdesk.domain.command_fields import BadField, checked_field
from farmdesk.domain.errors import Refused
from farmdesk.domain.text import quoted

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
class AllocateNodes:
    """Let a task work on these nodes alone, or on `count` nodes of `pool`; `clear`: as planned."""

    task_id: int
    nodes: tuple[str, ...] = ()
    pool: str = ""
    count: int | None = None
    clear: bool = False


@dataclass(frozen=True, slots=True)
class SetAutoStart:
    """Let queued tasks start without an operator, or not any more."""

    on: bool


@dataclass(frozen=True, slots=True)
class DrainNodes:
    """Let these nodes, or all of a pool, finish their frames in hand and take no more."""

    nodes: tuple[str, ...] = ()
    pool: str = ""


@dataclass(frozen=True, slots=True)
class WakeNodes:
    """Let drained nodes, or all of a pool, work again."""

    nodes: tuple[str, ...] = ()
    pool: str = ""


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


@dataclass(frozen=True, slots=True)
class RequestUrgent:
    """Ask that a task be rendered before all others; `answer_min`: minutes for the answers."""

    task_id: int
    reason: str
    answer_min: int = 15


@dataclass(frozen=True, slots=True)
class AnswerUrgent:
    """Say `allow` or `refuse` to an urgent request, as somebody who was asked."""

    request_id: int
    answer: str


@dataclass(frozen=True, slots=True)
class ReviewUrgent:
    """The operators' answer; `exit_rule` says how nodes leave what they render."""

    request_id: int
    answer: str
    reason: str = ""
    exit_rule: str = "cheapest"


@dataclass(frozen=True, slots=True)
class OverruleUrgent:
    """Admit an urgent request whatever those who were asked say; the reason is on record."""

    request_id: int
    reason: str
    exit_rule: str = "cheapest"


@dataclass(frozen=True, slots=True)
class WithdrawUrgent:
    """Call an urgent request off; a task that renders already goes on in its turn."""

    request_id: int


RequestWord = AnswerUrgent | ReviewUrgent | OverruleUrgent | WithdrawUrgent
"""Commands about an urgent request, not about a task."""

Command = (
    SubmitTask
    | TakePackage
    | TakeFrames
    | StartRender
    | PauseTask
    | StopTask
    | ResumeTask
    | SetPriority
    | SetAfter
    | AllocateNodes
    | SetAutoStart
    | DrainNodes
    | WakeNodes
    | RetryFailed
    | RecycleTask
    | RestoreTask
    | PurgeTask
    | RequestUrgent
    | RequestWord
    | AccountCommand
)

_KINDS: dict[str, type[Command]] = {
    re.sub(r"(?<!^)(?=[A-Z])", "_", command.__name__).lower(): command
    for command in get_args(Command)
}
_HINTS = {command: get_type_hints(command) for command in _KINDS.values()}
_NAMES = {command: kind for kind, command in _KINDS.items()}


class UnknownKind(Refused):
    """A command that this farm does not know."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        super().__init__(
            f"This farm knows no command {quoted(kind)}; the program that sent it may be newer "
            "than the farm.",
            f"本渲染农场不认识命令 {quoted(kind)}；发送它的程序可能比农场新。",
        )


def kind_of(command: Command) -> str:
    """Give the name of a command in tables and messages: `submit_task`."""
    return _NAMES[type(command)]


def to_body(command: Command) -> dict[str, object]:
    """Give a command's fields as JSON-like values."""
    return asdict(command)


def from_body(kind: str, body: Mapping[str, object]) -> Command:
    """Make the command that `to_body` was given. Raises UnknownKind or BadField."""
    command = _KINDS.get(kind)
    if command is None:
        raise UnknownKind(kind)
    hints = _HINTS[command]
    for name in body:
        if name not in hints:
            raise BadField(str(name), "is not known to this command", "不属于此命令")
    for wanted in fields(command):
        required = wanted.default is MISSING and wanted.default_factory is MISSING
        if required and wanted.name not in body:
            raise BadField(wanted.name, "is missing", "缺失")
    values: dict[str, Any] = {
        name: checked_field(name, value, hints[name]) for name, value in body.items()
    }
    return command(**values)
