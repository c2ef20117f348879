"""One file on its way onto this machine's disk: a part that only grows, until it gets its name.

A part bears the version of its bytes, and beside it lies a digest of each segment that it holds.
So a later program goes on behind the segments that are as their digests say, whatever was killed,
or lost with the power; and two programs at once only write the same bytes twice.
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from io import FileIO
from pathlib import Path

from farmdesk.link.remote.download_errors import CutOff, DamagedFile, told_of_disk
from farmdesk.security.content import DIGEST, segment_digest
from farmdesk.security.sealed import SEGMENT, DamagedSegments, SealedFile, SegmentPlan
from farmdesk.security.sealed_files import read_at, write_at

PARTS = ".farmdesk-parts"  # folder of what is on its way; no file that is fetched may lie in it


@dataclass(frozen=True, slots=True)
class Answer:
    """Sealed segments as they come, and what opens them."""

    sealed: SealedFile
    pieces: Iterable[bytes]


class PartFile:
    """A file below `folder`. Closed in the end; a part that is not whole stays.

    `name`: for errors; `plan`: how the file is cut.
    """

    def __init__(self, folder: Path, name: str, version: bytes, plan: SegmentPlan) -> None:
        """Open it, or begin one. Raises DiskFull, NotWritable."""
        self.folder = folder
        self.name = name
        self.path = part_path(folder, version)
        self.next = 0  # segment
        self.counted = bytes_of_part(self.path, plan.size)  # before anybody has looked at them
        self._plan = plan
        self._files = ExitStack()
        with told_of_disk(folder):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.file = self._files.enter_context(_opened(self.path))
            self._digests = self._files.enter_context(_opened(_digests(self.path)))

    @property
    def is_whole(self) -> bool:
        """Whether all segments are here."""
        return self.next == self._plan.count

    def recall(self) -> Iterator[int]:
        """Go behind what an earlier program has brought; give the bytes in each segment."""
        plain, digest = memoryview(bytearray(SEGMENT)), memoryview(bytearray(DIGEST))
        while not self.is_whole:
            start, length = self._plan.plain(self.next)
            here = read_at(self.file, start, plain[:length])
            known = read_at(self._digests, self.next * DIGEST, digest)
            if here < length or known < DIGEST or segment_digest(plain[:length]) != digest:
                return
            self.next += 1
            yield length

    def take(self, answer: Answer) -> Iterator[int]:
        """Write segments from `next` on as they come, and give the bytes in each.

        Raises CutOff, DamagedFile, DiskFull, NotWritable.
        """
        cipher, plain = memoryview(bytearray(SEGMENT)), memoryview(bytearray(SEGMENT))
        begun, filled = self.next, 0
        for piece in answer.pieces:
            rest = memoryview(piece)
            while rest:
                if self.is_whole:
                    raise CutOff  # something was appended
                wanted = self._plan.sealed(self.next)[1]
                taken = min(len(rest), wanted - filled)
                cipher[filled : filled + taken] = rest[:taken]
                rest, filled = rest[taken:], filled + taken
                if filled == wanted:
                    yield self._write(answer.sealed, cipher[:filled], plain)
                    filled = 0
        if filled or self.next == begun:
            raise CutOff

    def _write(self, sealed: SealedFile, cipher: memoryview, plain: memoryview) -> int:
        try:
            length = sealed.open_into(self.next, cipher, plain)
        except DamagedSegments:
            raise DamagedFile(self.name, self.next) from None
        digest = memoryview(segment_digest(plain[:length]))
        with told_of_disk(self.folder):
            write_at(self.file, self._plan.plain(self.next)[0], plain[:length])
            write_at(self._digests, self.next * DIGEST, digest)
        self.next += 1
        return length

    def flush(self) -> None:
        """Bring what came onto the disk, and close it; its digests are needed no more.

        Raises OSError.
        """
        os.fsync(self.file.fileno())
        self.close()
        _digests(self.path).unlink(missing_ok=True)

    def discard(self) -> None:
        """Delete the part: nothing good can become of it. Raises NotWritable."""
        self.close()
        discard_part(self.folder, self.path)

    def close(self) -> None:
        """Close the part."""
        self._files.close()


def part_path(folder: Path, version: bytes) -> Path:
    """Give the place of a file that is on its way."""
    return folder / PARTS / f"{version.hex()}.part"


def discard_part(folder: Path, part: Path) -> None:
    """Delete what has come of a file. Raises NotWritable."""
    with told_of_disk(folder):
        for path in (part, _digests(part)):
            path.unlink(missing_ok=True)


def bytes_of_part(part: Path, size: int) -> int:
    """Give about what an earlier program has brought of a file of `size` bytes."""
    try:
        return min(part.stat().st_size, size)
    except OSError:
        return 0


def _digests(part: Path) -> Path:
    return part.with_suffix(".digests")


def _opened(path: Path) -> FileIO:
    fd = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o666)
    return os.fdopen(fd, "r+b", buffering=0)
