"""Pause, stop, resume, and slots that the fleet wants back."""

import math

import pytest

from farmdesk.dispatch import events as ev
from farmdesk.dispatch.events import SlotId
from farmdesk.domain.frames import FrameSet
from farmdesk.domain.states import FailureReason
from tests.unit.dispatch.desk import Desk, cancels, closes, opens, rendered, renders, stops


def _rendering(frames: str = "1-20", *slots: str) -> Desk:
    """Each slot has loaded and finished its first frame."""
    desk = Desk(frames)
    desk.grant(*slots)
    for slot in slots:
        desk.load(slot)
        desk.done(slot, desk.control.held(SlotId(slot)).first)
    return desk


def test_pause_lets_frames_in_hand_finish_then_all_is_quiet() -> None:
    desk = _rendering("1-20", "a", "b")
    assert desk.send(ev.Pause()) == [stops("a", 4), stops("b", 3)]
    assert desk.answer("a", 4) == []
    assert desk.answer("b", 5) == []  # it was past 3
    assert desk.done("a", 4) == [closes("a")]
    assert desk.done("b", 3) == []
    assert desk.done("b", 5) == [closes("b"), ev.Quiet()]
    assert desk.control.wanted_slots == 0
    assert desk.grant("a") == [closes("a")]
    assert desk.send(ev.Resume()) == []
    orders = desk.grant("a", "b")
    assert [type(order) for order in orders].count(ev.RenderRange) == 2
    left = desk.control.held(SlotId("a")) | desk.control.held(SlotId("b"))
    assert left == FrameSet.parse("6-20,7")


def test_pause_does_not_wait_for_scenes_that_load() -> None:
    desk = Desk("1-20")
    desk.grant("a")
    assert desk.send(ev.Pause()) == [cancels("a"), closes("a"), ev.Quiet()]


def test_a_pause_taken_back_in_time_keeps_the_slots() -> None:
    desk = _rendering("1-20", "a", "b")
    desk.send(ev.Pause())
    desk.answer("a", 4)
    desk.send(ev.Resume())
    orders = desk.done("a", 4)
    assert [type(order) for order in orders] == [ev.RenderRange]
    assert not any(isinstance(order, ev.Quiet | ev.CloseSession) for order in orders)


def test_stop_kills_at_once_and_keeps_what_is_done() -> None:
    desk = _rendering("1-4", "a")
    assert desk.send(ev.Stop()) == [cancels("a"), closes("a"), ev.Quiet()]
    desk.send(ev.Resume())
    assert desk.grant("a") == [opens("a"), renders("a", "2-4")]


def test_stop_hurries_a_pause() -> None:
    desk = _rendering("1-20", "a")
    desk.send(ev.Pause())
    assert desk.send(ev.Stop()) == [cancels("a"), closes("a"), ev.Quiet()]


def test_a_last_frame_that_ends_a_pause_is_reported_when_resumed() -> None:
    desk = _rendering("1-2", "a")
    desk.send(ev.Pause())
    assert desk.done("a", 2) == [closes("a"), ev.Quiet()]
    assert desk.send(ev.Resume()) == [rendered()]


def test_a_revoked_slot_leaves_after_its_frame() -> None:
    desk = _rendering("1-20", "a", "b")
    assert desk.send(ev.SlotRevoked(SlotId("a"))) == [stops("a", 4)]
    assert desk.answer("a", 4) == []
    assert desk.done("a", 4) == [closes("a")]
    assert renders("b", "6-20x2") in desk.done("b", *range(3, 21, 2))


def test_a_revoked_slot_without_an_answer_still_leaves_when_its_range_ends() -> None:
    desk = _rendering("1-4", "a", "b")
    desk.send(ev.SlotRevoked(SlotId("a")))
    assert closes("a") in desk.done("a", 4)


def test_a_slot_revoked_at_once_is_killed() -> None:
    desk = _rendering("1-20", "a", "b")
    assert desk.send(ev.SlotRevoked(SlotId("a"), kill=True)) == [cancels("a"), closes("a")]


def test_an_idle_or_waiting_slot_can_be_revoked() -> None:
    desk = _rendering("1-40", "a")
    desk.grant("b")  # waits for a's answer
    assert desk.send(ev.SlotRevoked(SlotId("b"))) == [closes("b")]
    assert desk.answer("a", 20) == []
    assert desk.grant("c") == [opens("c"), renders("c", "21-40")]


def test_a_thief_is_not_served_during_a_pause() -> None:
    desk = _rendering("1-40", "a")
    desk.grant("b")
    orders = desk.send(ev.Pause())
    assert closes("b") in orders
    assert not any(isinstance(order, ev.RenderRange) for order in desk.answer("a", 20))


def test_a_task_found_hopeless_during_a_pause_does_not_fall_quiet_too() -> None:
    desk = _rendering("1-20", "a")
    desk.send(ev.Pause())
    orders = desk.fail("a", 2, FailureReason.MISSING_ASSET)
    assert isinstance(orders[-1], ev.TaskHopeless)
    assert not any(isinstance(order, ev.Quiet) for order in orders)


@pytest.mark.parametrize("nonsense", [-1.0, 0.0, math.inf, -math.inf, math.nan])
def test_times_and_speeds_that_make_no_sense_spoil_no_estimate(nonsense: float) -> None:
    desk = Desk("1-20", prior=[nonsense] * 20)
    desk.grant("a", speed=nonsense)
    desk.load("a", nonsense)
    desk.done("a", 1)
    desk.send(ev.FrameDone(SlotId("a"), 2, nonsense))
    desk.done("a", 3)
    assert 0.0 < desk.control.work_s < 1000.0
    assert desk.control.in_hand_s(SlotId("a"), desk.now) < (1000.0, 1000.0)
