"""Who is to blame for a failure, and when a task must be called hopeless.

Frames run out of attempts, slots are closed after failures in a row, and a task that cannot
succeed is found out before every node has tried.
"""

from collections.abc import Collection
from enum import Enum, auto

from farmdesk.dispatch.events import SlotId
from farmdesk.domain.states import FailureReason

DISTINCT_FAILURES = 3  # so many frames failed, and on so many slots, before the first was done


class Blame(Enum):
    """What a failure counts against."""

    NOBODY = auto()  # rendered again, at once
    LICENCE = auto()  # nobody; rendered again later
    TASK = auto()  # no other node will do better
    OUTPUT = auto()  # the frame; the task when it happens again
    FRAME = auto()
    SLOT = auto()  # the frame, and the slot that had it


BLAME = {
    FailureReason.LICENCE: Blame.LICENCE,
    FailureReason.SCENE_LOAD: Blame.TASK,
    FailureReason.MISSING_ASSET: Blame.TASK,
    FailureReason.BAD_ARGUMENT: Blame.TASK,
    FailureReason.OUTPUT_WRITE: Blame.OUTPUT,
    FailureReason.OUT_OF_MEMORY: Blame.FRAME,
    FailureReason.GPU: Blame.SLOT,
    FailureReason.CRASH: Blame.SLOT,
    FailureReason.STALL: Blame.SLOT,
    FailureReason.BAD_IMAGE: Blame.FRAME,
    FailureReason.CANCELLED: Blame.NOBODY,
    FailureReason.NODE_LOST: Blame.NOBODY,
}


class Prospects:
    """Whether a task can still succeed, judged by who failed and what was ever finished."""

    def __init__(self) -> None:
        self._succeeded = False
        self._failed_slots: set[SlotId] = set()
        self._failures: set[object] = set()
        self._unwritable: set[SlotId] = set()  # could not write, and finished no frame since

    def success(self, slot: SlotId) -> None:
        """A frame was finished on this slot."""
        self._succeeded = True
        self._unwritable.discard(slot)

    def failure(self, slot: SlotId, what: object) -> None:
        """A frame, or a session (`what`: its slot), failed here by the frame's or slot's fault."""
        if not self._succeeded:
            self._failed_slots.add(slot)
            self._failures.add(what)

    def unwritable(self, slot: SlotId) -> bool:
        """Output could not be written here: True when that happens again, here or elsewhere."""
        again = bool(self._unwritable)
        self._unwritable.add(slot)
        return again

    def hopeless(self, slots: Collection[SlotId]) -> bool:
        """Whether nothing was ever finished and enough has failed; `slots`: those granted now.

        That is when each of two or more slots failed, at two frames or more, or when three frames
        failed on three slots, or on all there are. So neither one bad node nor one bad frame ends
        a task that is all right but for it.
        """
        if self._succeeded:
            return False
        known = self._failed_slots.union(slots)
        if len(self._failed_slots) == len(known) > 1 and len(self._failures) > 1:
            return True
        enough_slots = len(self._failed_slots) >= min(DISTINCT_FAILURES, len(known))
        return enough_slots and len(self._failures) >= DISTINCT_FAILURES
