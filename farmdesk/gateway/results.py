"""Results at the gateway: whose they are, what there is of them, and their sealed segments.

Every method does I/O: call it beside the event loop.
"""

from itertools import islice
from pathlib import Path

from farmdesk.db import reports, snapshot, user_keys
from farmdesk.db.database import Database
from farmdesk.domain.accounts import KeyRecord
from farmdesk.domain.frames import FrameSet
from farmdesk.domain.records import FrameRecord
from farmdesk.domain.users import NotYours, Role
from farmdesk.gateway.callers import Caller
from farmdesk.gateway.outgoing import Outgoing, Reading, opened_below
from farmdesk.gateway.result_files import ResultChanged, seen
from farmdesk.gateway.upload_errors import StaleLogin
from farmdesk.link.results_wire import ResultsSeen
from farmdesk.security.sealed_results import result_version, sealed_result
from farmdesk.security.user_keys import SealedUse

PAGE = 4000  # proofs that one listing looks at


class Results:
    """All results of a farm. Safe between threads."""

    def __init__(self, database: Database, outgoing: Outgoing) -> None:
        self._database = database
        self._outgoing = outgoing

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
        self._outgoing.begin(caller, "download_begun", task_id)
        sealed = sealed_result(
            self._outgoing.key(record, SealedUse.RESULT),
            task_id=task_id,
            frame=frame,
            key_version=record.version,
            version=version,
            size=proof.bytes,
        )
        try:
            file = opened_below(folder, proof.path)
        except OSError:
            raise ResultChanged(frame) from None
        reading = Reading(
            file,
            sealed,
            is_listed=lambda status: result_version(proof, status) == version,
            changed=ResultChanged(frame),
            user_id=caller.account.user_id,
        )
        return self._outgoing.count(reading)

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
