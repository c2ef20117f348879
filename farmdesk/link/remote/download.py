"""Fetches a task's results: opened as they come, over several connections, resumed at any time.

What bears a frame's name is whole and has the digest of the frame's proof; a file that is there
with that digest is not fetched again. See `result_file` for what is on its way.
"""

import logging
import shutil
import threading
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, closing, suppress
from dataclasses import dataclass, field
from itertools import compress
from pathlib import Path
from typing import Protocol

from farmdesk.domain.errors import FarmError, FarmUnavailable, Refused
from farmdesk.domain.frames import FrameSet
from farmdesk.link.remote.download_errors import (
    BadListing,
    DamagedResult,
    DiskFull,
    NotWritable,
    told_of_disk,
)
from farmdesk.link.remote.patience import PATIENCE_S, Patience, Paused
from farmdesk.link.remote.progress import Progress
from farmdesk.link.remote.result_file import ResultFile, bytes_of_part, discard_part, is_here
from farmdesk.link.remote.result_listing import PARTS, Result, list_results
from farmdesk.link.results_wire import ResultsSeen
from farmdesk.link.wire import LoginNeeded
from farmdesk.security.sealed_results import sealed_result
from farmdesk.security.user_keys import SealedUse, UserKeys

log = logging.getLogger(__name__)

CONNECTIONS = 4
_CHANGES = 5  # of one frame while it is fetched
_FINAL = (Paused, LoginNeeded, BadListing, DamagedResult, DiskFull, NotWritable)


class ResultsDoor(Protocol):
    """The farm's pages for results. Every method may raise FarmUnavailable and Refused."""

    def results(self, task_id: int, frames: FrameSet | None, first: int) -> ResultsSeen:
        """Give a page of a task's results, from frame `first` on."""
        ...

    def run(
        self, task_id: int, frame: int, version: bytes, first: int
    ) -> AbstractContextManager[Iterator[bytes]]:
        """Give the sealed bytes of some segments from `first` on, as they come."""
        ...


@dataclass(frozen=True, slots=True)
class Fetched:
    """What a download has brought."""

    files: int  # that came
    bytes: int  # in them
    skipped: int  # files that were here before
    lost: tuple[int, ...]  # frames that the farm has not any more as they were proven


@dataclass(frozen=True, slots=True)
class _Order:
    """One download, as its threads see it."""

    task_id: int
    folder: Path
    failed: list[Exception] = field(default_factory=list)  # one that fails ends them all
    lost: list[int] = field(default_factory=list)


class Download:
    """Fetches results. Whoever sets `pause` pauses it."""

    def __init__(
        self,
        door: ResultsDoor,
        keys: UserKeys,
        *,
        progress: Progress | None = None,
        pause: threading.Event | None = None,
        connections: int = CONNECTIONS,
        patience_s: float = PATIENCE_S,
    ) -> None:
        self._door = door
        self._keys = keys
        self._key = keys.key_for(SealedUse.RESULT)
        self._progress = progress or Progress()
        self._pause = pause or threading.Event()
        self._connections = connections
        self._patience_s = patience_s

    def fetch(self, task_id: int, folder: Path, frames: FrameSet | None = None) -> Fetched:
        """Bring what is proven of a task, or of some of its frames, into a folder.

        Raises Paused, BadListing, DamagedResult, DiskFull, NotWritable, WrongKey, FarmUnavailable
        when patience ends, and Refused as the farm says.
        """
        order = _Order(task_id, folder)
        listed = self._list(task_id, frames)
        there = [result for result in listed if result.version]
        order.lost.extend(result.frame for result in listed if not result.version)
        with told_of_disk(folder):
            folder.mkdir(parents=True, exist_ok=True)
        wanted = self._lacking(folder, there)
        self._start(folder, there, wanted)
        self._bring_all(order, wanted)
        with suppress(OSError):  # where something is on its way, the folder stays with it
            (folder / PARTS).rmdir()
        came = [result for result in wanted if result.frame not in order.lost]
        size = sum(result.size for result in came)
        lost = tuple(sorted(order.lost))
        return Fetched(len(came), size, skipped=len(there) - len(wanted), lost=lost)

    def _list(self, task_id: int, frames: FrameSet | None) -> list[Result]:
        patience = self._patience()
        return list_results(
            lambda first: patience.ask(lambda: self._door.results(task_id, frames, first)),
            frames,
            self._keys.version,
        )

    def _patience(self) -> Patience:
        return Patience(self._pause, self._progress, self._patience_s)

    def _lacking(self, folder: Path, results: Sequence[Result]) -> list[Result]:
        """Give those that are not here; large ones take a while to look at."""

        def lacks(result: Result) -> bool:
            if self._pause.is_set():
                raise Paused
            return not is_here(folder, result)

        with ThreadPoolExecutor(self._connections, thread_name_prefix="digests") as pool:
            return list(compress(results, pool.map(lacks, results)))

    def _start(self, folder: Path, there: Sequence[Result], wanted: Sequence[Result]) -> None:
        """Begin to count. Raises DiskFull where it can be seen that there is no room."""
        total = sum(result.size for result in there)
        rest = sum(result.size - bytes_of_part(folder, result) for result in wanted)
        self._progress.start(total - rest, total)
        with told_of_disk(folder):
            free = shutil.disk_usage(folder).free
        if rest > free:
            raise DiskFull(folder, rest - free)

    def _bring_all(self, order: _Order, results: Sequence[Result]) -> None:
        """Bring results over several connections, until all are here or one fails."""
        turns = iter(results)  # shared: `next` on it is one step

        def bring() -> None:
            for result in turns:
                if order.failed:
                    return
                try:
                    self._bring(order, result)
                except (FarmError, OSError) as error:
                    order.failed.append(error)

        with ThreadPoolExecutor(self._connections, thread_name_prefix="download") as pool:
            bringing = [pool.submit(bring) for _ in range(min(self._connections, len(results)))]
        for one in bringing:
            one.result()
        if order.failed:
            raise order.failed[0]

    def _bring(self, order: _Order, result: Result) -> None:
        """Bring one result; where it changes meanwhile, what it is then."""
        for _ in range(_CHANGES):
            try:
                whole = self._bring_version(order, result)
            except Refused as error:
                if isinstance(error, _FINAL):
                    raise
                now = self._list(order.task_id, FrameSet.of([result.frame]))
                if now and now[0].path == result.path and now[0].version == result.version:
                    raise
                log.info("task %s: frame %s has changed", order.task_id, result.frame)
                discard_part(order.folder, result)
                if not now or not now[0].version or now[0].path != result.path:
                    break
                result = now[0]
            else:
                if whole:
                    return
                break
        order.lost.append(result.frame)

    def _bring_version(self, order: _Order, result: Result) -> bool:
        """Bring one version; say whether it holds the proven bytes."""
        sealed = sealed_result(
            self._key,
            task_id=order.task_id,
            frame=result.frame,
            key_version=self._keys.version,
            version=result.version,
            size=result.size,
        )
        with closing(ResultFile(order.folder, result, sealed)) as file:
            resumed = file.next > 0
            self._receive(order, result, file)
            if file.finish():
                return True
            if resumed:  # a machine that lost its power may have lost bytes of the part
                self._progress.add(-result.size)
                self._receive(order, result, file)
                if file.finish():
                    return True
            file.discard()
        return False

    def _receive(self, order: _Order, result: Result, file: ResultFile) -> None:
        """Take segments until all are here."""
        patience = self._patience()
        while not file.is_whole:
            try:
                run = self._door.run(order.task_id, result.frame, result.version, file.next)
                with run as pieces:
                    for length in file.take(self._watched(order, pieces)):
                        self._progress.add(length)
                        patience.went_on()
            except FarmUnavailable as error:
                patience.failed(error)

    def _watched(self, order: _Order, pieces: Iterable[bytes]) -> Iterator[bytes]:
        """Stop where somebody pauses, or where another thread has failed."""
        for piece in pieces:
            if self._pause.is_set() or order.failed:
                raise Paused
            yield piece
