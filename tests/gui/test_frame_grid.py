"""The painted grid and its minimap: work bound by the viewport, and what mouse and keys do."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PyQt5.QtCore import QEvent, QPoint, QPointF, Qt
from PyQt5.QtGui import QColor, QMouseEvent
from PyQt5.QtTest import QTest
from PyQt5.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from farmdesk.domain.states import FrameState
from farmdesk.ui.appearance import Appearance, text_font
from farmdesk.ui.models.frame_table import FrameTable
from farmdesk.ui.reads import StatesRead
from farmdesk.ui.theme import DARK, LIGHT, Theme, contrast
from farmdesk.ui.widgets.cell_layout import LEAST_FITTED, MAX_CELL, USUAL_CELL, fitting_cell
from farmdesk.ui.widgets.cell_numbers import NUMBERS_FROM_PX, ink_on, number_font
from farmdesk.ui.widgets.frame_grid import FrameGrid
from farmdesk.ui.widgets.minimap import WIDTH, Minimap, strip
from farmdesk.ui.widgets.pixels import pixels_of
from farmdesk.ui.widgets.tile_atlas import BLANK, SELECTED, state_colour, tiles
from tests.gui.staged_farm import BIG, big_states

LEFT = Qt.MouseButton.LeftButton
NONE = Qt.KeyboardModifier.NoModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
CTRL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def table() -> FrameTable:
    """A task of half a million frames in mid-render."""
    made = FrameTable()
    made.show(1, f"1001-{1000 + BIG}")
    made.take_states(StatesRead(1, 1, np.frombuffer(big_states(BIG), np.uint8)))
    return made


@pytest.fixture
def grid(table: FrameTable, appearance: Appearance, qtbot: QtBot) -> FrameGrid:
    """A grid of 40 × 20 cells on the screen."""
    made = FrameGrid(table, appearance)
    qtbot.addWidget(made)
    made.resize(16 * 40 + made.verticalScrollBar().sizeHint().width(), 16 * 20)
    made.show()
    qtbot.waitExposed(made)
    return made


def centre(grid: FrameGrid, column: int, line: int) -> QPoint:
    """Give the middle of a visible cell."""
    return QPoint(column * grid.cell + grid.cell // 2, line * grid.cell + grid.cell // 2)


@pytest.mark.parametrize("cell", [3, 8, 16, 64])
def test_a_paint_costs_the_viewport_not_the_task(grid: FrameGrid, cell: int) -> None:
    grid.set_cell(cell)
    grid.verticalScrollBar().setValue(grid.verticalScrollBar().maximum() // 2)
    grid.paints.clear()
    grid.viewport().repaint()
    view = grid.viewport()
    assert len(grid.paints) == 1
    assert 0 < grid.cells_painted <= (view.width() // cell) * (view.height() // cell + 1)


def test_each_cell_shows_its_frames_state(grid: FrameGrid, table: FrameTable) -> None:
    table.take_states(StatesRead(1, 2, np.tile(np.arange(9, dtype=np.uint8), BIG // 9 + 1)[:BIG]))
    pixels = pixels_of(grid.viewport().grab().toImage())
    for state in FrameState:
        corner = pixels[2, state * 16 + 2]
        wanted = DARK.waiting_fill if state is FrameState.WAITING else DARK.frames[state]
        assert corner == QColor(wanted).rgb(), state.name


def test_many_changes_are_one_paint(grid: FrameGrid, table: FrameTable, qtbot: QtBot) -> None:
    grid.viewport().repaint()
    grid.paints.clear()
    states = table.states.copy()
    for place in range(50):
        states[place] = FrameState.FAILED
        table.take_states(StatesRead(1, 2 + place, states))
    qtbot.waitUntil(lambda: len(grid.paints) > 0)
    assert len(grid.paints) == 1


def test_click_shift_and_ctrl_select(grid: FrameGrid) -> None:
    view = grid.viewport()
    QTest.mouseClick(view, LEFT, NONE, centre(grid, 2, 0))
    QTest.mouseClick(view, LEFT, SHIFT, centre(grid, 5, 0))
    assert grid.selection.places.tolist() == [2, 3, 4, 5]
    QTest.mouseClick(view, LEFT, CTRL, centre(grid, 3, 0))
    QTest.mouseClick(view, LEFT, CTRL, centre(grid, 9, 1))
    assert grid.selection.places.tolist() == [2, 4, 5, grid.cells.columns + 9]
    QTest.mouseClick(view, LEFT, NONE, centre(grid, 0, 0))
    assert grid.selection.places.tolist() == [0]


def test_a_lasso_selects_a_rectangle(grid: FrameGrid) -> None:
    view = grid.viewport()
    QTest.mousePress(view, LEFT, NONE, centre(grid, 3, 1))
    drag = QMouseEvent(QEvent.Type.MouseMove, QPointF(centre(grid, 1, 2)), LEFT, LEFT, NONE)
    QApplication.sendEvent(view, drag)
    QTest.mouseRelease(view, LEFT, NONE, centre(grid, 1, 2))
    columns = grid.cells.columns
    wanted = [line * columns + column for line in (1, 2) for column in (1, 2, 3)]
    assert grid.selection.places.tolist() == wanted


def test_arrow_keys_move_and_scroll(grid: FrameGrid, qtbot: QtBot) -> None:
    QTest.mouseClick(grid.viewport(), LEFT, NONE, centre(grid, 0, 0))
    QTest.keyClick(grid, Qt.Key.Key_Right)
    QTest.keyClick(grid, Qt.Key.Key_Down)
    assert grid.selection.current == grid.cells.columns + 1
    QTest.keyClick(grid, Qt.Key.Key_Left, SHIFT)
    assert grid.selection.places.tolist() == [grid.cells.columns, grid.cells.columns + 1]
    for _ in range(30):
        QTest.keyClick(grid, Qt.Key.Key_Down)
    assert grid.verticalScrollBar().value() > 0
    QTest.keyClick(grid, Qt.Key.Key_A, CTRL)
    assert len(grid.selection) == BIG
    with qtbot.waitSignal(grid.activated) as opened:
        QTest.keyClick(grid, Qt.Key.Key_Return)
    assert opened.args == [BIG - 1]


def test_keys_stay_inside_the_task(grid: FrameGrid) -> None:
    QTest.mouseClick(grid.viewport(), LEFT, NONE, centre(grid, 0, 0))
    QTest.keyClick(grid, Qt.Key.Key_Left)
    QTest.keyClick(grid, Qt.Key.Key_Up)
    assert grid.selection.current == 0


def test_a_point_past_the_frames_is_no_frame(grid: FrameGrid, table: FrameTable) -> None:
    grid.set_cell(16)
    table.show(2, "1-45")
    table.take_states(StatesRead(2, 2, np.zeros(45, np.uint8)))
    assert grid.cells.place_at(centre(grid, 4, 1)) == 44
    assert grid.cells.place_at(centre(grid, 5, 1)) is None
    assert grid.cells.place_at(QPoint(-3, 5)) is None
    assert grid.cells.place_at(QPoint(grid.cells.columns * grid.cell + 1, 5)) is None


def test_another_cell_size_keeps_the_first_frame_in_sight(grid: FrameGrid) -> None:
    grid.verticalScrollBar().setValue(500)
    first = 500 * grid.cells.columns
    grid.set_cell(9)
    top = grid.verticalScrollBar().value() * grid.cells.columns
    assert top <= first < top + grid.cells.columns


def test_another_task_has_no_selection(grid: FrameGrid, table: FrameTable) -> None:
    QTest.mouseClick(grid.viewport(), LEFT, NONE, centre(grid, 2, 0))
    table.show(2, "1-3")
    assert len(grid.selection) == 0
    assert grid.verticalScrollBar().maximum() == 0


@pytest.mark.parametrize("frames", [1, 48, 240, 800])
def test_the_cells_of_a_short_task_fill_the_area(
    grid: FrameGrid, table: FrameTable, frames: int
) -> None:
    table.show(2, f"1-{frames}")
    assert grid.fitted
    assert not grid.scrolls
    larger = grid.cell + 1
    columns = grid.viewport().width() // larger
    assert grid.cell == MAX_CELL or -(-frames // columns) * larger > grid.viewport().height()


def test_the_cells_of_a_long_task_keep_the_usual_size(grid: FrameGrid, table: FrameTable) -> None:
    assert (grid.cell, grid.scrolls) == (USUAL_CELL, True)
    table.show(None)
    assert (grid.cell, grid.scrolls) == (USUAL_CELL, False)


@given(count=st.integers(0, 5000), width=st.integers(0, 900), height=st.integers(0, 500))
def test_fitted_cells_show_every_frame_or_are_of_the_usual_size(
    count: int, width: int, height: int
) -> None:
    side = fitting_cell(count, width=width, height=height)
    columns = width // side
    shown = bool(columns) and -(-count // columns) * side <= height
    assert shown or side == USUAL_CELL
    assert LEAST_FITTED <= side <= MAX_CELL


def test_a_chosen_size_stays_until_the_cells_are_fitted_again(
    grid: FrameGrid, table: FrameTable
) -> None:
    table.show(2, "1-48")
    fitted = grid.cell
    grid.set_cell(9)
    grid.resize(700, 400)
    table.show(3, "1-20")
    assert (grid.cell, grid.fitted) == (9, False)
    table.show(2, "1-48")
    grid.fit_cells()
    assert grid.cell >= fitted


def test_large_cells_bear_their_frames_number(grid: FrameGrid, table: FrameTable) -> None:
    states = np.full(48, FrameState.DONE, np.uint8)
    table.show(2, "1-48")
    table.take_states(StatesRead(2, 2, states))
    assert grid.cell >= NUMBERS_FROM_PX
    numbered = pixels_of(grid.viewport().grab().toImage())
    table.show(2, "8-55")
    table.take_states(StatesRead(2, 3, states))
    others = pixels_of(grid.viewport().grab().toImage())
    side = grid.cell - 1
    assert len(np.unique(numbered[:side, :side])) > 1, "a done cell alone has one colour"
    assert not np.array_equal(numbered[:side, :side], others[:side, :side])
    grid.set_cell(NUMBERS_FROM_PX - 1)
    plain = pixels_of(grid.viewport().grab().toImage())
    assert len(np.unique(plain[: NUMBERS_FROM_PX - 2, : NUMBERS_FROM_PX - 2])) == 1


@pytest.mark.parametrize(("cell", "highest"), [(29, 1), (30, 9_999_999_999), (64, 10**18)])
def test_a_number_that_does_not_fit_is_not_painted(
    appearance: Appearance, cell: int, highest: int
) -> None:
    assert number_font(text_font(), cell=cell, highest=highest) is None
    assert number_font(text_font(), cell=64, highest=501_000) is not None


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=lambda theme: theme.name)
def test_numbers_stand_out_on_every_state(theme: Theme) -> None:
    for state in FrameState:
        back = theme.waiting_fill if state is FrameState.WAITING else theme.frames[state]
        assert contrast(ink_on(state, theme), back) >= 4.5, state.name


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=lambda theme: theme.name)
@pytest.mark.parametrize(("side", "numbered"), [(3, False), (9, False), (16, False), (33, True)])
def test_all_tiles_differ(theme: Theme, side: int, numbered: bool) -> None:
    made = tiles(theme.name, side, numbered=numbered)
    assert made.shape == (SELECTED + BLANK, side, side)
    assert len({tile.tobytes() for tile in made}) == len(made)


@pytest.mark.parametrize("place", [0, 123_456, BIG - 1])
def test_one_failed_frame_of_half_a_million_is_seen(place: int) -> None:
    states = np.full(BIG, FrameState.DONE, np.uint8)
    states[place] = FrameState.FAILED
    pixels = pixels_of(strip(states, 300, DARK))
    failed = state_colour(DARK, FrameState.FAILED)
    lines = np.flatnonzero(pixels[:, WIDTH - 1] == failed)
    assert len(lines) == 1
    assert abs(int(lines[0]) - place * 300 // BIG) <= 1


@pytest.mark.parametrize(("frames", "height"), [(1, 300), (5, 1), (299, 300)])
def test_a_strip_may_be_longer_than_its_task(frames: int, height: int) -> None:
    states = np.full(frames, FrameState.FAILED, np.uint8)
    pixels = pixels_of(strip(states, height, LIGHT))
    assert pixels.shape == (height, WIDTH)
    assert (pixels[:, WIDTH - 1] == state_colour(LIGHT, FrameState.FAILED)).all()


def test_a_click_in_the_minimap_moves_the_grid(
    grid: FrameGrid, table: FrameTable, appearance: Appearance, qtbot: QtBot
) -> None:
    minimap = Minimap(grid, table, appearance)
    qtbot.addWidget(minimap)
    minimap.resize(WIDTH, 300)
    QTest.mouseClick(minimap, LEFT, NONE, QPoint(5, 150))
    bar = grid.verticalScrollBar()
    assert abs(bar.value() - bar.maximum() / 2) < bar.maximum() * 0.02
