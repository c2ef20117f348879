"""Takes files in over several connections: what every way of fetching from a farm has in common.

Each connection brings a file; one that has none to bring helps another one with its file. So small
files come beside each other, and a large one alone has the whole line.
"""

import shutil
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Never, TypeVar

from farmdesk.domain.errors import FarmError, FarmUnavailable
from farmdesk.domain.transfers import Room
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
from farmdesk.link.results_wire import RUN_SEGMENTS
from farmdesk.link.wire import LoginNeeded
from farmdesk.storage.package_copy import AlreadyThere

FINAL = (Paused, LoginNeeded, BadListing, DamagedFile, DiskFull, NotWritable, AlreadyThere)
"""Refusals that no new look at the farm can mend."""

Item = TypeVar("Item")
Given = TypeVar("Given")
Ask = Callable[[range], AbstractContextManager[Answer]]
Job = Callable[[], None]


@dataclass(slots=True)
class _UnderWay:
    """A file that is being fetched. `helpers`: connections at work on it; `error`: of any."""

    file: PartFile
    ask: Ask
    helpers: int = 0
    error: Exception | None = None
    counted: int = 0  # bytes


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
        self.pause = pause or threading.Event()
        self._connections = connections
        self._patience_s = patience_s
        self._changed = threading.Condition()  # guards what follows
        self._jobs = deque[Job]()
        self._bringing = 0  # jobs in hand
        self._under_way = list[_UnderWay]()
        self._all_known = False
        self._failed = list[Exception]()

    def patience(self) -> Patience:
        """Give a new one."""
        return Patience(self.pause, self.progress, self._patience_s)

    def check_going(self) -> None:
        """Raises Paused where somebody pauses, or where another thread has failed."""
        if self.pause.is_set() or self._failed:
            raise Paused

    def check_room(self, folder: Path, rest: int) -> None:
        """Raises DiskFull where it can be seen that `rest` bytes have no room, NotWritable."""
        with told_of_disk(folder):
            folder.mkdir(parents=True, exist_ok=True)
            free = shutil.disk_usage(folder).free
        if rest > free:
            raise DiskFull(folder, Room(rest, free))

    def bring_all(self, batches: Iterable[Sequence[Item]], bring: Callable[[Item], None]) -> None:
        """Bring items as they become known, until all are here or one fails.

        Raises what `batches` and `bring` raise.
        """
        self._all_known = False
        self._failed.clear()
        with ThreadPoolExecutor(self._connections, thread_name_prefix="download") as pool:
            working = [pool.submit(self._work) for _ in range(self._connections)]
            try:
                for batch in batches:
                    with self._changed:
                        self._jobs.extend(partial(bring, item) for item in batch)
                        self._changed.notify_all()
                    if self._failed:
                        break
            except (FarmError, OSError) as error:
                self._fail(error)
            finally:
                with self._changed:
                    self._all_known = True
                    self._changed.notify_all()
        for one in working:
            one.result()
        if self._failed:
            self._give_up(self._failed[0])

    def _give_up(self, error: Exception) -> Never:
        """Raise an error; of a disk that was filled under way, with how much it lacks now."""
        if isinstance(error, DiskFull) and error.room is None:
            seen = self.progress.look()
            self.check_room(error.folder, seen.total - seen.done)
        raise error

    def _fail(self, error: Exception) -> None:
        with self._changed:
            self._failed.append(error)
            self._jobs.clear()
            self._changed.notify_all()

    def _work(self) -> None:
        while (job := self._next_job()) is not None:
            try:
                job()
            except (FarmError, OSError) as error:
                self._fail(error)

    def _next_job(self) -> Job | None:
        """Wait for something to do: help with a file, or bring the next one; None at the end."""
        with self._changed:
            while not self._failed:
                for under_way in self._under_way:
                    if (segments := self._given(under_way)) is not None:
                        return partial(self._help, under_way, segments)
                if self._jobs:
                    self._bringing += 1
                    return partial(self._bring, self._jobs.popleft())
                if self._all_known and not self._bringing:
                    break
                self._changed.wait()
        return None

    def _bring(self, job: Job) -> None:
        try:
            job()
        finally:
            with self._changed:
                self._bringing -= 1
                self._changed.notify_all()

    def receive(self, file: PartFile, ask: Ask) -> None:
        """Take segments until all are here. `ask`: for some of them.

        Raises Paused, DamagedFile, DiskFull, NotWritable, which leave its part where it is, and as
        `ask` does: then its bytes do not count any more.
        """
        under_way = _UnderWay(file, ask)
        for length in self._watched(file.recall(), under_way):
            under_way.counted += length
            self.progress.found(length)
        with self._changed:
            self._under_way.append(under_way)
            segments = self._given(under_way)
            self._changed.notify_all()
        while segments is not None:
            self._help(under_way, segments)
            with self._changed:
                segments = self._given(under_way)
        with self._changed:
            self._changed.wait_for(lambda: not under_way.helpers)
            self._under_way.remove(under_way)
        if under_way.error is not None:
            if not isinstance(under_way.error, FINAL):
                self.progress.found(-under_way.counted)
            raise under_way.error

    def _given(self, under_way: _UnderWay) -> range | None:
        """Give segments to help with, if there are any; the caller holds the lock."""
        if under_way.error is not None:
            return None
        segments = under_way.file.give(RUN_SEGMENTS)
        if segments is not None:
            under_way.helpers += 1
        return segments

    def _help(self, under_way: _UnderWay, segments: range) -> None:
        """Fetch some segments of a file; who brings it is told what goes wrong."""
        try:
            self._fetch(under_way, segments)
        except (FarmError, OSError) as error:
            under_way.error = under_way.error or error
        finally:
            with self._changed:
                under_way.helpers -= 1
                self._changed.notify_all()

    def _fetch(self, under_way: _UnderWay, segments: range) -> None:
        patience = self.patience()
        while segments := under_way.file.lacking(segments):
            try:
                with under_way.ask(segments) as answer:
                    pieces = self._watched(answer.pieces, under_way)
                    for length in under_way.file.take(segments, Answer(answer.sealed, pieces)):
                        self._count(under_way, length)
                        patience.went_on()
            except FarmUnavailable as error:
                patience.failed(error)

    def _count(self, under_way: _UnderWay, length: int) -> None:
        with self._changed:
            under_way.counted += length
        self.progress.add(length)

    def _watched(self, steps: Iterable[Given], under_way: _UnderWay) -> Iterator[Given]:
        """Stop where somebody pauses, or where another thread has failed."""
        for step in steps:
            self.check_going()
            if under_way.error is not None:
                raise Paused
            yield step
