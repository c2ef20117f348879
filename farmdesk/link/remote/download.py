"""Fetches a task's results: opened as they come, over several connections, resumed at any time.

What bears a frame's name is whole and has the digest of the frame's proof; a file that is there
with that digest is not fetched again. See `result_file` for what is on its way.
"""

import logging
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from farmdesk.domain.errors import Refused
from farmdesk.domain.frames import FrameSet
from farmdesk.link.remote.part_file import PARTS, Answer, bytes_of_part, discard_part, part_path
from farmdesk.link.remote.patience import PATIENCE_S
from farmdesk.link.remote.progress import Progress
from farmdesk.link.remote.receiver import CONNECTIONS, FINAL, Receiver
from farmdesk.link.remote.result_file import ResultFile, is_here
from farmdesk.link.remote.result_listing import Result, list_results
from farmdesk.link.results_wire import ResultsSeen
from farmdesk.security.sealed_results import sealed_result
from farmdesk.security.user_keys import SealedUse, UserKeys

log = logging.getLogger(__name__)

_CHANGES = 5  # of one frame while it is fetched


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
        self._receiver = Receiver(
            progress=progress, pause=pause, connections=connections, patience_s=patience_s
        )

    def fetch(self, task_id: int, folder: Path, frames: FrameSet | None = None) -> Fetched:
        """Bring what is proven of a task, or of some of its frames, into a folder.

        Raises Paused, BadListing, DamagedFile, DiskFull, NotWritable, WrongKey, FarmUnavailable
        when patience ends, and Refused as the farm says.
        """
        order = _Order(task_id, folder)
        listed = self._list(task_id, frames)
        there = [result for result in listed if result.version]
        order.lost.extend(result.frame for result in listed if not result.version)
        wanted = self._receiver.lacking(there, lambda result: is_here(folder, result))
        rest = sum(
            result.size - bytes_of_part(_part(folder, result), result.size) for result in wanted
        )
        self._receiver.start(folder, total=sum(result.size for result in there), rest=rest)
        self._receiver.bring_all(wanted, lambda result: self._bring(order, result))
        with suppress(OSError):  # where something is on its way, the folder stays with it
            (folder / PARTS).rmdir()
        came = [result for result in wanted if result.frame not in order.lost]
        size = sum(result.size for result in came)
        lost = tuple(sorted(order.lost))
        return Fetched(len(came), size, skipped=len(there) - len(wanted), lost=lost)

    def _list(self, task_id: int, frames: FrameSet | None) -> list[Result]:
        patience = self._receiver.patience()
        return list_results(
            lambda first: patience.ask(lambda: self._door.results(task_id, frames, first)),
            frames,
            self._keys.version,
        )

    def _bring(self, order: _Order, result: Result) -> None:
        """Bring one result; where it changes meanwhile, what it is then."""
        for _ in range(_CHANGES):
            try:
                whole = self._bring_version(order, result)
            except Refused as error:
                if isinstance(error, FINAL):
                    raise
                now = self._list(order.task_id, FrameSet.of([result.frame]))
                if now and now[0].path == result.path and now[0].version == result.version:
                    raise
                log.info("task %s: frame %s has changed", order.task_id, result.frame)
                discard_part(order.folder, _part(order.folder, result))
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

        @contextmanager
        def ask(first: int) -> Iterator[Answer]:
            run = self._door.run(order.task_id, result.frame, result.version, first)
            with run as pieces:
                yield Answer(sealed, pieces)

        with closing(ResultFile(order.folder, result)) as file:
            self._receiver.receive(file, ask)
            whole = file.finish()
            if not whole:
                file.discard()
        return whole


def _part(folder: Path, result: Result) -> Path:
    return part_path(folder, result.version)
