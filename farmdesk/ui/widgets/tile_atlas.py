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
def tiles(theme_name: ThemeName, side_px: int, *, numbered: bool = False) -> Pixels:
    """Give all tiles of one size: shape (states, blank, selected states; side; side), RGB32.

    `numbered`: a number is painted over each, so the glyph makes room for it.
    """
    theme = THEMES[theme_name]
    made = np.empty((SELECTED + BLANK, side_px, side_px), np.uint32)
    for state in FrameState:
        plain = _tile(theme, state, side_px, numbered=numbered)
        made[state] = pixels_of(plain)
        made[SELECTED + state] = pixels_of(_framed(plain, theme))
    made[BLANK] = QColor(theme.base).rgb()
    return made


def state_colour(theme: Theme, state: FrameState) -> int:
    """Give a state's colour as one RGB32 pixel."""
    return QColor(theme.frames[state]).rgb()


def _tile(theme: Theme, state: FrameState, side_px: int, *, numbered: bool) -> QImage:
    image = QImage(side_px, side_px, QImage.Format.Format_RGB32)
    image.fill(QColor(theme.base))
    painter = QPainter(image)
    paint_cell(painter, state, side=_inside(side_px), theme=theme, numbered=numbered)
    painter.end()
    return image


def _inside(side_px: int) -> int:
    """Give what a cell fills of its tile: a gap of one pixel stays between cells."""
    return side_px - (1 if side_px >= BORDER_FROM_PX else 0)


def _framed(plain: QImage, theme: Theme) -> QImage:
    """Mark a selected cell with a ring that stands out on every state's colour."""
    image, side = plain.copy(), _inside(plain.width())
    painter = QPainter(image)
    painter.setPen(QPen(QColor(theme.base), 1))
    if side >= 8:
        painter.drawRect(2, 2, side - 5, side - 5)
    painter.setPen(QPen(QColor(theme.focus), 1))
    painter.drawRect(0, 0, side - 1, side - 1)
    if side >= 6:
        painter.drawRect(1, 1, side - 3, side - 3)
    painter.end()
    return image
