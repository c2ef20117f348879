"""What a RenderControl knows of each slot: what it holds, and how far it is."""

from bisect import bisect_left
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from farmdesk.dispatch.events import SlotId


@dataclass(slots=True, eq=False)
class Ask:
    """A `StopAfter` that the slot has not answered yet."""

    keep: int  # how many positions of its range the slot shall keep
    at: float  # when it was asked
    thief: "Slot | None"  # who waits for what comes back; None: the backlog


@dataclass(slots=True, eq=False)
class Holding:
    """A range that a slot renders: positions of the task, ascending."""

    positions: Sequence[int]
    given_at: float
    load_s: float  # expected scene load before its first frame
    since: float | None = None  # when the frame in hand began; None: not yet
    index: int = 0  # the frame in hand is positions[index]
    unreported: list[int] = field(default_factory=list)  # passed, but neither done nor failed yet
    asks: deque[Ask] = field(default_factory=deque)
    twin: "Slot | None" = None  # another slot that renders the last frame of this range too

    @property
    def stop(self) -> int:
        """How many positions it will have kept once every ask was answered."""
        return min((ask.keep for ask in self.asks), default=len(self.positions))

    @property
    def copyable(self) -> bool:
        """Whether only its last frame is left, which nobody copies, and no ask is open."""
        last = self.index + 1 == len(self.positions)
        return last and self.twin is None and not self.asks

    @property
    def over(self) -> bool:
        """Whether nothing of it is left to render."""
        return self.index >= len(self.positions)

    def place(self, position: int) -> int | None:
        """Give the index of a position in this range, None when it is not in it."""
        at = bisect_left(self.positions, position)
        found = at < len(self.positions) and self.positions[at] == position
        return at if found else None

    def reach(self, at: int, now: float) -> None:
        """The frame in hand is now positions[at]; frames passed on the way have not reported."""
        self.unreported.extend(self.positions[self.index : at])
        self.index, self.since = at, now

    def report(self, position: int, now: float) -> bool:
        """The slot has finished or failed this position; False when that is no news."""
        if position in self.unreported:
            self.unreported.remove(position)
            return True
        at = self.place(position)
        if at is None or at < self.index:
            return False
        self.reach(at, now)
        self.index += 1
        return True

    def rest(self) -> Iterator[Sequence[int]]:
        """Give what it has not finished, as ascending parts."""
        if self.unreported:
            yield sorted(self.unreported)
        if not self.over:
            yield self.positions[self.index :]


@dataclass(slots=True, eq=False)
class Slot:
    """One place where a tool process works for this task."""

    id: SlotId
    log_speed: float = 0.0  # natural logarithm of its speed, learned
    hinted: bool = False  # its speed was known beforehand
    holding: Holding | None = None
    loaded: bool = False  # a warm tool has the scene open
    leaving: bool = False  # goes back to the fleet after its frame in hand
    failures: int = 0  # in a row
    waits: int = 0  # times in a row that it had to wait for a licence
    rest_until: float = 0.0
    opened: bool = False  # its session was ordered
    waits_for: Ask | None = None  # it gets what comes back
    version: int = 0  # grows with every change of its holding
