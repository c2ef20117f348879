"""What readers see of the farm: plain rows, free of SQL and Qt.

`rev` grows with every change of a row, `id` with every new one: readers ask for what came after the
last that they saw. Times are UTC-aware.
"""

from dataclasses import dataclass, field
from datetime import datetime

from farmdesk.domain.records import FrameRecord, LogRecord, MessageRecord, NodeRecord
from farmdesk.domain.said import Said
from farmdesk.domain.states import TaskState
from farmdesk.domain.urgent import UrgentRequest


@dataclass(frozen=True, slots=True)
class TaskRow:
    """One line of the queue."""

    id: int
    rev: int
    name: str
    owner: str
    project: str
    show: str
    version: str
    tool: str
    tool_version: str
    state: TaskState
    reason: str
    priority: int
    position: int
    frames: str  # `1-100x2,150`
    total: int
    done: int
    failed: int
    running: int
    nodes: int  # that work for it now; one that works for several tasks counts for the latest alone
    render_s: float
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    recycled: bool
    output: str  # folder of the frames
    check_report: str | None = None
    policy: str = "range_split"
    previous_task: int | None = None
    change: str = "new"
    after: int | None = None  # the task that it waits for
    after_mode: str = "task"
    due: str | None = None  # ISO 8601 with its zone
    reason_zh: str = ""
    purged: bool = False  # its files were deleted for good

    def sentence(self, language: str) -> str:
        """Give the reason in `zh` or `en`."""
        return Said(self.reason, self.reason_zh).text(language)


@dataclass(frozen=True, slots=True)
class FrameStates:
    """All frame states of a task, one byte a frame in FrameSet order, true as of `rev`."""

    task_id: int
    rev: int
    states: bytes


@dataclass(frozen=True, slots=True)
class FrameRow:
    """One finished attempt, as readers see it."""

    rev: int
    record: FrameRecord


@dataclass(frozen=True, slots=True)
class NodeRow:
    """One line of the node table."""

    rev: int
    record: NodeRecord
    task_name: str = ""


@dataclass(frozen=True, slots=True)
class LogRow:
    """One log line with its place in the sequence."""

    id: int
    record: LogRecord


@dataclass(frozen=True, slots=True)
class UrgentRow:
    """An urgent request, as readers see it."""

    rev: int
    request: UrgentRequest
    task_name: str = ""


@dataclass(frozen=True, slots=True)
class MessageRow:
    """A message with its place in the sequence."""

    id: int
    record: MessageRecord

    def sentence(self, language: str) -> str:
        """Give the text in `zh` or `en`."""
        return Said(self.record.text, self.record.text_zh).text(language)


@dataclass(frozen=True, slots=True)
class CommandRow:
    """A command and its outcome; `applied` None while the engine has not answered."""

    id: int
    kind: str
    issued_by: str
    issued_at: datetime
    body: dict[str, object] = field(default_factory=dict)
    applied: bool | None = None
    text: str = ""
    task_id: int | None = None
    text_zh: str = ""

    def sentence(self, language: str) -> str:
        """Give the engine's answer in `zh` or `en`."""
        return Said(self.text, self.text_zh).text(language)


@dataclass(frozen=True, slots=True)
class FrameTimes:
    """Seconds of each frame that a node rendered, and what scene loads took on the mean."""

    task_id: int
    seconds: dict[int, float]
    load_s: float | None  # None: no load was measured


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast a task's proven frames were: their number, mean and standard deviation (seconds).

    `load_s`: its mean scene load, None when none was measured.
    """

    task_id: int
    frames: int
    mean_s: float
    deviation_s: float
    load_s: float | None
