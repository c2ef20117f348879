"""One result on its way onto this machine's disk: a part until it is proven, then its name.

A part bears the version of its bytes and only grows, segment by segment: so its length is all that
a later program must know to go on, and two programs at once only write the same bytes twice.
"""

import hashlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from farmdesk.link.remote.download_errors import CutOff, DamagedResult, told_of_disk
from farmdesk.link.remote.result_listing import PARTS, Result
from farmdesk.security.sealed import SEGMENT, DamagedSegments, SealedFile
from farmdesk.security.sealed_files import write_at


class ResultFile:
    """A result below `folder`. Closed in the end; a part that is not whole stays."""

    def __init__(self, folder: Path, result: Result, sealed: SealedFile) -> None:
        """Open its part, or begin one. Raises DiskFull, NotWritable."""
        self._folder = folder
        self._result = result
        self._sealed = sealed
        self._part = part_of(folder, result)
        with told_of_disk(folder):
            self._part.parent.mkdir(parents=True, exist_ok=True)
            fd = os.open(self._part, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o666)
            self._file = os.fdopen(fd, "r+b", buffering=0)
        self.next = self._segments_here(os.fstat(fd).st_size)

    def _segments_here(self, length: int) -> int:
        plan, index = self._sealed.plan, 0
        while index < plan.count and 0 < sum(plan.plain(index)) <= length:
            index += 1
        return index

    @property
    def is_whole(self) -> bool:
        """Whether all segments are here."""
        return self.next == self._sealed.plan.count

    def take(self, pieces: Iterable[bytes]) -> Iterator[int]:
        """Write segments from `next` on as they come, and give the bytes in each.

        Raises CutOff, DamagedResult, DiskFull, NotWritable.
        """
        cipher, plain = memoryview(bytearray(SEGMENT)), memoryview(bytearray(SEGMENT))
        begun, filled = self.next, 0
        for piece in pieces:
            rest = memoryview(piece)
            while rest:
                if self.is_whole:
                    raise CutOff  # something was appended
                wanted = self._sealed.plan.sealed(self.next)[1]
                taken = min(len(rest), wanted - filled)
                cipher[filled : filled + taken] = rest[:taken]
                rest, filled = rest[taken:], filled + taken
                if filled == wanted:
                    yield self._write(cipher[:filled], plain)
                    filled = 0
        if filled or self.next == begun:
            raise CutOff

    def _write(self, cipher: memoryview, plain: memoryview) -> int:
        try:
            length = self._sealed.open_into(self.next, cipher, plain)
        except DamagedSegments:
            raise DamagedResult(self._result.path.as_posix(), self.next) from None
        with told_of_disk(self._folder):
            write_at(self._file, self._sealed.plan.plain(self.next)[0], plain[:length])
        self.next += 1
        return length

    def finish(self) -> bool:
        """Give it its name, if the bytes on the disk are the proven ones; else begin anew.

        Raises DiskFull, NotWritable.
        """
        target = self._folder / self._result.path
        with told_of_disk(self._folder):
            self._file.seek(0)
            if hashlib.file_digest(self._file, "sha256").digest() != self._result.sha256:
                self.next = 0
                return False
            os.fsync(self._file.fileno())
            self._file.close()
            target.parent.mkdir(parents=True, exist_ok=True)
            if self._part.exists() or not is_here(self._folder, self._result):
                self._part.replace(target)
        return True

    def discard(self) -> None:
        """Delete the part: nothing good can become of it."""
        self._file.close()
        discard_part(self._folder, self._result)

    def close(self) -> None:
        """Close the part."""
        self._file.close()


def part_of(folder: Path, result: Result) -> Path:
    """Give the place of a result that is on its way."""
    return folder / PARTS / f"{result.version.hex()}.part"


def discard_part(folder: Path, result: Result) -> None:
    """Delete what has come of a result. Raises NotWritable."""
    with told_of_disk(folder):
        part_of(folder, result).unlink(missing_ok=True)


def bytes_of_part(folder: Path, result: Result) -> int:
    """Give about what an earlier program has brought of a result."""
    try:
        return min(part_of(folder, result).stat().st_size, result.size)
    except OSError:
        return 0


def is_here(folder: Path, result: Result) -> bool:
    """Say whether a result lies in its place with the very bytes that were proven."""
    path = folder / result.path
    try:
        if path.is_symlink() or path.stat().st_size != result.size:
            return False
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").digest() == result.sha256
    except OSError:
        return False
