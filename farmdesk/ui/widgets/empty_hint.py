"""What an empty table says: skeleton rows while it loads, then one sentence and one button."""

from collections.abc import Callable
from dataclasses import dataclass

from PyQt5.QtCore import QEvent, QObject, QRectF, Qt, QTimer
from PyQt5.QtGui import QColor, QPainter, QPaintEvent
from PyQt5.QtWidgets import QAbstractItemView, QLabel, QPushButton, QVBoxLayout, QWidget

from farmdesk.ui.appearance import Appearance
from farmdesk.ui.texts import Phrase

SKELETON_AFTER_MS = 300
ROW_HEIGHT = 28


@dataclass(frozen=True, slots=True)
class Hint:
    """A sentence, and a button where something can be done about it."""

    sentence: Phrase
    button: Phrase | None = None
    act: Callable[[], None] | None = None


class EmptyHint(QWidget):
    """Lies over a view without rows. `ask` gives the hint, None while rows are awaited."""

    def __init__(
        self, view: QAbstractItemView, appearance: Appearance, ask: Callable[[], Hint | None]
    ) -> None:
        super().__init__(view.viewport())
        self._view = view
        self._appearance = appearance
        self._ask = ask
        self._skeleton = False
        self._hint: Hint | None = None
        self.label = QLabel()
        self.label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.label.setWordWrap(True)
        self.button = QPushButton()
        self.button.clicked.connect(self._on_clicked)
        column = QVBoxLayout(self)
        column.addStretch(1)
        column.addWidget(self.label)
        column.addWidget(self.button, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(1)
        view.viewport().installEventFilter(self)
        model = view.model()
        for signal in (model.rowsInserted, model.rowsRemoved, model.modelReset):
            signal.connect(self.refresh)
        appearance.changed.connect(self.refresh)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._on_waited)
        self._timer.start(SKELETON_AFTER_MS)
        self.refresh()

    def refresh(self) -> None:
        """Show what the view's emptiness means now."""
        empty = self._view.model().rowCount() == 0
        self._hint = self._ask() if empty else None
        self.label.setVisible(self._hint is not None)
        self.button.setVisible(self._hint is not None and self._hint.button is not None)
        words, hint = self._appearance.words, self._hint
        self.label.setText(words(hint.sentence) if hint else "")
        self.button.setText(words(hint.button) if hint and hint.button else "")
        self.setVisible(empty)
        self.resize(self._view.viewport().size())
        self.update()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow the size of the view."""
        if event.type() == QEvent.Type.Resize:
            self.resize(self._view.viewport().size())
        return super().eventFilter(watched, event)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002 Qt's signature
        """Paint skeleton rows while rows are awaited."""
        if self._hint is not None or not self._skeleton:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self._appearance.theme.alternate))
        for row in range(min(8, self.height() // ROW_HEIGHT)):
            top = row * ROW_HEIGHT + 8
            for left, width in ((0.02, 0.22), (0.28, 0.12), (0.44, 0.3), (0.78, 0.18)):
                box = QRectF(self.width() * left, top, self.width() * width, 12)
                painter.drawRoundedRect(box, 4, 4)
        painter.end()

    def _on_waited(self) -> None:
        self._skeleton = True
        self.update()

    def _on_clicked(self) -> None:
        if self._hint is not None and self._hint.act is not None:
            self._hint.act()
