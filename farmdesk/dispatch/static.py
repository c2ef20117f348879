"""`static`: the frames split evenly, one tool start per slot; suits frames shorter than a load."""

from collections.abc import Sequence

from farmdesk.dispatch.policy import Terms
from farmdesk.dispatch.pool import Pool, parts
from farmdesk.dispatch.slots import Slot


class Static(Pool):
    """One contiguous part for each of the first slots; later slots take only what was returned."""

    def __init__(self, terms: Terms) -> None:
        super().__init__()
        self._untouched: range | None = range(terms.count)

    def prepare(self, idle: Sequence[Slot]) -> None:
        """Cut the parts when the first slots come."""
        if idle and self._untouched is not None:
            self.pieces.extend(parts(self._untouched, len(idle)))
            self._untouched = None
