"""Ranges, the two phases of a steal, copies of last frames, and what late events may not break."""

from farmdesk.dispatch import events as ev
from farmdesk.dispatch.events import SlotId
from farmdesk.domain.states import FailureReason
from tests.unit.dispatch.desk import Desk, cancels, closes, opens, rendered, renders, stops


def test_grants_of_one_instant_share_strided() -> None:
    desk = Desk("1-10")
    orders = desk.grant("a", "b")
    assert set(orders) == {opens("a"), opens("b"), renders("a", "2-10x2"), renders("b", "1-9x2")}
    assert orders.index(opens("a")) < orders.index(renders("a", "2-10x2"))


def test_frames_with_gaps_are_strided_by_position() -> None:
    desk = Desk("1-5,101-105", policy="range_split")
    orders = desk.grant("a", "b")
    assert renders("b", "1-5x2,102,104") in orders


def test_contiguous_ranges_are_cut_by_speed() -> None:
    desk = Desk("1-12", contiguous=True)
    desk.send(ev.SlotGranted(SlotId("slow"), 1.0), ev.SlotGranted(SlotId("fast"), 2.0))
    assert (desk.held("fast"), desk.held("slow")) == ("1-8", "9-12")


def test_slow_slots_share_one_lane() -> None:
    desk = Desk("1-12")
    desk.send(
        ev.SlotGranted(SlotId("fast"), 2.0),
        ev.SlotGranted(SlotId("b"), 1.0),
        ev.SlotGranted(SlotId("c"), 1.0),
    )
    assert desk.held("fast") == "1-11x2"
    assert {desk.held("b"), desk.held("c")} == {"2-10x4", "4-12x4"}


def _stolen() -> Desk:
    """Slot b asks for a part of the range 1-40 of slot a, which renders frame 3."""
    desk = Desk("1-40")
    desk.grant("a")
    desk.load("a")
    desk.done("a", 1, 2)
    orders = desk.grant("b")
    assert [type(order) for order in orders] == [ev.OpenSession, ev.StopAfter]
    return desk


def test_a_thief_starts_with_what_was_truly_given_back() -> None:
    desk = _stolen()
    assert desk.answer("a", 25) == [renders("b", "26-40")]
    assert desk.held("a") == "3-25"


def test_a_victim_that_is_past_it_all_keeps_its_range_and_the_thief_asks_again() -> None:
    desk = _stolen()
    orders = desk.answer("a", 40)
    assert [type(order) for order in orders] == [ev.StopAfter]
    assert desk.held("a") == "3-40"


def test_a_victim_that_renders_nothing_more_gives_all_back() -> None:
    desk = _stolen()
    orders = desk.answer("a", None)
    assert renders("b", "3-40") in orders
    assert desk.held("a") == ""


def test_a_victim_that_dies_before_its_answer_leaves_all_to_the_thief() -> None:
    desk = _stolen()
    assert desk.lose("a") == [renders("b", "3-40")]
    assert desk.answer("a", 20) == []


def test_a_thief_that_dies_before_the_answer_leaves_the_tail_to_the_next() -> None:
    desk = _stolen()
    desk.lose("b")
    desk.answer("a", 20)
    assert desk.grant("c") == [opens("c"), renders("c", "21-40")]


def test_a_victim_that_finishes_first_ends_the_steal() -> None:
    desk = _stolen()
    orders = desk.done("a", *range(3, 41), seconds=1.0)
    assert orders == [rendered()]
    assert desk.answer("a", None) == []


def test_a_late_or_double_answer_changes_nothing() -> None:
    desk = _stolen()
    desk.answer("a", 25)
    assert desk.answer("a", 25) == []
    assert desk.answer("a", 33) == []
    assert desk.answer("a", None) == []
    assert desk.answer("a", 999) == []
    assert (desk.held("a"), desk.held("b")) == ("3-25", "26-40")


def test_an_answer_that_does_not_come_is_asked_for_again_and_the_thief_looks_elsewhere() -> None:
    desk = _stolen()
    assert [type(order) for order in desk.tick(11.0)] == [ev.StopAfter]
    assert desk.answer("a", 30)[-1] == renders("b", "31-40")


def test_a_steal_must_be_worth_a_scene_load() -> None:
    desk = Desk("1-4", load_s=500.0)
    desk.grant("a")
    desk.load("a", 500.0)
    desk.done("a", 1, seconds=5.0)
    assert desk.grant("b") == [opens("b")]


def test_a_warm_thief_pays_no_load() -> None:
    desk = Desk("1-8", warm=True, load_s=500.0)
    desk.grant("a", "b")
    desk.load("a", 500.0)
    desk.load("b", 500.0)
    desk.done("a", 2, 4, 6, seconds=5.0)
    assert desk.done("a", 8, seconds=5.0) == [stops("b", 3)]


def test_a_last_frame_is_copied_and_the_loser_cancelled() -> None:
    desk = Desk("1-2", warm=True)
    desk.grant("a", "b")
    desk.load("a")
    desk.load("b")
    desk.done("a", 2)
    desk.tick(100.0)
    assert (desk.due("a"), desk.due("b")) == (1, 1)
    assert desk.done("a", 1) == [cancels("b"), rendered()]
    assert desk.done("b", 1) == []


def test_a_copy_goes_on_alone_when_its_twin_dies_or_fails() -> None:
    for end in ("dies", "fails"):
        desk = Desk("1-2", warm=True)
        desk.grant("a", "b")
        desk.load("a")
        desk.load("b")
        desk.done("a", 2)
        desk.tick(100.0)
        orders = desk.lose("b") if end == "dies" else desk.fail("b", 1)
        assert orders == []
        assert desk.done("a", 1) == [rendered()]


def test_a_frame_whose_copy_failed_is_not_copied_again_and_fails_three_times_at_most() -> None:
    desk = Desk("1-2", warm=True)
    desk.grant("a", "b")
    desk.load("a")
    desk.load("b")
    desk.done("a", 2)
    desk.tick(100.0)
    assert desk.fail("a", 1) == []
    assert desk.tick(100.0) == []  # no second copy beside b's
    assert desk.fail("b", 1) == [renders("b", "1")]
    orders = desk.fail("b", 1)
    assert orders[-1] == rendered("1")


def test_a_copy_that_fails_for_the_last_time_spares_its_twin() -> None:
    desk = Desk("1-2", warm=True, attempts={1: 2})
    desk.grant("a", "b")
    desk.load("a")
    desk.load("b")
    desk.done("a", 2)
    desk.tick(100.0)
    assert (desk.due("a"), desk.due("b")) == (1, 1)
    orders = desk.fail("a", 1)
    assert cancels("b") in orders
    assert orders[-1] == rendered("1")


def test_no_finished_frame_is_rendered_again_when_its_slot_dies() -> None:
    desk = Desk("1-10")
    desk.grant("a")
    desk.load("a")
    desk.done("a", 1, 2, 3)
    desk.lose("a")
    assert desk.grant("b") == [opens("b"), renders("b", "4-10")]


def test_a_frame_that_a_lost_slot_still_reports_counts() -> None:
    desk = Desk("1-10")
    desk.grant("a")
    desk.load("a")
    desk.lose("a")
    desk.done("a", 5)
    assert desk.control.is_done(5)
    assert desk.grant("b") == [opens("b"), renders("b", "1-4,6-10")]


def test_who_renders_a_frame_that_a_lost_slot_finished_is_spared() -> None:
    desk = Desk("1")
    desk.grant("a")
    desk.load("a")
    desk.lose("a")
    desk.grant("b")
    assert desk.done("a", 1) == [cancels("b"), rendered()]


def test_a_frame_done_twice_is_no_news() -> None:
    desk = Desk("1-3")
    desk.grant("a")
    desk.load("a")
    assert not desk.control.is_done(1)
    desk.done("a", 1)
    assert desk.control.is_done(1)
    assert desk.done("a", 1) == []
    assert (desk.control.remaining, desk.held("a")) == (2, "2-3")


def test_frames_published_behind_the_frame_in_hand_are_not_lost() -> None:
    desk = Desk("1-3")
    desk.grant("a")
    desk.load("a")
    desk.begin("a", 1)
    desk.begin("a", 2)  # 1 is still being published
    assert (desk.held("a"), desk.due("a")) == ("1-3", 2)
    desk.done("a", 1)
    assert desk.held("a") == "2-3"
    desk.begin("a", 3)
    assert desk.lose("a") == []
    desk.grant("b")
    first = desk.held("b")
    assert first in ("2", "3")
    assert desk.done("b", int(first)) == [renders("b", str(5 - int(first)))]


def test_events_of_unknown_slots_and_frames_are_no_harm() -> None:
    desk = Desk("1-3")
    desk.grant("a")
    for event in (
        ev.FrameDone(SlotId("x"), 99, 1.0),
        ev.FrameStarted(SlotId("x"), 1),
        ev.FrameStarted(SlotId("a"), 99),
        ev.FrameFailed(SlotId("x"), 1, FailureReason.CRASH),
        ev.SceneLoaded(SlotId("x"), 3.0),
        ev.SessionFailed(SlotId("x"), FailureReason.CRASH),
        ev.StoppingAfter(SlotId("x"), 1),
        ev.SlotRevoked(SlotId("x")),
        ev.SlotLost(SlotId("x")),
        ev.SlotGranted(SlotId("a")),
    ):
        assert desk.send(event) == [], event
    assert desk.held("a") == "1-3"


def test_slots_that_can_get_no_work_are_closed_but_one_spare_a_frame() -> None:
    desk = Desk("1-2")
    orders = desk.grant(*"abcdefg")
    assert sum(isinstance(order, ev.OpenSession) for order in orders) == 4
    assert sum(isinstance(order, ev.CloseSession) for order in orders) == 3
    assert len(desk.control.idle_slots) == 2
    assert desk.control.wanted_slots == 0


def test_a_task_wants_no_more_slots_than_frames_that_nobody_renders() -> None:
    desk = Desk("1-6")
    assert desk.control.wanted_slots == 6
    desk.grant("a", "b")
    assert desk.control.wanted_slots == 4
    desk.load("a")
    desk.done("a", desk.control.held(SlotId("a")).first)
    assert (desk.control.wanted_slots, desk.control.idle_slots) == (3, [])


def test_the_last_slot_stays_open_for_rejected_frames() -> None:
    desk = Desk("1-2", warm=True)
    desk.grant("a")
    desk.load("a")
    assert desk.done("a", 1, 2) == [rendered()]
    assert desk.control.slots == ["a"]
    assert desk.send(ev.Stop()) == [closes("a"), ev.Quiet()]
