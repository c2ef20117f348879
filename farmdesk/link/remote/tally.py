"""Where each frame of a download stands, and what that makes of its progress."""

import threading
from collections.abc import Callable, Sequence
from time import monotonic

from farmdesk.domain.task import ENDED
from farmdesk.link.remote.progress import Progress
from farmdesk.link.remote.result_listing import Result, ResultListing


class Tally:
    """What of a task's results is here, lost, or still to come. Safe between threads.

    `waits`: for frames that are not proven yet. They count with the mean size of the others, and
    come as fast as others were proven since the first look.
    """

    def __init__(
        self,
        listing: ResultListing,
        progress: Progress,
        *,
        waits: bool,
        now: Callable[[], float] = monotonic,
    ) -> None:
        self._listing = listing
        self._progress = progress
        self._waits = waits
        self._now = now
        self._lock = threading.Lock()
        self._newest = dict[int, Result]()
        self._bytes = 0  # of the newest
        self._here = dict[int, Result]()
        self._first_look = 0.0, 0  # moment, frames that were proven then
        self.came = dict[int, int]()  # bytes of frames that travelled
        self.found = set[int]()  # frames that were here before
        self.lost = set[int]()  # frames that the farm has not any more as they were proven

    def expect(self, news: Sequence[Result]) -> None:
        """Take in what a look at the farm has brought."""
        with self._lock:
            is_first = not self._newest
            for result in news:
                self._renew(result)
            if is_first:
                self._first_look = self._now(), len(self._newest)
            self._tell()

    def is_newest(self, result: Result) -> bool:
        """Say whether nothing newer of its frame is known."""
        return self._newest.get(result.frame) is result

    def replaced(self, old: Result, new: Result) -> bool:
        """A frame is another one now; False if the farm has told of a third meanwhile."""
        with self._lock:
            if not self.is_newest(old):
                return False
            self._renew(new)
            self._tell()
            return True

    def arrived(self, result: Result, give_name: Callable[[], None] | None = None) -> bool:
        """A result was here before, or has come and gets its name; False if it is outdated."""
        with self._lock:  # so it cannot be outdated, and named after the newer one
            if not self.is_newest(result):
                return False
            if give_name is None:
                self.found.add(result.frame)
            else:
                give_name()
                self.came[result.frame] = result.size
            self._here[result.frame] = result
            self._tell()
            return True

    def lose(self, result: Result) -> None:
        """The farm has not the bytes that were proven."""
        with self._lock:
            if self.is_newest(result):
                self.lost.add(result.frame)
                self._bytes -= result.size
                self._tell()

    def lacks(self) -> bool:
        """Whether anything that is proven still has to come."""
        with self._lock:
            return len(self._here) + len(self.lost) < len(self._newest)

    @property
    def counts(self) -> tuple[int, int]:
        """Frames that are here, and that are wanted."""
        return len(self._here), len(self._listing.frames)

    def absent(self) -> list[int]:
        """Give the wanted frames that are not here, nor lost."""
        frames = self._listing.frames
        return [frame for frame in frames if frame not in self._here and frame not in self.lost]

    def _renew(self, result: Result) -> None:
        old = self._newest.get(result.frame)
        if old is not None and result.frame not in self.lost:
            self._bytes -= old.size
        if (gone := self._here.pop(result.frame, None)) is not None:
            self._progress.found(-gone.size)
        self._newest[result.frame] = result
        if result.version:
            self.lost.discard(result.frame)
            self._bytes += result.size
        else:
            self.lost.add(result.frame)

    def _tell(self) -> None:
        proven, there = len(self._newest), len(self._newest) - len(self.lost)
        of = len(self._listing.frames) if self._waits else proven
        ended = self._listing.state in ENDED
        to_come = 0 if ended else max(0, of - proven - len(self._listing.given_up))
        mean = self._bytes / there if there else 0.0
        total = self._bytes + round(to_come * mean)
        self._progress.expect(total, ready=self._bytes, ready_in_s=self._ready_in_s(to_come))
        self._progress.count(len(self._here), of)

    def _ready_in_s(self, to_come: int) -> float | None:
        """Guess when the last frame will be proven; None: nothing was proven since the start."""
        if not to_come:
            return 0.0
        begun, before = self._first_look
        came = len(self._newest) - before
        return to_come * (self._now() - begun) / came if came else None
