"""Results at the gateway: whose they are, what there is of them, and their sealed segments.

Every method does I/O: call it beside the event loop.
"""

from pathlib import Path

from farmdesk.db import reports, results, user_keys
from farmdesk.db.database import Database
from farmdesk.domain.accounts import KeyRecord
from farmdesk.domain.frames import FrameSet
from farmdesk.domain.records import FrameRecord
from farmdesk.domain.states import FrameState
from farmdesk.domain.users import NotYours, Role
from farmdesk.gateway.callers import Caller
from farmdesk.gateway.outgoing import Outgoing, Reading, opened_below
from farmdesk.gateway.result_files import ResultChanged, seen
from farmdesk.gateway.upload_errors import StaleLogin
from farmdesk.link.results_wire import ResultsSeen, UnprovenSeen
from farmdesk.security.sealed_results import result_version, sealed_result
from farmdesk.security.user_keys import SealedUse

PAGE = 4000  # attempts that one listing looks at


class Results:
    """All results of a farm. Safe between threads."""

    def __init__(self, database: Database, outgoing: Outgoing) -> None:
        self._database = database
        self._outgoing = outgoing

    def listed(
        self, caller: Caller, task_id: int, wanted: FrameSet | None, since: int
    ) -> ResultsSeen:
        """Give what became of frames after a revision. Raises NotYours, StaleLogin.

        An answer ends after about PAGE attempts, whether they are wanted or not: what it costs
        depends on what is new alone.
        """
        with self._database.reading() as connection:
            task = _allowed(caller, task_id, results.of_task(connection, task_id))
            keys = _known(user_keys.find(connection, caller.session.fingerprint))
            rows = reports.frames(connection, task_id, since, PAGE, within=wanted)
        records = (row.record for row in rows)
        last = {one.frame: one for one in records if wanted is None or one.frame in wanted}
        proven = [one for one in last.values() if one.state is FrameState.DONE]
        return ResultsSeen(
            keys.version,
            task.state,
            task.frames,
            results=[seen(Path(task.folder), proof) for proof in proven],
            unproven=[_unproven(one) for one in last.values() if one.state is not FrameState.DONE],
            rev=rows[-1].rev if rows else since,
            more=len(rows) >= PAGE,
        )

    def reading(self, caller: Caller, task_id: int, frame: int, version: bytes) -> Reading:
        """Open a result. Raises NotYours, StaleLogin, ResultChanged, TooMany."""
        with self._database.reading() as connection:
            task = _allowed(caller, task_id, results.of_task(connection, task_id))
            keys = _known(user_keys.find(connection, caller.session.fingerprint))
            proof = results.proof(connection, task_id, frame)
        if proof is None:
            raise ResultChanged(frame)
        self._outgoing.begin(caller, "download_begun", task_id)
        sealed = sealed_result(
            self._outgoing.key(keys, SealedUse.RESULT),
            task_id=task_id,
            frame=frame,
            key_version=keys.version,
            version=version,
            size=proof.bytes,
        )
        try:
            file = opened_below(Path(task.folder), proof.path)
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


def _allowed(caller: Caller, task_id: int, task: results.TaskResults | None) -> results.TaskResults:
    """Give a task back, if the caller may have its results. Raises NotYours."""
    foreign = task is not None and task.owner != caller.user.login
    if task is None or (foreign and caller.user.role is Role.CUSTOMER):
        raise NotYours(task_id)
    return task


def _known(keys: KeyRecord | None) -> KeyRecord:
    """Give back the keys that the caller logged in with. Raises StaleLogin."""
    if keys is None:
        raise StaleLogin
    return keys


def _unproven(record: FrameRecord) -> UnprovenSeen:
    return UnprovenSeen(record.frame, record.reason, record.state is FrameState.FAILED)
