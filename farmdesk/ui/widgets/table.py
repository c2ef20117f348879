"""How every table of the user interface looks and behaves."""

from PyQt5.QtCore import QAbstractItemModel, QEvent, QModelIndex, Qt
from PyQt5.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHeaderView,
    QMenu,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
)

ROW_PADDING = 10
CELL_PADDING = 14
LEAST_COLUMN = 24  # pixels
TITLE_PADDING = 24  # the style sheet's padding, and the sort arrow


class CellDelegate(QStyledItemDelegate):
    """Paints cells as Qt does, but keeps figures at the right edge off the next column's text."""

    def initStyleOption(self, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        """Add a little space on the screen alone; what is copied has none."""
        super().initStyleOption(option, index)
        if option.displayAlignment & Qt.AlignmentFlag.AlignRight:
            option.text += "\u2002"


class Table(QTableView):
    """A table whose rows are as high as its text needs, whatever size of text is chosen."""

    def fit_rows(self) -> None:
        """Set the height of rows."""
        self.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + ROW_PADDING)

    def changeEvent(self, event: QEvent) -> None:
        """Follow the size of text."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self.fit_rows()


def make_table(model: QAbstractItemModel) -> QTableView:
    """Give a table of whole rows: sortable by header, no grid, rows of one height."""
    view = Table()
    view.setModel(model)
    view.setItemDelegate(CellDelegate(view))
    view.setAlternatingRowColors(True)
    view.setShowGrid(False)
    view.setWordWrap(False)
    view.setTabKeyNavigation(False)
    view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    view.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
    view.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
    view.setFrameShape(QFrame.Shape.NoFrame)
    view.setTextElideMode(Qt.TextElideMode.ElideRight)
    rows = view.verticalHeader()
    rows.hide()
    rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
    view.fit_rows()
    header = view.horizontalHeader()
    header.setHighlightSections(False)
    header.setSectionsMovable(True)
    header.setStretchLastSection(True)
    header.setMinimumSectionSize(LEAST_COLUMN)
    header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    header.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
    header.customContextMenuRequested.connect(
        lambda at: column_menu(view).popup(header.mapToGlobal(at))
    )
    header.setSortIndicator(0, Qt.SortOrder.AscendingOrder)
    view.setSortingEnabled(True)
    return view


def set_widths(view: QTableView, characters: tuple[int, ...]) -> None:
    """Set column widths in digits of the view's font, so that they grow with the text."""
    for column, count in enumerate(characters):
        view.setColumnWidth(column, digits_width(view, count))
    widen_for_titles(view)


def digits_width(view: QTableView, count: int) -> int:
    """Give the width of a column for this many digits, in pixels."""
    return view.fontMetrics().horizontalAdvance("0") * count + CELL_PADDING


def title_width(view: QTableView, column: int) -> int:
    """Give the width that a column's title needs, in pixels."""
    title = str(view.model().headerData(column, Qt.Orientation.Horizontal))
    return view.fontMetrics().horizontalAdvance(title) + TITLE_PADDING


def column_menu(view: QTableView) -> QMenu:
    """Give a menu that shows and hides columns; the first one always stays."""
    menu = QMenu(view)
    menu.aboutToHide.connect(menu.deleteLater)
    for column in range(1, view.model().columnCount()):
        title = str(view.model().headerData(column, Qt.Orientation.Horizontal))
        entry = menu.addAction(title)
        entry.setCheckable(True)
        entry.setChecked(not view.isColumnHidden(column))
        entry.toggled.connect(lambda shown, column=column: view.setColumnHidden(column, not shown))
    return menu


def widen_for_titles(view: QTableView) -> None:
    """Widen columns whose title does not fit; the words of another language may be longer."""
    header = view.horizontalHeader()
    for column in range(header.count()):
        needed = title_width(view, column)
        if not header.isSectionHidden(column) and header.sectionSize(column) < needed:
            header.resizeSection(column, needed)
