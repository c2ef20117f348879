"""What an agent tells the engine; `protocol` turns each report into a line and back."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Hello:
    """First report of an agent."""

    version: int
    pid: int
    host: str
    cpus: int
    memory_mb: int
    gpus: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class ToolStarted:
    """The tool runs: the very command line, and its process id."""

    argv: list[str]
    pid: int


@dataclass(frozen=True, slots=True)
class Loaded:
    """The scene is open, `seconds` after the tool was started."""

    seconds: float


@dataclass(frozen=True, slots=True)
class FrameBegun:
    """The tool began with this frame."""

    range_id: int
    frame: int


@dataclass(frozen=True, slots=True)
class FramePublished:
    """The frame lies on the share under its name, checked."""

    range_id: int
    frame: int
    seconds: float  # the tool's time for it
    started: float  # Unix time
    path: str  # file name below the output folder
    bytes: int
    sha256: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class FrameBroken:
    """The frame could not be rendered or published.

    The agent goes on with the rest of its range.
    """

    range_id: int
    frame: int
    reason: str  # a FailureReason
    text: str
    log_tail: str = ""


@dataclass(frozen=True, slots=True)
class RangeEnded:
    """Nothing of this range is left to render or to publish."""

    range_id: int


@dataclass(frozen=True, slots=True)
class SessionBroken:
    """The tool cannot work at all here (start, licence, scene).

    The range is dropped, the session stays open.
    """

    range_id: int
    reason: str
    text: str
    log_tail: str = ""


@dataclass(frozen=True, slots=True)
class StoppingAfterFrame:
    """The last frame of the range that will still be rendered; None: nothing more will be."""

    range_id: int
    frame: int | None


@dataclass(frozen=True, slots=True)
class Cancelled:
    """The tool's processes are gone."""


@dataclass(frozen=True, slots=True)
class Log:
    """A line for people: `level` is info, warning or error."""

    level: str
    text: str


@dataclass(frozen=True, slots=True)
class Sample:
    """How busy the node is: shares 0..1, None where it cannot be known.

    `disk_free_mb` of the scratch folder.
    """

    cpu: float
    memory: float
    gpu: float | None
    disk_free_mb: int


@dataclass(frozen=True, slots=True)
class Pong:
    """Answer to `Ping`."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """Answer to `Ping` while another agent, whose engine is gone, finishes frames on this slot."""

    task: int
    frames: list[int]


@dataclass(frozen=True, slots=True)
class Closed:
    """Last report; the agent exits."""


AgentReport = (
    Hello
    | ToolStarted
    | Loaded
    | FrameBegun
    | FramePublished
    | FrameBroken
    | RangeEnded
    | SessionBroken
    | StoppingAfterFrame
    | Cancelled
    | Log
    | Sample
    | Pong
    | Waiting
    | Closed
)
