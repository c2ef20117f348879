"""Results at the gateway: whose they are, what there is of them, and their sealed segments.

Every method does I/O: call it beside the event loop.
"""

import logging
import os
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import BinaryIO
from weakref import WeakSet

from farmdesk.db import reports, snapshot, user_keys
from farmdesk.db.database import Database
from farmdesk.domain.errors import Refused
from farmdesk.domain.frames import FrameSet
from farmdesk.domain.records import FrameRecord
from farmdesk.domain.users import NotYours, Role
from farmdesk.gateway.callers import Caller, Clock
from farmdesk.gateway.diary import noted
from farmdesk.gateway.faults import TooMany
from farmdesk.gateway.upload_errors import StaleLogin
from farmdesk.gateway.uploads import FRESH
from farmdesk.link.results_wire import ResultSeen, ResultsSeen
from farmdesk.security.package_names import BadName, checked_name
from farmdesk.security.sealed import SEGMENT, SealedFile, SegmentPlan
from farmdesk.security.sealed_files import read_at
from farmdesk.security.sealed_results import result_version, sealed_result
from farmdesk.security.user_keys import SealedUse, key_for
from farmdesk.security.vault import OpenVault, Purpose

log = logging.getLogger(__name__)

PAGE = 4000  # proofs that one listing looks at
AT_ONCE = 16  # results of one user that are read at a time: this bounds the memory he takes
_REMEMBERED = 10_000  # downloads whose beginning is known to be noted


class ResultChanged(Refused):
    """A frame's file is not the one that was listed, or is gone."""

    def __init__(self, frame: int) -> None:
        self.frame = frame
        super().__init__(
            f"Frame {frame} has changed on the farm since it was listed, or is gone. List the "
            "results again.",
            f"第 {frame} 帧在列出之后已在农场上变化或消失。请重新列出结果。",
        )


class Results:
    """All results of a farm. Safe between threads."""

    def __init__(self, database: Database, vault: OpenVault, now: Clock) -> None:
        self._database = database
        self._vault = vault
        self._now = now
        self._lock = threading.Lock()
        self._begun: dict[tuple[bytes, int], None] = {}  # session and task, oldest first
        self._readings: WeakSet[Reading] = WeakSet()  # also those that no client waits for

    def listed(
        self, caller: Caller, task_id: int, wanted: FrameSet | None, first: int
    ) -> ResultsSeen:
        """Give results from frame `first` on. Raises NotYours, and Refused where there is no task.

        A page ends after PAGE proofs, whether they are wanted or not.
        """
        folder = self._folder(caller, task_id)
        with self._database.reading() as connection:
            key = user_keys.find(connection, caller.session.fingerprint)
        if key is None:
            raise StaleLogin
        if wanted is not None:
            first = max(first, wanted.first)
        proofs = list(islice(snapshot.proofs(self._database, task_id, first), PAGE))
        chosen = [proof for proof in proofs if wanted is None or proof.frame in wanted]
        last = proofs[-1].frame if len(proofs) == PAGE else None
        if wanted is not None and last is not None and last >= wanted.last:
            last = None
        seen = [_seen(folder, proof) for proof in chosen]
        return ResultsSeen(key.version, seen, None if last is None else last + 1)

    def reading(self, caller: Caller, task_id: int, frame: int, version: bytes) -> "Reading":
        """Open a result. Raises NotYours, StaleLogin, ResultChanged, TooMany."""
        folder = self._folder(caller, task_id)
        with self._database.reading() as connection:
            proof = reports.proof(connection, task_id, frame)
        if proof is None:
            raise ResultChanged(frame)
        self._begin(caller, task_id)
        key_version, key = self._key(caller)
        try:
            file = _opened(folder, proof)
        except OSError:
            raise ResultChanged(frame) from None
        sealed = sealed_result(
            key,
            task_id=task_id,
            frame=frame,
            key_version=key_version,
            version=version,
            size=proof.bytes,
        )
        reading = Reading(file, proof, version, sealed, caller.account.user_id)
        self._count(reading)
        return reading

    def _count(self, reading: "Reading") -> None:
        """Raises TooMany."""
        with self._lock:
            others = sum(
                one.user_id == reading.user_id and not one.closed for one in self._readings
            )
            if others < AT_ONCE:
                self._readings.add(reading)
                return
        reading.close()
        raise TooMany(1.0)

    def _folder(self, caller: Caller, task_id: int) -> Path:
        """Give the folder of a task's frames."""
        with self._database.reading() as connection:
            owner = reports.owner_of(connection, task_id)
            if caller.user.role is Role.CUSTOMER and owner != caller.user.login:
                raise NotYours(task_id)
            return Path(reports.task(connection, task_id).output)

    def _begin(self, caller: Caller, task_id: int) -> None:
        """Note a download once a session; it begins with a fresh login. Raises StaleLogin."""
        download = (caller.session.token_hash, task_id)
        if download in self._begun:
            return
        now = self._now()
        if now - caller.session.made_at > FRESH:
            raise StaleLogin
        record = noted(
            at=now,
            actor=caller.account.login,
            action="download_begun",
            subject=f"task {task_id}",
        )
        with self._lock:
            if download in self._begun:
                return
            with self._database.writing() as connection:
                record(connection)
            self._begun[download] = None
            while len(self._begun) > _REMEMBERED:
                del self._begun[next(iter(self._begun))]
        log.info("task %s: a download begins", task_id)

    def _key(self, caller: Caller) -> tuple[int, bytes]:
        """Unwrap the caller's user key, for this request alone; give its version and the key."""
        with self._database.reading() as connection:
            record = user_keys.find(connection, caller.session.fingerprint)
        if record is None:
            raise StaleLogin
        place = {"user_id": record.user_id, "version": record.version}
        user_key = self._vault().unwrap(record.wrapped_user_key, Purpose.USER_KEY, **place)
        return record.version, key_for(user_key, SealedUse.RESULT)


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


def _seen(folder: Path, proof: FrameRecord) -> ResultSeen:
    version = ""
    with suppress(OSError):
        with _opened(folder, proof) as file:
            status = os.fstat(file.fileno())
        if status.st_size == proof.bytes:
            version = result_version(proof, status).hex()
    return ResultSeen(proof.frame, proof.path, proof.bytes, proof.sha256, version)


def _opened(folder: Path, proof: FrameRecord) -> BinaryIO:
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
