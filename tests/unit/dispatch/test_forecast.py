"""The forecast: its division against the fleet's, its ends against the simulator's."""

import math
from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from farmdesk.dispatch.events import SlotId
from farmdesk.dispatch.flow import Flow, Outlook
from farmdesk.dispatch.forecast import forecast, put_first
from farmdesk.dispatch.grounds import Grounds
from farmdesk.dispatch.render_control import RenderControl
from farmdesk.dispatch.run_ahead import divide, run_ahead
from farmdesk.dispatch.shares import by_weight
from farmdesk.dispatch.simulator import Simulation, Truth
from farmdesk.dispatch.virtual_node import VirtualNode
from farmdesk.dispatch.wants import Place, Want, slots_worth_loading
from farmdesk.domain.frames import FrameSet


def _task(task_id: int = 1, **fields: object) -> Outlook:
    values: dict[str, object] = {
        "priority": 5,
        "position": task_id,
        "frames": 100.0,
        "frame_s": 10.0,
        "spread": 0.0,
        "load_s": 20.0,
    }
    return Outlook(task_id, **(values | fields))  # type: ignore[arg-type]


@pytest.mark.parametrize("nodes", [1, 4, 30])
@pytest.mark.parametrize("load_s", [1.0, 60.0])
def test_one_task_ends_when_the_simulator_ends_it(nodes: int, load_s: float) -> None:
    farm = [VirtualNode(SlotId(f"n{k}"), load_s, hint=1.0) for k in range(nodes)]
    control = RenderControl(FrameSet.range(1, 1, 400), warm=True, load_s=load_s)
    real = Simulation(control, farm, Truth(lambda frame: 8.0 + frame % 5, warm=True)).run().end_s
    (end,) = run_ahead([_task(frames=400.0, load_s=load_s)], nodes).values()
    assert end == pytest.approx(real, rel=0.08)


tasks = st.lists(
    st.tuples(st.integers(0, 9), st.integers(1, 200), st.floats(1.0, 90.0), st.floats(1.0, 900.0)),
    min_size=1,
    max_size=12,
)


@given(tasks, st.integers(1, 60))
def test_it_divides_slots_as_the_fleet_does(
    drawn: list[tuple[int, int, float, float]], slots: int
) -> None:
    outlooks = sorted(
        (
            _task(k, priority=priority, frames=float(frames), frame_s=frame_s, load_s=load_s)
            for k, (priority, frames, frame_s, load_s) in enumerate(drawn)
        ),
        key=lambda item: (-item.priority, item.position),
    )
    flows = [Flow.of(item) for item in outlooks]
    wants = [
        Want(
            item.task_id,
            item.priority,
            item.position,
            "tool",
            "1",
            frames=int(item.frames),
            useful=slots_worth_loading(flow.work, item.load_s, int(item.frames)),
        )
        for item, flow in zip(outlooks, flows, strict=True)
    ]
    places = [Place(SlotId(f"s{k}"), f"n{k}") for k in range(slots)]
    shares = by_weight(Grounds(places, wants, ()), {})
    given_by_fleet = [sum(shares[item.task_id].values()) for item in outlooks]
    assert divide(flows, slots) == given_by_fleet


def test_the_same_state_gives_the_same_forecast() -> None:
    farm = [_task(k, spread=0.4) for k in range(1, 6)]
    assert forecast(farm, 7) == forecast(farm, 7)


def test_the_range_holds_the_expected_end_and_grows_with_what_is_unknown() -> None:
    (sure,) = forecast([_task(spread=0.05)], 4).values()
    (unsure,) = forecast([_task(spread=1.0)], 4).values()
    for span in (sure, unsure):
        assert span.low_s < span.expected_s < span.high_s
    assert unsure.high_s - unsure.low_s > 5 * (sure.high_s - sure.low_s)


def test_a_task_is_late_as_soon_as_that_is_likely() -> None:
    (middle,) = forecast([_task(spread=0.3)], 4).values()
    for due_s, late in ((middle.low_s * 0.9, True), (middle.high_s * 1.1, False)):
        (span,) = forecast([_task(spread=0.3, due_s=due_s)], 4).values()
        assert span.will_be_late is late
    (span,) = forecast([_task(due_s=-5.0)], 4).values()
    assert span.late == 1.0


def test_more_nodes_end_tasks_earlier_and_no_node_ends_none() -> None:
    farm = [_task(1), _task(2)]
    few, many = forecast(farm, 4), forecast(farm, 8)
    assert all(many[key].expected_s < few[key].expected_s for key in few)
    assert all(math.isinf(span.expected_s) for span in forecast(farm, 0).values())


def test_who_is_let_in_first_wins_and_the_others_lose() -> None:
    farm = [_task(1, priority=9), _task(2, priority=1)]
    before, after = forecast(farm, 5), forecast(put_first(farm, 2), 5)
    assert after[2].expected_s < before[2].expected_s
    assert after[1].expected_s > before[1].expected_s


def test_a_task_that_waits_for_another_ends_after_it() -> None:
    source = _task(1)
    whole = _task(2, after=1, priority=9)
    ends = run_ahead([source, whole], 5)
    alone = run_ahead([source], 5)[1]
    assert ends[1] == pytest.approx(alone)
    assert ends[2] > alone + 100 * 10 / 5
    followed = run_ahead([source, replace(whole, frame_by_frame=True, frame_s=1.0)], 5)
    assert followed[1] < followed[2] < followed[1] + 40.0


def test_a_follower_starts_with_what_is_released() -> None:
    source = _task(1, frames=10.0)  # 90 of its frames are done
    follower = _task(2, after=1, frame_by_frame=True)
    ends = run_ahead([source, follower], 4)
    assert ends[2] == pytest.approx((100 * 10 + 100 + 4 * 20 + 4 * 20) / 4, rel=0.15)


def test_a_source_that_is_not_ahead_holds_nobody_up() -> None:
    assert run_ahead([_task(2, after=1)], 4)[2] < math.inf


@given(
    st.lists(
        st.tuples(st.integers(0, 9), st.floats(0.01, 500.0), st.sampled_from([None, 0, 1, 2, 3])),
        max_size=6,
    ),
    st.integers(0, 9),
)
@example([(0, 1.0, None), (0, 1.0, None), (1, 1.0, 0)], 1)  # the follower stands before its source
def test_every_farm_comes_to_its_end(
    drawn: list[tuple[int, float, int | None]], slots: int
) -> None:
    farm = [
        _task(
            k,
            priority=p,
            frames=frames,
            after=None if after is None or after >= k else after,
            frame_by_frame=k % 2 == 0,
        )
        for k, (p, frames, after) in enumerate(drawn)
    ]
    ends = run_ahead(farm, slots)
    assert len(ends) == len(farm)
    assert all((end < math.inf) == (slots > 0) for end in ends.values())
