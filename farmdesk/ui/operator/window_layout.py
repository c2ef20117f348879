"""Saves and restores what a person arranged: geometry, splitters, columns, cell size."""

from collections.abc import Callable
from dataclasses import dataclass

from PyQt5.QtCore import QByteArray

from farmdesk.ui.layout_store import LayoutStore


@dataclass(frozen=True, slots=True)
class Part:
    """One thing that can be arranged. `restore` tells whether it could read the state."""

    name: str
    save: Callable[[], QByteArray]
    restore: Callable[[QByteArray], bool]


class WindowLayout:
    """Knows the default of every part: its state when this object was made."""

    def __init__(self, store: LayoutStore, parts: list[Part]) -> None:
        self._store = store
        self._parts = parts
        self._defaults = {part.name: part.save() for part in parts}

    def load(self) -> None:
        """Restore every part; one that cannot be read keeps its default."""
        for part in self._parts:
            state = self._store.load(part.name)
            if state is not None and not part.restore(state):
                part.restore(self._defaults[part.name])

    def save(self) -> None:
        """Keep every part."""
        for part in self._parts:
            self._store.save(part.name, part.save())
        self._store.write()

    def reset(self) -> None:
        """Go back to the defaults, now and at the next start."""
        self._store.forget()
        for part in self._parts:
            part.restore(self._defaults[part.name])
