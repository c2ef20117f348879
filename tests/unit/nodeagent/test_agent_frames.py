"""Frames of a range as text and as runs, and the names of their files."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodeagent.frame_pattern import BadPattern, parse_pattern
from nodeagent.frame_runs import BadFrames, FrameRuns, parse_frames
from nodeagent.range_work import RangeWork

Run = tuple[int, int, int]
runs = st.lists(
    st.tuples(st.integers(-50, 50), st.integers(0, 40), st.integers(1, 9)), min_size=1, max_size=6
)


def text_of(parts: list[Run]) -> str:
    return ",".join(f"{first}-{first + more}x{step}" for first, more, step in parts)


def frames_of(parts: list[Run]) -> list[int]:
    return sorted({f for first, more, step in parts for f in range(first, first + more + 1, step)})


def walk(found: FrameRuns) -> list[int]:
    frames, frame = [], found.after(None)
    while frame is not None:
        frames.append(frame)
        frame = found.after(frame)
    return frames


@given(runs)
def test_every_frame_once_in_ascending_order(parts: list[Run]) -> None:
    found = parse_frames(text_of(parts))
    assert walk(found) == frames_of(parts)


@given(runs, st.integers(-70, 120))
def test_the_last_frame_up_to_another(parts: list[Run], end: int) -> None:
    found = parse_frames(text_of(parts))
    assert found.up_to(end) == max((f for f in frames_of(parts) if f <= end), default=None)


@given(runs, st.integers(-70, 120))
def test_the_first_frame_after_another(parts: list[Run], start: int) -> None:
    found = parse_frames(text_of(parts))
    assert found.after(start) == min((f for f in frames_of(parts) if f > start), default=None)


@given(runs)
def test_runs_from_any_frame_cover_the_rest(parts: list[Run]) -> None:
    found = parse_frames(text_of(parts))
    frames = frames_of(parts)
    covered: list[int] = []
    frame: int | None = frames[len(frames) // 2]
    while frame is not None:
        covered += found.run_from(frame)
        frame = found.after(covered[-1])
    assert covered == frames[len(frames) // 2 :]


def test_a_long_range_costs_nothing() -> None:
    found = parse_frames("1-500000000")
    assert found.after(499_999_999) == 500_000_000
    assert len(found.runs) == 1


@pytest.mark.parametrize(
    "text", ["", ",", "a", "1-", "3-1", "1-5x0", "1-5x-1", "1 5", "1" * 20, "1-9x2x3", "٣", "1_0"]
)
def test_text_that_names_no_frames(text: str) -> None:
    if text == "٣":  # a digit, though of another script: `int` knows it, and so do we
        assert walk(parse_frames(text)) == [3]
        return
    with pytest.raises(BadFrames):
        parse_frames(text)


def test_too_many_frames_that_overlap() -> None:
    with pytest.raises(BadFrames):
        parse_frames("1-100000000x2,2-100000000x2")


@given(runs, st.data())
def test_a_cut_keeps_the_frame_in_hand_and_says_what_comes(
    parts: list[Run], data: st.DataObject
) -> None:
    frames = frames_of(parts)
    begun = data.draw(st.integers(0, len(frames)))
    work = RangeWork(1, parse_frames(text_of(parts)), last=frames[-1])
    for frame in frames[:begun]:
        work.begin(frame)
    in_hand = frames[begun - 1] if begun else None
    for _ in range(2):
        cut = data.draw(st.integers(-60, 100))
        answer = work.stop_after(cut, in_hand)
        rest = [frame for frame in frames[begun:] if frame <= work.last]
        assert answer == (rest[-1] if rest else in_hand)
        assert work.next_frame() == (rest[0] if rest else None)


@pytest.mark.parametrize(
    ("pattern", "frame", "name"),
    [
        ("frame_####.png", 7, "frame_0007.png"),
        ("#.exr", 12345, "12345.exr"),
        ("a.####.exr", -5, "a.-0005.exr"),
        ("雪 (1)_##", 3, "雪 (1)_03"),
    ],
)
def test_names_of_frames(pattern: str, frame: int, name: str) -> None:
    found = parse_pattern(pattern)
    assert found.text == pattern
    assert found.name(frame) == name
    assert found.frame(name) == frame


@given(st.integers(-99_999, 9_999_999), st.integers(1, 10))
def test_a_name_leads_back_to_its_frame(frame: int, digits: int) -> None:
    pattern = parse_pattern(f"a_{'#' * digits}.png")
    assert pattern.frame(pattern.name(frame)) == frame


@pytest.mark.parametrize("name", ["frame_7.png", "frame_00007.png", "frame_0007.pngx", "x", ""])
def test_names_that_are_not_ours(name: str) -> None:
    assert parse_pattern("frame_####.png").frame(name) is None


@pytest.mark.parametrize(
    "pattern", ["", "a.png", "#_#.png", "../#.png", "a/#.png", "a\\#.png", "#\0", "#" * 11]
)
def test_patterns_that_are_none(pattern: str) -> None:
    with pytest.raises(BadPattern):
        parse_pattern(pattern)
