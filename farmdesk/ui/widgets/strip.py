"""The strips at the window's edges: outage, message and undo. None of them blocks the window."""

from abc import abstractmethod
from collections.abc import Callable

from PyQt5.QtCore import Qt, QTimer, pyqtSignal
from PyQt5.QtGui import QColor, QPalette
from PyQt5.QtWidgets import (
    QApplication,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
)

from farmdesk.ui.act_texts import ActText
from farmdesk.ui.appearance import Appearance
from farmdesk.ui.connection import Connection
from farmdesk.ui.texts import Phrase, Text
from farmdesk.ui.wording import Wording, local_clock

UNDO_MS = 8000


class Strip(QFrame):
    """A coloured band with a text and buttons at its end; hidden until it has something to say."""

    def __init__(self, appearance: Appearance, *, alarm: bool) -> None:
        super().__init__()
        self.appearance = appearance
        self._alarm = alarm
        self.label = QLabel()
        self.label.setWordWrap(True)
        self.label.setTextFormat(Qt.TextFormat.PlainText)  # names are never markup
        self.label.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.row = QHBoxLayout(self)
        self.row.setContentsMargins(10, 4, 6, 4)
        self.row.addWidget(self.label, 1)
        self.setAutoFillBackground(True)
        self.hide()
        appearance.changed.connect(self._on_appearance)

    def add_button(self, act: Callable[[], None]) -> QPushButton:
        """Add a button at the end of the line."""
        button = QPushButton()
        button.clicked.connect(act)
        self.row.addWidget(button)
        return button

    @abstractmethod
    def say_again(self) -> None:
        """Put the text into the present words; a subclass fills it."""

    def _on_appearance(self) -> None:
        theme = self.appearance.theme
        colours = QPalette(self.palette())
        back = QColor(theme.banner if self._alarm else theme.notice)
        text = QColor(theme.banner_text if self._alarm else theme.notice_text)
        colours.setColor(QPalette.ColorRole.Window, back)
        colours.setColor(QPalette.ColorRole.WindowText, text)
        self.setPalette(colours)
        self.label.setPalette(colours)
        self.say_again()


class OfflineBanner(Strip):
    """Says that the farm is away, how old the rows are, and when the next try is."""

    def __init__(self, connection: Connection, appearance: Appearance) -> None:
        super().__init__(appearance, alarm=True)
        self._connection = connection
        self.reconnect = self.add_button(connection.retry_now)
        connection.changed.connect(self.say_again)
        self._on_appearance()

    def say_again(self) -> None:
        """Show or hide, with fresh figures."""
        words, connection = self.appearance.words, self._connection
        self.reconnect.setText(words(Text.RECONNECT))
        self.setVisible(connection.away)
        if not connection.away:
            return
        reason = connection.error.text(words.language) if connection.error else ""
        parts = [words(Text.BANNER_NEVER, reason=reason)]
        if connection.fresh_at is not None:
            parts = [words(Text.BANNER, time=local_clock(connection.fresh_at))]
        seconds = connection.retry_in_s
        trying = seconds is None
        parts.append(
            words(Text.BANNER_TRYING) if trying else words(Text.BANNER_COUNTDOWN, seconds=seconds)
        )
        self.reconnect.setEnabled(not trying)
        self.label.setText(" ".join(parts))
        self.label.setToolTip(reason)


class MessageStrip(Strip):
    """Shows the newest trouble until it is closed or replaced; the message centre keeps all."""

    def __init__(self, appearance: Appearance) -> None:
        super().__init__(appearance, alarm=True)
        self._say: Callable[[Wording], str] = lambda _: ""
        self._details = ""
        self.copy = self.add_button(self._copy)
        self.close_button = self.add_button(self.hide)
        self._on_appearance()

    def show_trouble(self, say: Callable[[Wording], str], details: str) -> None:
        """Say it, with details for support behind a button."""
        self._say, self._details = say, details
        self.say_again()
        self.show()

    def say_again(self) -> None:
        """Put the text into the present words."""
        words = self.appearance.words
        self.copy.setText(words(Text.COPY_DETAILS))
        self.close_button.setText(words(Text.CLOSE))
        self.label.setText(self._say(words))

    def _copy(self) -> None:
        clipboard = QApplication.clipboard()
        clipboard.setText(f"{self.label.text()}\n{self._details}".strip())


class UndoStrip(Strip):
    """Offers to take the last act back, for eight seconds."""

    undone = pyqtSignal()

    def __init__(self, appearance: Appearance) -> None:
        super().__init__(appearance, alarm=False)
        self._say: Callable[[Wording], str] = lambda _: ""
        self._button_text: Phrase = ActText.UNDO
        self.undo = self.add_button(self.undone.emit)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(UNDO_MS)
        self._timer.timeout.connect(self.hide)
        self._on_appearance()

    def offer(self, say: Callable[[Wording], str], button: Phrase = ActText.UNDO) -> None:
        """Say what was done, and start the eight seconds."""
        self._say, self._button_text = say, button
        self.say_again()
        self._timer.start()
        self.show()

    def say_again(self) -> None:
        """Put the text into the present words."""
        words = self.appearance.words
        self.undo.setText(f"{words(self._button_text)} (Ctrl+Z)")
        self.label.setText(self._say(words))
