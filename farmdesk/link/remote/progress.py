"""How far a transfer is: bytes, their speed over the last seconds, and the time that is left."""

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic

from farmdesk.domain.errors import FarmError

WINDOW_S = 10.0  # the speed is that of so many last seconds


@dataclass(frozen=True, slots=True)
class Standing:
    """One look at a transfer. `total` 0: not known yet; `left_s` None: nobody can say."""

    done: int  # bytes
    total: int
    bytes_per_s: float
    left_s: float | None
    waits_for: FarmError | None = None  # why nothing moves
    files: tuple[int, int] | None = None  # that are here, of how many; None: not counted


class Progress:
    """Counts what a transfer's threads send or receive; anybody may look."""

    def __init__(self, now: Callable[[], float] = monotonic) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._done = self._total = self._travelled = 0
        self._ready = 0
        self._ready_at: float | None = 0.0
        self._files: tuple[int, int] | None = None
        self._marks: deque[tuple[float, int]] = deque()
        self._waits_for: FarmError | None = None

    def start(self, done: int, total: int) -> None:
        """Begin, or begin again after a break: so much is there, for certain."""
        with self._lock:
            self._done, self._total, self._ready = done, total, total
            self._marks.clear()
            self._marks.append((self._now(), self._travelled))

    def add(self, count: int) -> None:
        """Count bytes that have travelled."""
        with self._lock:
            self._done += count
            self._travelled += count
            now = self._now()
            self._marks.append((now, self._travelled))
            while self._marks[0][0] < now - WINDOW_S and len(self._marks) > 2:
                self._marks.popleft()
            self._waits_for = None

    def found(self, count: int) -> None:
        """Count bytes that were here before, or (below 0) that count no more: that is no speed."""
        with self._lock:
            self._done += count

    def expect(self, total: int, *, ready: int, ready_in_s: float | None) -> None:
        """The total is another now; so much of it may travel, and all of it in so many seconds.

        `ready_in_s` None: nobody can say.
        """
        with self._lock:
            self._total, self._ready = total, ready
            self._ready_at = None if ready_in_s is None else self._now() + ready_in_s

    def count(self, here: int, of: int) -> None:
        """Count files."""
        with self._lock:
            self._files = here, of

    def say(self, error: FarmError) -> None:
        """Tell why nothing moves."""
        with self._lock:
            self._waits_for = error

    def look(self) -> Standing:
        """Give how far it is now."""
        with self._lock:
            speed = 0.0
            if self._marks:
                begun, from_ = self._marks[0]
                speed = (self._travelled - from_) / max(self._now() - begun, 0.001)
            left_s = self._left_s(speed)
            return Standing(self._done, self._total, speed, left_s, self._waits_for, self._files)

    def _left_s(self, speed: float) -> float | None:
        rest = max(0, self._total - self._done)
        if not rest:
            return 0.0 if self._total else None
        if self._ready_at is None:
            return None
        ready_in_s = max(0.0, self._ready_at - self._now())
        if self._done >= self._ready:  # the line waits: how fast it was says nothing
            return ready_in_s
        return max(ready_in_s, rest / speed) if speed > 0 else None
