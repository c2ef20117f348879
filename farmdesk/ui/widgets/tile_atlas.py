"""The painted cells of the frame grid: a small picture for each state, plain and selected."""

from functools import lru_cache

import numpy as np
from PyQt5.QtGui import QColor, QImage, QPainter, QPen

from farmdesk.domain.states import FrameState
from farmdesk.ui.cell import BORDER_FROM_PX, paint_cell
from farmdesk.ui.theme import THEMES, Theme, ThemeName
from farmdesk.ui.widgets.pixels import Pixels, pixels_of

BLANK = len(FrameState)  # tile of a place past the last frame
SELECTED = BLANK + 1  # tile of a selected frame is SELECTED + its state


@lru_cache(maxsize=8)
def tiles(theme_name: ThemeName, side_px: int) -> Pixels:
    """Give all tiles of one size: shape (states, blank, selected states; side; side), RGB32."""
    theme = THEMES[theme_name]
    made = np.empty((SELECTED + BLANK, side_px, side_px), np.uint32)
    for state in FrameState:
        made[state] = _tile(theme, state, side_px, selected=False)
        made[SELECTED + state] = _tile(theme, state, side_px, selected=True)
    made[BLANK] = QColor(theme.base).rgb()
    return made


def state_colour(theme: Theme, state: FrameState) -> int:
    """Give a state's colour as one RGB32 pixel."""
    return QColor(theme.frames[state]).rgb()


def _tile(theme: Theme, state: FrameState, side_px: int, *, selected: bool) -> Pixels:
    image = QImage(side_px, side_px, QImage.Format.Format_RGB32)
    image.fill(QColor(theme.base))
    painter = QPainter(image)
    side = side_px - (1 if side_px >= BORDER_FROM_PX else 0)  # a gap of one pixel between cells
    paint_cell(painter, state, side=side, theme=theme)
    if selected:
        _frame(painter, theme, side)
    painter.end()
    return pixels_of(image)


def _frame(painter: QPainter, theme: Theme, side: int) -> None:
    """Mark a selected cell with a ring that stands out on every state's colour."""
    painter.setBrush(QColor(0, 0, 0, 0))
    painter.setPen(QPen(QColor(theme.base), 1))
    if side >= 8:
        painter.drawRect(2, 2, side - 5, side - 5)
    painter.setPen(QPen(QColor(theme.focus), 1))
    painter.drawRect(0, 0, side - 1, side - 1)
    if side >= 6:
        painter.drawRect(1, 1, side - 3, side - 3)
