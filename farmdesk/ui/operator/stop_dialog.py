"""Asks before a loss: what stops, how many frames and how much rendering are lost."""

from collections.abc import Sequence

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

from farmdesk.domain.records import TaskRow
from farmdesk.ui.texts import Text
from farmdesk.ui.wording import Wording

MAX_NAMED = 10  # more tasks are summed up, and their number has to be typed


class StopDialog(QDialog):
    """Names the tasks; `lost_s` is what the frames in hand have cost. Cancel is the default."""

    def __init__(
        self, rows: Sequence[TaskRow], lost_s: float, *, words: Wording, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self._count = len(rows)
        self.setWindowTitle(words(Text.STOP_TITLE))
        column = QVBoxLayout(self)
        column.setSpacing(10)
        column.addWidget(self._paragraph(_question(rows, lost_s, words), bold=True))
        self.items = [_item(row, words) for row in rows[:MAX_NAMED]]
        rest = ["…"] if len(rows) > MAX_NAMED else []
        column.addWidget(self._paragraph("\n".join((*self.items, *rest))))
        column.addWidget(self._paragraph(words(Text.STOP_KEPT)))
        self.typed = QLineEdit()
        if len(rows) > MAX_NAMED:
            prompt = words(Text.STOP_TYPE, tasks=len(rows))
            column.addWidget(self._paragraph(prompt))
            self.typed.setAccessibleName(prompt)
            self.typed.textChanged.connect(self._on_typed)
            column.addWidget(self.typed)
        self.stop = QPushButton(words(Text.STOP_VERB, tasks=len(rows)))
        self.cancel = QPushButton(words(Text.CANCEL))
        self._buttons(column)
        self._on_typed()

    def _buttons(self, column: QVBoxLayout) -> None:
        box = QDialogButtonBox()
        box.addButton(self.stop, QDialogButtonBox.ButtonRole.AcceptRole)
        box.addButton(self.cancel, QDialogButtonBox.ButtonRole.RejectRole)
        box.accepted.connect(self.accept)
        box.rejected.connect(self.reject)
        self.stop.setAutoDefault(False)
        self.cancel.setDefault(True)
        column.addWidget(box)
        self.cancel.setFocus()

    def _on_typed(self) -> None:
        few = self._count <= MAX_NAMED
        self.stop.setEnabled(few or self.typed.text().strip() == str(self._count))

    def _paragraph(self, text: str, *, bold: bool = False) -> QLabel:
        label = QLabel(text)
        label.setWordWrap(True)
        label.setTextFormat(Qt.TextFormat.PlainText)  # names are never markup
        label.setMinimumWidth(380)
        font = label.font()
        font.setBold(bold)
        label.setFont(font)
        return label


def _question(rows: Sequence[TaskRow], lost_s: float, words: Wording) -> str:
    frames = sum(row.running for row in rows)
    if not frames:
        return words(Text.STOP_LOSS_NOTHING, tasks=len(rows))
    return words(Text.STOP_LOSS, tasks=len(rows), frames=frames, time=words.duration(lost_s))


def _item(row: TaskRow, words: Wording) -> str:
    done, total = f"{row.done:,}", f"{row.total:,}"
    item = words(Text.STOP_ITEM, name=row.name, done=done, total=total, running=row.running)
    return f"• {item}"
