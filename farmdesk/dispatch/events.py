"""What comes into a RenderControl, and the orders that go out.

A *slot* is what a RenderControl works with: one place of a node where one tool process runs.
Frames in events and orders are real frame numbers, never positions.
"""

from dataclasses import dataclass, field
from typing import NewType

from farmdesk.domain.frames import FrameSet
from farmdesk.domain.states import FailureReason

SlotId = NewType("SlotId", str)


@dataclass(frozen=True, slots=True)
class SlotGranted:
    """The fleet gives a slot to this task. `speed`: of a reference node (1.0); None: unknown."""

    slot: SlotId
    speed: float | None = None


@dataclass(frozen=True, slots=True)
class SlotRevoked:
    """The fleet wants the slot back: after its current frame, or at once (`kill`)."""

    slot: SlotId
    kill: bool = False


@dataclass(frozen=True, slots=True)
class SceneLoaded:
    """The tool on this slot has the scene open, `seconds` after it was started."""

    slot: SlotId
    seconds: float


@dataclass(frozen=True, slots=True)
class FrameStarted:
    """The tool on this slot began with a frame."""

    slot: SlotId
    frame: int


@dataclass(frozen=True, slots=True)
class FrameDone:
    """The slot published a frame and proved it. `seconds` is the tool's time for this frame."""

    slot: SlotId
    frame: int
    seconds: float


@dataclass(frozen=True, slots=True)
class FrameFailed:
    """The slot could not render a frame; it goes on with the rest of its range by itself."""

    slot: SlotId
    frame: int
    reason: FailureReason
    text: str = ""


@dataclass(frozen=True, slots=True)
class SessionFailed:
    """The tool could not be started, or not load the scene; the slot holds no range any more."""

    slot: SlotId
    reason: FailureReason
    text: str = ""


@dataclass(frozen=True, slots=True)
class StoppingAfter:
    """Answer to `StopAfter`: the last frame of its range that the slot will still render.

    None: nothing more of it will be rendered or published.
    """

    slot: SlotId
    frame: int | None


@dataclass(frozen=True, slots=True)
class SlotLost:
    """Agent, node or network is gone; what the slot had not published goes back."""

    slot: SlotId


@dataclass(frozen=True, slots=True)
class FramesReleased:
    """These frames may be rendered from now on: what they depend on is there."""

    frames: FrameSet


@dataclass(frozen=True, slots=True)
class Pause:
    """Finish the frames in hand, start nothing new."""


@dataclass(frozen=True, slots=True)
class Stop:
    """Kill at once; finished frames are kept."""


@dataclass(frozen=True, slots=True)
class Resume:
    """Go on after a pause."""


@dataclass(frozen=True, slots=True)
class Tick:
    """Time has passed: look again at idle slots and at what is late."""


Event = (
    SlotGranted
    | SlotRevoked
    | SceneLoaded
    | FrameStarted
    | FrameDone
    | FrameFailed
    | SessionFailed
    | StoppingAfter
    | SlotLost
    | FramesReleased
    | Pause
    | Stop
    | Resume
    | Tick
)


@dataclass(frozen=True, slots=True)
class OpenSession:
    """Start an agent session for this task on the slot; the tool starts with the first range."""

    slot: SlotId


@dataclass(frozen=True, slots=True)
class RenderRange:
    """Render these frames, ascending, on an open session."""

    slot: SlotId
    frames: FrameSet


@dataclass(frozen=True, slots=True)
class StopAfter:
    """Give back what comes after this frame; the slot answers `StoppingAfter`."""

    slot: SlotId
    frame: int


@dataclass(frozen=True, slots=True)
class CancelRange:
    """Kill the tool on the slot; the session stays, its range is dropped."""

    slot: SlotId


@dataclass(frozen=True, slots=True)
class CloseSession:
    """End the session; the slot goes back to the fleet. `fault`: the node failed too often here."""

    slot: SlotId
    fault: bool = False


@dataclass(frozen=True, slots=True)
class FrameGivenUp:
    """This frame failed for good (3 attempts); its last reason and text."""

    frame: int
    reason: FailureReason
    text: str


@dataclass(frozen=True, slots=True)
class FramesRendered:
    """Nothing is left to render: check the sequence. `failed` holds the frames given up."""

    failed: FrameSet = field(default_factory=FrameSet)


@dataclass(frozen=True, slots=True)
class TaskHopeless:
    """The task cannot succeed; every session was told to close."""

    reason: FailureReason
    text: str


@dataclass(frozen=True, slots=True)
class Quiet:
    """After `Pause` or `Stop`: no slot works for this task any more."""


Order = (
    OpenSession
    | RenderRange
    | StopAfter
    | CancelRange
    | CloseSession
    | FrameGivenUp
    | FramesRendered
    | TaskHopeless
    | Quiet
)
