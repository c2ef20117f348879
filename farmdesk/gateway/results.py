"""Results at the gateway: whose they are, what there is of them, and their sealed segments.

Every method does I/O: call it beside the event loop.
"""

import logging
import threading
from itertools import islice
from pathlib import Path
from weakref import WeakSet

from farmdesk.db import reports, snapshot, user_keys
from farmdesk.db.database import Database
from farmdesk.domain.accounts import KeyRecord
from farmdesk.domain.frames import FrameSet
from farmdesk.domain.records import FrameRecord
from farmdesk.domain.users import NotYours, Role
from farmdesk.gateway.callers import Caller, Clock
from farmdesk.gateway.diary import noted
from farmdesk.gateway.faults import TooMany
from farmdesk.gateway.result_files import Reading, ResultChanged, opened, seen
from farmdesk.gateway.upload_errors import StaleLogin
from farmdesk.gateway.uploads import FRESH
from farmdesk.link.results_wire import ResultsSeen
from farmdesk.security.sealed_results import sealed_result
from farmdesk.security.user_keys import SealedUse, key_for
from farmdesk.security.vault import OpenVault, Purpose

log = logging.getLogger(__name__)

PAGE = 4000  # proofs that one listing looks at
AT_ONCE = 16  # results of one user that are read at a time: this bounds the memory he takes
_REMEMBERED = 10_000  # downloads whose beginning is known to be noted


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
        folder, record, _ = self._look(caller, task_id, first)
        if wanted is not None:
            first = max(first, wanted.first)
        proofs = list(islice(snapshot.proofs(self._database, task_id, first), PAGE))
        chosen = [proof for proof in proofs if wanted is None or proof.frame in wanted]
        last = proofs[-1].frame if len(proofs) == PAGE else None
        if wanted is not None and last is not None and last >= wanted.last:
            last = None
        results = [seen(folder, proof) for proof in chosen]
        return ResultsSeen(record.version, results, None if last is None else last + 1)

    def reading(self, caller: Caller, task_id: int, frame: int, version: bytes) -> Reading:
        """Open a result. Raises NotYours, StaleLogin, ResultChanged, TooMany."""
        folder, record, proof = self._look(caller, task_id, frame)
        if proof is None:
            raise ResultChanged(frame)
        self._begin(caller, task_id)
        try:
            file = opened(folder, proof)
        except OSError:
            raise ResultChanged(frame) from None
        sealed = sealed_result(
            self._key(record),
            task_id=task_id,
            frame=frame,
            key_version=record.version,
            version=version,
            size=proof.bytes,
        )
        reading = Reading(file, proof, version, sealed, caller.account.user_id)
        self._count(reading)
        return reading

    def _count(self, reading: Reading) -> None:
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

    def _look(
        self, caller: Caller, task_id: int, frame: int
    ) -> tuple[Path, KeyRecord, FrameRecord | None]:
        """Give the folder of a task's frames, the caller's keys, and a frame's proof, if any.

        Raises NotYours, StaleLogin.
        """
        with self._database.reading() as connection:
            owner = reports.owner_of(connection, task_id)
            if caller.user.role is Role.CUSTOMER and owner != caller.user.login:
                raise NotYours(task_id)
            folder = Path(reports.task(connection, task_id).output)
            record = user_keys.find(connection, caller.session.fingerprint)
            proof = reports.proof(connection, task_id, frame)
        if record is None:
            raise StaleLogin
        return folder, record, proof

    def _key(self, record: KeyRecord) -> bytes:
        """Unwrap a user key, for one request alone; give what seals results."""
        place = {"user_id": record.user_id, "version": record.version}
        user_key = self._vault().unwrap(record.wrapped_user_key, Purpose.USER_KEY, **place)
        return key_for(user_key, SealedUse.RESULT)
