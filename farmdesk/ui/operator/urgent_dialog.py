"""Asks for urgent rendering of a task: reason, and how long those who are asked may think."""

from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from farmdesk.domain.command_fields import ANSWER_MIN, MAX_REASON
from farmdesk.domain.rows import TaskRow
from farmdesk.domain.urgent_commands import RequestUrgent
from farmdesk.ui.texts import Text
from farmdesk.ui.urgent_texts import UrgentText
from farmdesk.ui.wording import Wording

USUAL_MIN = 15


class UrgentDialog(QDialog):
    """Gives a `RequestUrgent`; it cannot be sent without a reason."""

    def __init__(self, task: TaskRow, *, words: Wording, parent: QWidget) -> None:
        super().__init__(parent)
        self._task = task
        self.setWindowTitle(words(UrgentText.REQUEST_TITLE))
        intro = QLabel(words(UrgentText.REQUEST_INTRO, task=task.name))
        intro.setWordWrap(True)
        intro.setTextFormat(Qt.TextFormat.PlainText)
        intro.setMinimumWidth(420)
        self.reason = QLineEdit()
        self.reason.setMaxLength(MAX_REASON)
        self.reason.setAccessibleName(words(UrgentText.REQUEST_REASON))
        self.minutes = QSpinBox()
        self.minutes.setRange(*ANSWER_MIN)
        self.minutes.setValue(USUAL_MIN)
        self.minutes.setSuffix(words(UrgentText.REQUEST_MINUTES))
        self.minutes.setAccessibleName(words(UrgentText.REQUEST_WITHIN))
        form = QFormLayout()
        form.addRow(words(UrgentText.REQUEST_REASON), self.reason)
        form.addRow(words(UrgentText.REQUEST_WITHIN), self.minutes)
        self.go = QPushButton(words(UrgentText.REQUEST_VERB))
        cancel = QPushButton(words(Text.CANCEL))
        box = QDialogButtonBox()
        box.addButton(self.go, QDialogButtonBox.ButtonRole.AcceptRole)
        box.addButton(cancel, QDialogButtonBox.ButtonRole.RejectRole)
        box.accepted.connect(self.accept)
        box.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setSpacing(10)
        column.addWidget(intro)
        column.addLayout(form)
        column.addWidget(box)
        self.reason.textChanged.connect(self._on_typed)
        self._on_typed()

    def command(self) -> RequestUrgent:
        """Give what the person asks for."""
        return RequestUrgent(self._task.id, self.reason.text().strip(), self.minutes.value())

    def _on_typed(self) -> None:
        self.go.setEnabled(bool(self.reason.text().strip()))
