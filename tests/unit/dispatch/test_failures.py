"""Who is blamed for a failure: frame, slot, task, or nobody."""

import pytest

from farmdesk.dispatch import events as ev
from farmdesk.dispatch.events import SlotId
from farmdesk.domain.states import FailureReason as Reason
from tests.unit.dispatch.desk import Desk, cancels, closes, opens, rendered, renders


def _started(frames: str, *slots: str, **terms: object) -> Desk:
    """A task on which a frame was finished already, so that nothing is called hopeless."""
    desk = Desk(frames, **terms)
    desk.grant(*slots)
    for slot in slots:
        desk.load(slot)
        desk.done(slot, desk.control.held(SlotId(slot)).first)
    return desk


def test_a_failed_frame_goes_to_another_slot() -> None:
    desk = _started("1-6", "a", "b")
    desk.fail("a", 4)
    assert desk.held("a") == "6"
    desk.done("a", 6)
    assert desk.held("a") == ""  # though 4 waits
    assert renders("b", "4") in desk.done("b", 3, 5)
    assert desk.done("b", 4) == [rendered()]


def test_a_frame_is_given_up_after_three_attempts_and_the_others_are_kept() -> None:
    desk = _started("1-3", "a")
    assert desk.fail("a", 2) == []
    assert desk.done("a", 3) == [renders("a", "2")]
    assert desk.fail("a", 2) == [renders("a", "2")]
    assert desk.fail("a", 2) == [
        ev.FrameGivenUp(2, Reason.BAD_IMAGE, "it broke"),
        rendered("2"),
    ]
    assert desk.control.is_done(2)
    assert desk.control.remaining == 0


def test_attempts_of_an_earlier_engine_count() -> None:
    desk = _started("1-3", "a", attempts={3: 2})
    desk.done("a", 2)
    assert desk.fail("a", 3)[0] == ev.FrameGivenUp(3, Reason.BAD_IMAGE, "it broke")


def test_the_same_failure_reported_twice_counts_once() -> None:
    desk = _started("1-9", "a", attempts={2: 1})
    assert desk.fail("a", 2) == []
    assert desk.fail("a", 2) == []  # else it would be given up


@pytest.mark.parametrize("reason", [Reason.CANCELLED, Reason.NODE_LOST])
def test_what_we_did_ourselves_counts_against_nobody(reason: Reason) -> None:
    desk = _started("1-9", "a", attempts={2: 2})
    assert desk.fail("a", 2, reason) == []  # else it would be given up
    desk.done("a", *range(3, 10))
    assert desk.held("a") == "2"


@pytest.mark.parametrize("reason", [Reason.SCENE_LOAD, Reason.BAD_ARGUMENT, Reason.MISSING_ASSET])
def test_the_tasks_own_fault_ends_it_at_once(reason: Reason) -> None:
    for failure in ("frame", "session"):
        desk = Desk("1-9")
        desk.grant("a", "b")
        orders = desk.fail("b", 1, reason) if failure == "frame" else None
        orders = orders or desk.session_fails("b", reason)
        assert orders == [
            cancels("a"),
            closes("a"),
            cancels("b"),
            closes("b"),
            ev.TaskHopeless(reason, "it broke"),
        ]
        assert desk.grant("c") == [closes("c")]
        assert desk.done("a", 2) == []


def test_output_that_cannot_be_written_on_two_slots_ends_the_task() -> None:
    desk = _started("1-20", "a", "b")
    assert desk.fail("a", 4, Reason.OUTPUT_WRITE) == []
    orders = desk.fail("b", 3, Reason.OUTPUT_WRITE)
    assert orders[-1] == ev.TaskHopeless(Reason.OUTPUT_WRITE, "it broke")


def test_output_that_can_be_written_again_is_forgiven() -> None:
    desk = _started("1-20", "a")
    desk.fail("a", 2, Reason.OUTPUT_WRITE)
    desk.done("a", 3)
    assert desk.fail("a", 4, Reason.OUTPUT_WRITE) == []
    assert desk.fail("a", 5, Reason.OUTPUT_WRITE)[-1] == ev.TaskHopeless(
        Reason.OUTPUT_WRITE, "it broke"
    )


@pytest.mark.parametrize("reason", [Reason.CRASH, Reason.GPU, Reason.STALL])
def test_a_slot_that_fails_three_times_in_a_row_is_closed(reason: Reason) -> None:
    desk = _started("1-40", "a", "b")
    desk.fail("a", 4, reason)
    desk.done("a", 6)
    desk.fail("a", 8, reason)
    desk.fail("a", 10, reason)
    orders = desk.fail("a", 12, reason)
    assert orders == [cancels("a"), closes("a", fault=True)]
    assert desk.control.slots == ["b"]


def test_the_last_slot_is_never_closed_for_failing() -> None:
    desk = _started("1-9", "a")
    for frame in (2, 3, 4, 5):
        assert desk.fail("a", frame, Reason.CRASH) == []
    assert desk.control.slots == ["a"]


def test_one_bad_node_does_not_end_a_task_that_others_are_still_loading() -> None:
    desk = Desk("1-40")
    desk.grant("bad", "b", "c", "d")
    desk.load("bad")
    bad = list(desk.control.held(SlotId("bad")))
    orders = [order for frame in bad[:3] for order in desk.fail("bad", frame, Reason.GPU)]
    assert orders == [cancels("bad"), closes("bad", fault=True)]


def test_a_task_that_failed_on_every_slot_ends_before_all_attempts() -> None:
    desk = Desk("1-40")
    desk.grant("a", "b")
    desk.load("a")
    desk.load("b")
    assert desk.fail("a", 2, Reason.CRASH) == []
    orders = desk.fail("b", 1, Reason.CRASH)
    assert orders[-1] == ev.TaskHopeless(Reason.CRASH, "it broke")
    assert closes("a") in orders
    assert closes("b") in orders


def test_one_bad_frame_does_not_end_a_task_though_every_slot_tried_it() -> None:
    """Whoever comes second is given the frame that broke, and nothing is finished yet."""
    desk = Desk("1-4")
    desk.grant("a")
    desk.load("a")
    desk.fail("a", 1, Reason.CRASH)
    assert renders("b", "1") in desk.grant("b")
    desk.load("b")
    assert desk.fail("b", 1, Reason.CRASH) == [renders("b", "1")]
    orders = desk.fail("a", 2, Reason.CRASH)
    assert orders[-1] == ev.TaskHopeless(Reason.CRASH, "it broke")


def test_three_frames_on_three_slots_are_enough_of_many() -> None:
    desk = Desk("1-100")
    desk.grant(*"abcdefgh")
    orders: list[ev.Order] = []
    for slot in "abc":
        desk.load(slot)
        orders = desk.fail(slot, desk.control.held(SlotId(slot)).first, Reason.CRASH)
    assert orders[-1] == ev.TaskHopeless(Reason.CRASH, "it broke")


def test_a_slot_without_a_licence_rests_longer_each_time() -> None:
    desk = _started("1-40", "a", "b", attempts={4: 2})
    assert desk.fail("a", 4, Reason.LICENCE) == [cancels("a")]  # else 4 would be given up
    assert desk.tick(13.0) == []
    orders = desk.tick(5.0)
    assert [type(order) for order in orders] == [ev.RenderRange]
    desk.session_fails("a", Reason.LICENCE)
    assert desk.tick(28.0) == []
    assert [type(order) for order in desk.tick(5.0)] == [ev.RenderRange]


def test_a_session_that_fails_gives_its_range_back() -> None:
    desk = _started("1-20", "a", "b")
    orders = desk.session_fails("a", Reason.CRASH)
    assert renders("a", "4-20x2") in orders
    desk.session_fails("a", Reason.CRASH)
    assert desk.session_fails("a", Reason.CRASH) == [closes("a", fault=True)]


def test_a_last_slot_whose_sessions_fail_ends_the_task() -> None:
    desk = _started("1-20", "a")
    desk.session_fails("a", Reason.CRASH)
    desk.session_fails("a", Reason.CRASH)
    orders = desk.session_fails("a", Reason.CRASH)
    assert orders == [closes("a"), ev.TaskHopeless(Reason.CRASH, "it broke")]


def test_nothing_to_render_is_said_at_once() -> None:
    assert Desk("").tick(0.0) == [rendered()]
    assert Desk("").grant("a") == [closes("a"), rendered()]


def test_a_reopened_slot_starts_with_a_clean_record() -> None:
    desk = _started("1-40", "a", "b")
    for frame in (4, 6, 8):
        desk.fail("a", frame, Reason.CRASH)
    orders = desk.grant("a")
    assert opens("a") in orders
    assert desk.fail("a", desk.control.held(SlotId("a")).first, Reason.CRASH) == []


def test_a_licence_that_never_comes_is_waited_for_patiently() -> None:
    desk = _started("1-40", "a")
    for _ in range(1200):  # more than a week
        desk.session_fails("a", Reason.LICENCE)
        assert [type(order) for order in desk.tick(601.0)] == [ev.RenderRange]
