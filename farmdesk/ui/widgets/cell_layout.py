"""Where the cells of a frame grid lie: rows of equal squares behind a viewport that scrolls."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PyQt5.QtCore import QPoint, QRect

MIN_CELL, MAX_CELL = 3, 64
USUAL_CELL = 16  # of a task that is too long to be seen as a whole
LEAST_FITTED = 12  # below this, scrolling is better than squinting


@dataclass(frozen=True, slots=True)
class CellLayout:
    """`count` cells, left to right; lengths in device-independent pixels, places from 0."""

    count: int
    side: int  # of a cell
    width: int  # of the viewport
    height: int
    top: int  # the first line in sight

    @property
    def columns(self) -> int:
        """Cells side by side."""
        return max(1, self.width // self.side)

    @property
    def lines(self) -> int:
        """Lines of cells of the whole task."""
        return -(-self.count // self.columns)

    @property
    def page(self) -> int:
        """How many lines are in sight as a whole."""
        return max(1, self.height // self.side)

    @property
    def lines_in_sight(self) -> int:
        """How many lines are in sight, the cut one at the bottom counted."""
        return -(-self.height // self.side)

    @property
    def in_sight(self) -> range:
        """The places in sight."""
        first = self.top * self.columns
        return range(first, min(self.count, first + self.lines_in_sight * self.columns))

    def place_at(self, point: QPoint) -> int | None:
        """Give the place under a point of the viewport; None where there is no frame."""
        column, line = point.x() // self.side, point.y() // self.side
        place = (self.top + line) * self.columns + column
        return place if 0 <= column < self.columns and 0 <= place < self.count else None

    def cell_at(self, point: QPoint) -> QPoint:
        """Give column and line of the whole grid under a point, also beside the frames."""
        return QPoint(point.x() // self.side, point.y() // self.side + self.top)

    def box(self, place: int) -> QRect:
        """Give the square of a place in the viewport."""
        line, column = divmod(place, self.columns)
        return QRect(column * self.side, (line - self.top) * self.side, self.side, self.side)

    def between(self, one: QPoint, other: QPoint) -> npt.NDArray[np.int64]:
        """Give the places in the rectangle between two cells, as `cell_at` gives them."""
        top, bottom = sorted((one.y(), other.y()))  # QRect loses corners that are one cell apart
        left, right = sorted((one.x(), other.x()))
        lines = np.arange(top, bottom + 1)
        across = np.arange(max(0, left), min(self.columns - 1, right) + 1)
        places = (lines[:, None] * self.columns + across[None, :]).ravel()
        return places[(places >= 0) & (places < self.count)]


def fitting_cell(count: int, *, width: int, height: int) -> int:
    """Give the largest cell with which `count` frames fill an area without scrolling.

    `USUAL_CELL` where there is nothing to show, or where the cells would be too small to read.
    """
    for side in range(MAX_CELL, LEAST_FITTED - 1, -1):
        columns = width // side
        if count and columns and -(-count // columns) * side <= height:
            return side
    return USUAL_CELL
