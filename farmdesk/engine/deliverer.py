"""Brings the results of completed tasks to the studio's storage, by a thread beside the loop.

`delivered` in a task's log folder says which results are where; so nothing is brought twice, and
what an ended engine left is brought by the next one.
"""

import logging
import threading
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import Protocol

from farmdesk.config import Config
from farmdesk.domain.errors import FarmError, FarmUnavailable
from farmdesk.domain.records import FrameRecord, LogRecord, MessageRecord
from farmdesk.domain.rows import TaskRow
from farmdesk.domain.states import TaskState
from farmdesk.domain.users import Role
from farmdesk.engine.clock import Moment
from farmdesk.engine.delivery import Storage, deliver
from farmdesk.engine.farm import Farm
from farmdesk.engine.posts import ResultsBrought
from farmdesk.engine.workspace import Workspace
from farmdesk.security.secret_file import read_secret
from farmdesk.storage.opening import open_storage

log = logging.getLogger(__name__)

EVERY_S = 2.0
MARK = "delivered"


def results_storage(config: Config) -> Storage | None:
    """Give the storage that `farm.toml` names for results, if any. Raises Refused."""
    if config.results is None:
        return None
    file = config.results.password_file
    password = "" if file is None else read_secret(file).decode().strip()
    return open_storage(config.results.to, password)


class Results(Protocol):
    """What there is to deliver. Every method may raise FarmUnavailable."""

    def task_rows(self) -> list[TaskRow]:
        """Give the tasks that are not recycled."""
        ...

    def proofs(self, task_id: int) -> Iterator[FrameRecord]:
        """Give the last attempt of each finished frame, where it proved the frame, by frame."""
        ...


class Deliverer(threading.Thread):
    """Looks for completed tasks every few seconds and posts `ResultsBrought` for each."""

    def __init__(
        self,
        results: Results,
        storage: Storage,
        workspace: Workspace,
        post: Callable[[ResultsBrought], None],
    ) -> None:
        super().__init__(name="deliverer", daemon=True)
        self._results = results
        self._storage = storage
        self._workspace = workspace
        self._post = post
        self._told: dict[int, str] = {}  # what went wrong last, so that it is said once
        self._ended = threading.Event()

    def finish(self) -> None:
        """End after the frame in hand."""
        self._ended.set()

    def run(self) -> None:
        """Deliver until `finish`."""
        said = ""
        while not self._ended.wait(EVERY_S):
            problem = ""
            try:
                self.look()
            except (FarmError, OSError) as error:  # the world's; it is tried again all the time
                problem = str(error)
            except Exception:  # the top of this thread's turn: the next look may go better
                log.exception("the delivery failed")
            if problem and problem != said:
                log.warning("results are not delivered: %s", problem)
            said = problem

    def look(self) -> None:
        """Deliver every completed task that is not there yet. Raises FarmUnavailable."""
        for row in self._results.task_rows():
            if row.state is TaskState.COMPLETED and not self._is_there(row):
                self._deliver(row)

    def _deliver(self, row: TaskRow) -> None:
        folder = PurePosixPath(f"{row.id:06d}")
        try:
            sent = deliver(
                self._storage, folder, self._workspace.frames(row.id), self._until_finish(row.id)
            )
        except FarmError as error:
            if self._told.get(row.id) != error.en:
                self._told[row.id] = error.en
                self._post(ResultsBrought(row.id, self._storage.place, error.en, error.zh))
            if isinstance(error, FarmUnavailable):
                raise  # the storage or the database is away: for all other tasks, too
            return
        if not self._ended.is_set():
            self._mark(row.id).write_text(self._word(row), encoding="utf-8")
            self._told.pop(row.id, None)
            log.info("task %s: %s frames brought to %s", row.id, sent, self._storage.place)
            self._post(ResultsBrought(row.id, f"{self._storage.place}/{folder}"))

    def _until_finish(self, task_id: int) -> Iterator[FrameRecord]:
        for proof in self._results.proofs(task_id):
            if self._ended.is_set():
                return
            yield proof

    def _is_there(self, row: TaskRow) -> bool:
        try:
            return self._mark(row.id).read_text(encoding="utf-8") == self._word(row)
        except FileNotFoundError:
            return False

    def _mark(self, task_id: int) -> Path:
        return self._workspace.logs(task_id) / MARK

    def _word(self, row: TaskRow) -> str:
        """Say which results these are, and where: other ones, or another place, begin anew."""
        return f"{row.finished_at} {self._storage.place}\n"


def tell(farm: Farm, post: ResultsBrought, now: Moment) -> None:
    """Tell the owner where his results are; the operators what stands in the way."""
    entry = farm.tasks.get(post.task_id)
    if entry is None:
        return
    en, zh = (
        f"The results of task {post.task_id} are at {post.place}.",
        (f"任务 {post.task_id} 的成果已送达 {post.place}。"),
    )
    if post.en:
        en = f"The results of task {post.task_id} are not delivered. {post.en}"
        zh = f"任务 {post.task_id} 的成果尚未送达。{post.zh}"
    level = "warning" if post.en else "info"
    farm.log(LogRecord(at=now.utc, level=level, text=en, task_id=post.task_id))
    if post.en:
        farm.tell(MessageRecord(now.utc, en, zh, role=Role.OPERATOR, task_id=post.task_id))
    else:
        farm.tell(MessageRecord(now.utc, en, zh, user=entry.task.owner, task_id=post.task_id))
        farm.put_on_record(entry, "deliver_results", post.place, now.utc)
