"""How long a transfer waits for a farm that is away, and how often it tries."""

import threading
from collections.abc import Callable
from time import monotonic
from typing import TypeVar

from farmdesk.domain.errors import FarmUnavailable, Refused
from farmdesk.link.remote.progress import Progress

PATIENCE_S = 600.0  # without anything getting through; then the person is told
FIRST_WAIT_S = 0.5
MAX_WAIT_S = 30.0

Given = TypeVar("Given")


class Paused(Refused):
    """Somebody paused a transfer; what has come through is kept."""

    def __init__(self) -> None:
        super().__init__(
            "Paused. What has come through is kept.",
            "已暂停。已完成的部分会保留。",
        )


class TryingAgain(FarmUnavailable):
    """Why a transfer stands still for a while."""

    def __init__(self, error: FarmUnavailable) -> None:
        super().__init__(f"Trying again by itself. {error.en}", f"正在自动重试。{error.zh}")


class Patience:
    """Of one transfer. `pause` ends every wait."""

    def __init__(self, pause: threading.Event, progress: Progress, patience_s: float) -> None:
        self._pause = pause
        self._progress = progress
        self._patience_s = patience_s
        self._went_on = monotonic()
        self._wait_s = FIRST_WAIT_S

    def went_on(self) -> None:
        """Something got through."""
        self._went_on = monotonic()
        self._wait_s = FIRST_WAIT_S

    def failed(self, error: FarmUnavailable) -> None:
        """Wait before the next try. Raises Paused, or the error when patience is at its end."""
        if monotonic() - self._went_on > self._patience_s:
            raise error
        self._progress.say(TryingAgain(error))
        if self._pause.wait(self._wait_s):
            raise Paused
        self._wait_s = min(2 * self._wait_s, MAX_WAIT_S)

    def ask(self, question: Callable[[], Given]) -> Given:
        """Ask until there is an answer. Raises Paused, and at its end what the question raises.

        Each question is waited for anew: an answer to it brings nothing of the transfer through.
        """
        patience = Patience(self._pause, self._progress, self._patience_s)
        while True:
            if self._pause.is_set():
                raise Paused
            try:
                return question()
            except FarmUnavailable as error:
                patience.failed(error)
