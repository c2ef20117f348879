"""Bounds how often something may be asked for: by one address, and by everybody together."""

from collections import OrderedDict, deque
from threading import Lock

MAX_REMEMBERED = 10_000  # addresses; the ones longest quiet are forgotten first
EVERYBODY = ""


class RateLimit:
    """So many in so many seconds. `now`: a clock that never goes back. Safe between threads.

    `all_together` None: what everybody asks for is bounded elsewhere.
    """

    def __init__(self, *, one: int, all_together: int | None, window_s: float) -> None:
        self._one = one
        self._all_together = all_together
        self._window_s = window_s
        self._times: OrderedDict[str, deque[float]] = OrderedDict()
        self._lock = Lock()

    def admit(self, address: str, now: float) -> float:
        """Admit and count: 0.0; else give the seconds to wait, and count nothing."""
        with self._lock:
            bounds = [(self._of(address, now), self._one)]
            if self._all_together is not None:
                bounds.append((self._of(EVERYBODY, now), self._all_together))
            for times, most in bounds:
                if len(times) >= most:
                    return times[0] + self._window_s - now
            for times, _ in bounds:
                times.append(now)
            while len(self._times) > MAX_REMEMBERED:
                self._times.popitem(last=False)
            return 0.0

    def _of(self, name: str, now: float) -> deque[float]:
        times = self._times.setdefault(name, deque())
        self._times.move_to_end(name)
        while times and times[0] <= now - self._window_s:
            times.popleft()
        return times
