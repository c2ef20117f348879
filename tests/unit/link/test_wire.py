"""What travels between client and gateway, and what is no answer at all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farmdesk.domain.errors import FarmUnavailable, Refused
from farmdesk.domain.rows import FrameStates, FrameTimes, TaskRow
from farmdesk.link.wire import (
    Kind,
    LoggedIn,
    LoginNeeded,
    PackedStates,
    Problem,
    Unreadable,
    from_json,
    to_json,
)


@given(st.binary(max_size=5000), st.integers(0, 1 << 40))
def test_frame_states_come_back_as_they_were(states: bytes, rev: int) -> None:
    sent = FrameStates(7, rev, states)
    packed = to_json(PackedStates.of(sent))
    assert from_json(PackedStates, packed).unpacked() == sent


def test_half_a_million_alike_states_are_a_few_bytes() -> None:
    assert len(to_json(PackedStates.of(FrameStates(1, 1, bytes(500_000))))) < 5000


@given(st.dictionaries(st.integers(), st.floats(allow_nan=False, allow_infinity=False)))
def test_seconds_keep_every_digit(seconds: dict[int, float]) -> None:
    times = FrameTimes(1, seconds, None)
    assert from_json(FrameTimes, to_json(times)) == times


@given(st.one_of(st.binary(), st.text().map(str.encode), st.just(b"[{}]"), st.just(b"null")))
def test_whatever_a_server_says_is_read_or_refused(content: bytes) -> None:
    for kind in (TaskRow, LoggedIn, Problem, PackedStates):
        with pytest.raises(Unreadable):
            from_json(kind, content)


@pytest.mark.parametrize("states", ["", "!", "AAAA", "eJwDAAAAAAE"])
def test_states_that_are_none_are_refused(states: str) -> None:
    with pytest.raises(Unreadable):
        PackedStates(1, 1, states).unpacked()


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        (Kind.REFUSED, Refused),
        (Kind.LOGIN_NEEDED, LoginNeeded),
        (Kind.TOO_MANY, FarmUnavailable),
        (Kind.UNAVAILABLE, FarmUnavailable),
    ],
)
def test_a_problem_becomes_the_error_that_a_direct_link_would_raise(
    kind: Kind, error: type[Exception]
) -> None:
    sent = Problem(kind, "no", "不", 1.5)
    got = from_json(Problem, to_json(sent))
    assert got == sent
    made = got.error()
    assert type(made) is error
    assert (made.en, made.zh) == ("no", "不")
