"""Virtual time: nothing passes between two events, so that weeks of a farm take minutes."""

import heapq
import itertools
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from farmdesk.engine.clock import Moment

NOON = datetime(2026, 2, 4, 12, tzinfo=UTC)


class VirtualTime:
    """What happens when. `now` is in seconds since the beginning, on no clock of the farm."""

    def __init__(self) -> None:
        self.now = 0.0
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = itertools.count()
        self._jumped = timedelta()
        self._booted = 0.0  # what the monotonic clock counts from

    def at(self, when: float, act: Callable[[], None]) -> None:
        """Let something happen; what shall happen at one time does so in this order."""
        heapq.heappush(self._events, (when, next(self._numbers), act))

    def after(self, seconds: float, act: Callable[[], None]) -> None:
        """Let something happen so much later."""
        self.at(self.now + seconds, act)

    def step(self, until: float) -> bool:
        """Go on to the next event and let it happen; False: there is none until then."""
        if not self._events or self._events[0][0] > until:
            self.now = until
            return False
        when, _, act = heapq.heappop(self._events)
        self.now = max(self.now, when)
        act()
        return True

    def boot(self, ago_s: float) -> None:
        """Let the engine's machine be one that was started so long ago."""
        self._booted = self.now - ago_s

    def jump(self, seconds: float) -> None:
        """Set the clock that people read to another time."""
        self._jumped += timedelta(seconds=seconds)

    def moment(self) -> Moment:
        """Give the engine's time, on both clocks."""
        return Moment(self.now - self._booted, NOON + timedelta(seconds=self.now) + self._jumped)
