"""Sizes as people read them."""

import pytest

from farmdesk.domain.text import size_text


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0.0 MB"),
        (49_999, "0.0 MB"),
        (1_260_000, "1.3 MB"),
        (10**9 - 1, "1000.0 MB"),
        (10**9, "1.0 GB"),
        (1 << 50, "1,125,899.9 GB"),
    ],
)
def test_a_size_is_told_in_the_unit_that_people_buy_disks_in(count: int, text: str) -> None:
    assert size_text(count) == text
