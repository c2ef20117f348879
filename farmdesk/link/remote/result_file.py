"""One result on its way onto this machine's disk: a part until it is proven, then its name."""

import hashlib
import threading
from collections.abc import Iterator
from pathlib import Path

from farmdesk.link.remote.download_errors import told_of_disk
from farmdesk.link.remote.part_file import Answer, PartFile
from farmdesk.link.remote.result_listing import Result
from farmdesk.security.sealed import SEGMENT, SegmentPlan


class ResultFile(PartFile):
    """A result below `folder`. Closed in the end; a part that is not whole stays."""

    def __init__(self, folder: Path, result: Result, part: Path) -> None:
        """Open its part, or begin one. Raises DiskFull, NotWritable."""
        plan = SegmentPlan(result.size)
        super().__init__(folder, result.path.as_posix(), part=part, plan=plan)
        self._result = result
        self._sha256 = hashlib.sha256()
        self._hashed = 0  # segments
        self._hashing = threading.Lock()

    def take(self, segments: range, answer: Answer) -> Iterator[int]:
        """As any part does; then the digest goes on, while others still fetch."""
        yield from super().take(segments, answer)
        if self._hashing.acquire(blocking=False):  # one of them is enough
            try:
                self._hash()
            finally:
                self._hashing.release()

    def _hash(self) -> None:
        """Bring the digest up to the first segment that is not here."""
        into = memoryview(bytearray(SEGMENT))
        while self.has(self._hashed):
            self._sha256.update(self.read(self._hashed, into))
            self._hashed += 1

    def is_proven(self) -> bool:
        """Say whether the bytes on the disk are the proven ones, and flush them if so.

        Only when all are here. Raises DiskFull, NotWritable.
        """
        with told_of_disk(self.folder):
            self._hash()
            proven = self._sha256.digest() == self._result.sha256
            if proven:
                self.flush()
        return proven

    def give_name(self) -> None:
        """Let it lie in its place. Raises DiskFull, NotWritable."""
        target = self.folder / self._result.path
        with told_of_disk(self.folder):
            target.parent.mkdir(parents=True, exist_ok=True)
            if self.path.exists() or not is_here(self.folder, self._result):
                self.path.replace(target)


def is_here(folder: Path, result: Result) -> bool:
    """Say whether a result lies in its place with the very bytes that were proven."""
    path = folder / result.path
    if not looks_here(folder, result):
        return False
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").digest() == result.sha256
    except OSError:
        return False


def looks_here(folder: Path, result: Result) -> bool:
    """Say whether a file of that name and size lies there."""
    path = folder / result.path
    try:
        return not path.is_symlink() and path.stat().st_size == result.size
    except OSError:
        return False
