"""How often something may be asked for."""

from hypothesis import given
from hypothesis import strategies as st

from farmdesk.gateway import rates
from farmdesk.gateway.rates import RateLimit


def test_one_address_waits_until_its_first_try_is_an_hour_old() -> None:
    limit = RateLimit(one=2, all_together=100, window_s=3600)
    assert [limit.admit("a", now) for now in (0, 10)] == [0, 0]
    assert limit.admit("a", 20) == 3580
    assert limit.admit("b", 20) == 0
    assert limit.admit("a", 3600) == 0  # what was refused was not counted


def test_all_together_are_bounded_too() -> None:
    limit = RateLimit(one=2, all_together=3, window_s=60)
    assert [limit.admit(name, 0) for name in "abc"] == [0, 0, 0]
    assert limit.admit("d", 1) == 59


def test_what_is_bounded_elsewhere_is_not_bounded_here() -> None:
    limit = RateLimit(one=1, all_together=None, window_s=60)
    assert {limit.admit(str(number), 0) for number in range(500)} == {0}
    assert limit.admit("7", 1) == 59


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.floats(0, 5)), max_size=60))
def test_no_window_ever_holds_more_than_is_allowed(tries: list[tuple[str, float]]) -> None:
    limit, now = RateLimit(one=3, all_together=7, window_s=10.0), 0.0
    admitted: list[tuple[float, str]] = []
    for name, pause in tries:
        now += pause
        if limit.admit(name, now) == 0.0:
            admitted.append((now, name))
        recent = [who for at, who in admitted if at > now - 10.0]
        assert len(recent) <= 7
        assert all(recent.count(who) <= 3 for who in recent)


def test_strangers_without_number_take_no_memory_without_end() -> None:
    limit = RateLimit(one=1, all_together=1 << 30, window_s=1e9)
    for number in range(rates.MAX_REMEMBERED + 50):
        assert limit.admit(str(number), 0.0) == 0.0
    assert len(limit._times) <= rates.MAX_REMEMBERED
    assert limit.admit(str(rates.MAX_REMEMBERED), 1.0) > 0.0  # the latest are remembered
