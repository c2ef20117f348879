"""What follows from a failure: frames run out of attempts, slots are closed, tasks end hopeless.

Who is to blame for which reason is in `blame.py`; what the crew does then is done here.
"""

from collections.abc import Mapping

from farmdesk.dispatch import events as ev
from farmdesk.dispatch.backlog import Backlog
from farmdesk.dispatch.blame import BLAME, Blame, Prospects
from farmdesk.dispatch.crew import Crew
from farmdesk.dispatch.events import SlotId
from farmdesk.dispatch.ledger import Ledger
from farmdesk.dispatch.slots import Slot

MAX_SLOT_FAILURES = 3  # in a row; then the slot is closed
FIRST_WAIT_S, LONGEST_WAIT_S = 15.0, 600.0  # for a licence
MAX_DOUBLINGS = 10  # of the first wait: more would be longer than the longest

Failure = ev.FrameFailed | ev.SessionFailed


class Judge:
    """Counts attempts and failures of one task, and draws the conclusions.

    `failed` holds the frames given up.
    """

    def __init__(
        self,
        ledger: Ledger,
        backlog: Backlog,
        crew: Crew,
        *,
        attempts: Mapping[int, int],
        max_attempts: int,
    ) -> None:
        """`attempts`: failed ones by frame, of an earlier engine."""
        self.failed: set[int] = set()
        self._ledger, self._backlog, self._crew = ledger, backlog, crew
        self._attempts = dict(attempts)
        self._max_attempts = max_attempts
        self._prospects = Prospects()

    def success(self, slot: SlotId) -> None:
        """A frame was finished on this slot."""
        self._prospects.success(slot)

    def frame_failed(self, event: ev.FrameFailed, now: float) -> bool:
        """A slot could not render a frame; True when the task is hopeless."""
        slot = self._crew.slots.get(event.slot)
        position = self._ledger.position(event.frame)
        if slot is None or slot.holding is None or position is None:
            return False
        holding, blame = slot.holding, BLAME[event.reason]
        if not holding.report(position, now):
            return False
        if self._dooms_task(event):
            return True
        if blame in (Blame.SLOT, Blame.LICENCE):
            slot.loaded = False  # the tool died, or never lived
        shared = position == holding.positions[-1] and self._crew.part_twins(holding)
        if self._ledger.is_open(position):
            self._count(slot, position, event, shared=shared)
            if shared and not self._ledger.is_open(position):
                self._crew.spare(position, now)  # the other slot need not go on
        self._crew.settle(slot, now)
        if blame is Blame.LICENCE:
            self._rest(slot, now)
        return self._conclude(slot, now)

    def session_failed(self, event: ev.SessionFailed, now: float) -> bool:
        """A tool could not work at all on a slot; True when the task is hopeless."""
        slot = self._crew.slots.get(event.slot)
        if slot is None:
            return False
        if self._dooms_task(event):
            return True
        slot.loaded = False
        self._crew.take_back(slot, now)
        self._crew.settle(slot, now)
        if BLAME[event.reason] in (Blame.NOBODY, Blame.LICENCE):
            self._rest(slot, now)
            return False
        slot.failures += 1
        self._prospects.failure(slot.id, slot.id)
        if slot.failures >= MAX_SLOT_FAILURES and not self._crew.has_others(slot):
            return True
        return self._conclude(slot, now)

    def _dooms_task(self, event: Failure) -> bool:
        """Whether this failure shows by itself that the task cannot succeed."""
        blame = BLAME[event.reason]
        if blame is Blame.OUTPUT:
            return self._prospects.unwritable(event.slot)
        return blame is Blame.TASK

    def _count(self, slot: Slot, position: int, event: ev.FrameFailed, *, shared: bool) -> None:
        """Give the frame to be rendered again, or give it up; `shared`: another slot has it too."""
        blame = BLAME[event.reason]
        if blame in (Blame.NOBODY, Blame.LICENCE):
            if not shared:
                self._backlog.put_back((position,))
            return
        slot.failures += blame is Blame.SLOT
        self._prospects.failure(slot.id, event.frame)
        attempts = self._attempts.get(event.frame, 0) + 1
        self._attempts[event.frame] = attempts
        if attempts < self._max_attempts:
            self._backlog.put_apart(position, slot, waits=not shared)
        else:
            self._backlog.give_up(position)
            self.failed.add(event.frame)
            self._crew.orders.append(ev.FrameGivenUp(event.frame, event.reason, event.text))

    def _rest(self, slot: Slot, now: float) -> None:
        """Let the slot wait, longer each time, before it tries again."""
        if slot.holding is not None:
            self._crew.cancel(slot, now)
        wait_s = FIRST_WAIT_S * 2 ** min(slot.waits, MAX_DOUBLINGS)
        slot.rest_until = now + min(wait_s, LONGEST_WAIT_S)
        slot.waits += 1

    def _conclude(self, slot: Slot, now: float) -> bool:
        """True when nobody could render the task; else close a slot that failed too often."""
        crew = self._crew
        if self._prospects.hopeless(crew.slots):
            return True
        often = slot.failures >= MAX_SLOT_FAILURES and slot.id in crew.slots
        if often and crew.has_others(slot):
            crew.close(slot, now, fault=True)
        return False
