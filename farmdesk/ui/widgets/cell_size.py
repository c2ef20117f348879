"""How large the cells of a grid are: a slider, and a switch that lets them follow the area."""

from PyQt5.QtCore import QByteArray, Qt
from PyQt5.QtWidgets import QHBoxLayout, QLabel, QSlider, QToolButton, QWidget

from farmdesk.ui.appearance import Appearance
from farmdesk.ui.texts import Text
from farmdesk.ui.widgets.cell_layout import MAX_CELL, MIN_CELL
from farmdesk.ui.widgets.frame_grid import FrameGrid


class CellSize(QWidget):
    """Steers a grid, and follows it."""

    def __init__(self, grid: FrameGrid, appearance: Appearance) -> None:
        super().__init__()
        self._grid = grid
        self._appearance = appearance
        self._label = QLabel()
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(MIN_CELL, MAX_CELL)
        self.slider.setMaximumWidth(120)
        self.slider.valueChanged.connect(grid.set_cell)
        self.fit = QToolButton()
        self.fit.setAutoRaise(True)
        self.fit.setCheckable(True)
        self.fit.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.fit.clicked.connect(grid.fit_cells)
        line = QHBoxLayout(self)
        line.setContentsMargins(4, 0, 8, 0)
        line.addWidget(self._label)
        line.addWidget(self.slider)
        line.addWidget(self.fit)
        grid.cell_changed.connect(self._on_cell_changed)
        appearance.changed.connect(self._on_appearance)
        self._on_appearance()
        self._on_cell_changed()

    def save(self) -> QByteArray:
        """Give the chosen size of the cells; where they follow the area, say so."""
        return QByteArray(b"fit" if self._grid.fitted else str(self._grid.cell).encode())

    def restore(self, saved: QByteArray) -> bool:
        """Take back what `save` gave; tells whether it could be read."""
        text = bytes(saved)
        if text == b"fit":
            self._grid.fit_cells()
        elif text.isdigit() and len(text) <= 3:
            self._grid.set_cell(int(text))
        else:
            return False
        return True

    def _on_cell_changed(self) -> None:
        blocked = self.slider.blockSignals(True)
        self.slider.setValue(self._grid.cell)
        self.slider.blockSignals(blocked)
        self.fit.setChecked(self._grid.fitted)

    def _on_appearance(self) -> None:
        words = self._appearance.words
        self._label.setText(words(Text.CELL_SIZE))
        self.slider.setAccessibleName(words(Text.CELL_SIZE))
        self.fit.setText(words(Text.FIT_CELLS))
        self.fit.setToolTip(words(Text.FIT_CELLS_TIP))
