"""The selected task's frames: legend, grid with minimap, thumbnails, and the list of the same."""

import numpy as np
from PyQt5.QtCore import QItemSelectionModel, QModelIndex, Qt, pyqtSignal
from PyQt5.QtWidgets import (
    QApplication,
    QHBoxLayout,
    QTabWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from farmdesk.domain.frames import FrameSet
from farmdesk.domain.states import FrameState
from farmdesk.ui.appearance import Appearance
from farmdesk.ui.models.frame_table import FrameTable
from farmdesk.ui.models.frames import FramesModel
from farmdesk.ui.texts import Text
from farmdesk.ui.widgets.cell_size import CellSize
from farmdesk.ui.widgets.contact_strip import ContactStrip
from farmdesk.ui.widgets.empty_hint import EmptyHint, Hint
from farmdesk.ui.widgets.frame_grid import FrameGrid
from farmdesk.ui.widgets.legend import Legend
from farmdesk.ui.widgets.minimap import Minimap
from farmdesk.ui.widgets.table import make_table, set_widths, widen_for_titles

WIDTHS = (9, 12, 14, 8, 10, 40)  # digits, by column of FramesModel
_TAB_BUTTONS = {"ScrollLeftButton": Text.SCROLL_LEFT, "ScrollRightButton": Text.SCROLL_RIGHT}


class FramesPanel(QTabWidget):
    """Grid and list of one task, and room for further tabs."""

    frame_opened = pyqtSignal(int)  # frame number

    def __init__(self, table: FrameTable, appearance: Appearance) -> None:
        super().__init__()
        self._table = table
        self._appearance = appearance
        self.grid = FrameGrid(table, appearance)
        self.minimap = Minimap(self.grid, table, appearance)
        self.contact = ContactStrip(table, appearance)
        self.model = FramesModel(table, appearance)
        self.list = make_table(self.model)
        set_widths(self.list, WIDTHS)
        self.legend = Legend(table, appearance)
        self.cell_size = CellSize(self.grid, appearance)
        self.grid.verticalScrollBar().rangeChanged.connect(self._show_minimap)
        self.all_frames = QToolButton()
        self.all_frames.setAutoRaise(True)
        self.all_frames.clicked.connect(lambda: self.filter_list(None))
        self._busy_shown = False
        self.setDocumentMode(True)
        self._lay_out()
        self.hint = EmptyHint(self.list, appearance, self._hint)
        for view in (self.grid, self.list):
            view.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.grid.activated.connect(lambda place: self.frame_opened.emit(table.frame(place)))
        self.grid.selection_changed.connect(self._on_grid_selection)
        self.contact.frame_chosen.connect(self.grid.choose)
        self.legend.chosen.connect(self.filter_list)
        self.list.doubleClicked.connect(self._on_row_opened)
        table.replaced.connect(self._on_replaced)
        table.changed.connect(self._on_changed)
        appearance.changed.connect(self._on_appearance)
        self._on_appearance()
        self._show_minimap()

    def selected_places(self) -> list[int]:
        """Give the selected frames of the tab in front, as places of the frame table."""
        if self.currentWidget() is self.list_tab:
            rows = self.list.selectionModel().selectedRows()
            return sorted(self.model.place(index.row()) for index in rows)
        return [int(place) for place in self.grid.selection.places]

    def selected_frames(self, only: FrameState | None = None) -> FrameSet:
        """Give the selected frames; `only`: those in that state."""
        places = np.array(self.selected_places(), np.int64)
        if only is not None and len(places):
            places = places[self._table.states[places] == only]
        return FrameSet.of(self._table.frame(int(place)) for place in places)

    def copy_selected(self) -> None:
        """Put the selected frames into the clipboard, as people write them."""
        QApplication.clipboard().setText(str(self.selected_frames()))

    def open_list(self) -> None:
        """Go to the list of frames."""
        self.setCurrentWidget(self.list_tab)
        if not self.list.currentIndex().isValid():
            self.list.setCurrentIndex(self.model.index(0, 0))
        self.list.setFocus()

    def filter_list(self, state: FrameState | None) -> None:
        """Show the list with the frames of one state; the selected frames stay selected."""
        chosen = [self.model.place(i.row()) for i in self.list.selectionModel().selectedRows()]
        self.model.filter_state(state)
        flags = QItemSelectionModel.SelectionFlag
        for place in chosen[:1000]:
            row = self.model.row_of(place)
            if row is not None:
                index = self.model.index(row, 0)
                self.list.selectionModel().select(index, flags.Select | flags.Rows)
        if state is not None:
            self.setCurrentWidget(self.list_tab)
        self.hint.refresh()
        self._on_changed()

    def _lay_out(self) -> None:
        self.setCornerWidget(self.cell_size)
        cells = QHBoxLayout()
        cells.setSpacing(2)
        cells.addWidget(self.grid, 1)
        cells.addWidget(self.minimap)
        self.grid_tab = QWidget()
        column = QVBoxLayout(self.grid_tab)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.legend)
        column.addLayout(cells, 1)
        column.addWidget(self.contact)
        self.list_tab = QWidget()
        rows = QVBoxLayout(self.list_tab)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        rows.addWidget(self.all_frames)
        rows.addWidget(self.list, 1)
        self.addTab(self.grid_tab, "")
        self.addTab(self.list_tab, "")
        self.currentChanged.connect(
            lambda: self.cell_size.setVisible(self.currentWidget() is self.grid_tab)
        )

    def _hint(self) -> Hint | None:
        if self._table.task_id is None:
            return Hint(Text.EMPTY_FRAMES)
        if not self._table.loaded:
            return None
        return Hint(Text.EMPTY_FRAME_LIST, Text.ALL_FRAMES, lambda: self.filter_list(None))

    def _on_row_opened(self, index: QModelIndex) -> None:
        self.frame_opened.emit(self._table.frame(self.model.place(index.row())))

    def _show_busy(self) -> None:
        """Bring the first frame in work into sight, once a task: it is what people look for."""
        busy = np.flatnonzero(self._table.states == FrameState.RENDERING)
        if len(busy):
            self.grid.show_place(int(busy[0]), centre=True)
        self._busy_shown = True

    def _on_grid_selection(self) -> None:
        chosen = self.grid.selection
        self.contact.set_current(chosen.current if len(chosen) else None)

    def _show_minimap(self) -> None:
        self.minimap.setVisible(self.grid.scrolls)

    def _on_replaced(self) -> None:
        self._busy_shown = False
        self.model.filter_state(None)
        self._on_changed()

    def _on_changed(self) -> None:
        words = self._appearance.words
        self.legend.setVisible(self._table.loaded)
        self.contact.setVisible(self._table.task_id is not None)
        if self._table.loaded and not self._busy_shown:
            self._show_busy()
        self.all_frames.setVisible(self.model.state is not None)
        filtered = self.model.state
        if filtered is not None:
            shown = words(
                Text.STATE_COUNT,
                state=words.frame_state(filtered),
                count=f"{self.model.rowCount():,}",
            )
            self.all_frames.setText(f"{shown}  ✕  {words(Text.ALL_FRAMES)}")

    def _on_appearance(self) -> None:
        words = self._appearance.words
        self.setTabText(0, words(Text.TAB_GRID))
        self.setTabText(1, words(Text.TAB_LIST))
        # Qt names the tab bar's own buttons in English, whatever the language.
        for name, text in _TAB_BUTTONS.items():
            for button in self.tabBar().findChildren(QToolButton, name):
                button.setAccessibleName(words(text))
        self.list.setAccessibleName(words(Text.TAB_LIST))
        widen_for_titles(self.list)
        self._on_changed()
