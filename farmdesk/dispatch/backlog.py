"""The frames of a task that no slot holds: who gets them next, and what becomes of each.

The ledger says which frames are open, the policy divides them, and those that failed wait apart for
a slot that has not failed on them.
"""

from collections.abc import Iterable, Sequence

from farmdesk.dispatch.ledger import Ledger
from farmdesk.dispatch.policy import Move, Policy, Take
from farmdesk.dispatch.pool import parts
from farmdesk.dispatch.retries import Retries
from farmdesk.dispatch.slots import Slot
from farmdesk.domain.frames import FrameSet


class Backlog:
    """Keeps ledger, policy and failed frames in step: what leaves one is told to the others."""

    def __init__(self, ledger: Ledger, policy: Policy) -> None:
        """Take over the open frames of the ledger, all of which the policy has."""
        self._ledger, self._policy = ledger, policy
        self._retries = Retries()
        self._released: list[int] = []  # parked until now; the policy does not know of it yet

    # ---- frames come in --------------------------------------------------------------------------

    def release(self, frames: FrameSet) -> None:
        """These frames may be rendered; slots get them with the next `prepare`."""
        self._released += self._ledger.release(frames)

    def put_back(self, positions: Sequence[int]) -> None:
        """These positions lost their slot; those still open are to be rendered by another."""
        positions = self._retries.reclaim(self._ledger.open_of(positions))
        if positions:
            self._policy.give_back(positions)

    def put_apart(self, position: int, slot: Slot, *, waits: bool) -> None:
        """This open position failed on a slot; it waits now unless another one renders it still."""
        self._retries.failed(position, slot, waits=waits)

    def failed_before(self, position: int) -> bool:
        """Whether an attempt at this open position was in vain."""
        return self._retries.knows(position)

    # ---- slots get work --------------------------------------------------------------------------

    def prepare(self, ready: Sequence[Slot]) -> None:
        """Get ready for a round of picks by these idle slots, the fastest first.

        What was released goes to the policy only now, in a piece for each of them: what is released
        while all are busy becomes one range, not one a frame.
        """
        if self._released and ready:
            positions, self._released = sorted(self._released), []
            for piece in parts(positions, len(ready)):
                self.put_back(piece)
        self._policy.prepare(ready)

    def take_failed(self, slot: Slot, crew: Iterable[Slot]) -> Sequence[int]:
        """Give the failed positions that this slot of the crew shall render now, ascending."""
        return self._retries.take(slot, crew) if self._retries else ()

    @property
    def has_failed(self) -> bool:
        """Whether failed positions wait for a slot."""
        return bool(self._retries)

    def pick(self, slot: Slot, now: float) -> Move | None:
        """Give an idle slot's next work, of which all is open; None: nothing for any slot now."""
        while isinstance(move := self._policy.pick(slot, now), Take):
            self._ledger.park(move.positions)
            positions = self._ledger.open_of(move.positions)
            if positions:
                return move if positions is move.positions else Take(positions)
        return move

    def holding_changed(self, slot: Slot, now: float) -> None:
        """The slot's holding began, moved on, shrank or ended."""
        self._policy.changed(slot, now)

    # ---- frames end ------------------------------------------------------------------------------

    def finish(self, position: int, seconds: float) -> None:
        """The frame at this position, which was not over, was rendered in `seconds`."""
        self._ledger.finish(position)
        self._retries.settled(position)
        self._policy.frame_over(position, seconds)

    def give_up(self, position: int) -> None:
        """The frame at this open position has failed for good."""
        self._ledger.give_up(position)
        self._retries.settled(position)
        self._policy.frame_over(position, None)
