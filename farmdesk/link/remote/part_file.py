"""One file on its way onto this machine's disk: a part that fills up, until it gets its name.

A part bears the version of its bytes, and beside it lies a digest of each segment that it holds.
So several connections fill it in any order, and a later program keeps the segments that are as
their digests say, whatever was killed, or lost with the power; and two programs at once only write
the same bytes twice.
"""

import os
import threading
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from io import FileIO
from pathlib import Path

from farmdesk.link.remote.download_errors import CutOff, DamagedFile, told_of_disk
from farmdesk.link.remote.parts_folder import digests_path, discard_part, held
from farmdesk.security.content import DIGEST, segment_digest
from farmdesk.security.sealed import SEGMENT, DamagedSegments, SealedFile, SegmentPlan
from farmdesk.security.sealed_files import read_at, write_at


@dataclass(frozen=True, slots=True)
class Answer:
    """Sealed segments as they come, and what opens them."""

    sealed: SealedFile
    pieces: Iterable[bytes]


class PartFile:
    """A file below `folder`. Closed in the end; a part that is not whole stays.

    `name`: for errors; `part`: its place; `plan`: how the file is cut. Safe between threads.
    """

    def __init__(self, folder: Path, name: str, *, part: Path, plan: SegmentPlan) -> None:
        """Open it, or begin one. Raises DiskFull, NotWritable."""
        self.folder = folder
        self.name = name
        self.path = part
        self.plan = plan
        self._lock = threading.Lock()  # of the files, which have one position each, and of these:
        self._here = bytearray(plan.count)  # 1 for each segment that is here
        self._given = 0  # segments before this one are here, or on their way
        self._held, self._files = ExitStack(), ExitStack()
        with told_of_disk(folder), ExitStack() as failing:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            failing.callback(self.close)
            self._held.enter_context(held(folder))  # until the file has its name
            self.file = self._files.enter_context(_opened(self.path))
            self._digests = self._files.enter_context(_opened(digests_path(self.path)))
            failing.pop_all()

    def has(self, index: int) -> bool:
        """Say whether a segment is here; the one behind the last is not."""
        return index < len(self._here) and self._here[index] == 1

    def recall(self) -> Iterator[int]:
        """Find what an earlier program has brought; give the bytes in each segment of it."""
        plain, digest = memoryview(bytearray(SEGMENT)), memoryview(bytearray(DIGEST))
        for index in range(self.plan.count):
            if read_at(self._digests, index * DIGEST, digest) < DIGEST:
                return
            start, length = self.plan.plain(index)
            here = any(digest) and read_at(self.file, start, plain[:length]) == length
            if here and segment_digest(plain[:length]) == digest:
                self._here[index] = 1
                yield length

    def give(self, longest: int) -> range | None:
        """Give segments to somebody who fetches them; None when all are here or given."""
        with self._lock:
            first = self._here.find(0, self._given)
            if first < 0:
                return None
            end = min(first + longest, self.plan.count)
            known = self._here.find(1, first, end)
            self._given = end if known < 0 else known
            return range(first, self._given)

    def lacking(self, segments: range) -> range:
        """Give those of some segments, given and taken in order, that have not come."""
        first = self._here.find(0, segments.start, segments.stop)
        return range(segments.stop if first < 0 else first, segments.stop)

    def take(self, segments: range, answer: Answer) -> Iterator[int]:
        """Write segments as they come, and give the bytes in each.

        Raises CutOff, DamagedFile, DiskFull, NotWritable.
        """
        cipher, plain = memoryview(bytearray(SEGMENT)), memoryview(bytearray(SEGMENT))
        index, filled = segments.start, 0
        for piece in answer.pieces:
            rest = memoryview(piece)
            while rest:
                if index == segments.stop:
                    raise CutOff  # something was appended
                wanted = self.plan.sealed(index)[1]
                taken = min(len(rest), wanted - filled)
                cipher[filled : filled + taken] = rest[:taken]
                rest, filled = rest[taken:], filled + taken
                if filled == wanted:
                    yield self._write(answer.sealed, index, cipher[:filled], plain)
                    index, filled = index + 1, 0
        if index < segments.stop:
            raise CutOff

    def _write(self, sealed: SealedFile, index: int, cipher: memoryview, plain: memoryview) -> int:
        try:
            length = sealed.open_into(index, cipher, plain)
        except DamagedSegments:
            raise DamagedFile(self.name, index) from None
        digest = memoryview(segment_digest(plain[:length]))
        with told_of_disk(self.folder), self._lock:
            write_at(self.file, self.plan.plain(index)[0], plain[:length])
            write_at(self._digests, index * DIGEST, digest)
            self._here[index] = 1
        return length

    def read(self, index: int, into: memoryview) -> memoryview:
        """Give a segment that is here, as the disk has it."""
        start, length = self.plan.plain(index)
        with self._lock:
            return into[: read_at(self.file, start, into[:length])]

    def flush(self) -> None:
        """Bring what came onto the disk, and close it; its digests are needed no more.

        Raises OSError.
        """
        os.fsync(self.file.fileno())
        self._files.close()
        digests_path(self.path).unlink(missing_ok=True)

    def discard(self) -> None:
        """Delete the part: nothing good can become of it. Raises NotWritable."""
        self.close()
        discard_part(self.folder, self.path)

    def close(self) -> None:
        """Close the part."""
        self._files.close()
        self._held.close()


def _opened(path: Path) -> FileIO:
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0)
    # in a folder that others write to as well, a link there could lead to a file of ours
    fd = os.open(path, flags | getattr(os, "O_NOFOLLOW", 0), 0o666)
    return os.fdopen(fd, "r+b", buffering=0)
