"""The selected task's frames: legend, grid with minimap, thumbnails, and the list of the same."""

import numpy as np
from PyQt5.QtCore import QByteArray, QItemSelectionModel, QModelIndex, Qt, pyqtSignal
from PyQt5.QtWidgets import (
    QApplication,
    QHBoxLayout,
    QLabel,
    QSlider,
    QTabWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from farmdesk.domain.frames import FrameSet
from farmdesk.domain.states import FrameState
from farmdesk.ui.appearance import Appearance
from farmdesk.ui.cell import cell_icon
from farmdesk.ui.models.frame_table import FrameTable
from farmdesk.ui.models.frames import FramesModel
from farmdesk.ui.texts import Text
from farmdesk.ui.widgets.cell_layout import MAX_CELL, MIN_CELL
from farmdesk.ui.widgets.contact_strip import ContactStrip
from farmdesk.ui.widgets.empty_hint import EmptyHint, Hint
from farmdesk.ui.widgets.flow_row import FlowRow
from farmdesk.ui.widgets.frame_grid import FrameGrid
from farmdesk.ui.widgets.minimap import Minimap
from farmdesk.ui.widgets.table import make_table, set_widths, widen_for_titles

WIDTHS = (9, 12, 14, 8, 10, 40)  # digits, by column of FramesModel
_TAB_BUTTONS = {"ScrollLeftButton": Text.SCROLL_LEFT, "ScrollRightButton": Text.SCROLL_RIGHT}
# What needs a look comes first.
LEGEND = (
    FrameState.DONE,
    FrameState.RENDERING,
    FrameState.FAILED,
    FrameState.RETRYING,
    FrameState.CHECKING,
    FrameState.ASSIGNED,
    FrameState.PAUSED,
    FrameState.WAITING,
    FrameState.SKIPPED,
)


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
        self.legend = {state: self._legend_button(state) for state in LEGEND}
        self.zoom = QSlider(Qt.Orientation.Horizontal)
        self.zoom.setRange(MIN_CELL, MAX_CELL)
        self.zoom.setValue(self.grid.cell)
        self.zoom.valueChanged.connect(self.grid.set_cell)
        self.zoom_label = QLabel()
        self.fit = QToolButton()
        self.fit.setAutoRaise(True)
        self.fit.setCheckable(True)
        self.fit.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.fit.clicked.connect(self.grid.fit_cells)
        self.grid.cell_changed.connect(self._on_cell_changed)
        self.grid.verticalScrollBar().rangeChanged.connect(self._on_cell_changed)
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
        self.list.doubleClicked.connect(self._on_row_opened)
        table.replaced.connect(self._on_replaced)
        table.changed.connect(self._on_changed)
        appearance.changed.connect(self._on_appearance)
        self._on_appearance()
        self._on_cell_changed()

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

    def save_cells(self) -> QByteArray:
        """Give the chosen size of the cells; where they follow the panel, say so."""
        return QByteArray(b"fit" if self.grid.fitted else str(self.grid.cell).encode())

    def restore_cells(self, saved: QByteArray) -> bool:
        """Take back what `save_cells` gave; tells whether it could be read."""
        text = bytes(saved)
        if text == b"fit":
            self.grid.fit_cells()
        elif text.isdigit() and len(text) <= 3:
            self.grid.set_cell(int(text))
        else:
            return False
        return True

    def _lay_out(self) -> None:
        self.legend_box = QWidget()
        flow = FlowRow(self.legend_box)
        for button in self.legend.values():
            flow.addWidget(button)
        self.zoom_box = QWidget()
        line = QHBoxLayout(self.zoom_box)
        line.setContentsMargins(4, 0, 8, 0)
        line.addWidget(self.zoom_label)
        line.addWidget(self.zoom)
        line.addWidget(self.fit)
        self.zoom.setMaximumWidth(120)
        self.setCornerWidget(self.zoom_box)
        cells = QHBoxLayout()
        cells.setSpacing(2)
        cells.addWidget(self.grid, 1)
        cells.addWidget(self.minimap)
        self.grid_tab = QWidget()
        column = QVBoxLayout(self.grid_tab)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.legend_box)
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
            lambda: self.zoom_box.setVisible(self.currentWidget() is self.grid_tab)
        )

    def _legend_button(self, state: FrameState) -> QToolButton:
        button = QToolButton()
        button.setObjectName(f"legend-{state.name}")
        button.setAutoRaise(True)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        button.clicked.connect(lambda: self.filter_list(state))
        return button

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

    def _on_cell_changed(self) -> None:
        """Bring slider, switch and minimap in line with the grid."""
        blocked = self.zoom.blockSignals(True)
        self.zoom.setValue(self.grid.cell)
        self.zoom.blockSignals(blocked)
        self.fit.setChecked(self.grid.fitted)
        self.minimap.setVisible(self.grid.scrolls)

    def _on_replaced(self) -> None:
        self._busy_shown = False
        self.model.filter_state(None)
        self._on_changed()

    def _on_changed(self) -> None:
        words, counts = self._appearance.words, self._table.counts()
        self.legend_box.setVisible(self._table.loaded)
        self.contact.setVisible(self._table.task_id is not None)
        if self._table.loaded and not self._busy_shown:
            self._show_busy()
        for state, button in self.legend.items():
            count = int(counts[state])
            name = words.frame_state(state)
            button.setText(words(Text.STATE_COUNT, state=name, count=f"{count:,}"))
            button.setVisible(count > 0)
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
        words, theme = self._appearance.words, self._appearance.theme
        self.setTabText(0, words(Text.TAB_GRID))
        self.setTabText(1, words(Text.TAB_LIST))
        # Qt names the tab bar's own buttons in English, whatever the language.
        for name, text in _TAB_BUTTONS.items():
            for button in self.tabBar().findChildren(QToolButton, name):
                button.setAccessibleName(words(text))
        self.zoom_label.setText(words(Text.CELL_SIZE))
        self.zoom.setAccessibleName(words(Text.CELL_SIZE))
        self.fit.setText(words(Text.FIT_CELLS))
        self.fit.setToolTip(words(Text.FIT_CELLS_TIP))
        self.list.setAccessibleName(words(Text.TAB_LIST))
        widen_for_titles(self.list)
        for state, button in self.legend.items():
            button.setIcon(cell_icon(state, theme))
            button.setToolTip(words(Text.LEGEND_TIP, state=words.frame_state(state)))
        self._on_changed()
