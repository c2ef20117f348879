"""One agent on one slot, working for one task.

What was ordered, what runs, when it was last heard.
"""

from dataclasses import dataclass, field

from farmdesk.dispatch.events import SlotId
from farmdesk.domain.frames import FrameSet
from farmdesk.engine.ports import AgentLink
from nodeagent.orders import Cancel, Close, Open, Ping, Render, StopAfterFrame

PING_S = 2.0
SILENT_S = 8.0  # no report and no pong for so long: the agent hangs or its node is gone


@dataclass(slots=True)
class AgentSession:
    """The engine's side of an agent. `heard_at` is monotonic time."""

    id: int
    slot: SlotId
    node: str
    task_id: int
    link: AgentLink
    heard_at: float
    closing: bool = False
    range_id: int = 0
    held: FrameSet = field(default_factory=FrameSet)  # the range it was given last
    running: int | None = None
    load_s: float = 0.0  # scene load that the next published frame had to wait for
    pinged_at: float = 0.0

    def open(self, order: Open) -> None:
        """Begin; the ping's answer says that the slot's lock is taken."""
        self.link.send(order)
        self.link.send(Ping())

    def render(self, frames: FrameSet) -> None:
        """Give it a range."""
        self.range_id += 1
        self.held = frames
        self.link.send(Render(self.range_id, str(frames)))

    def stop_after(self, frame: int) -> None:
        """Ask it to give back what comes after this frame."""
        self.link.send(StopAfterFrame(self.range_id, frame))

    def cancel(self) -> None:
        """Kill the tool and drop the range.

        Reports about it that are on their way no longer count.
        """
        self.range_id += 1
        self.held = FrameSet()
        self.running = None
        self.link.send(Cancel())

    def close(self) -> None:
        """End it in good order."""
        self.closing = True
        self.running = None
        self.link.send(Close())

    def watch(self, now: float) -> bool:
        """Ping when it is time; give False when the agent was silent for too long."""
        if now - self.pinged_at >= PING_S:
            self.pinged_at = now
            self.link.send(Ping())
        return now - self.heard_at < SILENT_S
