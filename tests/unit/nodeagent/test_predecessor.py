"""How long an agent waits for the one before it, and what it says meanwhile."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from nodeagent import predecessor
from nodeagent.lock import Held
from nodeagent.orders import Open
from nodeagent.predecessor import Predecessor
from nodeagent.reports import Pong, Waiting

SILENT, BUSY = Held(0, []), Held(7, [5, 6])


class Slot:
    """A slot whose holder and whose clock the test sets."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        self.holder: Held | OSError | None = None
        self.asked = list[Path]()
        monkeypatch.setattr(predecessor, "time", SimpleNamespace(monotonic=lambda: self.now))
        monkeypatch.setattr(predecessor, "held_by_another", self._held)

    def _held(self, scratch: Path) -> Held | None:
        self.asked.append(scratch)
        if isinstance(self.holder, OSError):
            raise self.holder
        return self.holder

    def open(self, patient_s: float = 60.0, notice_s: float = 2.0) -> Predecessor:
        return Predecessor(
            Open(
                task=9,
                tool="t",
                command=[],
                warm=None,
                scene="s",
                scratch="/scratch/0",
                output="o",
                pattern="#",
                journal="j",
                log="l",
                patient_s=patient_s,
                notice_s=notice_s,
            )
        )


@pytest.fixture
def slot(monkeypatch: pytest.MonkeyPatch) -> Slot:
    return Slot(monkeypatch)


def seen(before: Predecessor) -> tuple[bool, Pong | Waiting | None]:
    return before.here, before.answer()


def test_a_free_slot_is_ours_at_once(slot: Slot) -> None:
    assert seen(slot.open()) == (False, Pong())
    assert slot.asked == [Path("/scratch/0")]


def test_frames_are_waited_for_until_they_are_finished(slot: Slot) -> None:
    slot.holder = BUSY
    before = slot.open()
    assert seen(before) == (True, Waiting(7, [5, 6]))
    slot.holder = Held(7, [6])
    slot.now += 59.9  # long after the time to notice
    assert seen(before) == (True, Waiting(7, [5, 6]))
    before.look()
    assert seen(before) == (True, Waiting(7, [6]))
    slot.holder = None
    before.look()
    assert seen(before) == (False, Pong())


def test_patience_ends(slot: Slot) -> None:
    """Then nobody is asked any more: whoever takes the slot ends the other."""
    slot.holder = BUSY
    before = slot.open(patient_s=60.0)
    slot.now += 60.0
    before.look()
    assert seen(before) == (False, Pong())
    assert len(slot.asked) == 1
    assert seen(slot.open(patient_s=0.0)) == (False, Pong())


def test_one_who_says_nothing_is_waited_for_as_long_as_he_may_take_to_notice(slot: Slot) -> None:
    slot.holder = SILENT
    before = slot.open(notice_s=2.0)
    assert seen(before) == (True, None)  # what he finishes cannot be known yet
    slot.now += 1.9
    before.look()
    assert seen(before) == (True, None)
    slot.now += 0.1
    before.look()
    assert seen(before) == (False, Pong())
    assert seen(slot.open(notice_s=0.0)) == (False, Pong())


def test_one_who_speaks_in_time_is_waited_for(slot: Slot) -> None:
    slot.holder = SILENT
    before = slot.open(notice_s=2.0)
    slot.holder = BUSY
    slot.now += 30.0
    before.look()
    assert seen(before) == (True, Waiting(7, [5, 6]))


def test_a_lock_that_cannot_be_looked_at_is_left_to_its_taking(slot: Slot) -> None:
    slot.holder = PermissionError(13, "Permission denied")
    assert seen(slot.open()) == (False, Pong())
