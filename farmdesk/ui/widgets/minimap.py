"""The whole task in one strip: one failed frame of half a million can still be seen.

Each line of pixels shows the state in its share of the frames that most needs a look; the right
half grows with the logarithm of the share that failed.
"""

import numpy as np
import numpy.typing as npt
from PyQt5.QtCore import QRect, QSize, Qt, QTimer
from PyQt5.QtGui import QColor, QImage, QMouseEvent, QPainter, QPaintEvent, QPen
from PyQt5.QtWidgets import QSizePolicy, QWidget

from farmdesk.domain.states import FrameState
from farmdesk.ui.appearance import Appearance
from farmdesk.ui.models.frame_table import FrameTable
from farmdesk.ui.texts import Text
from farmdesk.ui.theme import Theme
from farmdesk.ui.widgets.frame_grid import FrameGrid
from farmdesk.ui.widgets.pixels import picture
from farmdesk.ui.widgets.tile_atlas import state_colour

WIDTH = 22
REFRESH_MS = 1000
# Rarest first: where a line has several states, the earlier one is shown.
_ORDER = (
    FrameState.RETRYING,
    FrameState.RENDERING,
    FrameState.CHECKING,
    FrameState.ASSIGNED,
    FrameState.PAUSED,
    FrameState.WAITING,
    FrameState.DONE,
    FrameState.SKIPPED,
    FrameState.FAILED,  # the right half is its own; the left shows it only where all failed
)


class Minimap(QWidget):
    """Shows where in the task the grid stands; a click or drag moves it there."""

    def __init__(self, grid: FrameGrid, table: FrameTable, appearance: Appearance) -> None:
        super().__init__()
        self._grid = grid
        self._table = table
        self._appearance = appearance
        self._strip: QImage | None = None
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(REFRESH_MS)
        self._timer.timeout.connect(self._forget)
        table.replaced.connect(self._forget)
        table.changed.connect(self._on_changed)
        grid.verticalScrollBar().valueChanged.connect(self.update)
        grid.verticalScrollBar().rangeChanged.connect(self.update)
        appearance.changed.connect(self._on_appearance)
        self._on_appearance()

    def sizeHint(self) -> QSize:
        """Ask for a narrow strip."""
        return QSize(WIDTH, 100)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002 Qt's signature
        """Paint the strip and the grid's place in it."""
        painter = QPainter(self)
        theme = self._appearance.theme
        painter.fillRect(self.rect(), QColor(theme.panel))
        if len(self._table) and self._table.loaded:
            if self._strip is None or self._strip.height() != self.height():
                self._strip = strip(self._table.states, self.height(), theme)
            painter.drawImage(0, 0, self._strip)
            painter.setPen(QPen(QColor(theme.focus), 1.5))
            painter.drawRect(self._window())
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Move the grid to this part of the task."""
        if event.buttons() & Qt.MouseButton.LeftButton:
            bar = self._grid.verticalScrollBar()
            lines = bar.maximum() + bar.pageStep()
            middle = round(event.y() / max(1, self.height()) * lines) - bar.pageStep() // 2
            bar.setValue(middle)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Follow the drag."""
        self.mousePressEvent(event)

    def _window(self) -> QRect:
        bar = self._grid.verticalScrollBar()
        lines = max(1, bar.maximum() + bar.pageStep())
        top = self.height() * bar.value() // lines
        height = max(5, self.height() * bar.pageStep() // lines)
        return QRect(1, min(top, self.height() - height), WIDTH - 3, height - 1)

    def _on_changed(self) -> None:
        if self._strip is None:
            self.update()
        elif not self._timer.isActive():
            self._timer.start()

    def _forget(self) -> None:
        self._strip = None
        self.update()

    def _on_appearance(self) -> None:
        self.setAccessibleName(self._appearance.words(Text.MINIMAP))
        self.setToolTip(self._appearance.words(Text.MINIMAP_TIP))
        self._forget()


def strip(states: npt.NDArray[np.uint8], height: int, theme: Theme) -> QImage:
    """Paint all states into a picture of `WIDTH` × `height` pixels."""
    height = max(1, height)
    edges = np.linspace(0, len(states), height + 1).astype(np.int64)
    starts = np.minimum(edges[:-1], len(states) - 1)
    sizes = np.maximum(1, np.diff(edges))
    rank = np.empty(len(FrameState), np.uint8)
    rank[list(_ORDER)] = np.arange(len(_ORDER))
    worst = np.minimum.reduceat(rank[states], starts)
    colours = np.array([state_colour(theme, state) for state in _ORDER], np.uint32)
    pixels = np.repeat(colours[worst][:, None], WIDTH, axis=1)
    failed = np.add.reduceat((states == FrameState.FAILED).astype(np.int64), starts) / sizes
    width = np.where(failed > 0, np.ceil((np.log10(np.maximum(failed, 1e-5)) + 5) * 2.2), 0)
    wide = np.clip(width, np.where(failed > 0, 3, 0), WIDTH // 2)
    red = np.arange(WIDTH)[None, :] >= (WIDTH - wide)[:, None]
    pixels[red] = state_colour(theme, FrameState.FAILED)
    return picture(np.ascontiguousarray(pixels)).copy()
