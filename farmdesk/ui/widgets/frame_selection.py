"""Which places of the grid are selected: a sorted array, and the place that keys move from."""

import numpy as np
import numpy.typing as npt

Places = npt.NDArray[np.int64]


class FrameSelection:
    """A set of places with an anchor for Shift. It belongs to one task."""

    def __init__(self) -> None:
        self.places: Places = np.empty(0, np.int64)
        self.current: int | None = None
        self._anchor: int | None = None

    def __len__(self) -> int:
        return len(self.places)

    def holds(self, place: int) -> bool:
        """Tell whether a place is selected."""
        return bool(np.isin(place, self.places))

    def mask(self, first: int, last: int) -> npt.NDArray[np.bool_]:
        """Tell for each place in [first, last) whether it is selected."""
        chosen = np.zeros(last - first, np.bool_)
        low, high = np.searchsorted(self.places, (first, last))
        chosen[self.places[low:high] - first] = True
        return chosen

    def only(self, place: int) -> None:
        """Select one place."""
        self.places = np.array([place], np.int64)
        self.current = self._anchor = place

    def toggle(self, place: int) -> None:
        """Add a place, or take it out."""
        one = np.array([place], np.int64)
        change = np.setdiff1d if self.holds(place) else np.union1d
        self.places = change(self.places, one)
        self.current = self._anchor = place

    def stretch_to(self, place: int) -> None:
        """Select everything from the anchor to a place."""
        anchor = place if self._anchor is None else self._anchor
        self.places = np.arange(min(anchor, place), max(anchor, place) + 1, dtype=np.int64)
        self.current, self._anchor = place, anchor

    def set_to(self, places: Places) -> None:
        """Select exactly these places."""
        self.places = np.unique(places)
        self.current = int(self.places[-1]) if len(self.places) else None
