"""What other threads post into the loop's inbox."""

from dataclasses import dataclass
from datetime import datetime

from farmdesk.dispatch.events import SlotId
from farmdesk.domain.records import FrameRecord, Outcome
from farmdesk.domain.rows import CommandRow, FrameTimes
from farmdesk.domain.said import Said
from nodeagent.journal import JournalLine
from nodeagent.reports import AgentReport


@dataclass(frozen=True, slots=True)
class AgentSaid:
    """A report of the agent of this session."""

    session: int
    report: AgentReport


@dataclass(frozen=True, slots=True)
class AgentGone:
    """The agent of this session has ended; `text` says why when it was not asked to."""

    session: int
    text: str


@dataclass(frozen=True, slots=True)
class SlotFreed:
    """The agent of an earlier engine that still worked on this slot has ended."""

    slot: SlotId


@dataclass(frozen=True, slots=True)
class CommandsArrived:
    """Commands that were not handed over before."""

    commands: tuple[CommandRow, ...]


@dataclass(frozen=True, slots=True)
class Flushed:
    """The store has this flush and all before it."""

    number: int


@dataclass(frozen=True, slots=True)
class DatabaseChanged:
    """The database went away (`text` says how) or came back (empty)."""

    text: str


@dataclass(frozen=True, slots=True)
class CheckEnded:
    """The frame-sequence check of a task has ended; `error` says why it could not be done."""

    task_id: int
    report: "CheckReport | None"
    error: str = ""


@dataclass(frozen=True, slots=True)
class TimesRead:
    """The previous version's times for a task that waits for them; None: `error` says why."""

    task_id: int
    times: FrameTimes | None
    error: str = ""


@dataclass(frozen=True, slots=True)
class PackageOpened:
    """A task's scene package is open and proven, or (`en`, `zh`) why not.

    `again`: the world failed, not the package; trying later may help.
    """

    task_id: int
    en: str = ""
    zh: str = ""
    again: bool = False


@dataclass(frozen=True, slots=True)
class FrameTaken:
    """A frame that was handed in lies in its place, proven and journaled."""

    task_id: int
    line: JournalLine


@dataclass(frozen=True, slots=True)
class HandInEnded:
    """A hand-in is over: `refused` files say why, each; `error`: what ended it before its end."""

    command_id: int
    task_id: int
    taken: int  # frames
    refused: tuple[Said, ...]
    error: Said | None = None


@dataclass(frozen=True, slots=True)
class ResultsBrought:
    """A task's results are at a place of the studio's storage, or (`en`, `zh`) why not yet."""

    task_id: int
    place: str
    en: str = ""
    zh: str = ""


@dataclass(frozen=True, slots=True)
class AccountsChanged:
    """A command about accounts was carried out or refused."""

    outcome: Outcome


@dataclass(frozen=True, slots=True)
class LateTask:
    """How likely (0 to 1) a task misses its due time; `expected` end, None: not as things are."""

    task_id: int
    late: float
    likely: bool
    due: datetime
    expected: datetime | None


@dataclass(frozen=True, slots=True)
class LookedAhead:
    """A forecast of all tasks with a due time is ready."""

    tasks: tuple[LateTask, ...]


@dataclass(frozen=True, slots=True)
class LeaseTaken:
    """Another engine works for this farm now; this one must end."""

    text: str


@dataclass(frozen=True, slots=True)
class StopEngine:
    """End in good order: agents finish the frame in hand and note it in their journals."""


@dataclass(frozen=True, slots=True)
class BadFrame:
    """A frame that the check does not accept, and why; `record` None: nothing is recorded of it."""

    frame: int
    text: str
    text_zh: str
    missing: bool
    record: FrameRecord | None = None


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What the frame-sequence check found."""

    total: int  # frames that the task should have
    proven: int  # present, decodable, of the right size, newer than the start, digest as recorded
    bad: tuple[BadFrame, ...]
    given_up: str  # frames that failed for good, as text
    bytes: int
    width: int
    height: int
    seconds: float


Post = (
    AgentSaid
    | AgentGone
    | SlotFreed
    | CommandsArrived
    | Flushed
    | DatabaseChanged
    | CheckEnded
    | TimesRead
    | LookedAhead
    | PackageOpened
    | FrameTaken
    | HandInEnded
    | ResultsBrought
    | AccountsChanged
    | LeaseTaken
    | StopEngine
)
