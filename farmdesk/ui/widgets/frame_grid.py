"""The painted grid of all frames of a task: one cell a frame, half a million without items.

The cells of a short task grow until they fill the area; those of a long one stay small and scroll.
Where they lie is in `cell_layout.py`, how they are painted in `cell_painting.py`: the cost of a
paint follows the viewport, not the task.
"""

import time
from collections import deque

import numpy as np
from PyQt5.QtCore import QEvent, QPoint, QSize, Qt, pyqtSignal
from PyQt5.QtGui import (
    QColor,
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
from farmdesk.ui.widgets.cell_layout import MAX_CELL, MIN_CELL, USUAL_CELL, CellLayout, fitting_cell
from farmdesk.ui.widgets.cell_numbers import number_font, paint_numbers
from farmdesk.ui.widgets.cell_painting import paint_cells
from farmdesk.ui.widgets.frame_selection import FrameSelection
from farmdesk.ui.widgets.frame_tip import frame_tip


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
        self._origin: QPoint | None = None  # where a lasso began: column and line of the whole grid
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
    def cells(self) -> CellLayout:
        """Where the cells lie now."""
        area = self.viewport()
        return CellLayout(
            count=len(self._table),
            side=self._cell,
            width=area.width(),
            height=area.height(),
            top=self.verticalScrollBar().value(),
        )

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

    def show_place(self, place: int, *, centre: bool = False) -> None:
        """Scroll as little as needed to bring a place into sight; `centre`: into the middle."""
        bar, cells = self.verticalScrollBar(), self.cells
        line, page = place // cells.columns, cells.page
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
            self._paint_frames(painter, self.cells)
        else:
            self.cells_painted = 0
            self._paint_sentence(painter)
        painter.end()
        self.paints.append((time.thread_time() - began) * 1000)

    def _paint_frames(self, painter: QPainter, cells: CellLayout) -> None:
        theme, table, seen = self._appearance.theme, self._table, cells.in_sight
        shown = slice(seen.start, seen.stop)
        font = number_font(self.font(), cell=cells.side, highest=int(table.numbers[-1]))
        paint_cells(
            painter,
            cells,
            table.states[shown],
            self.selection.mask(seen.start, seen.stop),
            theme=theme,
            numbered=font is not None,
        )
        self.cells_painted = cells.lines_in_sight * cells.columns
        if font is not None:
            painter.setFont(font)
            paint_numbers(
                painter,
                table.numbers[shown],
                table.states[shown],
                columns=cells.columns,
                cell=cells.side,
                theme=theme,
            )
        if self.selection.current is not None and self.hasFocus():
            painter.setPen(QPen(QColor(theme.focus), 2))
            painter.drawRect(cells.box(self.selection.current).adjusted(0, 0, -1, -1))

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
        cells = self.cells
        place = cells.place_at(event.pos())
        if place is None:
            self.selection = FrameSelection()
            self._after_selection()
            return
        if event.button() == Qt.MouseButton.LeftButton:
            self._origin = cells.cell_at(event.pos())
            self._select(place, event.modifiers())
        elif not self.selection.holds(place):
            self._select(place, Qt.KeyboardModifier.NoModifier)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Stretch the lasso."""
        if self._origin is None or not event.buttons() & Qt.MouseButton.LeftButton:
            return
        cells = self.cells
        here = cells.cell_at(event.pos())
        if here == self._origin:
            return
        self.selection.set_to(cells.between(self._origin, here))
        self._after_selection()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: ARG002 Qt's signature
        """End the lasso."""
        self._origin = None

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Open what the frame has to tell."""
        place = self.cells.place_at(event.pos())
        if place is not None:
            self.activated.emit(place)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move with the arrow keys; Shift stretches, Ctrl+A takes all, Enter opens."""
        columns = self.cells.columns
        steps = {
            Qt.Key.Key_Left: -1,
            Qt.Key.Key_Right: 1,
            Qt.Key.Key_Up: -columns,
            Qt.Key.Key_Down: columns,
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
            place = self.cells.place_at(event.pos()) if self._table.loaded else None
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

    def _fit(self) -> None:
        if self.fitted:
            area = self.maximumViewportSize()  # as if there were no scroll bar
            self._resize_cells(
                fitting_cell(len(self._table), width=area.width(), height=area.height())
            )
        else:
            self._fit_bar()

    def _resize_cells(self, side: int) -> None:
        first = self.cells.in_sight.start
        self._cell = side
        self._fit_bar()
        self.verticalScrollBar().setValue(first // self.cells.columns)
        self.viewport().update()
        self.cell_changed.emit()

    def _fit_bar(self) -> None:
        bar, cells = self.verticalScrollBar(), self.cells
        bar.setRange(0, max(0, cells.lines - cells.page))
        bar.setPageStep(cells.page)

    def _on_replaced(self) -> None:
        self.selection = FrameSelection()
        self._fit()
        self.verticalScrollBar().setValue(0)
        self._after_selection()

    def _on_appearance(self) -> None:
        self.setAccessibleName(self._appearance.words(Text.TAB_GRID))
        self.viewport().update()
