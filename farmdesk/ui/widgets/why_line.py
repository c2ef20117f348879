"""One line below a table: why the selected row is as it is. What does not fit is in its tip."""

from PyQt5.QtCore import QSize, Qt
from PyQt5.QtGui import QColor, QPainter, QPaintEvent
from PyQt5.QtWidgets import QLabel, QSizePolicy

from farmdesk.ui.appearance import Appearance

PADDING = 4


class WhyLine(QLabel):
    """Shows a sentence, cut off with an ellipsis where room lacks; hidden without one."""

    def __init__(self, appearance: Appearance) -> None:
        super().__init__()
        self._appearance = appearance
        self.setTextFormat(Qt.TextFormat.PlainText)  # names are never markup
        self.setTextInteractionFlags(Qt.TextInteractionFlag.NoTextInteraction)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setContentsMargins(8, PADDING, 8, PADDING)
        self.hide()

    def say(self, sentence: str) -> None:
        """Show a sentence; screen readers and the tip give all of it."""
        if sentence != self.text():
            self.setText(sentence)
            self.setToolTip(sentence)
            self.setVisible(bool(sentence))

    def sizeHint(self) -> QSize:
        """Ask for one line."""
        return QSize(0, self.fontMetrics().lineSpacing() + 2 * PADDING)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002 Qt's signature
        """Paint what fits."""
        painter = QPainter(self)
        box = self.contentsRect()
        fitting = self.fontMetrics().elidedText(
            self.text(), Qt.TextElideMode.ElideRight, box.width()
        )
        painter.setPen(QColor(self._appearance.theme.dim))
        painter.drawText(box, int(Qt.AlignmentFlag.AlignVCenter), fitting)
        painter.end()
