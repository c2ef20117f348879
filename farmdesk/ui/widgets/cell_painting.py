"""Paints the cells in sight: states become tiles by one array operation, and these one picture."""

import numpy as np
import numpy.typing as npt
from PyQt5.QtCore import QRect
from PyQt5.QtGui import QPainter

from farmdesk.ui.theme import Theme
from farmdesk.ui.widgets.cell_layout import CellLayout
from farmdesk.ui.widgets.pixels import picture
from farmdesk.ui.widgets.tile_atlas import BLANK, SELECTED, tiles


def paint_cells(
    painter: QPainter,
    cells: CellLayout,
    states: npt.NDArray[np.uint8],
    chosen: npt.NDArray[np.bool_],
    *,
    theme: Theme,
    numbered: bool,
) -> None:
    """Paint the places in sight, of which these are the states and whether each is selected.

    `numbered`: the cells leave room for their numbers.
    """
    side = max(1, round(cells.side * painter.device().devicePixelRatioF()))
    columns, lines = cells.columns, cells.lines_in_sight
    codes = np.full(lines * columns, BLANK, np.uint8)
    codes[: len(states)] = states
    codes[: len(states)][chosen] += SELECTED
    painted = tiles(theme.name, side, numbered=numbered)[codes]
    pixels = np.ascontiguousarray(painted.reshape(lines, columns, side, side).transpose(0, 2, 1, 3))
    image = picture(pixels.reshape(lines * side, columns * side))
    painter.drawImage(QRect(0, 0, columns * cells.side, lines * cells.side), image)
