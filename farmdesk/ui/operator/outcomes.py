"""Tells what became of an act: a message kept, a strip for trouble, a strip for undo."""

import math
import time
from collections.abc import Callable

from PyQt5.QtCore import QObject, pyqtSlot

from farmdesk.domain.commands import Command
from farmdesk.domain.errors import FarmError
from farmdesk.domain.rows import CommandRow
from farmdesk.ui.connection import Connection
from farmdesk.ui.models.messages import MessagesModel
from farmdesk.ui.sending import Batch, BatchOutcome, Sender, Unsent, sentence_of
from farmdesk.ui.texts import Text
from farmdesk.ui.widgets.strip import MessageStrip, UndoStrip
from farmdesk.ui.wording import Wording

# Polls repeat ten times a second; the same fault is news again after a quiet minute.
SAME_FAULT_S = 60.0


class Outcomes(QObject):
    """Listens to the sender and the connection; `undo` takes the last act back while offered."""

    def __init__(
        self,
        sender: Sender,
        connection: Connection,
        *,
        messages: MessagesModel,
        trouble: MessageStrip,
        undo: UndoStrip,
    ) -> None:
        super().__init__()
        self._sender = sender
        self._messages = messages
        self._trouble = trouble
        self._undo_strip = undo
        self._faults: dict[str, float] = {}  # when each was met last, on time.monotonic
        self._offered: tuple[Batch, tuple[Command, ...]] | None = None
        sender.answered.connect(self._on_answered)
        sender.unsent.connect(self._on_unsent)
        sender.slow.connect(self._on_slow)
        undo.undone.connect(self.undo)
        connection.went_away.connect(self._on_lost)
        connection.came_back.connect(self._on_back)
        self._was_lost = False

    @pyqtSlot()
    def undo(self) -> None:
        """Take the offered act back, once."""
        if self._offered is None or not self._undo_strip.isVisible():
            return
        batch, commands = self._offered
        self._offered = None
        self._undo_strip.hide()
        self._sender.send(Batch(batch.what, commands, names=batch.names, takes_back=True))

    def fault(self, error: BaseException) -> None:
        """Show an error that belongs to no act; one that goes on and on is told once."""
        details = f"{type(error).__name__}: {error}"
        now, before = time.monotonic(), self._faults.get(details, -math.inf)
        self._faults[details] = now
        if now - before < SAME_FAULT_S:
            return

        def say(words: Wording) -> str:
            if isinstance(error, FarmError):
                return error.text(words.language)
            return words(Text.FAULT, sentence=type(error).__name__)

        self._tell_trouble(say, details=details)

    @pyqtSlot(BatchOutcome)
    def _on_answered(self, outcome: BatchOutcome) -> None:
        batch = outcome.batch
        if outcome.applied:
            count = len(outcome.applied)
            task_id = outcome.applied[0].task_id
            self._messages.add(lambda words: _applied(batch, count, words), task_id=task_id)
        if outcome.undo:
            self._offered = (batch, outcome.undo)
            count = len(outcome.applied)
            self._undo_strip.offer(lambda words: _applied(batch, count, words), batch.undo_text)
        for row in outcome.refused:

            def say(words: Wording, row: CommandRow = row) -> str:
                return words(
                    Text.REFUSED,
                    action=_name(batch, words),
                    sentence=row.sentence(words.language) or words(Text.NO_SENTENCE),
                )

            details = f"command {row.id} {row.kind} task {row.task_id}"
            self._tell_trouble(say, details=details, task_id=row.task_id)

    @pyqtSlot(Unsent)
    def _on_unsent(self, unsent: Unsent) -> None:
        def say(words: Wording) -> str:
            sentence = sentence_of(unsent.error, words.language)
            return words(Text.UNSENT, action=_name(unsent.batch, words), sentence=sentence)

        self._tell_trouble(say, details=f"{type(unsent.error).__name__}: {unsent.error}")

    @pyqtSlot(Batch)
    def _on_slow(self, batch: Batch) -> None:
        def say(words: Wording) -> str:
            return words(Text.UNANSWERED, action=_name(batch, words))

        self._tell_trouble(say, details="")

    def _on_lost(self) -> None:
        self._was_lost = True
        self._undo_strip.hide()
        self._messages.add(lambda words: words(Text.LOST), trouble=True)

    def _on_back(self) -> None:
        if self._was_lost:
            self._messages.add(lambda words: words(Text.BACK))

    def _tell_trouble(
        self, say: Callable[[Wording], str], *, details: str, task_id: int | None = None
    ) -> None:
        self._messages.add(say, trouble=True, details=details, task_id=task_id)
        self._trouble.show_trouble(say, details)


def _name(batch: Batch, words: Wording) -> str:
    return words(batch.what).rstrip("…")


def _applied(batch: Batch, count: int, words: Wording) -> str:
    name = _name(batch, words)
    action = words(Text.UNDONE, action=name) if batch.takes_back else name
    if count == 1 and len(batch.names) == 1:
        return words(Text.APPLIED, action=action, task=batch.names[0])
    return words(Text.APPLIED_MANY, action=action, count=count)
