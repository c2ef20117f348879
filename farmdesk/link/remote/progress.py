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


class Progress:
    """Counts what a transfer's threads send or receive; anybody may look."""

    def __init__(self, now: Callable[[], float] = monotonic) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._done = self._total = 0
        self._marks: deque[tuple[float, int]] = deque()
        self._waits_for: FarmError | None = None

    def start(self, done: int, total: int) -> None:
        """Begin, or begin again after a break: so much is there, for certain."""
        with self._lock:
            self._done, self._total = done, total
            self._marks.clear()
            self._marks.append((self._now(), done))

    def add(self, count: int) -> None:
        """Count bytes."""
        with self._lock:
            self._done += count
            now = self._now()
            self._marks.append((now, self._done))
            while self._marks[0][0] < now - WINDOW_S and len(self._marks) > 2:
                self._marks.popleft()
            self._waits_for = None

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
                speed = (self._done - from_) / max(self._now() - begun, 0.001)
            rest = max(0, self._total - self._done)
            left_s = rest / speed if speed > 0 else (0.0 if self._total and not rest else None)
            return Standing(self._done, self._total, speed, left_s, self._waits_for)
