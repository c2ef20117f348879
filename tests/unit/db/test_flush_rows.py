"""What tools and nodes say becomes rows that any database takes."""

from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest

from farmdesk.db import flush_rows
from farmdesk.db.columns import utc_text
from tests.samples import NOW, frame_record, node_record


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("plain", "plain"),
        ("中文 🎆", "中文 🎆"),
        ("a\0b", "a\N{REPLACEMENT CHARACTER}b"),
        ("half \ud83c a pair", "half \N{REPLACEMENT CHARACTER} a pair"),
        ("x" * 30, "x" * 19 + "…"),
    ],
)
def test_text_is_kept_or_replaced(said: str, kept: str) -> None:
    assert flush_rows.keepable(said, 20) == kept
    kept.encode()  # whatever was said, it can be sent


def test_numbers_that_are_none_do_not_stop_a_flush() -> None:
    frame = replace(frame_record(1), render_s=float("nan"), load_s=float("inf"))
    row = dict(zip(flush_rows.FRAME, flush_rows.frame_row(frame, 1), strict=True))
    assert (row["render_s"], row["load_s"]) == (0.0, 0.0)
    node = replace(node_record(), cpu=float("nan"), gpu=None)
    slot = dict(zip(flush_rows.SLOT, flush_rows.slot_row(node, 1), strict=True))
    assert (slot["cpu"], slot["gpu"], slot["memory"]) == (None, None, 0.5)


def test_times_are_kept_in_utc_to_the_microsecond() -> None:
    assert utc_text(NOW) == "2026-02-04 12:30:15.123456"
    beijing = timezone(timedelta(hours=8))
    assert utc_text(datetime(2026, 2, 4, 0, 30, tzinfo=beijing)) == "2026-02-03 16:30:00.000000"
    with pytest.raises(ValueError, match="zone"):
        utc_text(datetime(2026, 2, 4))  # noqa: DTZ001  # the point of the test


def test_states_are_packed_small() -> None:
    states = bytes([4]) * 400_000 + bytes(100_000)
    assert len(flush_rows.packed(states)) < 5_000
    assert flush_rows.unpacked(flush_rows.packed(states)) == states
