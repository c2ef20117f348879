"""Sends commands through the worker and follows each until the engine has answered.

A `Batch` is what a person asked for in one act: its commands, and those that take it back.
"""

from dataclasses import dataclass, field

from PyQt5.QtCore import QObject, QTimer, pyqtSignal

from farmdesk.domain.commands import Command
from farmdesk.domain.errors import FarmError, FarmUnavailable
from farmdesk.domain.rows import CommandRow
from farmdesk.link.farm_link import FarmLink
from farmdesk.ui.act_texts import ActText
from farmdesk.ui.background import URGENT, Background
from farmdesk.ui.connection import Connection
from farmdesk.ui.texts import Phrase

ASK_MS = 200  # how often the engine's answer is looked for
PATIENCE_TURNS = 25  # after this many looks (5 s) the person is told that it is still open


@dataclass(frozen=True, slots=True)
class Batch:
    """One act. `what` names it for messages; `commands[i]` is undone by `undo[i]`."""

    what: Phrase
    commands: tuple[Command, ...]
    undo: tuple[Command | None, ...] = ()
    names: tuple[str, ...] = ()  # the tasks' names, for messages
    undo_text: Phrase = ActText.UNDO  # what the undo button says
    takes_back: bool = False  # it undoes another batch


@dataclass(frozen=True, slots=True)
class BatchOutcome:
    """What became of a batch: the commands that were refused, and what undoes the applied ones."""

    batch: Batch
    refused: tuple[CommandRow, ...]
    applied: tuple[CommandRow, ...]
    undo: tuple[Command, ...]


@dataclass(frozen=True, slots=True)
class Unsent:
    """A batch that did not reach the farm, whole or in part."""

    batch: Batch
    error: Exception


@dataclass(slots=True)
class _Open:
    """A batch that waits for answers, by command number."""

    batch: Batch
    numbers: tuple[int, ...]
    answers: dict[int, CommandRow] = field(default_factory=dict)
    turns: int = 0


class Sender(QObject):
    """Hands batches to the farm in the order they were asked for."""

    answered = pyqtSignal(BatchOutcome)
    unsent = pyqtSignal(Unsent)
    slow = pyqtSignal(Batch)  # sent, but the engine has not answered for a while

    def __init__(
        self, background: Background, connection: Connection, *, ask_ms: int = ASK_MS
    ) -> None:
        super().__init__()
        self._background = background
        self._connection = connection
        self._open: list[_Open] = []
        self._asking = False
        self._timer = QTimer(self)
        self._timer.setInterval(ask_ms)
        self._timer.timeout.connect(self._ask)

    def send(self, batch: Batch) -> None:
        """Send all commands of a batch, first to last."""

        def operation(link: FarmLink) -> tuple[int, ...]:
            return tuple(link.send(command) for command in batch.commands)

        def success(numbers: tuple[int, ...]) -> None:
            self._open.append(_Open(batch, numbers))
            self._timer.start()
            self._ask()

        self._background.run(
            operation,
            success=success,
            failure=lambda error: self._on_unsent(batch, error),
            urgency=URGENT,
        )

    def stop(self) -> None:
        """Look for no more answers; what was sent stays sent."""
        self._timer.stop()

    def _on_unsent(self, batch: Batch, error: Exception) -> None:
        self.unsent.emit(Unsent(batch, error))
        if isinstance(error, FarmUnavailable):
            self._connection.failed(error)

    def _ask(self) -> None:
        wanted = [n for batch in self._open for n in batch.numbers if n not in batch.answers]
        if self._asking or not wanted or not self._connection.online:
            return
        self._asking = True
        self._background.run(
            lambda link: [link.outcome(number) for number in wanted],
            success=self._on_outcomes,
            failure=self._on_ask_failed,
            urgency=URGENT,
        )

    def _on_outcomes(self, rows: list[CommandRow]) -> None:
        self._asking = False
        known = {row.id: row for row in rows if row.applied is not None}
        for waiting in list(self._open):
            waiting.answers.update({n: known[n] for n in waiting.numbers if n in known})
            waiting.turns += 1
            if len(waiting.answers) == len(waiting.numbers):
                self._open.remove(waiting)
                self.answered.emit(_outcome(waiting))
            elif waiting.turns == PATIENCE_TURNS:
                self.slow.emit(waiting.batch)
        if not self._open:
            self._timer.stop()

    def _on_ask_failed(self, error: Exception) -> None:
        self._asking = False
        if isinstance(error, FarmUnavailable):
            self._connection.failed(error)


def sentence_of(error: Exception, language: str) -> str:
    """Give what a person reads of an error."""
    return error.text(language) if isinstance(error, FarmError) else f"{type(error).__name__}"


def _outcome(waiting: _Open) -> BatchOutcome:
    rows = [waiting.answers[number] for number in waiting.numbers]
    backs: tuple[Command | None, ...] = waiting.batch.undo or (None,) * len(rows)
    pairs = list(zip(rows, backs, strict=True))
    return BatchOutcome(
        waiting.batch,
        refused=tuple(row for row in rows if not row.applied),
        applied=tuple(row for row in rows if row.applied),
        undo=tuple(back for row, back in pairs if row.applied and back is not None),
    )
