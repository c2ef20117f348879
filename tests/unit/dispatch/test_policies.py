"""The rules of the paper and the curve, by what slots are given."""

import pytest

from farmdesk.dispatch.curve import Curve
from farmdesk.dispatch.events import SlotId
from farmdesk.dispatch.render_control import RenderControl
from farmdesk.dispatch.strands import Strands
from farmdesk.domain.frames import FrameSet
from tests.unit.dispatch.desk import Desk, renders


def _held(desk: Desk) -> list[str]:
    return sorted(desk.held(slot) for slot in desk.control.slots)


def test_static_splits_evenly_once() -> None:
    desk = Desk("1-10", policy="static")
    desk.grant("a", "b", "c")
    assert _held(desk) == ["1-3", "4-6", "7-10"]
    assert not any(isinstance(order, type(renders("d", "1"))) for order in desk.grant("d"))
    desk.lose("a")
    assert desk.held("d") != ""


def test_dynamic_gives_one_frame_each() -> None:
    desk = Desk("1-10", policy="dynamic")
    desk.grant("a", "b")
    assert _held(desk) == ["1", "2"]
    desk.load("a")
    first = int(desk.held("a"))
    assert desk.done("a", first) == [renders("a", "3")]


def test_sampled_makes_the_leading_share_static() -> None:
    desk = Desk("0-49", policy="sampled", load_s=20.0)
    desk.grant("a", "b")
    assert _held(desk) == ["0", "49"]
    for slot in "ab":
        desk.load(slot, 20.0)
    short = next(slot for slot in "ab" if desk.held(slot) == "0")
    long = "ab".replace(short, "")
    desk.done(short, 0, seconds=5.0)
    assert desk.held(short) == ""  # waits for all samples
    desk.done(long, 49, seconds=50.0)
    assert sorted([desk.held("a"), desk.held("b")]) == ["1-12", "13-24"]
    desk.done(short, *desk.control.held(SlotId(short)), seconds=1.0)
    assert desk.held(short) == "25"


def test_sampled_goes_on_when_a_sample_is_given_up() -> None:
    desk = Desk("0-9", policy="sampled", load_s=20.0, max_attempts=1)
    desk.grant("a")
    desk.load("a")
    desk.fail("a", 0)
    assert desk.held("a") in ("1-9", "1")


def test_version_renders_long_frames_one_by_one() -> None:
    prior = [5.0] * 6 + [50.0] * 4
    desk = Desk("1-10", policy="version", load_s=20.0, prior=prior)
    desk.grant("a", "b")
    assert _held(desk) == ["1-3", "4-6"]
    desk.load("a")
    desk.done("a", *desk.control.held(SlotId("a")))
    assert desk.held("a") == "7"


def test_version_without_a_prior_is_static() -> None:
    desk = Desk("1-10", policy="version")
    desk.grant("a", "b")
    assert _held(desk) == ["1-5", "6-10"]


def test_an_unknown_policy_is_refused() -> None:
    with pytest.raises(KeyError):
        RenderControl(FrameSet.parse("1-2"), policy="best")


def test_the_curve_is_linear_between_measured_frames() -> None:
    curve = Curve(100, None, flat_s=7.0)
    assert curve.work(range(0, 100, 10), 0, 10) == pytest.approx(70.0)
    curve.learn(10, 10.0)
    curve.learn(20, 30.0)
    curve.refresh()
    assert [curve.at(k) for k in (0, 10, 15, 20, 99)] == pytest.approx([10, 10, 20, 30, 30])
    assert curve.work(range(10, 21), 0, 11) == pytest.approx(220.0)
    assert curve.work([10, 20], 0, 2) == pytest.approx(40.0)
    assert curve.work(range(10, 20), 4, 4) == 0.0


def test_the_curve_follows_the_prior_and_corrects_its_level() -> None:
    prior = [10.0] * 50 + [0.0] * 10 + [40.0] * 40
    curve = Curve(100, prior, flat_s=1.0)
    assert curve.at(90) == pytest.approx(40.0)
    assert curve.at(55) == pytest.approx(2100 / 90)  # unknown: the mean
    curve.learn(0, 20.0)
    curve.refresh()
    assert curve.at(90) == pytest.approx(80.0)


@pytest.mark.parametrize("count", [1, 2, 127, 128, 129, 1000])
def test_the_work_of_all_frames_is_the_sum_of_each(count: int) -> None:
    curve = Curve(count, None, flat_s=3.0)
    for position in range(0, count, 7):
        curve.learn(position, 1.0 + position % 5)
    curve.refresh()
    alone = sum(curve.at(position) for position in range(count))
    assert curve.work(range(count), 0, count) == pytest.approx(alone)
    strided = sum(curve.work(range(k, count, 3), 0, len(range(k, count, 3))) for k in range(3))
    assert strided == pytest.approx(alone, rel=0.05)


def test_strands_see_a_period_of_the_stride_and_no_chance() -> None:
    curve = Curve(400, None, flat_s=10.0)
    strands = Strands(curve, 10)
    for position in range(200):
        seconds = 100.0 if position % 10 == 3 else 10.0 if position % 97 else 300.0
        curve.learn(position, seconds)
        strands.learn(position, seconds)
    curve.refresh()
    assert strands.ratio(range(203, 400, 10)) > 2.0
    assert strands.ratio(range(207, 400, 10)) == 1.0  # met a heavy frame now and then
    assert strands.ratio(range(203, 400, 7)) == 1.0  # of many classes
