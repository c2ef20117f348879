"""What the engine writes: it gathers a `Flush` every 200 ms and hands it to the store.

What readers get back is in `rows`. Times are UTC-aware.
"""

from dataclasses import dataclass
from datetime import datetime

from farmdesk.domain.accounts import Deed
from farmdesk.domain.node import offers
from farmdesk.domain.said import Said
from farmdesk.domain.states import FailureReason, FrameState, NodeState, TaskState
from farmdesk.domain.task_commands import SubmitTask
from farmdesk.domain.urgent import UrgentRequest
from farmdesk.domain.users import Role


@dataclass(frozen=True, slots=True)
class FrameRecord:
    """One finished attempt at a frame: a row of table `frame`."""

    task_id: int
    frame: int
    attempt: int  # 1, 2, 3
    state: FrameState  # of the frame after it: DONE, RETRYING (will be rendered again) or FAILED
    node: str
    finished_at: datetime
    render_s: float
    load_s: float = 0.0  # scene load that this frame had to wait for
    bytes: int = 0
    sha256: str = ""  # hex; empty when failed
    width: int = 0
    height: int = 0
    path: str = ""  # below the task's frames folder
    reason: FailureReason | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class NewTask:
    """A task's part that never changes. Its flush brings its first TaskRecord too."""

    task_id: int  # chosen by the engine: the highest yet, plus one
    spec: SubmitTask
    owner: str
    created_at: datetime
    total: int  # frames
    output: str  # folder of the frames


@dataclass(frozen=True, slots=True)
class TaskRecord:
    """A task's changing part: one row update of table `task`.

    `frame_states` must come along whenever a frame changes state otherwise than by a FrameRecord
    (handed out, taken back, retried, rejected by the check); readers lay younger FrameRecords and
    the running slots over it.
    """

    task_id: int
    state: TaskState
    reason: str
    priority: int
    position: int  # order in its queue, ascending
    done: int
    failed: int
    running: int
    render_s: float  # sum over proven frames
    started_at: datetime | None = None
    finished_at: datetime | None = None
    frame_states: bytes | None = None  # a FrameState byte a frame, FrameSet order; None: unchanged
    check_report: str | None = None  # JSON; None: unchanged
    recycled: bool = False
    purged: bool = False
    after: int | None = None  # the task that it waits for
    after_mode: str = "task"
    reason_zh: str = ""


@dataclass(frozen=True, slots=True)
class NodeRecord:
    """A node and what it does now: one row of table `node` with its slot."""

    node: str
    state: NodeState
    reason: str = ""
    task_id: int | None = None
    frame: int | None = None
    frame_started_at: datetime | None = None
    cpu: float | None = None  # 0..1
    memory: float | None = None
    gpu: float | None = None
    disk_free_mb: int | None = None
    sampled_at: datetime | None = None
    cpus: int | None = None
    memory_mb: int | None = None
    gpus: tuple[str, ...] = ()
    failures: int = 0
    reason_zh: str = ""
    pool: str = ""
    tools: tuple[str, ...] | None = None  # by name, or name and version; None: every tool

    def sentence(self, language: str) -> str:
        """Give the reason in `zh` or `en`."""
        return Said(self.reason, self.reason_zh).text(language)

    def offers(self, tool: str, version: str) -> bool:
        """Say whether the node has this tool in this version."""
        return offers(self.tools, tool, version)


@dataclass(frozen=True, slots=True)
class LogRecord:
    """One line for people, about a task and a node."""

    at: datetime
    level: str  # info, warning, error
    text: str
    task_id: int | None = None
    node: str | None = None
    frame: int | None = None


@dataclass(frozen=True, slots=True)
class MessageRecord:
    """A sentence for one user, or for all of a role: exactly one of the two is named."""

    at: datetime
    text: str
    text_zh: str
    user: str = ""  # login
    role: Role | None = None
    task_id: int | None = None
    request_id: int | None = None  # of the urgent request that it is about


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a command: applied or refused, with the sentence that a person reads."""

    command_id: int
    applied: bool
    text: str
    at: datetime
    task_id: int | None = None  # the task that it made or changed
    text_zh: str = ""  # the same sentence in Chinese


@dataclass(frozen=True, slots=True)
class Flush:
    """All that changed since the last flush; applying it twice changes nothing.

    `number` grows by one.
    """

    number: int
    new_tasks: tuple[NewTask, ...] = ()
    frames: tuple[FrameRecord, ...] = ()
    tasks: tuple[TaskRecord, ...] = ()
    nodes: tuple[NodeRecord, ...] = ()
    logs: tuple[LogRecord, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    urgents: tuple[UrgentRequest, ...] = ()
    messages: tuple[MessageRecord, ...] = ()
    deeds: tuple[Deed, ...] = ()  # of the farm itself; those of commands come with their outcomes
