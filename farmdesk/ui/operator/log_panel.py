"""The log tail on the screen, with its filter and the follow switch."""

from PyQt5.QtCore import Qt, pyqtSignal
from PyQt5.QtWidgets import QComboBox, QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from farmdesk.ui.appearance import Appearance
from farmdesk.ui.models.logs import LogFilter
from farmdesk.ui.reads import LogsRead
from farmdesk.ui.texts import Text
from farmdesk.ui.widgets.log_view import LogView


class LogPanel(QWidget):
    """Newest lines of the farm, or of the selected task."""

    task_only_changed = pyqtSignal(bool)

    def __init__(self, appearance: Appearance) -> None:
        super().__init__()
        self._appearance = appearance
        self.view = LogView(appearance)
        self.title = QLabel()
        self.level = QComboBox()
        self.level.addItems([""] * len(LogFilter))
        self.level.activated.connect(self._on_level)
        self.task_only = _switch()
        self.task_only.toggled.connect(self.task_only_changed)
        self.follow = _switch()
        self.follow.setChecked(True)
        self.follow.toggled.connect(self.view.set_follow)
        self.view.verticalScrollBar().actionTriggered.connect(self._on_scrolled)
        self._lay_out()
        appearance.changed.connect(self._on_appearance)
        self._on_appearance()

    def take(self, read: LogsRead) -> None:
        """Show fresh lines."""
        if read.fresh:
            self.view.start_anew(read.rows)
        else:
            self.view.add(read.rows)

    def show_frame(self, frame: int) -> bool:
        """Go to the newest line about a frame; all levels are shown for it."""
        self.level.setCurrentIndex(0)
        self._on_level(0)
        self.follow.setChecked(False)
        return self.view.show_frame(frame)

    def _lay_out(self) -> None:
        line = QHBoxLayout()
        line.setContentsMargins(8, 4, 8, 4)
        line.addWidget(self.title)
        line.addStretch(1)
        line.addWidget(self.task_only)
        line.addWidget(self.level)
        line.addWidget(self.follow)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(line)
        column.addWidget(self.view, 1)

    def _on_level(self, place: int) -> None:
        self.view.set_filter(list(LogFilter)[place])

    def _on_scrolled(self) -> None:
        """Hold the view when a person scrolls up, follow again at the end."""
        bar = self.view.verticalScrollBar()
        self.follow.setChecked(bar.sliderPosition() >= bar.maximum())

    def _on_appearance(self) -> None:
        words = self._appearance.words
        self.title.setText(words(Text.LOG))
        for place, chosen in enumerate(LogFilter):
            self.level.setItemText(place, words(chosen.value))
        self.level.setAccessibleName(words(Text.LOG_LEVEL))
        self.level.setToolTip(words(Text.LOG_LEVEL))
        self.task_only.setText(words(Text.LOG_TASK))
        self.follow.setText(words(Text.LOG_FOLLOW))
        self.follow.setToolTip(words(Text.LOG_FOLLOW_TIP))
        self.view.setAccessibleName(words(Text.LOG))
        self.view.setPlaceholderText(words(Text.LOG_EMPTY))


def _switch() -> QToolButton:
    switch = QToolButton()
    switch.setCheckable(True)
    switch.setAutoRaise(True)
    switch.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return switch
