"""The agent's protocol: JSON lines, one object a line, UTF-8, over the agent's stdin and stdout.

Each message is a frozen dataclass; `encode` gives its line and `decode_order` / `decode_report`
read one. An object names its type in `t`. Unknown fields are ignored, so a newer side may add some;
unknown types are an error. Orders go from the engine to the agent, reports from the agent to the
engine.
"""

import json
from dataclasses import asdict, dataclass, field
from functools import cache
from types import UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

VERSION = 1
MAX_LINE_BYTES = 1 << 20


class ProtocolError(ValueError):
    """A line that is no message of this protocol; `str()` says why."""


@dataclass(frozen=True, slots=True)
class Open:
    """Begin to work for a task. Paths are this node's view of them.

    `command` and `warm` are argv templates. The agent fills `$SCENE`, `$START_FRAME`, `$END_FRAME`,
    `$STEP`, `$FRAME`, `$OUTPUT_DIR`, `$PATTERN`, `$CPU`, `$PROGRAM` and `$AGENT_DIR`; all others
    were filled by the engine. `settings` known to the Blender scripts: `format`, `camera`, `layer`,
    `engine`, `samples`, `allow_missing`, `package` (the folder that the scene may not leave); to
    every tool: `program`, its path. `rules` say what lines
    of the tool's output mean, as `[kind, pattern, reason]`; see `output_rules.py`.
    """

    task: int
    tool: str  # its name, and that of its program where no setting gives another
    command: list[str]  # argv template of a cold start
    warm: list[str] | None  # argv of a warm session, or None where the tool cannot stay loaded
    scene: str
    scratch: str  # node-local folder; the agent makes it, and empties it when it closes
    output: str  # folder of published frames on the share
    pattern: str  # file name of a frame, with one run of `#` for its number: `frame_####.png`
    journal: str  # `<node>.jsonl` on the share
    log: str  # the tool's output, appended
    width: int | None = None  # expected size; None: any, but the same for all frames
    height: int | None = None
    environment: dict[str, str] = field(default_factory=dict)
    rules: list[list[str]] = field(default_factory=list)
    settings: dict[str, str | int | float | bool | None] = field(
        default_factory=dict
    )  # camera, layer, size, ...
    linger_s: float = 900.0  # after the engine is gone, the frame in hand may take so long
    stall_s: float = 600.0  # no output and no CPU for so long: the tool hangs
    patient_s: float = 0.0  # an agent here whose engine is gone may finish its frame for so long
    heartbeat_s: float = 30.0  # no ping for so long: the engine is gone


@dataclass(frozen=True, slots=True)
class Render:
    """Render these frames in ascending order; `range_id` comes back in every report about them."""

    range_id: int
    frames: str  # `1-100x7,150`


@dataclass(frozen=True, slots=True)
class StopAfterFrame:
    """Keep the range up to this frame; answered by `StoppingAfterFrame`."""

    range_id: int
    frame: int


@dataclass(frozen=True, slots=True)
class Cancel:
    """Kill the tool's process tree now and drop the range; answered by `Cancelled`.

    The session stays open.
    """


@dataclass(frozen=True, slots=True)
class Ping:
    """The engine lives; answered by `Pong`, or `Waiting` while the slot is not ours yet."""


@dataclass(frozen=True, slots=True)
class Close:
    """End the tool, empty the scratch folder, answer `Closed` and exit."""


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


AgentOrder = Open | Render | StopAfterFrame | Cancel | Ping | Close
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

_Message = TypeVar("_Message")

_ORDERS: dict[str, type[AgentOrder]] = {kind.__name__: kind for kind in get_args(AgentOrder)}
_REPORTS: dict[str, type[AgentReport]] = {kind.__name__: kind for kind in get_args(AgentReport)}


def encode(message: AgentOrder | AgentReport) -> bytes:
    """Give the message's line, with its line end.

    Text that is not valid UTF-8 is escaped, never lost.
    """
    body = {"t": type(message).__name__, **asdict(message)}
    return json.dumps(body, separators=(",", ":")).encode() + b"\n"


def decode_order(line: bytes) -> AgentOrder:
    """Read a line from the engine. Raises ProtocolError."""
    return _decode(line, _ORDERS)


def decode_report(line: bytes) -> AgentReport:
    """Read a line from an agent. Raises ProtocolError."""
    return _decode(line, _REPORTS)


def _decode(line: bytes, kinds: dict[str, type[_Message]]) -> _Message:
    if len(line) > MAX_LINE_BYTES:
        raise ProtocolError(f"a line of {len(line)} bytes; the limit is {MAX_LINE_BYTES}")
    try:
        body = json.loads(line, parse_constant=_refuse_constant)
        kind = kinds[body.pop("t")]
        hints = _hints(kind.__name__)
        values = {name: value for name, value in body.items() if name in hints}
        wrong = [name for name, value in values.items() if not _fits(value, hints[name])]
        if wrong:
            raise ValueError(f"wrong type of {', '.join(wrong)}")
        return kind(**values)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ProtocolError(f"not a message: {line[:80]!r} ({error})") from error


def _refuse_constant(name: str) -> float:
    """NaN and the infinities are no JSON, and no time-out either."""
    raise ValueError(f"{name} is no number")


@cache
def _hints(name: str) -> dict[str, Any]:
    return get_type_hints((_ORDERS | _REPORTS)[name])


def _fits(value: object, hint: Any) -> bool:
    """True if a value of JSON is what a field's type says; a whole number is also a `float`."""
    origin, inner = get_origin(hint), get_args(hint)
    if origin is list:
        return isinstance(value, list) and all(_fits(item, inner[0]) for item in value)
    if origin is dict:
        return isinstance(value, dict) and all(_fits(item, inner[1]) for item in value.values())
    if origin is UnionType:
        return any(_fits(value, choice) for choice in inner)
    if isinstance(value, bool):
        return hint is bool
    return isinstance(value, (int, float) if hint is float else hint)
