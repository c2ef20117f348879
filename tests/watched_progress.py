"""Progresses of transfers that do something with what comes over the line."""

import threading

from farmdesk.link.remote.progress import Progress


class CountedBytes(Progress):
    """Counts what comes over the line."""

    came = 0

    def add(self, count: int) -> None:
        super().add(count)
        self.came += count


class PausesAfter(Progress):
    """Pauses once more than so many bytes are here."""

    def __init__(self, size: int, pause: threading.Event) -> None:
        super().__init__()
        self._size = size
        self._pause = pause

    def add(self, count: int) -> None:
        super().add(count)
        if self.look().done > self._size:
            self._pause.set()
