"""Fetches a task's results: opened as they come, over several connections, resumed at any time.

What bears a frame's name is whole and has the digest of the frame's proof; a file that is there
with that digest is not fetched again. See `part_file` for what is on its way.
"""

import logging
import re
import threading
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from itertools import compress
from pathlib import Path
from typing import Protocol

from farmdesk.domain.errors import FarmError, Refused
from farmdesk.domain.frames import FrameSet
from farmdesk.domain.states import FailureReason, TaskState
from farmdesk.domain.task import ENDED
from farmdesk.domain.transfers import FETCH_CONNECTIONS
from farmdesk.link.remote.part_file import Answer
from farmdesk.link.remote.parts_folder import (
    bytes_of_part,
    discard_part,
    leave,
    part_path,
    sweep,
)
from farmdesk.link.remote.patience import PATIENCE_S, Paused
from farmdesk.link.remote.progress import Progress
from farmdesk.link.remote.receiver import FINAL, Receiver
from farmdesk.link.remote.result_file import ResultFile, is_here, looks_here
from farmdesk.link.remote.result_listing import Result, ResultListing
from farmdesk.link.remote.tally import Tally
from farmdesk.link.results_wire import ResultsSeen
from farmdesk.security.sealed_results import sealed_result
from farmdesk.security.user_keys import SealedUse, UserKeys

log = logging.getLogger(__name__)

POLL_S = 2.0  # between two looks at a task that still renders
_CHANGES = 5  # of one frame while it is fetched


class ResultsDoor(Protocol):
    """The farm's pages for results. Every method may raise FarmUnavailable and Refused."""

    def results(self, task_id: int, frames: FrameSet | None, since: int) -> ResultsSeen:
        """Give what became of a task's frames after a revision."""
        ...

    def run(
        self, task_id: int, frame: int, version: bytes, segments: range
    ) -> AbstractContextManager[Iterator[bytes]]:
        """Give the sealed bytes of some segments as they come."""
        ...


class StillRendering(FarmError):
    """Why a download that waits for a task stands still."""

    def __init__(self, here: int, wanted: int) -> None:
        super().__init__(
            f"{here} of {wanted} frames are here; the farm has not proven more yet",
            f"已取得 {here}/{wanted} 帧；农场尚未完成更多帧",
        )


@dataclass(frozen=True, slots=True)
class Fetched:
    """What a download has brought."""

    files: int  # that came
    bytes: int  # in them
    skipped: int  # files that were here before
    lost: tuple[int, ...]  # frames that the farm has not any more as they were proven
    given_up: dict[int, FailureReason | None]  # frames that failed for good
    absent: FrameSet  # wanted frames that are not proven, and did not fail either
    state: TaskState  # of the task, at the last look


class Download:
    """Fetches results. Whoever sets `pause` pauses it."""

    def __init__(
        self,
        door: ResultsDoor,
        keys: UserKeys,
        *,
        progress: Progress | None = None,
        pause: threading.Event | None = None,
        connections: int = FETCH_CONNECTIONS,
        patience_s: float = PATIENCE_S,
        poll_s: float = POLL_S,
    ) -> None:
        self._door = door
        self._keys = keys
        self._key = keys.key_for(SealedUse.RESULT)
        self._poll_s = poll_s
        self._receiver = Receiver(
            progress=progress, pause=pause, connections=connections, patience_s=patience_s
        )

    def fetch(
        self, task_id: int, folder: Path, frames: FrameSet | None = None, *, wait: bool = False
    ) -> Fetched:
        """Bring what is proven of a task, or of some of its frames, into a folder.

        `wait`: and what will be proven, as it is, until the task has ended. Raises Paused,
        BadListing, DamagedFile, DiskFull, NotWritable, WrongKey, FarmUnavailable when patience
        ends, and Refused as the farm says.
        """
        listing = self._listing(task_id, frames)
        self._receiver.progress.start(0, 0)
        tally = Tally(listing, self._receiver.progress, waits=wait)
        try:
            self._receiver.bring_all(
                self._looks(task_id, folder, listing, tally, wait=wait),
                lambda result: self._bring(task_id, folder, result, tally),
            )
            sweep(folder, lambda of: _frame_of(task_id, of) in listing.frames)
        finally:
            leave(folder)
        absent = tally.absent()
        given_up = {frame: listing.given_up[frame] for frame in absent if frame in listing.given_up}
        return Fetched(
            files=len(tally.came),
            bytes=sum(tally.came.values()),
            skipped=len(tally.found - tally.came.keys()),
            lost=tuple(sorted(tally.lost)),
            given_up=given_up,
            absent=FrameSet.of(frame for frame in absent if frame not in given_up),
            state=listing.state,
        )

    def _looks(
        self, task_id: int, folder: Path, listing: ResultListing, tally: Tally, *, wait: bool
    ) -> Iterator[Sequence[Result]]:
        """Look at the task, once or until it has ended; give what there is to bring."""
        while True:
            news = listing.news()
            tally.expect(news)
            there = [result for result in news if result.version]
            yield self._lacking_first(task_id, folder, there)
            if listing.state in ENDED or not wait:
                return
            if not tally.lacks():
                self._receiver.progress.say(StillRendering(*tally.counts))
            if self._receiver.pause.wait(self._poll_s):
                raise Paused

    def _lacking_first(self, task_id: int, folder: Path, results: list[Result]) -> list[Result]:
        """Put off what seems to be here, as its digest takes a while. Raises DiskFull."""
        seem_here = [looks_here(folder, result) for result in results]
        lacking = [result for result, seems in zip(results, seem_here, strict=True) if not seems]
        parts = ((_part(task_id, folder, result), result.size) for result in lacking)
        here = sum(bytes_of_part(part, size) for part, size in parts)
        self._receiver.check_room(folder, sum(result.size for result in lacking) - here)
        return lacking + list(compress(results, seem_here))

    def _listing(self, task_id: int, frames: FrameSet | None) -> ResultListing:
        patience = self._receiver.patience()
        return ResultListing(
            lambda since: patience.ask(lambda: self._door.results(task_id, frames, since)),
            frames,
            self._keys.version,
        )

    def _bring(self, task_id: int, folder: Path, result: Result, tally: Tally) -> None:
        """Bring one result; where it changes meanwhile, what it is then."""
        for _ in range(_CHANGES):
            if not tally.is_newest(result):
                return
            if is_here(folder, result):
                if tally.arrived(result):
                    self._receiver.progress.found(result.size)
                return
            try:
                self._bring_version(task_id, folder, result, tally)
            except Refused as error:
                if isinstance(error, FINAL):
                    raise
                log.info("task %s: frame %s: %s", task_id, result.frame, error)
                now = self._listing(task_id, FrameSet.of([result.frame])).news()
                if now == [result]:
                    raise
                discard_part(folder, _part(task_id, folder, result))
                if not now or not now[0].version or now[0].path != result.path:
                    break
                if not tally.replaced(result, now[0]):
                    return
                result = now[0]
            else:
                return
        tally.lose(result)

    def _bring_version(self, task_id: int, folder: Path, result: Result, tally: Tally) -> None:
        """Bring one version, or lose it where it does not hold the proven bytes."""
        sealed = sealed_result(
            self._key,
            task_id=task_id,
            frame=result.frame,
            key_version=self._keys.version,
            version=result.version,
            size=result.size,
        )

        @contextmanager
        def ask(segments: range) -> Iterator[Answer]:
            run = self._door.run(task_id, result.frame, result.version, segments)
            with run as pieces:
                yield Answer(sealed, pieces)

        with closing(ResultFile(folder, result, _part(task_id, folder, result))) as file:
            self._receiver.receive(file, ask)
            if file.is_proven() and tally.arrived(result, file.give_name):
                return
            file.discard()
        self._receiver.progress.found(-result.size)
        tally.lose(result)


def _part(task_id: int, folder: Path, result: Result) -> Path:
    """Give the place of a result that is on its way."""
    return part_path(folder, f"frames-{task_id}-{result.frame}", result.version)


def _frame_of(task_id: int, of: str) -> int | None:
    """Give the frame whose parts are named so; None where it is none of this task."""
    found = re.fullmatch(rf"frames-{task_id}-(-?[0-9]{{1,18}})", of)
    return None if found is None else int(found[1])
