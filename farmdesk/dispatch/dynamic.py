"""`dynamic`: one frame to each idle slot, a tool start each; suits frames longer than a load."""

from farmdesk.dispatch.policy import Move, Terms
from farmdesk.dispatch.pool import Pool
from farmdesk.dispatch.slots import Slot


class Dynamic(Pool):
    """One frame after the other, in order."""

    def __init__(self, terms: Terms) -> None:
        super().__init__()
        if terms.count:
            self.pieces.append(range(terms.count))

    def pick(self, _slot: Slot, _now: float) -> Move | None:
        """Give the next frame."""
        return self.take(1)
