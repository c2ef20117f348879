"""What has arrived of one upload, on the inbox's disk: sealed files, and a digest for each segment.

    files.json       sealed bytes of each file that the client told of; those that it dropped
    arrived          32 bytes a segment, in the row's order: its BLAKE3, or zeros: not here
    <n>.sealed       a file; holes where segments are missing

A segment is noted in `arrived` only after it was flushed to the disk, its file's name with it:
whatever is killed, or loses its power, what is noted is here. Digests are of sealed bytes, so that
no key is needed.
"""

import json
import os
import threading
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from farmdesk.domain.errors import Refused
from farmdesk.domain.transfers import Room
from farmdesk.security.content import DIGEST
from farmdesk.security.sealed_files import whole_or_nothing
from farmdesk.security.segment_row import SegmentRow
from farmdesk.storage.inbox import Inbox
from nodeagent.results import sync_folder

MAX_RANGES = 1000  # in one answer about what is missing
_NOT_HERE = bytes(DIGEST)


class OtherFiles(Refused):
    """The client's files are not those that it told of before."""

    def __init__(self) -> None:
        super().__init__(
            "The files of this upload are not those that were told before. Cancel the upload and "
            "begin anew.",
            "本次上传的文件与此前登记的不一致。请取消该上传后重新开始。",
        )


class Arrivals:
    """One upload's folder. All methods do I/O; safe between threads."""

    def __init__(self, inbox: Inbox, transfer: bytes) -> None:
        """Read what an earlier process left. Raises OSError."""
        self._inbox, self._transfer = inbox, transfer
        self._folder = inbox.transfer(transfer)
        self._folder.mkdir(parents=True, exist_ok=True)
        for above in self._folder.parents[:2]:
            sync_folder(above)
        self._lock = threading.Lock()
        self.row = SegmentRow()
        self._dropped: set[int] = set()
        self._named: set[int] = set()  # sealed files whose names are known to be on the disk
        self._here = bytearray()  # 1 for each segment that is here
        self._bytes_here = 0
        self._coming: dict[int, tuple[bytes, int]] = {}  # segments that requests write: see `claim`
        self._slots = self._folder / "arrived"
        self._read()

    def _read(self) -> None:
        told = self._folder / "files.json"
        if told.exists():
            files = json.loads(told.read_bytes())
            self.row.add(files["sizes"])
            self._dropped.update(files["dropped"])
        self._slots.touch()
        with self._slots.open("rb") as slots:
            while slot := slots.read(DIGEST):
                self._here.append(slot not in (b"", _NOT_HERE))
        self._here.extend(bytes(self.row.count - len(self._here)))
        for file in range(len(self.row.sizes)):
            if file not in self._dropped:
                self._bytes_here += self._bytes_of(file)

    def declare(self, first: int, sizes: Sequence[int], dropped: Sequence[int]) -> set[int]:
        """Take in files from number `first` on, and drop some; saying it twice changes nothing.

        Gives those that were not dropped before, to be deleted. Raises OtherFiles, OSError.
        """
        with self._lock:
            known = self.row.sizes[first : first + len(sizes)]
            if not 0 <= first <= len(self.row.sizes) or list(sizes[: len(known)]) != known:
                raise OtherFiles
            all_sizes = [*self.row.sizes, *sizes[len(known) :]]
            if any(not 0 <= file < len(all_sizes) for file in dropped):
                raise OtherFiles
            all_dropped = self._dropped.union(dropped)
            content = json.dumps({"sizes": all_sizes, "dropped": sorted(all_dropped)})
            with whole_or_nothing(self._folder / "files.json") as part:
                part.write_text(content)
            sync_folder(self._folder)
            self.row.add(sizes[len(known) :])
            self._here.extend(bytes(self.row.count - len(self._here)))
            fresh = all_dropped - self._dropped
            self._bytes_here -= sum(map(self._bytes_of, fresh))
            self._dropped = all_dropped
        return fresh

    def delete(self, files: Iterable[int]) -> None:
        """Delete sealed files, if they are here. Raises OSError."""
        for file in files:
            self._inbox.sealed(self._transfer, file).unlink(missing_ok=True)

    def total_with(self, first: int, sizes: Sequence[int], dropped: Sequence[int]) -> int:
        """Give what `bytes_total` would be after such a `declare`."""
        with self._lock:
            all_sizes = [*self.row.sizes, *sizes[max(0, len(self.row.sizes) - first) :]]
            gone = self._dropped.union(dropped)
        return sum(size for file, size in enumerate(all_sizes) if file not in gone)

    def bytes_total(self) -> int:
        """Give the sealed bytes that will be here in the end."""
        return self.total_with(0, (), ())

    def bytes_here(self) -> int:
        """Give the sealed bytes that are here, without dropped files."""
        with self._lock:
            return self._bytes_here

    def room(self) -> Room:
        """Look what is still to come, and what there is room for. Raises OSError."""
        return Room(self.bytes_total() - self.bytes_here(), self._inbox.free_bytes())

    def _bytes_of(self, file: int) -> int:
        """Give how much of a file is here."""
        here = (number for number in self.row.of_file(file) if self._here[number])
        return sum(self.row.place(number).length for number in here)

    def missing(self, first: int = 0) -> tuple[list[tuple[int, int]], bool]:
        """Give the segments that are not here from `first` on: ranges, begin and end, in order.

        At most MAX_RANGES; the second value says whether there are more behind them.
        """
        ranges = list[tuple[int, int]]()
        with self._lock:
            wanted = self._wanted()
            begin = wanted.find(1, first)
            while begin >= 0 and len(ranges) < MAX_RANGES:
                end = wanted.find(0, begin)
                ranges.append((begin, len(wanted) if end < 0 else end))
                begin = -1 if end < 0 else wanted.find(1, end)
        return ranges, begin >= 0

    def _wanted(self) -> bytearray:
        wanted = bytearray(self._here.translate(bytes([1]) + bytes(255)))
        for file in self._dropped:
            span = self.row.of_file(file)
            wanted[span.start : span.stop] = bytes(len(span))
        return wanted

    def claim(self, number: int, digest: bytes) -> bool:
        """Say whether a segment may be written with these bytes, and keep others out until `free`.

        Not where it is here with other bytes, or another request is writing others.
        """
        with self._lock:
            here = self.known_digest(number) if self._here[number] else None
            known, claims = self._coming.get(number, (here or digest, 0))
            if known == digest:
                self._coming[number] = known, claims + 1
            return known == digest

    def free(self, numbers: Sequence[int]) -> None:
        """Give segments up that one request has claimed: they are noted, or lost."""
        with self._lock:
            for number in numbers:
                known, claims = self._coming.pop(number)
                if claims > 1:
                    self._coming[number] = known, claims - 1

    def known_digest(self, number: int) -> bytes | None:
        """Give the digest of a segment that is here."""
        with self._slots.open("rb") as slots:
            slots.seek(number * DIGEST)
            slot = slots.read(DIGEST)
        return slot if len(slot) == DIGEST and slot != _NOT_HERE else None

    def is_here(self, number: int) -> bool:
        """Say whether a segment is here."""
        with self._lock:
            return bool(self._here[number])

    def is_dropped(self, file: int) -> bool:
        """Say whether a file was dropped."""
        with self._lock:
            return file in self._dropped

    def note(self, digests: dict[int, bytes]) -> None:
        """Note segments that are safe on the disk."""
        with self._lock, self._slots.open("r+b") as slots:
            for number, digest in digests.items():
                slots.seek(number * DIGEST)
                slots.write(digest)
            slots.flush()
            for number in digests:
                place = self.row.place(number)
                if not self._here[number] and place.file not in self._dropped:
                    self._bytes_here += place.length
                self._here[number] = 1

    def open_sealed(self, file: int) -> BinaryIO:
        """Open a sealed file for writing at any place."""
        path = self._inbox.sealed(self._transfer, file)
        return os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+b", buffering=0)

    def flush(self, file: int) -> None:
        """Bring a sealed file to the disk. Raises OSError."""
        with self.open_sealed(file) as sealed:
            os.fsync(sealed.fileno())

    def flush_names(self, files: Collection[int]) -> None:
        """Bring sealed files' names to the disk, all at once. Raises OSError.

        Also of those that another request has made, or a program that was killed.
        """
        if not self._named.issuperset(files):
            sync_folder(self._folder)
            self._named.update(files)

    @contextmanager
    def manifest(self) -> Iterator[Path]:
        """Give the file that a sealed manifest is written into; it counts at the context's end."""
        with whole_or_nothing(self._inbox.manifest(self._transfer)) as part:
            yield part
        sync_folder(self._folder)

    def sweep_dropped(self) -> None:
        """Delete dropped files again: a late segment may have brought one back. Raises OSError."""
        with self._lock:
            dropped = set(self._dropped)
        self.delete(dropped & self._inbox.sealed_sizes(self._transfer).keys())
