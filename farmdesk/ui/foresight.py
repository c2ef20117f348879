"""Looks ahead on the link's worker: when tasks will end, now and again, and what-if questions."""

import time
from collections.abc import Callable

from PyQt5.QtCore import QObject, QTimer, pyqtSignal

from farmdesk.domain.errors import FarmError
from farmdesk.link.ahead import AS_IT_IS, ForecastRow, WhatIf, look_ahead
from farmdesk.link.farm_link import FarmLink
from farmdesk.ui.background import BACKFILL, POLL, Background
from farmdesk.ui.connection import Connection

EVERY_MS = 10_000
DUTY = 20  # a look that took long is repeated after so many times as long, at least

Rows = tuple[ForecastRow, ...]


class Foresight(QObject):
    """Tells `looked` while the farm is there. Nothing of it runs in the GUI thread."""

    looked = pyqtSignal(object)  # Rows
    failed = pyqtSignal(object)  # an Exception that is no outage and no refusal

    def __init__(
        self, background: Background, connection: Connection, *, every_ms: int = EVERY_MS
    ) -> None:
        super().__init__()
        self._background = background
        self._connection = connection
        self._every_ms = every_ms
        self._looking = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.look)
        connection.came_back.connect(self.look)
        connection.went_away.connect(self._timer.stop)

    def look(self) -> None:
        """Look ahead now, and from then on."""
        self._timer.stop()
        if self._looking:
            return
        self._looking = True
        self._background.run(
            _timed, success=self._on_looked, failure=self._on_failure, urgency=BACKFILL
        )

    def ask(self, what_if: WhatIf, answer: Callable[[Rows], None]) -> None:
        """Work out how the farm might stand; no rows for what cannot be foretold."""

        def failure(error: Exception) -> None:
            if isinstance(error, FarmError):
                answer(())
            else:
                self.failed.emit(error)

        self._background.run(
            lambda link: tuple(look_ahead(link, what_if)),
            success=answer,
            failure=failure,
            urgency=POLL,
        )

    def stop(self) -> None:
        """Look no more."""
        self._timer.stop()

    def _on_looked(self, found: tuple[Rows, float]) -> None:
        self._looking = False
        rows, seconds = found
        self.looked.emit(rows)
        self._wait(max(self._every_ms, round(seconds * 1000 * DUTY)))

    def _on_failure(self, error: Exception) -> None:
        self._looking = False
        if not isinstance(error, FarmError):
            self.failed.emit(error)
        self._wait(self._every_ms)

    def _wait(self, pause_ms: int) -> None:
        if self._connection.online:
            self._timer.start(pause_ms)


def _timed(link: FarmLink) -> tuple[Rows, float]:
    began = time.monotonic()
    return tuple(look_ahead(link, AS_IT_IS)), time.monotonic() - began
