"""What a download says of its progress is true, also of what nobody has rendered yet."""

from collections.abc import Callable
from pathlib import PurePosixPath

import pytest

from farmdesk.domain.frames import FrameSet
from farmdesk.domain.states import TaskState
from farmdesk.link.remote.progress import Progress
from farmdesk.link.remote.result_listing import Result, ResultListing
from farmdesk.link.remote.tally import Tally
from farmdesk.link.results_wire import ResultsSeen


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def no_farm(_since: int) -> ResultsSeen:
    raise AssertionError("nobody asks")


def result(frame: int, size: int = 100, version: bytes = b"v" * 32) -> Result:
    return Result(frame, PurePosixPath(f"{frame:04d}.exr"), size, bytes(32), version)


def nothing() -> None:
    """Give no name to anything."""


class Download:
    """A tally of a task with frames 1 to 10, and what it makes of the progress."""

    def __init__(self, *, waits: bool) -> None:
        self.clock = Clock()
        self.listing = ResultListing(no_farm, None, 1)
        self.listing.frames, self.listing.state = FrameSet.parse("1-10"), TaskState.RENDERING
        self.progress = Progress(self.clock)
        self.progress.start(0, 0)
        self.tally = Tally(self.listing, self.progress, waits=waits, now=self.clock)

    def come(self, one: Result, *, name: Callable[[], None] = nothing) -> bool:
        self.progress.add(one.size)
        return self.tally.arrived(one, name)

    @property
    def standing(self) -> tuple[int, int, tuple[int, int] | None]:
        seen = self.progress.look()
        return seen.done, seen.total, seen.files


def test_frames_to_come_count_with_the_mean_size_of_the_others() -> None:
    one = Download(waits=True)
    one.tally.expect([])
    assert one.standing == (0, 0, (0, 10))
    one.tally.expect([result(1, 100), result(2, 300)])
    assert one.standing == (0, 2000, (0, 10))
    one.listing.given_up = {9: None}
    one.listing.state = TaskState.PARTLY_FAILED  # nothing more comes
    one.tally.expect([])
    assert one.standing == (0, 400, (0, 10))
    assert Download(waits=False).standing == (0, 0, None)


def test_without_waiting_what_is_proven_is_all() -> None:
    one = Download(waits=False)
    first, second = result(1), result(2)
    one.tally.expect([first, second])
    assert one.come(first)
    assert one.tally.arrived(second)
    assert (one.standing, one.tally.found, one.tally.came) == ((100, 200, (2, 2)), {2}, {1: 100})
    assert one.tally.absent() == list(range(3, 11))


def test_the_time_left_is_that_of_the_slower_of_line_and_farm() -> None:
    one = Download(waits=True)
    news = [result(1), result(2)]
    one.tally.expect(news)
    assert one.progress.look().left_s is None  # who knows when the next one is proven
    for arrived in news:
        one.come(arrived)
    one.clock.now += 60
    more = [result(3), result(4)]
    one.tally.expect(more)
    for arrived in more:
        one.come(arrived)
    assert one.progress.look().left_s == pytest.approx(6 * 30)  # a frame each 30 s
    one.clock.now += 10
    assert one.progress.look().left_s == pytest.approx(6 * 30 - 10)
    one.tally.expect([result(frame, 10**6) for frame in range(5, 11)])
    left_s = one.progress.look().left_s
    assert left_s is not None
    assert left_s > 1e4  # all is proven: now the line counts


def test_a_frame_rendered_again_counts_as_what_it_is_now() -> None:
    one = Download(waits=False)
    old, other = result(1, 100), result(2, 50)
    one.tally.expect([old, other])
    named = list[int]()
    one.come(old, name=lambda: named.append(1))
    assert (named, one.tally.counts) == ([1], (1, 10))
    new = result(1, 70, b"w" * 32)
    one.tally.expect([new])
    assert one.standing == (0, 120, (0, 2))
    assert not one.tally.arrived(old, lambda: pytest.fail("an old form got the name"))
    assert not one.tally.replaced(old, result(1, 1, b"x" * 32))
    one.tally.lose(old)
    assert (one.tally.lost, one.tally.lacks()) == (set(), True)
    assert one.come(new)
    assert one.come(other)
    assert one.standing == (120, 120, (2, 2))


def test_a_frame_that_is_another_one_when_it_is_asked_for_takes_the_old_ones_place() -> None:
    one = Download(waits=False)
    old, new = result(1, 100), result(1, 70, b"w" * 32)
    one.tally.expect([old, result(2, 50)])
    assert one.tally.replaced(old, new)
    assert one.standing == (0, 120, (0, 2))
    assert not one.tally.replaced(old, result(1, 1, b"x" * 32))
    assert one.tally.is_newest(new)
    assert one.standing == (0, 120, (0, 2))


def test_lost_frames_have_no_size_that_others_could_be_guessed_from() -> None:
    one = Download(waits=True)
    one.tally.expect([result(1, 100), result(2, 300), result(3, 50, b"")])
    assert one.standing == (0, 400 + 7 * 200, (0, 10))
    assert one.tally.absent() == [1, 2, *range(4, 11)]


def test_a_frame_that_was_given_up_and_proven_all_the_same_is_not_less_than_nothing() -> None:
    one = Download(waits=True)
    one.listing.given_up = {9: None}
    one.tally.expect([result(frame) for frame in range(1, 11)])
    assert one.standing == (0, 1000, (0, 10))


def test_where_all_is_proven_at_the_first_look_the_line_alone_counts() -> None:
    one = Download(waits=True)
    one.tally.expect([result(frame, 1) for frame in range(1, 11)])
    one.clock.now += 1
    for frame in range(1, 10):
        one.come(result(frame, 1))
    left_s = one.progress.look().left_s
    assert left_s is not None
    assert left_s < 0.5


def test_what_is_lost_is_not_waited_for_until_it_is_proven_again() -> None:
    one = Download(waits=False)
    damaged, gone = result(1, 100), result(2, 50, b"")
    one.tally.expect([damaged, gone])
    one.tally.lose(damaged)
    assert (one.standing, one.tally.lost) == ((0, 0, (0, 2)), {1, 2})
    assert not one.tally.lacks()
    again = result(1, 100, b"w" * 32)
    one.tally.expect([again])
    assert one.tally.lacks()
    one.come(again)
    assert (one.standing, one.tally.lost) == ((100, 100, (1, 2)), {2})


def test_what_was_here_before_is_no_speed() -> None:
    clock = Clock()
    progress = Progress(clock)
    progress.start(0, 1_000)
    clock.now += 1
    progress.add(10)
    progress.found(900)
    seen = progress.look()
    assert (seen.done, seen.bytes_per_s, seen.left_s) == (910, 10.0, 9.0)
    progress.found(-900)
    assert progress.look().bytes_per_s == 10.0
