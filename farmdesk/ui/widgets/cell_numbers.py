"""Frame numbers painted into the cells of the grid, where the cells are large enough."""

import numpy as np
import numpy.typing as npt
from PyQt5.QtCore import QPointF
from PyQt5.QtGui import QColor, QFont, QFontMetricsF, QPainter

from farmdesk.domain.states import FrameState
from farmdesk.ui.cell import NUMBER_SHARE
from farmdesk.ui.theme import Theme

NUMBERS_FROM_PX = 30
LEAST_TEXT_PX, MOST_TEXT_PX = 8, 13
MARGIN = 3  # pixels to the left and above


def number_font(font: QFont, *, cell: int, highest: int) -> QFont | None:
    """Give the font for numbers up to `highest` in cells of this size; None where none fits."""
    if cell < NUMBERS_FROM_PX:
        return None
    made = QFont(font)
    for size in range(min(MOST_TEXT_PX, round(cell * NUMBER_SHARE) - 1), LEAST_TEXT_PX - 1, -1):
        made.setPixelSize(size)
        if QFontMetricsF(made).horizontalAdvance(str(highest)) <= cell - 2 * MARGIN:
            return made
    return None


def paint_numbers(
    painter: QPainter,
    numbers: npt.NDArray[np.int64],
    states: npt.NDArray[np.uint8],
    *,
    columns: int,
    cell: int,
    theme: Theme,
) -> None:
    """Paint each number into the upper left corner of its cell, with the painter's font."""
    baseline = MARGIN + painter.fontMetrics().ascent() - 1
    for state in FrameState:
        places = np.flatnonzero(states == state)
        painter.setPen(QColor(ink_on(state, theme)))
        for place in places.tolist():
            line, column = divmod(place, columns)
            at = QPointF(column * cell + MARGIN, line * cell + baseline)
            painter.drawText(at, str(numbers[place]))


def ink_on(state: FrameState, theme: Theme) -> str:
    """Give the colour of a number on a cell."""
    if state is FrameState.WAITING:
        return theme.text
    return theme.ink(theme.frames[state])
