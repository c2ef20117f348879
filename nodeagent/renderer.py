"""What a session and the two ways of rendering, warm and cold, know of each other."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from nodeagent.range_work import RangeWork
from nodeagent.reasons import Reason
from nodeagent.reports import AgentReport
from nodeagent.running_tool import ToolEvent


@dataclass(frozen=True, slots=True)
class RenderedFrame:
    """A frame that the tool says is complete."""

    frame: int
    seconds: float
    started: float  # Unix time
    path: Path  # in scratch
    newer_than: float  # Unix time; an older file is none of this attempt


class Stage(Protocol):
    """What a renderer tells its session. All calls come from the session's own thread."""

    def tell(self, report: AgentReport) -> None:
        """Send a report."""

    def rendered(self, work: RangeWork, done: RenderedFrame) -> None:
        """Publish this frame."""

    def broke(self, work: RangeWork, frame: int, reason: Reason, text: str) -> None:
        """Report a frame that failed; the session may call `kill` and drop the range."""

    def gave_up(self, reason: Reason, text: str) -> None:
        """Drop the range: the next frame would fail in the same way. The session calls `kill`."""

    def ran_out(self, work: RangeWork) -> None:
        """Nothing of this range is left to begin; the session may call `go` with the next one."""

    def may_begin(self) -> bool:
        """True unless too many frames wait for being published.

        `resume` is called when that has changed.
        """


class Renderer(Protocol):
    """Renders one range at a time.

    All calls come from the session's own thread and return at once.
    """

    @property
    def in_hand(self) -> int | None:
        """The frame that the tool works on."""

    @property
    def idle(self) -> bool:
        """True if it has no range."""

    def go(self, work: RangeWork) -> None:
        """Render what is left of this range."""

    def resume(self) -> None:
        """Look again at the range: it was cut, or frames were published."""

    def kill(self) -> None:
        """Kill the tool and forget the range; returns when the processes are gone."""

    def hear(self, event: ToolEvent) -> None:
        """Take an event of a tool; those of former tools are ignored."""

    def look(self) -> None:
        """Called every tenth of a second: files to look for, a tool that hangs."""
