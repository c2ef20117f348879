"""A table model over rows with a key: sorted and filtered here, told to views row by row."""

from abc import abstractmethod
from collections.abc import Callable, Hashable, Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from PyQt5.QtCore import QAbstractTableModel, QModelIndex, QObject, Qt

from farmdesk.ui.appearance import Appearance
from farmdesk.ui.texts import Phrase

K = TypeVar("K", bound=Hashable)
R = TypeVar("R")
Role = Qt.ItemDataRole
SORT_ROLE = Role.UserRole
BAR_ROLE = Role.UserRole + 1  # what a painting delegate needs
# Views take a millisecond for each row that is removed by itself; beyond this many they are reset,
# and whoever shows the rows selects again what was selected.
MANY = 50


@dataclass(frozen=True, slots=True)
class Column(Generic[R]):
    """One column: its title, its text, what it sorts by, and what else it shows."""

    name: str  # stable, for saved layouts and tests
    title: Phrase
    text: Callable[[R], str]
    order: Callable[[R], Any]
    right: bool = False
    icon: Callable[[R], object] | None = None
    tip: Callable[[R], str] | None = None
    bar: Callable[[R], object] | None = None


class KeyedRows(QAbstractTableModel, Generic[K, R]):
    """Rows by key. `shown` is the order on the screen; subclasses give columns, key and filter."""

    def __init__(self, appearance: Appearance, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.appearance = appearance
        self.loaded = False
        self.columns: tuple[Column[R], ...] = self.make_columns()
        self._rows: dict[K, R] = {}
        self._shown: list[K] = []
        self._place: dict[K, int] = {}
        self._sort_column = 0
        self._descending = False
        appearance.changed.connect(self._on_appearance)

    # ---- what a subclass says

    @abstractmethod
    def make_columns(self) -> tuple[Column[R], ...]:
        """Give the columns, left to right."""

    @abstractmethod
    def key(self, row: R) -> K:
        """Give what stays the same when the row changes."""

    @abstractmethod
    def passes(self, row: R) -> bool:
        """Tell whether the filter shows this row."""

    # ---- rows in, rows out

    def take(self, rows: Iterable[R], *, whole: bool) -> None:
        """Lay fresh rows over the old ones; `whole`: rows that are not among them are gone."""
        fresh = {self.key(row): row for row in rows}
        self.loaded = True
        gone = self._rows.keys() - fresh.keys() if whole else set()
        changed = [key for key, row in fresh.items() if self._rows.get(key) != row]
        if not changed and not gone:
            return
        self._rows.update(fresh)
        self._arrange(gone)
        for key in gone:
            del self._rows[key]  # only now: views asked for them while they were being removed
        self._tell(changed)

    def rows(self) -> list[R]:
        """Give all rows, shown or not."""
        return list(self._rows.values())

    def shown(self) -> list[R]:
        """Give the rows on the screen, top to bottom."""
        return [self._rows[key] for key in self._shown]

    def row(self, key: K) -> R | None:
        """Give a row by key, shown or not."""
        return self._rows.get(key)

    def at(self, place: int) -> R:
        """Give the row at a place on the screen."""
        return self._rows[self._shown[place]]

    def place_of(self, key: K) -> int | None:
        """Give the place of a row on the screen; None when it is not shown."""
        return self._place.get(key)

    def column_named(self, name: str) -> int:
        """Give the place of a column."""
        return [column.name for column in self.columns].index(name)

    def filter_changed(self) -> None:
        """Show what passes the filter now."""
        self._arrange()

    def changed_beside(self, keys: Iterable[K]) -> None:
        """Show anew rows of which something changed that is kept beside them."""
        self._arrange()
        self._tell(list(keys))

    # ---- Qt

    def rowCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008 Qt's signature
        """Give the number of rows on the screen."""
        return 0 if parent.isValid() else len(self._shown)

    def columnCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008 Qt's signature
        """Give the number of columns."""
        return 0 if parent.isValid() else len(self.columns)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Role.DisplayRole
    ) -> Any:
        """Give a column's title."""
        if orientation != Qt.Orientation.Horizontal or not 0 <= section < len(self.columns):
            return None
        column = self.columns[section]
        if role == Role.DisplayRole:
            return self.appearance.words(column.title)
        if role == Role.TextAlignmentRole:
            return _side(right=column.right)
        return None

    def data(self, index: QModelIndex, role: int = Role.DisplayRole) -> Any:
        """Give what a cell shows."""
        if not index.isValid() or index.row() >= len(self._shown):
            return None
        column, row = self.columns[index.column()], self.at(index.row())
        if role == Role.DisplayRole:
            return column.text(row)
        if role == Role.DecorationRole:
            return column.icon(row) if column.icon else None
        if role == BAR_ROLE:
            return column.bar(row) if column.bar else None
        if role == SORT_ROLE:
            return column.order(row)
        if role == Role.ToolTipRole:
            return column.tip(row) if column.tip else column.text(row)
        if role == Role.TextAlignmentRole:
            return _side(right=column.right)
        return None

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Order the rows by a column, and keep them so when they change."""
        self._sort_column = max(0, column)
        self._descending = order == Qt.SortOrder.DescendingOrder
        self._arrange()

    # ---- private

    def _arrange(self, gone: AbstractSet[K] = frozenset()) -> None:
        """Bring the shown rows in line with rows, filter and order; `gone` rows are not shown."""
        order = self.columns[self._sort_column].order
        wanted = [key for key, row in self._rows.items() if self.passes(row)]
        wanted = [key for key in wanted if key not in gone]
        wanted.sort(key=lambda key: order(self._rows[key]), reverse=self._descending)
        keep = set(wanted)
        unwanted = [place for place, key in enumerate(self._shown) if key not in keep]
        if len(unwanted) > MANY:
            self.beginResetModel()
            self._shown = wanted
            self._number_places()
            self.endResetModel()
            return
        for place in reversed(unwanted):
            self.beginRemoveRows(QModelIndex(), place, place)
            del self._shown[place]
            self.endRemoveRows()
        shown = set(self._shown)
        added = [key for key in wanted if key not in shown]
        if added:
            start = len(self._shown)
            self.beginInsertRows(QModelIndex(), start, start + len(added) - 1)
            self._shown.extend(added)
            self.endInsertRows()
        if wanted != self._shown:
            self._reorder(wanted)
        self._number_places()

    def _number_places(self) -> None:
        self._place = {key: place for place, key in enumerate(self._shown)}

    def _reorder(self, wanted: list[K]) -> None:
        self.layoutAboutToBeChanged.emit()
        old = self.persistentIndexList()
        keys = [self._shown[index.row()] for index in old]
        self._shown = wanted
        places = {key: place for place, key in enumerate(wanted)}
        new = [
            self.index(places[key], index.column()) for key, index in zip(keys, old, strict=True)
        ]
        self.changePersistentIndexList(old, new)
        self.layoutChanged.emit()

    def _tell(self, changed: list[K]) -> None:
        places = sorted(self._place[key] for key in changed if key in self._place)
        if places:
            last = len(self.columns) - 1
            self.dataChanged.emit(self.index(places[0], 0), self.index(places[-1], last))

    def _on_appearance(self) -> None:
        self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, len(self.columns) - 1)
        if self._shown:
            last = self.index(len(self._shown) - 1, len(self.columns) - 1)
            self.dataChanged.emit(self.index(0, 0), last)


def _side(*, right: bool) -> int:
    side = Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft
    return int(side | Qt.AlignmentFlag.AlignVCenter)
