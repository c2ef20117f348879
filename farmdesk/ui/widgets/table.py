"""How every table of the user interface looks and behaves."""

from PyQt5.QtCore import QAbstractItemModel, Qt
from PyQt5.QtWidgets import QAbstractItemView, QFrame, QHeaderView, QTableView

ROW_PADDING = 10


def make_table(model: QAbstractItemModel) -> QTableView:
    """Give a table of whole rows: sortable by header, no grid, rows of one height."""
    view = QTableView()
    view.setModel(model)
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
    rows.setDefaultSectionSize(view.fontMetrics().height() + ROW_PADDING)
    header = view.horizontalHeader()
    header.setHighlightSections(False)
    header.setSectionsMovable(True)
    header.setStretchLastSection(True)
    header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    header.setSortIndicator(0, Qt.SortOrder.AscendingOrder)
    view.setSortingEnabled(True)
    return view


def set_widths(view: QTableView, characters: tuple[int, ...]) -> None:
    """Set column widths in digits of the view's font, so that they grow with the text."""
    unit = view.fontMetrics().horizontalAdvance("0")
    for column, count in enumerate(characters):
        view.setColumnWidth(column, count * unit + 14)
    widen_for_titles(view)


def widen_for_titles(view: QTableView) -> None:
    """Widen columns whose title does not fit; the words of another language may be longer."""
    header = view.horizontalHeader()
    for column in range(header.count()):
        needed = header.sectionSizeHint(column)
        if header.sectionSize(column) < needed:
            header.resizeSection(column, needed)
