"""What the previous version foretells, and how true it was."""

import pytest

from farmdesk.dispatch import events as ev
from farmdesk.dispatch.versions import compare, prior_of, takes_prior
from farmdesk.domain.frames import FrameSet
from tests.unit.dispatch.desk import Desk


@pytest.mark.parametrize(
    ("policy", "change", "taken"),
    [
        ("range_split", "minor", True),
        ("range_split", "major", False),
        ("range_split", "new", False),
        ("version", "new", True),
        ("sampled", "minor", True),
    ],
)
def test_only_a_minor_change_or_the_policy_version_trusts_old_times(
    policy: str, change: str, taken: bool
) -> None:
    assert takes_prior(policy, change) is taken


def test_new_frames_take_the_mean_of_the_known_ones() -> None:
    assert prior_of({1: 2.0, 3: 4.0}, FrameSet.parse("1-3")) == [2.0, 3.0, 4.0]
    assert prior_of({}, FrameSet.parse("1-3")) is None


def test_the_papers_rule_short_frames_static_long_ones_dynamic() -> None:
    prior = prior_of(
        {frame: 5.0 if frame <= 6 else 50.0 for frame in range(1, 9)}, FrameSet.parse("1-8")
    )
    desk = Desk("1-8", policy="version", prior=prior, load_s=10.0)
    orders = desk.grant("a", "b")
    given = sorted(str(item.frames) for item in orders if isinstance(item, ev.RenderRange))
    assert given == ["1-3", "4-6"]
    desk.load("a")
    (order,) = desk.done("a", *desk.control.held(ev.SlotId("a")))
    assert isinstance(order, ev.RenderRange)
    assert str(order.frames) == "7"


def test_a_prior_makes_the_first_ranges_of_contiguous_tools_even_in_work() -> None:
    prior = prior_of(
        {**dict.fromkeys(range(1, 91), 1.0), **dict.fromkeys(range(91, 101), 9.0)},
        FrameSet.parse("1-100"),
    )
    desk = Desk("1-100", contiguous=True, prior=prior)
    desk.grant("a", "b")
    assert {desk.held("a"), desk.held("b")} == {"1-90", "91-100"}


def test_a_comparison_sums_up_in_stretches() -> None:
    before = dict.fromkeys(range(1, 5), 1.0)
    now = {1: 2.0, 2: 2.0, 3: 2.0, 4: 6.0, 9: 1.0}
    found = compare(before, now, stretches=2)
    assert found is not None
    assert (found.compared, found.without, found.ratio) == (4, 1, 3.0)
    assert found.mean_error == pytest.approx((1 + 1 + 1 + 5) / 4)
    assert found.shape_error == pytest.approx((1 / 3 * 3 + 1) / 4)
    assert [(part.first, part.last, part.error) for part in found.stretches] == [
        (1, 2, 1.0),
        (3, 4, 3.0),
    ]


def test_times_that_no_clock_can_say_compare_nothing() -> None:
    assert compare({1: 0.0, 2: -1.0}, {1: 1.0, 2: 1.0}, stretches=4) is None
    assert compare({}, {1: 1.0}, stretches=4) is None
    found = compare({1: 1.0}, {1: 0.0}, stretches=4)
    assert found is not None
    assert found.ratio == 0.0
