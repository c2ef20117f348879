"""A node that does not exist, and the tool on it. All times are seconds."""

import math
from dataclasses import dataclass, field

from farmdesk.dispatch.events import SlotId


@dataclass(frozen=True, slots=True)
class VirtualNode:
    """A node with one slot, as it truly is."""

    slot: SlotId
    load_s: float  # of every tool start
    speed: float = 1.0
    hint: float | None = None  # the speed that RenderControl is told
    slow: tuple[float, float] | None = None  # from this time on its speed is multiplied by that
    outages: tuple[tuple[float, float], ...] = ()  # dead from, until

    def finish(self, begin: float, work: float) -> float:
        """Give when work that begins at `begin` is done."""
        turn, factor = self.slow or (math.inf, 1.0)
        early = max(turn - begin, 0.0) * self.speed
        if work <= early:
            return begin + work / self.speed
        return max(turn, begin) + (work - early) / (self.speed * factor)


@dataclass(slots=True, eq=False)
class VirtualSession:
    """A tool on a virtual node."""

    node: VirtualNode
    up: bool = True
    granted: bool = False
    loaded: bool = False
    frames: list[int] = field(default_factory=list)
    index: int = 0
    epoch: int = 0  # what was planned in an older one does not happen

    def drop(self) -> None:
        """Stop the tool; forget its range."""
        self.epoch += 1
        self.loaded = False
        self.frames, self.index = [], 0
