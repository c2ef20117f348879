"""Copies the proven frames of a task to the studio's storage, and proves every copy.

A frame bears its name there only when it was read back and is what was rendered. So whatever is
killed, and whenever: what has its name is whole, and the next delivery goes on with the rest.
"""

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import Protocol

from farmdesk.domain.errors import FarmUnavailable, Refused
from farmdesk.domain.records import FrameRecord

PART = ".part"
_PIECE = 4 << 20  # bytes


class Storage(Protocol):
    """Where results are delivered to. Every method may raise FarmUnavailable or Refused."""

    place: str  # as people name it

    def sizes(self, folder: PurePosixPath) -> dict[str, int]:
        """Give the files of a folder with their bytes; none when there is no such folder."""
        ...

    def write(self, path: PurePosixPath, pieces: Iterable[bytes]) -> None:
        """Make or overwrite a file and its folders; it is on the disk when this returns."""
        ...

    def read(self, path: PurePosixPath, *, offset: int, length: int) -> bytes:
        """Give bytes of a file from an offset; fewer at its end."""
        ...

    def rename(self, old: PurePosixPath, new: PurePosixPath) -> None:
        """Give a file another name at once, in place of one that bears it."""
        ...

    def delete(self, path: PurePosixPath) -> None:
        """Delete a file."""
        ...


class ChangedFrame(Refused):
    """A frame on the farm is not the one that was proven."""

    def __init__(self, frame: int) -> None:
        self.frame = frame
        super().__init__(
            f"Frame {frame} is not what it was when it was proven, or is gone. Render it again.",
            f"第 {frame} 帧与校验通过时不一致，或已丢失。请重新渲染。",
        )


class DamagedCopy(FarmUnavailable):
    """A frame was damaged on its way to the storage."""

    def __init__(self, frame: int, place: str) -> None:
        self.frame = frame
        super().__init__(
            f"Frame {frame} was damaged on its way to {place}; it is sent again.",
            f"第 {frame} 帧在传送到 {place} 途中损坏；系统会重新传送。",
        )


def deliver(
    storage: Storage, folder: PurePosixPath, source: Path, proofs: Iterable[FrameRecord]
) -> int:
    """Bring frames from `source` into a folder of the storage, and give how many it had not.

    `proofs`: what each frame must be. Raises ChangedFrame, DamagedCopy and what the storage raises.
    """
    there: dict[PurePosixPath, dict[str, int]] = {}
    sent = 0
    for proof in proofs:
        target = folder / _below(proof)
        if target.parent not in there:
            there[target.parent] = storage.sizes(target.parent)
            _clean(storage, target.parent, there[target.parent])
        if there[target.parent].get(target.name) != proof.bytes:
            _copy(storage, source / _below(proof), target, proof)
            sent += 1
    return sent


def _below(proof: FrameRecord) -> PurePosixPath:
    """Give a frame's path; an agent on a node said it, so it may not leave its folder."""
    path = PurePosixPath(proof.path)
    if path.is_absolute() or ".." in path.parts or set("\\:") & set(proof.path):
        raise ChangedFrame(proof.frame)
    return path


def _clean(storage: Storage, folder: PurePosixPath, names: Iterable[str]) -> None:
    """Delete what an earlier delivery did not finish."""
    for name in names:
        if name.endswith(PART):
            storage.delete(folder / name)


def _copy(storage: Storage, frame: Path, target: PurePosixPath, proof: FrameRecord) -> None:
    part = target.with_name(target.name + PART)
    read = hashlib.sha256()
    storage.write(part, _pieces(frame, read, proof))
    if read.hexdigest() != proof.sha256:
        storage.delete(part)
        raise ChangedFrame(proof.frame)
    if _digest(storage, part) != proof.sha256:
        raise DamagedCopy(proof.frame, storage.place)
    storage.rename(part, target)


def _pieces(frame: Path, digest: "hashlib._Hash", proof: FrameRecord) -> Iterator[bytes]:
    """Give a frame's bytes. What the farm's own disk says must not look like the storage's word."""
    try:
        with frame.open("rb") as file:
            while piece := file.read(_PIECE):
                digest.update(piece)
                yield piece
    except OSError as error:
        raise ChangedFrame(proof.frame) from error


def _digest(storage: Storage, path: PurePosixPath) -> str:
    digest, offset = hashlib.sha256(), 0
    while piece := storage.read(path, offset=offset, length=_PIECE):
        digest.update(piece)
        offset += len(piece)
    return digest.hexdigest()
