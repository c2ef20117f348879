"""What leaves the farm sealed on the fly: files, opened once, that a fresh login asked for."""

import logging
import os
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import chain
from mmap import mmap
from pathlib import Path
from typing import BinaryIO
from weakref import WeakSet

from farmdesk.db.database import Database
from farmdesk.domain.accounts import KeyRecord
from farmdesk.domain.errors import Refused
from farmdesk.gateway.callers import Caller, Clock
from farmdesk.gateway.diary import noted
from farmdesk.gateway.faults import TooMany
from farmdesk.gateway.upload_errors import StaleLogin
from farmdesk.gateway.uploads import FRESH
from farmdesk.security.package_names import BadName, checked_name
from farmdesk.security.sealed import SEGMENT, SealedFile, SegmentPlan
from farmdesk.security.sealed_files import read_at
from farmdesk.security.user_keys import SealedUse, key_for
from farmdesk.security.vault import OpenVault, Purpose, told_as_closed

log = logging.getLogger(__name__)

AT_ONCE = 16  # files of one user that are read at a time: this bounds the memory he takes
_PIECE = 256 << 10  # bytes of small files that are handed on at once
_REMEMBERED = 10_000  # transfers whose beginning is known to be noted


class FileChanged(Refused):
    """A file is not the one that was listed, or is gone. Root of the reasons."""


class Reading:
    """A file, opened once: what is sealed is what was listed, or nothing.

    `is_listed`: whether a file that looks so is the one that was; `changed`: raised for another.
    """

    def __init__(
        self,
        file: BinaryIO,
        sealed: SealedFile,
        *,
        is_listed: Callable[[os.stat_result], bool],
        changed: FileChanged,
        user_id: int,
    ) -> None:
        """Take an open file, and close it in the end. Raises FileChanged."""
        self.user_id = user_id
        self._file = file
        self._sealed = sealed
        self._is_listed = is_listed
        self._changed = changed
        size = min(SEGMENT, sealed.plan.sealed_size)
        memory = memoryview(mmap(-1, 3 * size))  # on the heaps of twelve threads, much would stay
        self._plain = memory[:size]
        self._into = deque((memory[size : 2 * size], memory[2 * size :]))
        self._check()

    @property
    def closed(self) -> bool:
        """Whether nothing more will be read."""
        return self._file.closed

    def run(self, first: int, count: int, *, header: bool = False) -> "Run":
        """Give some segments; `header`: behind the sealed file's, wherever they begin.

        Raises Refused where there are none.
        """
        plan = self._sealed.plan
        if first >= plan.count:
            self._file.close()
            raise Refused(
                f"The file has {plan.count} segments.", f"该文件只有 {plan.count} 个数据段。"
            )
        lead = self._sealed.seed.header if header and first > 0 else b""
        return Run(self, plan, range(first, min(first + count, plan.count)), lead)

    def segment(self, index: int) -> memoryview:
        """Seal a segment of the file that was listed. Raises FileChanged.

        One at a time: when two more are asked for, it must have been sent.
        """
        start, length = self._sealed.plan.plain(index)
        plain = self._plain[:length]
        read = read_at(self._file, start, plain)
        self._check()  # after it was read, and before it is sealed
        if read != length:
            raise self._changed
        self._into.rotate()
        into = self._into[0]
        return into[: self._sealed.seal_into(index, plain, into)]

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _check(self) -> None:
        if not self._is_listed(os.fstat(self._file.fileno())):
            self._file.close()
            raise self._changed


@dataclass(frozen=True, slots=True)
class Run:
    """Some of a file's segments, behind `lead`."""

    reading: Reading
    plan: SegmentPlan
    indexes: range
    lead: bytes

    @property
    def length(self) -> int:
        """Sealed bytes."""
        return len(self.lead) + sum(self.plan.sealed(index)[1] for index in self.indexes)

    def close(self) -> None:
        """Close the file."""
        self.reading.close()

    def sealed(self) -> Iterator[bytes | memoryview]:
        """Give them one by one; a file that changes ends in the middle, and so does the answer.

        Raises FileChanged.
        """
        if self.lead:
            yield self.lead
        for index in self.indexes:
            yield self.reading.segment(index)


class Together:
    """Whole small files behind each other: one of them is open at a time.

    `readings`: opens them, in order; `length`: their sealed bytes.
    """

    def __init__(self, readings: Iterator[Reading], length: int) -> None:
        """Open the first one. Raises as `readings` does."""
        self._readings = readings
        self._reading = next(readings)
        self.length = length

    def sealed(self) -> Iterator[bytes | memoryview]:
        """Give them in larger pieces; one that changed ends all behind it, and so does the answer.

        Raises as `readings` does.
        """
        waiting, changed = bytearray(), None
        try:
            for reading in chain([self._reading], self._readings):
                self._reading = reading
                with closing(reading):
                    waiting += reading.segment(0)
                if len(waiting) >= _PIECE:
                    yield bytes(waiting)
                    waiting.clear()
        except FileChanged as error:
            changed = error
        yield bytes(waiting)  # what is before it is whole: it need not be asked for again
        if changed is not None:
            raise changed

    def close(self) -> None:
        """Close what is open."""
        self._reading.close()


class Outgoing:
    """All that leaves a farm. Safe between threads."""

    def __init__(self, database: Database, vault: OpenVault, now: Clock) -> None:
        self._database = database
        self._vault = vault
        self._now = now
        self._lock = threading.Lock()
        self._begun: dict[tuple[bytes, str, int], None] = {}  # by session, oldest first
        self._readings: WeakSet[Reading] = WeakSet()  # also those that no client waits for

    def begin(self, caller: Caller, action: str, task_id: int, *, anew: bool = False) -> None:
        """Note a transfer: once a session, or `anew`; it begins with a fresh login.

        Raises StaleLogin.
        """
        transfer = (caller.session.token_hash, action, task_id)
        if transfer in self._begun and not anew:
            return
        now = self._now()
        if now - caller.session.made_at > FRESH:
            raise StaleLogin
        record = noted(at=now, actor=caller.account.login, action=action, subject=f"task {task_id}")
        with self._lock:
            if transfer in self._begun and not anew:
                return
            with self._database.writing() as connection:
                record(connection)
            self._begun[transfer] = None
            while len(self._begun) > _REMEMBERED:
                del self._begun[next(iter(self._begun))]
        log.info("task %s: %s", task_id, action)

    def key(self, record: KeyRecord, use: SealedUse) -> bytes:
        """Unwrap a user key, for one request alone; give what seals for a use.

        Raises VaultClosed.
        """
        place = {"user_id": record.user_id, "version": record.version}
        with told_as_closed():
            user_key = self._vault().unwrap(record.wrapped_user_key, Purpose.USER_KEY, **place)
        return key_for(user_key, use)

    def count(self, reading: Reading) -> Reading:
        """Give the reading back, unless its user has too many. Raises TooMany."""
        with self._lock:
            others = sum(
                one.user_id == reading.user_id and not one.closed for one in self._readings
            )
            if others < AT_ONCE:
                self._readings.add(reading)
                return reading
        reading.close()
        raise TooMany(1.0)


def opened_below(folder: Path, name: str) -> BinaryIO:
    """Open a file of a folder. Programs on nodes make and name what lies there: none may be a link.

    Not the folder either. Raises OSError.
    """
    try:
        parts = checked_name(name).parts
    except BadName as error:
        raise FileNotFoundError(name) from error
    place = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
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
