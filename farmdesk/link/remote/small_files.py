"""Small files of a package, fetched together: which of them in one request, and one from the other.

A request costs both ends some 5 ms, whatever it brings: a cache of thousands of files would take
ten times as long as its bytes.
"""

from collections.abc import Iterable, Iterator

from farmdesk.link.packages_wire import SMALL, TOGETHER, FilesWanted, FileWanted
from farmdesk.link.remote.download_errors import CutOff
from farmdesk.link.remote.package_listing import PackageFile
from farmdesk.link.wire import to_json

BATCH_BYTES = 8 << 20  # so much may come twice, where an answer breaks off
_FORM_BYTES = 48 << 10  # of names; the gateway reads 64 KiB


def batches(files: Iterable[PackageFile]) -> Iterator[list[PackageFile]]:
    """Give large files alone, and small ones as they may be asked for together."""
    batch, size, form = list[PackageFile](), 0, 0
    for file in files:
        if file.size > SMALL:
            yield [file]
            continue
        length = len(to_json(_wanted(file)))
        full = len(batch) == TOGETHER or size + file.size > BATCH_BYTES
        if batch and (full or form + length > _FORM_BYTES):
            yield batch
            batch, size, form = [], 0, 0
        batch.append(file)
        size, form = size + file.size, form + length
    if batch:
        yield batch


def wanted(files: Iterable[PackageFile]) -> FilesWanted:
    """Give what asks for some files."""
    return FilesWanted([_wanted(file) for file in files])


def _wanted(file: PackageFile) -> FileWanted:
    return FileWanted(file.path.as_posix(), file.version.hex(), file.size)


class Line:
    """What comes of an answer, to be taken in lengths."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._rest = memoryview(b"")

    def take(self, length: int) -> Iterator[bytes]:
        """Give so many bytes as they come. Raises CutOff."""
        while length:
            if not self._rest:
                piece = next(self._pieces, None)
                if piece is None:
                    raise CutOff
                self._rest = memoryview(piece)
            part, self._rest = self._rest[:length], self._rest[length:]
            length -= len(part)
            yield bytes(part)
