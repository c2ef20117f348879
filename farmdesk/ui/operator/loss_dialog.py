"""Asks before a loss: of what, how much, and what is kept. Esc and Enter change nothing."""

from collections.abc import Sequence
from dataclasses import dataclass

from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from farmdesk.domain.rows import TaskRow
from farmdesk.ui.loss_texts import LossText
from farmdesk.ui.texts import Text
from farmdesk.ui.wording import Wording

MAX_NAMED = 10  # more tasks are summed up, and their number has to be typed


@dataclass(frozen=True, slots=True)
class Loss:
    """What a person is asked, and which tasks it is about."""

    title: str
    question: str
    items: tuple[str, ...]
    kept: str
    verb: str


class LossDialog(QDialog):
    """Names the tasks. Cancel is the default."""

    def __init__(self, loss: Loss, *, words: Wording, parent: QWidget) -> None:
        super().__init__(parent)
        self._count = len(loss.items)
        self.setWindowTitle(loss.title)
        column = QVBoxLayout(self)
        column.setSpacing(10)
        column.addWidget(_paragraph(loss.question, bold=True))
        self.items = list(loss.items[:MAX_NAMED])
        rest = ["…"] if self._count > MAX_NAMED else []
        column.addWidget(_paragraph("\n".join((*self.items, *rest))))
        column.addWidget(_paragraph(loss.kept))
        self.typed = QLineEdit()
        if self._count > MAX_NAMED:
            prompt = words(LossText.STOP_TYPE, tasks=self._count)
            column.addWidget(_paragraph(prompt))
            self.typed.setAccessibleName(prompt)
            self.typed.textChanged.connect(self._on_typed)
            column.addWidget(self.typed)
        self.go = QPushButton(loss.verb)
        self.cancel = QPushButton(words(Text.CANCEL))
        self._buttons(column)
        self._on_typed()

    def _buttons(self, column: QVBoxLayout) -> None:
        box = QDialogButtonBox()
        box.addButton(self.go, QDialogButtonBox.ButtonRole.AcceptRole)
        box.addButton(self.cancel, QDialogButtonBox.ButtonRole.RejectRole)
        box.accepted.connect(self.accept)
        box.rejected.connect(self.reject)
        self.go.setAutoDefault(False)
        self.cancel.setDefault(True)
        column.addWidget(box)
        self.cancel.setFocus()

    def _on_typed(self) -> None:
        few = self._count <= MAX_NAMED
        self.go.setEnabled(few or self.typed.text().strip() == str(self._count))


def stop_loss(rows: Sequence[TaskRow], lost_s: float, words: Wording) -> Loss:
    """Say what stopping tasks loses; `lost_s` is what the frames in hand have cost."""
    frames, count = sum(row.running for row in rows), len(rows)
    question = words(LossText.STOP_LOSS_NOTHING, tasks=count)
    if frames:
        time = words.duration(lost_s)
        question = words(LossText.STOP_LOSS, tasks=count, frames=frames, time=time)
    return Loss(
        title=words(LossText.STOP_TITLE),
        question=question,
        items=tuple(_item(row, words) for row in rows),
        kept=words(LossText.STOP_KEPT),
        verb=words(LossText.STOP_VERB, tasks=count),
    )


def purge_loss(rows: Sequence[TaskRow], words: Wording) -> Loss:
    """Say what deleting tasks for good loses."""
    frames, count = sum(row.done for row in rows), len(rows)
    time = words.duration(sum(row.render_s for row in rows))
    return Loss(
        title=words(LossText.PURGE_TITLE),
        question=words(LossText.PURGE_LOSS, tasks=count, frames=f"{frames:,}", time=time),
        items=tuple(_item(row, words) for row in rows),
        kept=words(LossText.PURGE_KEPT),
        verb=words(LossText.PURGE_VERB, tasks=count),
    )


def _paragraph(text: str, *, bold: bool = False) -> QLabel:
    label = QLabel(text)
    label.setWordWrap(True)
    label.setTextFormat(Qt.TextFormat.PlainText)  # names are never markup
    label.setMinimumWidth(380)
    font = label.font()
    font.setBold(bold)
    label.setFont(font)
    return label


def _item(row: TaskRow, words: Wording) -> str:
    done, total = f"{row.done:,}", f"{row.total:,}"
    item = words(LossText.STOP_ITEM, name=row.name, done=done, total=total, running=row.running)
    return f"• {item}"
