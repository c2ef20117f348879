"""Whether the farm can be reached: online, or away with the next try at a known time."""

import math
import time
from collections.abc import Callable
from datetime import UTC, datetime

from PyQt5.QtCore import QObject, QTimer, pyqtSignal

from farmdesk.domain.errors import FarmUnavailable

BACKOFF_S = (1.0, 2.0, 5.0, 15.0, 30.0)
# A question that waits longer means that the farm is away; the banner is promised within 3 s.
PATIENCE_S = 2.5
HEAVY = 4  # all states of a huge task may honestly take longer


class Connection(QObject):
    """Online or away. Hears how the feed's questions ended; tells the window, asks for tries."""

    came_back = pyqtSignal()
    went_away = pyqtSignal()
    probe_due = pyqtSignal()
    changed = pyqtSignal()  # latency, countdown or state

    def __init__(
        self,
        *,
        backoff_s: tuple[float, ...] = BACKOFF_S,
        patience_s: float = PATIENCE_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__()
        self.online = False
        self.latency_s: float | None = None
        self.fresh_at: datetime | None = None  # time of the rows on the screen, UTC
        self.error: FarmUnavailable | None = None
        self._backoff_s = backoff_s
        self._patience_s = patience_s
        self._clock = clock
        self._tries = 0
        self._due_at = 0.0  # of the next try, on `clock`
        self._waiting: dict[str, float] = {}
        self._retry = QTimer(self)
        self._retry.setSingleShot(True)
        self._retry.timeout.connect(self.probe_due)
        self._second = QTimer(self)
        self._second.setInterval(500)
        self._second.timeout.connect(self._on_second)
        self._second.start()

    @property
    def away(self) -> bool:
        """The farm was asked and did not answer."""
        return not self.online and self._tries > 0

    @property
    def retry_in_s(self) -> int | None:
        """Seconds to the next try; None while it is under way."""
        if not self._retry.isActive():
            return None
        return max(0, math.ceil(self._due_at - self._clock()))

    def asked(self, kind: str, *, heavy: bool = False) -> None:
        """The farm is being asked a question of this kind. May be called by the worker."""
        patience_s = self._patience_s * (HEAVY if heavy else 1)
        self._waiting[kind] = self._clock() + patience_s

    def answered(self, kind: str) -> None:
        """It was answered, well or badly."""
        self._waiting.pop(kind, None)

    def succeeded(self, latency_s: float) -> None:
        """The farm gave fresh rows."""
        self.latency_s = latency_s
        self.fresh_at = datetime.now(UTC)
        self._tries = 0
        self.error = None
        if not self.online:
            self._retry.stop()
            self.online = True
            self.came_back.emit()
        self.changed.emit()

    def failed(self, error: FarmUnavailable) -> None:
        """The farm cannot be reached: go away, or stay away longer."""
        self.error = error
        if not self._retry.isActive():
            self._leave()

    def retry_now(self) -> None:
        """Try at once, because a person asked."""
        if not self.online:
            self._retry.stop()
            self.probe_due.emit()
            self.changed.emit()

    def stop(self) -> None:
        """Try no more; the window is closing."""
        self._retry.stop()
        self._second.stop()

    def _leave(self) -> None:
        delay_s = self._backoff_s[min(self._tries, len(self._backoff_s) - 1)]
        self._tries += 1
        self._due_at = self._clock() + delay_s
        self._retry.start(round(delay_s * 1000))
        if self.online:
            self.online = False
            self.went_away.emit()
        self.changed.emit()

    def _on_second(self) -> None:
        deadline = min(self._waiting.values(), default=math.inf)
        if self.online and self._clock() > deadline:
            self._waiting.clear()
            self._leave()
        elif not self.online:
            self.changed.emit()
