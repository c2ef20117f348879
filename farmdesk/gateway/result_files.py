"""Files of frames as results: found below their folder, opened once, sealed segment by segment."""

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from farmdesk.domain.errors import Refused
from farmdesk.domain.records import FrameRecord
from farmdesk.link.results_wire import ResultSeen
from farmdesk.security.package_names import BadName, checked_name
from farmdesk.security.sealed import SEGMENT, SealedFile, SegmentPlan
from farmdesk.security.sealed_files import read_at
from farmdesk.security.sealed_results import result_version


class ResultChanged(Refused):
    """A frame's file is not the one that was listed, or is gone."""

    def __init__(self, frame: int) -> None:
        self.frame = frame
        super().__init__(
            f"Frame {frame} has changed on the farm since it was listed, or is gone. List the "
            "results again.",
            f"第 {frame} 帧在列出之后已在农场上变化或消失。请重新列出结果。",
        )


class Reading:
    """A result's file, opened once: what is sealed is what was listed, or nothing."""

    def __init__(
        self, file: BinaryIO, proof: FrameRecord, version: bytes, sealed: SealedFile, user_id: int
    ) -> None:
        """Take an open file, and close it in the end. Raises ResultChanged."""
        self.user_id = user_id
        self._file = file
        self._proof = proof
        self._version = version
        self._sealed = sealed
        self._check()

    @property
    def closed(self) -> bool:
        """Whether nothing more will be read."""
        return self._file.closed

    def run(self, first: int, count: int) -> "Run":
        """Give some segments. Raises Refused where there are none."""
        plan = self._sealed.plan
        if first >= plan.count:
            self._file.close()
            raise Refused(
                f"Frame {self._proof.frame} has {plan.count} segments.",
                f"第 {self._proof.frame} 帧只有 {plan.count} 个数据段。",
            )
        return Run(self, plan, range(first, min(first + count, plan.count)))

    def segment(self, index: int) -> bytes:
        """Seal a segment of the file that was listed. Raises ResultChanged."""
        plain, into = memoryview(bytearray(SEGMENT)), memoryview(bytearray(SEGMENT))
        start, length = self._sealed.plan.plain(index)
        read = read_at(self._file, start, plain[:length])
        self._check()  # after it was read, and before it is sealed
        if read != length:
            raise ResultChanged(self._proof.frame)
        return bytes(into[: self._sealed.seal_into(index, plain[:length], into)])

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _check(self) -> None:
        status = os.fstat(self._file.fileno())
        if result_version(self._proof, status) != self._version:
            self._file.close()
            raise ResultChanged(self._proof.frame)


@dataclass(frozen=True, slots=True)
class Run:
    """Some of a result's segments."""

    reading: Reading
    plan: SegmentPlan
    indexes: range

    @property
    def length(self) -> int:
        """Sealed bytes."""
        return sum(self.plan.sealed(index)[1] for index in self.indexes)

    def sealed(self) -> Iterator[bytes]:
        """Give them one by one; a result that changes ends in the middle, and so does the answer.

        Raises ResultChanged.
        """
        for index in self.indexes:
            yield self.reading.segment(index)


def seen(folder: Path, proof: FrameRecord) -> ResultSeen:
    """Give a frame as it is listed; without a version where its file is not the proven one."""
    version = ""
    with suppress(OSError):
        with opened(folder, proof) as file:
            status = os.fstat(file.fileno())
        if status.st_size == proof.bytes:
            version = result_version(proof, status).hex()
    return ResultSeen(proof.frame, proof.path, proof.bytes, proof.sha256, version)


def opened(folder: Path, proof: FrameRecord) -> BinaryIO:
    """Open a frame's file; an agent on a node named it, so no part of it may be a link.

    Raises OSError.
    """
    try:
        parts = checked_name(proof.path).parts
    except BadName as error:
        raise FileNotFoundError(proof.path) from error
    place = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for part in parts[:-1]:
            inner = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=place)
            os.close(place)
            place = inner
        # a pipe in a file's place must not keep anybody waiting
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
        return os.fdopen(os.open(parts[-1], flags, dir_fd=place), "rb", buffering=0)
    finally:
        os.close(place)
