"""The row of segments: every number is one place in one file, and no other number is any."""

import pytest

from farmdesk.security.sealed import SEGMENT
from farmdesk.security.segment_row import Place, SegmentRow


def test_segments_are_numbered_file_after_file() -> None:
    row = SegmentRow()
    row.add([2 * SEGMENT + 1, 60])
    row.add([SEGMENT])  # later: no number changes
    assert [row.place(number) for number in range(row.count)] == [
        Place(0, 0, 0, SEGMENT),
        Place(0, 1, SEGMENT, SEGMENT),
        Place(0, 2, 2 * SEGMENT, 1),
        Place(1, 0, 0, 60),
        Place(2, 0, 0, SEGMENT),
    ]
    assert [row.of_file(file) for file in range(3)] == [range(3), range(3, 4), range(4, 5)]


@pytest.mark.parametrize("sizes", [[], [60], [2 * SEGMENT]])
def test_a_number_outside_the_row_is_no_segment(sizes: list[int]) -> None:
    row = SegmentRow()
    row.add(sizes)
    for number in (-1, row.count, row.count + 1):
        with pytest.raises(IndexError, match=f"no segment {number}"):
            row.place(number)
