"""Takes files in over several connections: what every way of fetching from a farm has in common."""

import shutil
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from itertools import compress
from pathlib import Path
from typing import TypeVar

from farmdesk.domain.errors import FarmError, FarmUnavailable
from farmdesk.link.remote.download_errors import (
    BadListing,
    DamagedFile,
    DiskFull,
    NotWritable,
    told_of_disk,
)
from farmdesk.link.remote.part_file import Answer, PartFile
from farmdesk.link.remote.patience import Patience, Paused
from farmdesk.link.remote.progress import Progress
from farmdesk.link.wire import LoginNeeded
from farmdesk.storage.package_copy import AlreadyThere

CONNECTIONS = 4
FINAL = (Paused, LoginNeeded, BadListing, DamagedFile, DiskFull, NotWritable, AlreadyThere)
"""Refusals that no new look at the farm can mend."""

Item = TypeVar("Item")
Given = TypeVar("Given")


class Receiver:
    """The threads of one fetch. Whoever sets `pause` pauses it; one that fails ends them all."""

    def __init__(
        self,
        *,
        progress: Progress | None,
        pause: threading.Event | None,
        connections: int,
        patience_s: float,
    ) -> None:
        self.progress = progress or Progress()
        self._pause = pause or threading.Event()
        self._connections = connections
        self._patience_s = patience_s
        self._failed = list[Exception]()

    def patience(self) -> Patience:
        """Give a new one."""
        return Patience(self._pause, self.progress, self._patience_s)

    def lacking(self, items: Sequence[Item], is_here: Callable[[Item], bool]) -> list[Item]:
        """Give those that are not here; large ones take a while to look at. Raises Paused."""

        def lacks(item: Item) -> bool:
            if self._pause.is_set():
                raise Paused
            return not is_here(item)

        with ThreadPoolExecutor(self._connections, thread_name_prefix="digests") as pool:
            return list(compress(items, pool.map(lacks, items)))

    def start(self, folder: Path, *, total: int, rest: int) -> None:
        """Begin to count: so many bytes, and so many to come.

        Raises DiskFull where it can be seen that there is no room, NotWritable.
        """
        self.progress.start(total - rest, total)
        with told_of_disk(folder):
            folder.mkdir(parents=True, exist_ok=True)
            free = shutil.disk_usage(folder).free
        if rest > free:
            raise DiskFull(folder, rest - free)

    def bring_all(self, items: Sequence[Item], bring: Callable[[Item], None]) -> None:
        """Bring items over several connections, until all are here or one fails."""
        turns = iter(items)  # shared: `next` on it is one step
        self._failed.clear()

        def work() -> None:
            for item in turns:
                if self._failed:
                    return
                try:
                    bring(item)
                except (FarmError, OSError) as error:
                    self._failed.append(error)

        with ThreadPoolExecutor(self._connections, thread_name_prefix="download") as pool:
            bringing = [pool.submit(work) for _ in range(min(self._connections, len(items)))]
        for one in bringing:
            one.result()
        if self._failed:
            raise self._failed[0]

    def receive(self, file: PartFile, ask: Callable[[int], AbstractContextManager[Answer]]) -> None:
        """Take segments until all are here. `ask`: for some, from one on.

        Raises Paused, DamagedFile, DiskFull, NotWritable, and as `ask` does.
        """
        recalled = sum(self._watched(file.recall()))
        self.progress.add(recalled - file.counted)
        patience = self.patience()
        while not file.is_whole:
            try:
                with ask(file.next) as answer:
                    pieces = self._watched(answer.pieces)
                    for length in file.take(Answer(answer.sealed, pieces)):
                        self.progress.add(length)
                        patience.went_on()
            except FarmUnavailable as error:
                patience.failed(error)

    def _watched(self, steps: Iterable[Given]) -> Iterator[Given]:
        """Stop where somebody pauses, or where another thread has failed."""
        for step in steps:
            if self._pause.is_set() or self._failed:
                raise Paused
            yield step
