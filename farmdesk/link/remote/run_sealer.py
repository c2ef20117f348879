"""Reads, seals and frames a run of segments, a few at a time, for one request's body."""

from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from farmdesk.domain.errors import FarmError
from farmdesk.link.remote.source_files import UnreadableSource
from farmdesk.link.remote.upload_journal import NumberedFile, UploadJournal
from farmdesk.link.transfer_wire import RUN_BYTES, RUN_SEGMENTS
from farmdesk.security.content import DIGEST, segment_digest
from farmdesk.security.sealed import SEGMENT, SealedFile, context
from farmdesk.security.sealed_files import read_at
from farmdesk.security.segment_row import SegmentRow
from farmdesk.security.user_keys import SealedUse

BATCH_BYTES = 8 << 20  # that are noted at once: a note costs a flush of the disk


class FilesChanged(FarmError):
    """Files that are not what they were when their upload began: they begin anew."""

    def __init__(self, numbers: Iterable[int]) -> None:
        self.numbers = frozenset(numbers)
        super().__init__(
            "Files change while they are sent. End the programs that write to them, then resume.",
            "文件在发送过程中不断变化。请结束写入它们的程序，然后继续上传。",
        )


@dataclass(frozen=True, slots=True)
class Run:
    """Segments `first` to `end` (not included) of the row."""

    first: int
    end: int


def cut_runs(ranges: list[tuple[int, int]], row: SegmentRow) -> Iterator[Run]:
    """Cut ranges of segments into runs of about RUN_BYTES."""
    for begin, end in ranges:
        first, length = begin, 0
        for number in range(begin, end):
            length += row.place(number).length
            if length >= RUN_BYTES or number + 1 - first >= RUN_SEGMENTS or number + 1 == end:
                yield Run(first, number + 1)
                first, length = number + 1, 0


class RunSealer:
    """Seals runs of one upload; every thread may use it at once. `paths`: files by their names."""

    def __init__(
        self, journal: UploadJournal, paths: Mapping[str, Path], *, key: bytes, key_version: int
    ) -> None:
        upload = journal.upload()
        if upload is None:
            raise ValueError("the journal knows no upload")
        self._journal = journal
        self._paths = paths
        self._key = key
        self._transfer, self._key_version = upload[0], key_version
        self.row = journal.row

    def body(self, run: Run) -> Generator[memoryview, None, None]:
        """Give the body, a segment a piece, good until the next one; to be closed in the end.

        Raises FilesChanged.

        A batch is sealed while it is hot in the cache, and leaves once the journal has noted it.
        """
        plain = memoryview(bytearray(SEGMENT))
        room = memoryview(bytearray(BATCH_BYTES + RUN_SEGMENTS * DIGEST))
        with closing(_Files(self)) as files:
            for batch in self._batches(run):
                digests, frames, free = dict[int, bytes](), list[memoryview](), room
                for number in batch:
                    digests[number], length = files.seal(number, plain, free[DIGEST:])
                    end = DIGEST + length
                    free[:DIGEST] = segment_digest(free[DIGEST:end])
                    frames.append(free[:end])
                    free = free[end:]
                if changed := self._journal.note(digests):
                    raise FilesChanged(self.row.place(number).file for number in changed)
                yield from frames

    def _batches(self, run: Run) -> Iterator[list[int]]:
        batch, length = list[int](), 0
        for number in range(run.first, run.end):
            length += self._journal.row.place(number).length
            if length > BATCH_BYTES:
                yield batch
                batch, length = [], self._journal.row.place(number).length
            batch.append(number)
        yield batch

    def open_source(self, file: int) -> tuple[NumberedFile, BinaryIO]:
        """Open a file that travels. Raises FilesChanged when it is gone, UnreadableSource."""
        try:
            numbered = self._journal.file(file)
            path = self._paths[numbered.name]
        except KeyError:
            raise FilesChanged([file]) from None
        try:
            return numbered, path.open("rb", buffering=0)
        except FileNotFoundError:
            raise FilesChanged([file]) from None
        except OSError as error:
            raise UnreadableSource(numbered.name, error) from error

    def sealed(self, numbered: NumberedFile) -> SealedFile:
        """Give what seals a file's segments."""
        place = context(SealedUse.UPLOAD, self._transfer, numbered.number, self._key_version)
        return SealedFile(self._key, place, plan=numbered.plan, seed=numbered.seed)


class _Files:
    """The files of one run: one is open at a time."""

    def __init__(self, sealer: RunSealer) -> None:
        self._sealer = sealer
        self._open: tuple[NumberedFile, BinaryIO, SealedFile] | None = None

    def seal(self, number: int, plain: memoryview, into: memoryview) -> tuple[bytes, int]:
        """Read and seal a segment; give its digest and the sealed bytes. Raises FilesChanged."""
        place = self._sealer.row.place(number)
        numbered, source, sealed = self._opened(place.file)
        start, length = numbered.plan.plain(place.index)
        content = plain[:length]
        try:
            read = read_at(source, start, content)
        except OSError as error:
            raise UnreadableSource(numbered.name, error) from error
        if read != length:
            raise FilesChanged([place.file])
        return segment_digest(content), sealed.seal_into(place.index, content, into)

    def close(self) -> None:
        """Close the file that is open."""
        if self._open is not None:
            self._open[1].close()

    def _opened(self, file: int) -> tuple[NumberedFile, BinaryIO, SealedFile]:
        if self._open is None or self._open[0].number != file:
            self.close()
            numbered, source = self._sealer.open_source(file)
            self._open = numbered, source, self._sealer.sealed(numbered)
        return self._open
