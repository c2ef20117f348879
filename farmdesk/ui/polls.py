"""Questions to the farm that are asked again and again, one of each kind at a time."""

from collections.abc import Callable
from typing import TypeVar

from farmdesk.domain.errors import FarmError, FarmUnavailable
from farmdesk.link.farm_link import FarmLink
from farmdesk.ui.background import POLL, Background
from farmdesk.ui.connection import Connection

T = TypeVar("T")
PROBE = "tasks"  # the kind that is asked while the farm is away; its answers always count
HEAVY_KINDS = ("states", "frames")


class Polls:
    """Asks on the worker and keeps the connection told; late answers are dropped.

    `failed` takes errors that are no outage.
    """

    def __init__(
        self,
        background: Background,
        connection: Connection,
        *,
        failed: Callable[[Exception], None],
    ) -> None:
        self._background = background
        self._connection = connection
        self._failed = failed
        self._open: set[str] = set()  # kinds that are not answered yet
        self._age = 0  # answers to questions of an earlier age are dropped

    def ask(
        self,
        kind: str,
        question: Callable[[FarmLink], T],
        answer: Callable[[T], None],
        *,
        urgency: int = POLL,
    ) -> None:
        """Ask, unless a question of this kind is open."""
        if kind in self._open:
            return
        self._open.add(kind)
        age = self._age

        def operation(link: FarmLink) -> T:
            self._connection.asked(kind, heavy=kind in HEAVY_KINDS)
            return question(link)

        def success(value: T) -> None:
            if self._counts(kind, age):
                answer(value)

        def failure(error: Exception) -> None:
            if self._counts(kind, age):
                self._on_failure(error)

        self._background.run(operation, success=success, failure=failure, urgency=urgency)

    def reopen(self, *kinds: str) -> None:
        """Let these be asked again, though answers are on their way."""
        self._open.difference_update(kinds)

    def drop(self) -> None:
        """Wait for no answer any more."""
        self._age += 1
        self._open.clear()

    def _counts(self, kind: str, age: int) -> bool:
        """Note that an answer has come; tell whether somebody still waits for it."""
        self._connection.answered(kind)
        waited_for = age == self._age or kind == PROBE
        if waited_for:
            self._open.discard(kind)
        return waited_for

    def _on_failure(self, error: Exception) -> None:
        if isinstance(error, FarmUnavailable):
            self._connection.failed(error)
        elif isinstance(error, FarmError) and not self._connection.online:
            # A farm that is not set up yet, say: say why, and look again until it is.
            self._connection.failed(FarmUnavailable(error.en, error.zh))
        else:
            self._failed(error)
