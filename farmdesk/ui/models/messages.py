"""The message centre: what became of each action and of the connection, newest first."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from PyQt5.QtCore import QAbstractTableModel, QModelIndex, Qt

from farmdesk.ui.appearance import Appearance
from farmdesk.ui.texts import Text
from farmdesk.ui.wording import Wording, local_clock

Role = Qt.ItemDataRole
CAPACITY = 1000


@dataclass(frozen=True, slots=True)
class Message:
    """One thing that a person may want to read again; `say` puts it into the words asked for."""

    say: Callable[[Wording], str]
    at: datetime
    trouble: bool = False
    details: str = ""  # for support: ids, the error's own text
    task_id: int | None = None
    request_id: int | None = None  # of the urgent request that it is about


class MessagesModel(QAbstractTableModel):
    """Time and text of the newest messages."""

    def __init__(self, appearance: Appearance, capacity: int = CAPACITY) -> None:
        super().__init__()
        self._appearance = appearance
        self._messages: deque[Message] = deque()
        self._capacity = capacity
        self.unread = 0
        appearance.changed.connect(self._on_appearance)

    def add(
        self,
        say: Callable[[Wording], str],
        *,
        trouble: bool = False,
        details: str = "",
        task_id: int | None = None,
        request_id: int | None = None,
        at: datetime | None = None,
        read: bool = False,
    ) -> Message:
        """Put a message on top; `at` None: it happens now; `read`: it is no news."""
        message = Message(say, at or datetime.now(UTC), trouble, details, task_id, request_id)
        self.beginInsertRows(QModelIndex(), 0, 0)
        self._messages.appendleft(message)
        self.unread += not read
        self.endInsertRows()
        if len(self._messages) > self._capacity:
            last = len(self._messages) - 1
            self.beginRemoveRows(QModelIndex(), last, last)
            self._messages.pop()
            self.endRemoveRows()
        return message

    def read_all(self) -> None:
        """A person has seen them."""
        self.unread = 0

    def at(self, row: int) -> Message:
        """Give the message of a row."""
        return self._messages[row]

    def rowCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008 Qt's signature
        """Give the number of messages."""
        return 0 if parent.isValid() else len(self._messages)

    def columnCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008 Qt's signature
        """Give the number of columns: time and text."""
        return 0 if parent.isValid() else 2

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Role.DisplayRole
    ) -> Any:
        """Give a column's title."""
        if orientation != Qt.Orientation.Horizontal or role != Role.DisplayRole:
            return None
        return self._appearance.words((Text.COLUMN_TIME, Text.COLUMN_MESSAGE)[section])

    def data(self, index: QModelIndex, role: int = Role.DisplayRole) -> Any:
        """Give what a cell shows."""
        if not index.isValid() or index.row() >= len(self._messages):
            return None
        message = self._messages[index.row()]
        text = message.say(self._appearance.words)
        if role == Role.DisplayRole:
            clock = local_clock(message.at)
            return clock if index.column() == 0 else text.replace("\n", " ")
        if role == Role.ToolTipRole:
            return f"{message.at:%Y-%m-%d %H:%M:%S} UTC" if index.column() == 0 else text
        return None

    def _on_appearance(self) -> None:
        self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, 1)
        if self._messages:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self._messages) - 1, 1))
