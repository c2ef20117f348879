"""The frame list: every frame of the selected task as a row, the grid's equal for screen readers.

Sorting and filtering are array operations on `FrameTable`; there is no proxy model, which takes
seconds for half a million rows.
"""

from collections.abc import Sequence
from enum import Enum
from typing import Any

import numpy as np
import numpy.typing as npt
from PyQt5.QtCore import QAbstractTableModel, QModelIndex, Qt
from PyQt5.QtGui import QIcon

from farmdesk.domain.states import FrameState
from farmdesk.ui.appearance import Appearance
from farmdesk.ui.cell import cell_icon
from farmdesk.ui.models.frame_table import FrameTable
from farmdesk.ui.texts import Text

Role = Qt.ItemDataRole


class FrameColumn(Enum):
    """The columns of the list, left to right."""

    FRAME = Text.COLUMN_FRAME
    STATE = Text.COLUMN_STATE
    NODE = Text.COLUMN_NODE
    ATTEMPTS = Text.COLUMN_ATTEMPTS
    SECONDS = Text.COLUMN_SECONDS
    REASON = Text.COLUMN_REASON


COLUMNS = tuple(FrameColumn)
_RIGHT = (FrameColumn.FRAME, FrameColumn.ATTEMPTS, FrameColumn.SECONDS)


class FramesModel(QAbstractTableModel):
    """Rows are places in the frame table, in the chosen order, of the chosen state."""

    def __init__(self, table: FrameTable, appearance: Appearance) -> None:
        super().__init__()
        self._table = table
        self._appearance = appearance
        self._state: FrameState | None = None
        self._sort: tuple[FrameColumn, bool] = (FrameColumn.FRAME, False)
        self._order: npt.NDArray[np.int64] = np.empty(0, np.int64)
        self._icons: dict[tuple[str, FrameState], QIcon] = {}
        table.replaced.connect(self._on_replaced)
        table.changed.connect(self._on_changed)
        appearance.changed.connect(self._on_appearance)
        self._on_replaced()

    def filter_state(self, state: FrameState | None) -> None:
        """Show only frames in this state; None shows all."""
        self._state = state
        self.beginResetModel()
        self._order = self._wanted()
        self.endResetModel()

    @property
    def state(self) -> FrameState | None:
        """The state that the list is filtered by; None for all."""
        return self._state

    def place(self, row: int) -> int:
        """Give the place in the frame table that a row shows."""
        return int(self._order[row])

    def row_of(self, place: int) -> int | None:
        """Give the row that shows a place; None when it is filtered out."""
        found = np.flatnonzero(self._order == place)
        return int(found[0]) if len(found) else None

    def rowCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008 Qt's signature
        """Give the number of frames shown."""
        return 0 if parent.isValid() else len(self._order)

    def columnCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008 Qt's signature
        """Give the number of columns."""
        return 0 if parent.isValid() else len(COLUMNS)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Role.DisplayRole
    ) -> Any:
        """Give a column's title."""
        if orientation != Qt.Orientation.Horizontal or not 0 <= section < len(COLUMNS):
            return None
        if role == Role.DisplayRole:
            return self._appearance.words(COLUMNS[section].value)
        return self._alignment(section) if role == Role.TextAlignmentRole else None

    def data(self, index: QModelIndex, role: int = Role.DisplayRole) -> Any:
        """Give what a cell shows."""
        if not index.isValid() or index.row() >= len(self._order):
            return None
        place, column = self.place(index.row()), COLUMNS[index.column()]
        if role == Role.DisplayRole:
            return self._text(place, column)
        if role == Role.ToolTipRole:
            return self._tip(place, column)
        if role == Role.DecorationRole and column is FrameColumn.STATE:
            return self._icon(self._table.state(place))
        return self._alignment(index.column()) if role == Role.TextAlignmentRole else None

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Order by a column. Later changes of values do not move rows until it is asked again."""
        self._sort = (COLUMNS[max(0, column)], order == Qt.SortOrder.DescendingOrder)
        self.layoutAboutToBeChanged.emit()
        old = self.persistentIndexList()
        places = [self.place(index.row()) for index in old]
        self._order = self._sorted(np.sort(self._order))
        rows = self._rows_of(places)
        new = [
            self.index(row, index.column()) if row >= 0 else QModelIndex()
            for row, index in zip(rows, old, strict=True)
        ]
        self.changePersistentIndexList(old, new)
        self.layoutChanged.emit()

    def _text(self, place: int, column: FrameColumn) -> str:
        table, words = self._table, self._appearance.words
        if column is FrameColumn.FRAME:
            return str(table.frame(place))
        if column is FrameColumn.STATE:
            return words.frame_state(table.state(place))
        if column is FrameColumn.NODE:
            return table.node(place)
        if column is FrameColumn.ATTEMPTS:
            return str(int(table.attempts[place]) or "")
        if column is FrameColumn.SECONDS:
            seconds = float(table.seconds[place])
            return f"{seconds:.1f} s" if seconds else ""
        reason = table.reason(place)
        return "" if reason is None else words.why_failed(reason, table.sentence(place))

    def _tip(self, place: int, column: FrameColumn) -> str:
        """Give what a cell shows, and at a failure's reason what to do about it."""
        text, reason = self._text(place, column), self._table.reason(place)
        if column is not FrameColumn.REASON or reason is None:
            return text
        return f"{text}\n{self._appearance.words.next_step(reason)}"

    def _icon(self, state: FrameState) -> QIcon:
        theme = self._appearance.theme
        key = (theme.name, state)
        if key not in self._icons:
            self._icons[key] = cell_icon(state, theme)
        return self._icons[key]

    def _alignment(self, section: int) -> int:
        right = COLUMNS[section] in _RIGHT
        side = Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft
        return int(side | Qt.AlignmentFlag.AlignVCenter)

    def _wanted(self) -> npt.NDArray[np.int64]:
        if self._state is None:
            places = np.arange(len(self._table), dtype=np.int64)
        else:
            places = np.flatnonzero(self._table.states == self._state)
        return self._sorted(places)

    def _sorted(self, places: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        column, descending = self._sort
        table = self._table
        keys: dict[FrameColumn, npt.NDArray[Any]] = {
            FrameColumn.STATE: table.states,
            FrameColumn.NODE: table.nodes,
            FrameColumn.ATTEMPTS: table.attempts,
            FrameColumn.SECONDS: table.seconds,
            FrameColumn.REASON: table.reasons,
        }
        if column in keys:
            places = places[np.argsort(keys[column][places], kind="stable")]
        return places[::-1] if descending else places

    def _rows_of(self, places: Sequence[int]) -> list[int]:
        """Give the row of each place, -1 where it is not shown."""
        rows = np.full(len(self._table), -1, np.int64)
        rows[self._order] = np.arange(len(self._order))
        return [int(rows[place]) for place in places]

    def _on_replaced(self) -> None:
        self.beginResetModel()
        self._order = self._wanted()
        self.endResetModel()

    def _on_changed(self) -> None:
        if self._state is not None:
            members = self._table.states[self._order] == self._state
            total = int(self._table.counts()[self._state])
            if total != len(self._order) or not members.all():
                self.filter_state(self._state)
                return
        if len(self._order):
            last = self.index(len(self._order) - 1, len(COLUMNS) - 1)
            self.dataChanged.emit(self.index(0, 0), last)

    def _on_appearance(self) -> None:
        self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, len(COLUMNS) - 1)
        self._on_changed()
