"""Frames that failed and will be rendered again, preferably where they have not failed yet."""

from collections.abc import Iterable, Sequence

from farmdesk.dispatch.slots import Slot


class Retries:
    """Failed positions: on which slots each failed, and which wait for another slot."""

    def __init__(self) -> None:
        self._failed_on: dict[int, set[str]] = {}
        self._waiting: set[int] = set()

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def failed(self, position: int, slot: Slot, *, waits: bool) -> None:
        """The position failed on this slot, and waits now unless another slot still renders it."""
        self._failed_on.setdefault(position, set()).add(slot.id)
        if waits:
            self._waiting.add(position)

    def knows(self, position: int) -> bool:
        """Whether the position failed before and is not settled."""
        return position in self._failed_on

    def reclaim(self, positions: Sequence[int]) -> Sequence[int]:
        """Of positions that lost their slot keep those that failed before; give the others."""
        if not self._failed_on:
            return positions
        others = [position for position in positions if position not in self._failed_on]
        if len(others) == len(positions):
            return positions
        self._waiting.update(self._failed_on.keys() & set(positions))
        return others

    def settled(self, position: int) -> None:
        """The position is done or given up."""
        if self._failed_on.pop(position, None) is not None:
            self._waiting.discard(position)

    def take(self, slot: Slot, crew: Iterable[Slot]) -> Sequence[int]:
        """Give the waiting positions that this slot shall render now, ascending.

        A slot where a position failed gets it only when the whole crew failed on it.
        """
        staying = [other.id for other in crew if not other.leaving]
        taken = [
            position
            for position in self._waiting
            if slot.id not in self._failed_on[position]
            or self._failed_on[position].issuperset(staying)
        ]
        self._waiting.difference_update(taken)
        return sorted(taken)
