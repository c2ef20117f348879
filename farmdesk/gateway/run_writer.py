"""Writes the segments of one request into an upload's files: checked, flushed, then noted."""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import BinaryIO

from blake3 import blake3

from farmdesk.domain.errors import FarmUnavailable, Refused
from farmdesk.gateway.arrivals import Arrivals
from farmdesk.gateway.http_body import Piece
from farmdesk.security.content import DIGEST
from farmdesk.security.sealed_files import write_at

FLUSH_THREADS = 16  # of one request: a disk takes as long for one file as for some


class Garbled(FarmUnavailable):
    """A segment that is not what its digest says: damaged on the way."""

    def __init__(self, number: int) -> None:
        self.number = number
        super().__init__(
            f"Segment {number} was damaged on the way. Send it again.",
            f"数据段 {number} 在传输中损坏。请重新发送。",
        )


class SentOtherwise(Refused):
    """A segment that is here already, or on its way, with other bytes."""

    def __init__(self, number: int) -> None:
        self.number = number
        super().__init__(
            f"Segment {number} arrived before with other bytes. Two programs may be uploading for "
            "this task; end one of them.",
            f"数据段 {number} 此前已送达，但内容不同。可能有两个程序在为该任务上传；请结束其一。",
        )


class RunWriter:
    """Takes the segments of one request in. For one thread at a time."""

    def __init__(self, arrivals: Arrivals) -> None:
        self._arrivals = arrivals
        self._open: tuple[int, BinaryIO] | None = None
        self._written: dict[int, dict[int, bytes]] = {}  # digests of segments, by their file
        self._claimed: list[int] = []

    def take(self, number: int, pieces: Sequence[Piece]) -> None:
        """Check and write one segment: its digest, then its bytes, in any pieces.

        Raises Garbled, SentOtherwise, OSError.
        """
        digest, sealed = _split(pieces)
        hashed = blake3()
        for piece in sealed:
            hashed.update(piece)
        if hashed.digest() != digest:
            raise Garbled(number)
        arrivals, place = self._arrivals, self._arrivals.row.place(number)
        if arrivals.is_dropped(place.file):
            return
        if not arrivals.claim(number, digest):
            raise SentOtherwise(number)
        self._claimed.append(number)
        if arrivals.is_here(number):
            return
        write_pieces_at(self._opened(place.file), place.offset, sealed)
        self._written.setdefault(place.file, {})[number] = digest

    def settle(self) -> None:
        """Flush what was taken to the disk, and only then note it. Raises OSError.

        Files are flushed beside each other: the disk then commits many at a time. The segments of
        one that could not be flushed count as lost.
        """
        try:
            self._flush_and_note()
        finally:
            self._arrivals.free(self._claimed)
            self._claimed = []

    def _flush_and_note(self) -> None:
        self._close()
        written, self._written = self._written, {}
        with ThreadPoolExecutor(FLUSH_THREADS, thread_name_prefix="flush") as pool:
            flushing = {file: pool.submit(self._arrivals.flush, file) for file in written}
        safe = [file for file, flushed in flushing.items() if flushed.exception() is None]
        self._arrivals.flush_names(safe)
        self._arrivals.note({number: at for file in safe for number, at in written[file].items()})
        for flushed in flushing.values():
            flushed.result()

    def _opened(self, file: int) -> BinaryIO:
        if self._open is None or self._open[0] != file:
            self._close()
            self._open = file, self._arrivals.open_sealed(file)
        return self._open[1]

    def _close(self) -> None:
        if self._open is not None:
            self._open[1].close()
            self._open = None


def write_pieces_at(file: BinaryIO, start: int, pieces: Sequence[memoryview]) -> None:
    """Write pieces behind each other into an unbuffered file: in one call, if the disk does it."""
    done = os.pwritev(file.fileno(), pieces, start)
    for piece in pieces:
        left = piece[done:]
        write_at(file, start + len(piece) - len(left), left)
        start, done = start + len(piece), max(0, done - len(piece))


def _split(pieces: Sequence[Piece]) -> tuple[bytes, list[memoryview]]:
    """Part a segment's digest from its bytes."""
    digest, sealed = b"", list[memoryview]()
    for piece in pieces:
        view, lacking = memoryview(piece), DIGEST - len(digest)
        digest += view[:lacking]
        sealed.append(view[lacking:])
    return digest, sealed
