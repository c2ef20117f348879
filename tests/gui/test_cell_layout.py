"""Where cells lie: every point of the viewport is one place or none, and every place has a box."""

from hypothesis import given
from hypothesis import strategies as st
from PyQt5.QtCore import QPoint

from farmdesk.ui.widgets.cell_layout import CellLayout

LAYOUTS = st.builds(
    CellLayout,
    count=st.integers(0, 900),
    side=st.integers(3, 64),
    width=st.integers(0, 900),
    height=st.integers(0, 700),
    top=st.integers(0, 60),
)


@given(LAYOUTS)
def test_the_places_in_sight_are_those_whose_boxes_meet_the_viewport(cells: CellLayout) -> None:
    seen = set(cells.in_sight)
    for place in range(min(cells.count, 400)):
        box = cells.box(place)
        assert (place in seen) == (box.bottom() >= 0 and box.top() < cells.height)


@given(LAYOUTS, st.integers(-70, 970), st.integers(-70, 770))
def test_a_point_is_in_the_box_of_its_place(cells: CellLayout, x: int, y: int) -> None:
    point = QPoint(x, y)
    place = cells.place_at(point)
    if place is not None:
        assert cells.box(place).contains(point)
        cell = cells.cell_at(point)
        assert cell.y() * cells.columns + cell.x() == place


@given(LAYOUTS, st.integers(0, 1200), st.integers(0, 1200))
def test_a_lasso_takes_the_rectangle_between_its_corners(
    cells: CellLayout, one: int, other: int
) -> None:
    corners = [QPoint(place % cells.columns, place // cells.columns) for place in (one, other)]
    low, high = sorted(corner.y() for corner in corners)
    left, right = sorted(corner.x() for corner in corners)
    wanted = [
        place
        for place in range(min(cells.count, (high + 1) * cells.columns))
        if place // cells.columns >= low and left <= place % cells.columns <= right
    ]
    assert cells.between(*corners).tolist() == wanted
