"""The painted grid of all frames of a task: one cell a frame, half a million without items.

The cells of a short task grow until they fill the area; those of a long one stay small and scroll.
A paint gathers the visible states from `FrameTable`, maps them to tiles with one array operation
and draws one picture: its cost follows the viewport, not the task.
"""

import time
from collections import deque

import numpy as np
from PyQt5.QtCore import QEvent, QPoint, QRect, QSize, Qt, pyqtSignal
from PyQt5.QtGui import (
    QColor,
    QFont,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PyQt5.QtWidgets import QAbstractScrollArea, QFrame, QToolTip, QWidget

from farmdesk.ui.appearance import Appearance
from farmdesk.ui.models.frame_table import FrameTable
from farmdesk.ui.texts import Text
from farmdesk.ui.widgets.cell_numbers import number_font, paint_numbers
from farmdesk.ui.widgets.frame_selection import FrameSelection
from farmdesk.ui.widgets.frame_tip import frame_tip
from farmdesk.ui.widgets.pixels import picture
from farmdesk.ui.widgets.tile_atlas import BLANK, SELECTED, tiles

MIN_CELL, MAX_CELL = 3, 64
USUAL_CELL = 16  # of a task that is too long to be seen as a whole
LEAST_FITTED = 12  # below this, scrolling is better than squinting


class FrameGrid(QAbstractScrollArea):
    """Cells in rows, left to right. Click, Shift, Ctrl, lasso and arrow keys select."""

    activated = pyqtSignal(int)  # place of a double-clicked frame, or of Enter
    selection_changed = pyqtSignal()
    cell_changed = pyqtSignal()

    def __init__(
        self, table: FrameTable, appearance: Appearance, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._table = table
        self._appearance = appearance
        self._cell = USUAL_CELL
        self.fitted = True  # cells follow the area; False: a person chose their size
        self._origin: QPoint | None = None  # where a lasso began, in cells of the whole grid
        self.selection = FrameSelection()
        self.paints: deque[float] = deque(maxlen=1000)  # CPU milliseconds of the latest paints
        self.cells_painted = 0  # cells of the latest paint
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        table.replaced.connect(self._on_replaced)
        table.changed.connect(self.viewport().update)
        appearance.changed.connect(self._on_appearance)
        self._on_appearance()

    # ---- geometry

    @property
    def columns(self) -> int:
        """Cells side by side."""
        return max(1, self.viewport().width() // self._cell)

    @property
    def lines(self) -> int:
        """Lines of cells of the whole task."""
        return -(-len(self._table) // self.columns)

    @property
    def cell(self) -> int:
        """Side of a cell in device-independent pixels."""
        return self._cell

    @property
    def scrolls(self) -> bool:
        """Tell whether there are more lines than the area shows."""
        return self.verticalScrollBar().maximum() > 0

    def set_cell(self, side: int) -> None:
        """Choose the size of the cells; the first visible frame stays in sight."""
        self.fitted = False
        self._resize_cells(min(MAX_CELL, max(MIN_CELL, side)))

    def fit_cells(self) -> None:
        """Let the size of the cells follow the area again."""
        self.fitted = True
        self._fit()

    def place_at(self, point: QPoint) -> int | None:
        """Give the place under a point of the viewport; None where there is no frame."""
        column, line = point.x() // self._cell, point.y() // self._cell
        place = (self.verticalScrollBar().value() + line) * self.columns + column
        inside = 0 <= column < self.columns and 0 <= place < len(self._table)
        return place if inside else None

    def show_place(self, place: int, *, centre: bool = False) -> None:
        """Scroll as little as needed to bring a place into sight; `centre`: into the middle."""
        bar, line = self.verticalScrollBar(), place // self.columns
        page = max(1, self.viewport().height() // self._cell)
        if centre:
            bar.setValue(line - page // 2)
        elif line < bar.value():
            bar.setValue(line)
        elif line >= bar.value() + page:
            bar.setValue(line - page + 1)

    def choose(self, place: int) -> None:
        """Select one frame and bring it into sight."""
        self.selection.only(place)
        self.show_place(place)
        self._after_selection()

    def sizeHint(self) -> QSize:
        """Ask for a useful number of cells."""
        return QSize(640, 240)

    # ---- painting

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002 Qt's signature
        """Paint the visible cells."""
        began = time.thread_time()
        painter = QPainter(self.viewport())
        painter.fillRect(self.viewport().rect(), QColor(self._appearance.theme.base))
        if len(self._table) and self._table.loaded:
            self._paint_cells(painter)
            self._paint_numbers(painter)
            self._paint_current(painter)
        else:
            self.cells_painted = 0
            self._paint_sentence(painter)
        painter.end()
        self.paints.append((time.thread_time() - began) * 1000)

    def _paint_cells(self, painter: QPainter) -> None:
        ratio = self.viewport().devicePixelRatioF()
        side = max(1, round(self._cell * ratio))
        columns, lines = self.columns, self._lines_in_sight()
        first, last = self._in_sight()
        codes = np.full(lines * columns, BLANK, np.uint8)
        codes[: last - first] = self._table.states[first:last]
        chosen = self.selection.mask(first, last)
        codes[: last - first][chosen] += SELECTED
        numbered = self._number_font() is not None
        cells = tiles(self._appearance.theme.name, side, numbered=numbered)[codes]
        pixels = np.ascontiguousarray(
            cells.reshape(lines, columns, side, side).transpose(0, 2, 1, 3)
        )
        image = picture(pixels.reshape(lines * side, columns * side))
        painter.drawImage(QRect(0, 0, columns * self._cell, lines * self._cell), image)
        self.cells_painted = lines * columns

    def _paint_numbers(self, painter: QPainter) -> None:
        font = self._number_font()
        if font is None:
            return
        first, last = self._in_sight()
        painter.setFont(font)
        paint_numbers(
            painter,
            self._table.numbers[first:last],
            self._table.states[first:last],
            columns=self.columns,
            cell=self._cell,
            theme=self._appearance.theme,
        )

    def _paint_current(self, painter: QPainter) -> None:
        place = self.selection.current
        if place is None or not self.hasFocus():
            return
        line = place // self.columns - self.verticalScrollBar().value()
        column = place % self.columns
        painter.setPen(QPen(QColor(self._appearance.theme.focus), 2))
        painter.drawRect(column * self._cell, line * self._cell, self._cell - 1, self._cell - 1)

    def _paint_sentence(self, painter: QPainter) -> None:
        words = self._appearance.words
        waiting = self._table.task_id is not None
        painter.setPen(QColor(self._appearance.theme.dim))
        painter.drawText(
            self.viewport().rect(),
            int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap),
            words(Text.LOADING if waiting else Text.EMPTY_FRAMES),
        )

    # ---- mouse, keys, tooltip

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Select a frame, or begin a lasso; nothing is selected by a click beside the frames."""
        place = self.place_at(event.pos())
        if place is None:
            self.selection = FrameSelection()
            self._after_selection()
            return
        if event.button() == Qt.MouseButton.LeftButton:
            self._origin = self._grid_point(event.pos())
            self._select(place, event.modifiers())
        elif not self.selection.holds(place):
            self._select(place, Qt.KeyboardModifier.NoModifier)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Stretch the lasso."""
        if self._origin is None or not event.buttons() & Qt.MouseButton.LeftButton:
            return
        here = self._grid_point(event.pos())
        if here == self._origin:
            return
        box = QRect(self._origin, here).normalized()
        lines = np.arange(box.top(), box.bottom() + 1)
        across = np.arange(max(0, box.left()), min(self.columns - 1, box.right()) + 1)
        places = (lines[:, None] * self.columns + across[None, :]).ravel()
        self.selection.set_to(places[(places >= 0) & (places < len(self._table))])
        self._after_selection()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: ARG002 Qt's signature
        """End the lasso."""
        self._origin = None

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Open what the frame has to tell."""
        place = self.place_at(event.pos())
        if place is not None:
            self.activated.emit(place)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move with the arrow keys; Shift stretches, Ctrl+A takes all, Enter opens."""
        steps = {
            Qt.Key.Key_Left: -1,
            Qt.Key.Key_Right: 1,
            Qt.Key.Key_Up: -self.columns,
            Qt.Key.Key_Down: self.columns,
        }
        current = self.selection.current
        ctrl = event.modifiers() & Qt.KeyboardModifier.ControlModifier
        if event.key() == Qt.Key.Key_A and ctrl:
            self.selection.set_to(np.arange(len(self._table)))
            self._after_selection()
        elif event.key() in steps and not ctrl and len(self._table):
            place = 0 if current is None else current + steps[Qt.Key(event.key())]
            if 0 <= place < len(self._table):
                self._select(place, event.modifiers())
                self.show_place(place)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and current is not None:
            self.activated.emit(current)
        else:
            super().keyPressEvent(event)

    def viewportEvent(self, event: QEvent) -> bool:
        """Show what is known about the frame under the mouse."""
        if isinstance(event, QHelpEvent):
            place = self.place_at(event.pos()) if self._table.loaded else None
            if place is None:
                QToolTip.hideText()
            else:
                tip = frame_tip(self._table, place, self._appearance.words)
                QToolTip.showText(event.globalPos(), tip, self.viewport())
            return True
        return super().viewportEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: ARG002 Qt's signature
        """Fit cells and scroll bar to the new size."""
        self._fit()

    # ---- private

    def _grid_point(self, point: QPoint) -> QPoint:
        line = point.y() // self._cell + self.verticalScrollBar().value()
        return QPoint(point.x() // self._cell, line)

    def _select(self, place: int, modifiers: "Qt.KeyboardModifiers | Qt.KeyboardModifier") -> None:
        if modifiers & Qt.KeyboardModifier.ShiftModifier:
            self.selection.stretch_to(place)
        elif modifiers & Qt.KeyboardModifier.ControlModifier:
            self.selection.toggle(place)
        else:
            self.selection.only(place)
        self._after_selection()

    def _after_selection(self) -> None:
        self.viewport().update()
        self.selection_changed.emit()

    def _number_font(self) -> QFont | None:
        if not len(self._table):
            return None
        return number_font(self.font(), cell=self._cell, highest=int(self._table.numbers[-1]))

    def _lines_in_sight(self) -> int:
        return -(-self.viewport().height() // self._cell)

    def _in_sight(self) -> tuple[int, int]:
        """Give the first place in sight and the one after the last."""
        first = self.verticalScrollBar().value() * self.columns
        return first, min(len(self._table), first + self._lines_in_sight() * self.columns)

    def _fit(self) -> None:
        if self.fitted:
            area = self.maximumViewportSize()  # as if there were no scroll bar
            self._resize_cells(
                fitting_cell(len(self._table), width=area.width(), height=area.height())
            )
        else:
            self._fit_bar()

    def _resize_cells(self, side: int) -> None:
        first = self.verticalScrollBar().value() * self.columns
        self._cell = side
        self._fit_bar()
        self.verticalScrollBar().setValue(first // self.columns)
        self.viewport().update()
        self.cell_changed.emit()

    def _fit_bar(self) -> None:
        page = max(1, self.viewport().height() // self._cell)
        bar = self.verticalScrollBar()
        bar.setRange(0, max(0, self.lines - page))
        bar.setPageStep(page)

    def _on_replaced(self) -> None:
        self.selection = FrameSelection()
        self._fit()
        self.verticalScrollBar().setValue(0)
        self._after_selection()

    def _on_appearance(self) -> None:
        self.setAccessibleName(self._appearance.words(Text.TAB_GRID))
        self.viewport().update()


def fitting_cell(count: int, *, width: int, height: int) -> int:
    """Give the largest cell with which `count` frames fill an area without scrolling.

    `USUAL_CELL` where there is nothing to show, or where the cells would be too small to read.
    """
    for side in range(MAX_CELL, LEAST_FITTED - 1, -1):
        columns = width // side
        if count and columns and -(-count // columns) * side <= height:
            return side
    return USUAL_CELL
