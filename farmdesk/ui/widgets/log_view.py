"""The log tail: newest lines, followed or held, filtered by level, errors and warnings styled."""

import re
from collections.abc import Iterable

from PyQt5.QtCore import Qt
from PyQt5.QtGui import (
    QColor,
    QFont,
    QResizeEvent,
    QSyntaxHighlighter,
    QTextCharFormat,
    QTextCursor,
)
from PyQt5.QtWidgets import QFrame, QPlainTextEdit, QWidget

from farmdesk.domain.rows import LogRow
from farmdesk.ui.appearance import Appearance, mono_font
from farmdesk.ui.models.logs import CAPACITY, LogBuffer, LogFilter, line, passes

_ERROR = re.compile(r"\b(error|fatal)\b|错误", re.IGNORECASE)
_WARNING = re.compile(r"\bwarn(ing)?\b|警告", re.IGNORECASE)


class LogHighlighter(QSyntaxHighlighter):
    """Colours lines that speak of an error or a warning; the word itself stays readable without."""

    def __init__(self, view: QPlainTextEdit, appearance: Appearance) -> None:
        super().__init__(view.document())
        self._appearance = appearance
        self._formats: dict[str, QTextCharFormat] = {}
        self.dress()

    def dress(self) -> None:
        """Take the present theme's colours."""
        theme = self._appearance.theme
        error, warning = QTextCharFormat(), QTextCharFormat()
        error.setForeground(QColor(theme.log_error))
        error.setFontWeight(QFont.Weight.Bold)
        warning.setForeground(QColor(theme.log_warning))
        self._formats = {"error": error, "warning": warning}
        self.rehighlight()

    def highlightBlock(self, text: str) -> None:
        """Style one line."""
        if _ERROR.search(text):
            self.setFormat(0, len(text), self._formats["error"])
        elif _WARNING.search(text):
            self.setFormat(0, len(text), self._formats["warning"])


class LogView(QPlainTextEdit):
    """Read-only lines, at most `CAPACITY` blocks in memory."""

    def __init__(self, appearance: Appearance, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._appearance = appearance
        self.buffer = LogBuffer()
        self._filter = LogFilter.ALL
        self.follow = True
        self.setReadOnly(True)
        self.setUndoRedoEnabled(False)
        self.setMaximumBlockCount(CAPACITY)
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFont(mono_font(appearance.percent))
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.highlighter = LogHighlighter(self, appearance)  # Qt does not keep it alive
        appearance.changed.connect(self._on_appearance)

    def start_anew(self, rows: Iterable[LogRow]) -> None:
        """Show these lines alone."""
        self.buffer.clear()
        self.buffer.add(rows)
        self._fill()

    def add(self, rows: Iterable[LogRow]) -> None:
        """Show more lines, in one change of the document."""
        fresh = [row for row in self.buffer.add(rows) if passes(row, self._filter)]
        if fresh:
            self._append(fresh[-CAPACITY:])

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the end in sight while following."""
        super().resizeEvent(event)
        if self.follow:
            self._to_end()

    def set_filter(self, chosen: LogFilter) -> None:
        """Show only lines of this level and above."""
        self._filter = chosen
        self._fill()

    def set_follow(self, follow: bool) -> None:
        """Scroll down with new lines, or hold the view."""
        self.follow = follow
        if follow:
            self._to_end()

    def show_frame(self, frame: int) -> bool:
        """Go to the newest line about a frame; tells whether there is one."""
        rows = self.buffer.shown(self._filter)
        for place in range(len(rows) - 1, -1, -1):
            if rows[place].record.frame == frame:
                first = self.document().blockCount() - len(rows)
                block = self.document().findBlockByNumber(max(0, first) + place)
                cursor = QTextCursor(block)
                cursor.select(QTextCursor.SelectionType.LineUnderCursor)
                self.setTextCursor(cursor)
                self.centerCursor()
                return True
        return False

    def _fill(self) -> None:
        self.clear()
        self._append(self.buffer.shown(self._filter))

    def _append(self, rows: list[LogRow]) -> None:
        if not rows:
            return
        held = self.verticalScrollBar().value()
        words = self._appearance.words
        self.appendPlainText("\n".join(line(row, words) for row in rows))
        if self.follow:
            self._to_end()
        else:
            self.verticalScrollBar().setValue(held)

    def _to_end(self) -> None:
        self.verticalScrollBar().setValue(self.verticalScrollBar().maximum())

    def _on_appearance(self) -> None:
        self.setFont(mono_font(self._appearance.percent))
        self.highlighter.dress()
        self._fill()
