"""The virtual nodes keep time as the truth says."""

from farmdesk.dispatch import events as ev
from farmdesk.dispatch.events import SlotId
from farmdesk.dispatch.render_control import RenderControl
from farmdesk.dispatch.simulator import Simulation, Truth
from farmdesk.dispatch.virtual_node import VirtualNode
from farmdesk.domain.frames import FrameSet
from farmdesk.domain.states import FailureReason


def _node(**terms: object) -> VirtualNode:
    return VirtualNode(SlotId("n"), load_s=10.0, **terms)  # type: ignore[arg-type]


def test_a_node_that_slows_down_takes_longer_from_then_on() -> None:
    node = _node(speed=2.0, slow=(100.0, 0.25))
    assert node.finish(0.0, 40.0) == 20.0
    assert node.finish(90.0, 40.0) == 140.0  # 20 before the turn, 20 at speed 0.5
    assert node.finish(200.0, 1.0) == 202.0


def test_a_run_takes_one_load_and_all_the_work() -> None:
    control = RenderControl(FrameSet.parse("1-5"), load_s=10.0)
    run = Simulation(control, [_node()], Truth(float)).run()
    assert (run.end_s, run.loads, run.last) == (25.0, 1, ev.FramesRendered())


def test_a_node_that_returns_goes_on_where_it_died() -> None:
    control = RenderControl(FrameSet.parse("1-5"), load_s=10.0)
    node = _node(outages=((22.0, 100.0),))  # in the middle of its second frame
    run = Simulation(control, [node], Truth(lambda _frame: 10.0)).run()
    assert (run.end_s, run.loads) == (150.0, 2)


def test_a_task_without_nodes_never_ends() -> None:
    control = RenderControl(FrameSet.parse("1-5"))
    run = Simulation(control, [], Truth(lambda _frame: 10.0)).run(until_s=1e6)
    assert run.last is None
    assert run.end_s == float("inf")


def test_a_frame_that_always_fails_is_reported() -> None:
    def fault(_slot: SlotId, frame: int, _attempt: int) -> FailureReason | None:
        return FailureReason.BAD_IMAGE if frame == 3 else None

    control = RenderControl(FrameSet.parse("1-5"), load_s=10.0)
    run = Simulation(control, [_node()], Truth(lambda _frame: 1.0, fault=fault)).run()
    assert run.last == ev.FramesRendered(FrameSet.parse("3"))
