"""FrameSet against Python's own sets, against hostile text, and against the clock's worst cases."""

import copy
import pickle
import time
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from farmdesk.domain.frame_text import FrameProblem, FrameSyntax
from farmdesk.domain.frames import FrameSet
from farmdesk.domain.runs import Run

progressions = st.builds(range, st.integers(-40, 40), st.integers(-40, 80), st.integers(1, 9))
frame_sets = st.lists(progressions | st.lists(st.integers(-40, 80)), max_size=4).map(
    lambda parts: {frame for part in parts for frame in part}
)


@given(frame_sets)
def test_a_set_holds_its_frames_in_order_and_prints_back(frames: set[int]) -> None:
    made = FrameSet.of(frames)
    assert list(made) == sorted(frames)
    assert len(made) == len(frames)
    assert bool(made) == bool(frames)
    assert all((frame in made) == (frame in frames) for frame in range(-50, 90))
    if frames:
        assert FrameSet.parse(str(made)) == made
        assert (made.first, made.last) == (min(frames), max(frames))


@settings(max_examples=500)
@given(frame_sets, frame_sets)
def test_operations_equal_those_of_python_sets_in_canonical_form(a: set[int], b: set[int]) -> None:
    for made, wanted in (
        (FrameSet.of(a) | FrameSet.of(b), a | b),
        (FrameSet.of(a) - FrameSet.of(b), a - b),
        (FrameSet.of(a) & FrameSet.of(b), a & b),
    ):
        assert made == FrameSet.of(wanted)  # equal runs: the form depends on the frames alone
        assert hash(made) == hash(FrameSet.of(wanted))
        assert len(made) == len(wanted)


@given(st.sets(st.integers(0, 300), min_size=50), st.lists(st.integers(0, 300), max_size=8))
def test_patching_a_long_list_of_runs_leaves_it_canonical(base: set[int], taken: list[int]) -> None:
    frames, wanted = FrameSet.of(base), set(base)
    for frame in taken:
        if frame in wanted:
            frames, wanted = frames - FrameSet.of([frame]), wanted - {frame}
        else:
            frames, wanted = frames | FrameSet.of([frame]), wanted | {frame}
        assert frames == FrameSet.of(wanted)
        assert len(frames) == len(wanted)


@given(frame_sets, st.integers(0, 20), st.integers(1, 9), st.data())
def test_positions_follow_the_order(
    frames: set[int], start: int, step: int, data: st.DataObject
) -> None:
    ordered, made = sorted(frames), FrameSet.of(frames)
    assert [made.frame_at(index) for index in range(len(made))] == ordered
    assert [made.index_of(frame) for frame in ordered] == list(range(len(made)))
    possible = len(ordered[start::step])
    count = data.draw(st.integers(0, possible))
    assert list(made.every(start, step, count)) == ordered[start::step][:count]
    with pytest.raises(IndexError):
        made.every(start, step, possible + 1)


@given(frame_sets, st.integers(1, 12))
def test_split_gives_even_contiguous_parts(frames: set[int], parts: int) -> None:
    pieces = FrameSet.of(frames).split(parts)
    assert [frame for piece in pieces for frame in piece] == sorted(frames)
    sizes = [len(piece) for piece in pieces]
    assert len(sizes) == min(parts, len(frames))
    assert sizes == sorted(sizes, reverse=True)
    assert not sizes or sizes[0] - sizes[-1] <= 1


@given(st.lists(progressions.filter(bool), min_size=1, max_size=5))
def test_text_is_accepted_exactly_when_no_frame_is_named_twice(parts: list[range]) -> None:
    text = " , ".join(f"{part[0]}-{part[-1]}x{part.step}" for part in parts)
    named = [frame for part in parts for frame in part]
    if len(named) == len(set(named)):
        assert list(FrameSet.parse(text, once=True)) == sorted(named)
    else:
        with pytest.raises(FrameSyntax, match="more than once"):
            FrameSet.parse(text, once=True)
    assert list(FrameSet.parse(text)) == sorted(set(named))


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("1-100x2,150,-5-0", "-5-1,3-99x2,150"),
        ("\t7 ,3\n", "3,7"),
        ("-10--5", "-10--5"),
        ("2-100x2,1-99x2", "1-100"),
        ("5,6,7", "5-7"),
        ("1-9x30", "1"),
        ("0001-0003", "1-3"),
        ("1,5-7", "1,5-7"),
        ("-0", "0"),
    ],
)
def test_text_is_brought_to_one_form(text: str, canonical: str) -> None:
    assert str(FrameSet.parse(text)) == canonical


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", FrameProblem.EMPTY),
        (" \n", FrameProblem.EMPTY),
        ("1,,2", FrameProblem.NONSENSE),
        ("1,", FrameProblem.NONSENSE),
        ("1-", FrameProblem.NONSENSE),
        ("1 - 5", FrameProblem.NONSENSE),
        ("1-5x", FrameProblem.NONSENSE),
        ("5x2", FrameProblem.NONSENSE),
        ("1.5", FrameProblem.NONSENSE),
        ("1;2", FrameProblem.NONSENSE),
        ("+5", FrameProblem.NONSENSE),
        ("१-५", FrameProblem.NONSENSE),
        ("1\x00", FrameProblem.NONSENSE),
        ("$(rm -rf /)", FrameProblem.NONSENSE),
        ("9-1", FrameProblem.DESCENDING),
        ("-5--10", FrameProblem.DESCENDING),
        ("1-9x0", FrameProblem.STEP),
        ("1-9x-1", FrameProblem.STEP),
        ("100000000", FrameProblem.NUMBER),
        ("-100000000-1", FrameProblem.NUMBER),
        ("1-2x" + "9" * 9000, FrameProblem.NUMBER),
        ("1-10,5", FrameProblem.OVERLAP),
        ("1-100x2,150,-5-5", FrameProblem.OVERLAP),
        ("1-100x3,2-100x5", FrameProblem.OVERLAP),
        ("0-99999999", FrameProblem.TOO_MANY),
        ("1-6000000,10000000-16000000", FrameProblem.TOO_MANY),
        ("1-9000000x2,2-9000000x6", FrameProblem.SCATTERED),
        (",".join(f"{n}-9000000x3000" for n in range(1, 3000)), FrameProblem.SCATTERED),
        ("1," * 600_000, FrameProblem.TOO_LONG),
    ],
)
def test_text_that_is_no_frame_set_is_refused(text: str, problem: FrameProblem) -> None:
    with pytest.raises(FrameSyntax) as refused:
        FrameSet.parse(text, once=True)
    assert refused.value.problem is problem
    for sentence in (refused.value.en, refused.value.zh):
        assert 10 < len(sentence) < 200
        assert sentence.isprintable()


def test_the_overlap_is_named() -> None:
    with pytest.raises(FrameSyntax, match=r"Frame 17 is named more than once"):
        FrameSet.parse("1-100x4,17,200", once=True)


def test_the_empty_set() -> None:
    empty = FrameSet()
    assert not empty
    assert list(empty) == []
    assert str(empty) == ""
    assert empty.split(3) == []
    assert (
        empty == FrameSet.of([]) == FrameSet.range(5, 2, 0) == FrameSet.of([1]) - FrameSet.of([1])
    )
    asked: list[Callable[[], int]] = [
        lambda: empty.first,
        lambda: empty.last,
        lambda: empty.frame_at(0),
    ]
    for ask in asked:
        with pytest.raises(IndexError):
            ask()


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: FrameSet.range(1, 0, 5),
        lambda: FrameSet.range(1, 1, -1),
        lambda: FrameSet.range(1, 1, 5).every(0, 0, 2),
        lambda: FrameSet.range(1, 1, 5).split(0),
        lambda: FrameSet.range(1, 2, 5).index_of(2),
    ],
)
def test_senseless_numbers_are_errors(wrong: Callable[[], object]) -> None:
    with pytest.raises(ValueError, match=r"step|parts|not in the set"):
        wrong()


def test_runs_are_few_for_millions_of_frames() -> None:
    odd, even = FrameSet.range(1, 2, 2_000_000), FrameSet.range(2, 2, 2_000_000)
    assert (odd | even).runs == (Run(1, 1, 4_000_000),)
    assert (FrameSet.range(1, 1, 4_000_000) - even).runs == odd.runs
    assert (odd & FrameSet.range(1, 3, 2_000_000)).runs == (Run(1, 6, 666_667),)
    holes = FrameSet.range(0, 1, 10_000_000) - FrameSet.range(0, 1_000_000, 10)
    assert len(holes.runs) == 10
    assert len(holes) == 9_999_990
    assert holes.index_of(holes.frame_at(7_654_321)) == 7_654_321
    assert FrameSet.parse("1-10000000").every(0, 50, 200_000).runs == (Run(1, 50, 200_000),)


def test_cost_follows_the_runs_and_not_the_frames() -> None:
    """Frame by frame each would take seconds; as runs all take far less than one, anywhere."""
    dense, sparse = FrameSet.range(1, 1, 10_000_000), FrameSet.range(7, 99_991, 100)
    begun = time.process_time()
    for _ in range(10):
        assert len(dense - sparse) == 9_999_900
        assert (dense - sparse) | sparse == dense
        assert len(FrameSet.range(0, 2, 2_000_000) | FrameSet.range(1, 100_000, 20)) == 2_000_020
        assert sum(len(part) for part in dense.split(1000)) == len(dense)
    assert time.process_time() - begun < 2


def test_a_copy_is_the_set_itself() -> None:
    frames = FrameSet.parse("1-9x2,20")
    assert copy.deepcopy(frames) is frames
    assert pickle.loads(pickle.dumps(frames)) == frames


def test_a_frame_named_twice_is_in_the_set_once() -> None:
    frames = FrameSet.parse("1-100x2,150,-5-5")
    assert set(frames) == {*range(1, 101, 2), 150, *range(-5, 6)}
    assert len(frames) == 59
