"""Frames that become available over time: withheld ones are neither handed out nor lost."""

from farmdesk.dispatch import events as ev
from farmdesk.dispatch.ledger import Ledger
from farmdesk.domain.frames import FrameSet
from tests.unit.dispatch.desk import Desk, closes, opens, rendered, renders


def _release(desk: Desk, frames: str, after: float = 1.0) -> list[ev.Order]:
    return desk.send(ev.FramesReleased(FrameSet.parse(frames)), after=after)


def _waiting(frames: str = "1-10", released: str = "", **terms: object) -> Desk:
    return Desk(frames, released=FrameSet.parse(released) if released else FrameSet(), **terms)


def test_nothing_is_handed_out_before_it_is_released() -> None:
    desk = _waiting("1-10")
    assert desk.control.wanted_slots == 0
    assert (desk.control.remaining, desk.control.withheld) == (10, 10)
    assert desk.grant("a") == [closes("a")]
    _release(desk, "3-4")
    assert desk.control.wanted_slots == 2
    assert desk.grant("a") == [opens("a"), renders("a", "3-4")]


def test_the_end_comes_only_when_all_frames_are_done() -> None:
    desk = _waiting("1-4", "1-2")
    desk.grant("a")
    desk.load("a")
    assert desk.done("a", 1, 2) == []
    assert desk.control.remaining == 2
    assert _release(desk, "3-4", after=0.1) == [renders("a", "3-4")]
    assert desk.done("a", 3, 4) == [rendered()]


def test_what_is_released_while_a_slot_works_becomes_one_range() -> None:
    desk = _waiting("1-10", "1")
    desk.grant("a")
    desk.load("a")
    for frame in "4", "2", "3":
        assert _release(desk, frame) == []
    assert desk.done("a", 1) == [renders("a", "2-4")]


def test_idle_slots_share_what_is_released() -> None:
    desk = _waiting("1-8", "1-2", load_s=100.0)
    desk.grant("a", "b")
    for slot, frame in (("a", 1), ("b", 2)):
        desk.load(slot)
        desk.done(slot, frame)
    orders = _release(desk, "3-8")
    assert sorted(str(item.frames) for item in orders if isinstance(item, ev.RenderRange)) == [
        "3-5",
        "6-8",
    ]


def test_a_slot_waits_for_a_release_no_longer_than_a_load_takes() -> None:
    desk = _waiting("1-4", "1", load_s=10.0, warm=True)
    desk.grant("a")
    desk.load("a")
    assert desk.done("a", 1) == []
    assert desk.tick(9.0) == []
    assert desk.tick(2.0) == [closes("a")]
    assert not any(isinstance(order, ev.FramesRendered) for order in desk.tick(1.0))


def test_frames_that_come_twice_or_from_elsewhere_change_nothing() -> None:
    desk = _waiting("1-4", "1-2")
    desk.grant("a")
    desk.load("a")
    desk.done("a", 1)
    assert _release(desk, "1-2,90") == []
    assert desk.control.remaining == 3


def test_a_frame_found_finished_counts_also_while_it_is_withheld() -> None:
    desk = _waiting("1-3", "1")
    desk.grant("a")
    desk.load("a")
    desk.done("elsewhere", 3)
    assert desk.control.withheld == 1
    desk.done("a", 1)
    assert _release(desk, "2-3") == [renders("a", "2")]
    assert desk.done("a", 2) == [rendered()]


def test_a_frame_given_up_does_not_end_a_task_that_waits() -> None:
    desk = _waiting("1-2", "1", max_attempts=1)
    desk.grant("a")
    desk.load("a")
    assert not any(isinstance(order, ev.FramesRendered) for order in desk.fail("a", 1))
    assert _release(desk, "2") == [renders("a", "2")]
    assert desk.done("a", 2) == [rendered("1")]


def test_a_paused_task_takes_the_release_and_uses_it_later() -> None:
    desk = _waiting("1-4", "1")
    desk.send(ev.Pause())
    assert _release(desk, "2-4") == []
    assert desk.send(ev.Resume()) == []
    desk.grant("a")
    assert desk.held("a") == "1-4"


def test_every_policy_hands_out_each_released_frame_once() -> None:
    for policy in ("range_split", "static", "dynamic", "sampled", "version"):
        desk = _waiting("1-9", "5", policy=policy)
        rendered_frames: list[int] = []
        for part in ("1-3", "9", "4,6-8"):
            _release(desk, part)
            desk.grant("a")
            while held := desk.control.held(ev.SlotId("a")):
                desk.done("a", held.first)
                rendered_frames.append(held.first)
        assert sorted(rendered_frames) == list(range(1, 10)), policy


def test_releasing_half_a_million_frames_at_once_is_one_sweep() -> None:
    frames = FrameSet.range(1, 1, 500_000)
    ledger = Ledger(frames, FrameSet())
    ledger.park(range(0, 500_000, 2))
    assert len(ledger.release(frames)) == 250_000
    assert (ledger.remaining, ledger.withheld) == (500_000, 0)
    assert ledger.release(frames) == []
