"""Ranges on their way: each ends once, when nothing of it is left to render or to publish."""

from nodeagent.frame_runs import parse_frames
from nodeagent.range_work import RangeWork
from nodeagent.ranges import Ranges
from nodeagent.reports import RangeEnded, SessionBroken


def given(ranges: Ranges, number: int, frames: str) -> RangeWork:
    runs = parse_frames(frames)
    work = RangeWork(number, runs, last=runs.runs[-1][-1])
    ranges.add(work)
    return work


def test_a_range_ends_once_and_not_before_its_frames_are_published() -> None:
    ranges = Ranges()
    work = given(ranges, 7, "1-2")
    assert ranges.begin_next() is work
    work.begin(1)
    work.begin(2)
    work.exhausted = True
    assert ranges.ended(work) is None
    work.unsettled.clear()
    assert ranges.ended(work) == RangeEnded(7)
    assert ranges.ended(work) is None
    assert work not in ranges


def test_ranges_begin_in_the_order_in_which_they_were_given() -> None:
    ranges = Ranges()
    first, second = given(ranges, 1, "1-3"), given(ranges, 2, "9")
    assert [ranges.begin_next(), ranges.begin_next(), ranges.begin_next()] == [first, second, None]
    assert ranges.current is second


def test_only_the_current_range_has_the_frame_in_hand() -> None:
    ranges = Ranges()
    current, waiting = given(ranges, 1, "1-9"), given(ranges, 2, "11-19")
    ranges.begin_next()
    current.begin(4)
    assert ranges.stop_after(1, 2, in_hand=4) == 4  # a frame in hand is always finished
    assert ranges.stop_after(2, 5, in_hand=4) is None
    assert waiting.next_frame() is None
    assert ranges.stop_after(3, 5, in_hand=4) is None


def test_what_was_given_up_ends_with_its_verdict_when_its_complete_frames_are_published() -> None:
    ranges = Ranges()
    current, waiting = given(ranges, 1, "1-9"), given(ranges, 2, "11")
    ranges.begin_next()
    current.begin(1)
    current.begin(2)
    ranges.lose(in_hand=2)
    assert ranges.current is None
    assert ranges.give_up(("crash", "it broke", "tail")) == [current, waiting]
    assert ranges.begin_next() is None
    assert ranges.ended(waiting) == SessionBroken(2, "crash", "it broke", "tail")
    assert ranges.ended(current) is None  # frame 1 waits for the share
    assert ranges.unsettled == [1]
    current.unsettled.clear()
    assert ranges.ended(current) == SessionBroken(1, "crash", "it broke", "tail")


def test_without_an_engine_nothing_more_is_begun() -> None:
    ranges = Ranges()
    current, waiting = given(ranges, 1, "5-9"), given(ranges, 2, "11")
    ranges.begin_next()
    current.begin(5)
    ranges.finish_in_hand()
    assert current.next_frame() is None
    assert ranges.begin_next() is None
    assert ranges.unsettled == [5]
    fresh = Ranges()
    unbegun = given(fresh, 3, "5-9")
    fresh.begin_next()
    fresh.finish_in_hand()
    assert unbegun.next_frame() is None
    assert waiting in ranges
