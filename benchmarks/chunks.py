"""A peer for the schedule benchmark: the fixed chunks that other farm managers hand out."""

from farmdesk.dispatch.dynamic import Dynamic
from farmdesk.dispatch.policy import Move
from farmdesk.dispatch.slots import Slot

CHUNK = 10


class Chunk10(Dynamic):
    """Ten frames in a row to each idle slot, one tool start each."""

    def pick(self, _slot: Slot, _now: float) -> Move | None:
        """Give the next ten frames."""
        return self.take(CHUNK)
