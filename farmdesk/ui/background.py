"""One worker thread for the link: the GUI thread hands over an operation, is told how it ended.

Threads: `run` and `close` belong to the GUI thread; operations run on the worker; answers come back
to the GUI thread through a queued signal. The thread is a daemon: a database that hangs never keeps
a closed window alive.
"""

import itertools
import logging
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from PyQt5.QtCore import QObject, pyqtSignal, pyqtSlot

from farmdesk.domain.errors import FarmError
from farmdesk.link.farm_link import FarmLink

log = logging.getLogger(__name__)

T = TypeVar("T")
LinkFactory = Callable[[], FarmLink]

URGENT = 0  # what a person asked for
POLL = 1  # fresh rows
BACKFILL = 2  # history


@dataclass(frozen=True, slots=True)
class _Job(Generic[T]):
    """An operation on the link and where its end is reported."""

    operation: Callable[[FarmLink], T]
    success: Callable[[T], None]
    failure: Callable[[Exception], None]


class Background(QObject):
    """Runs operations one after the other, urgent ones first; the first one makes the link."""

    _ended = pyqtSignal(object)  # a callable without arguments, for the GUI thread

    def __init__(self, link_factory: LinkFactory) -> None:
        super().__init__()
        self._link_factory = link_factory
        self._link: FarmLink | None = None
        self._order = itertools.count()
        self._jobs: queue.PriorityQueue[tuple[int, int, _Job[object] | None]] = (
            queue.PriorityQueue()
        )
        self._closed = False
        # Emitted by another thread, so Qt queues it for ours.
        self._ended.connect(self._on_ended)
        self._thread = threading.Thread(target=self._work, name="farm-link", daemon=True)
        self._thread.start()

    def run(
        self,
        operation: Callable[[FarmLink], T],
        *,
        success: Callable[[T], None],
        failure: Callable[[Exception], None],
        urgency: int = POLL,
    ) -> None:
        """Run `operation` on the worker; then `success` or `failure` in the GUI thread, once."""
        job = _Job(operation, success, failure)
        self._jobs.put((urgency, next(self._order), job))  # type: ignore[arg-type]

    def close(self, patience_s: float = 1.0) -> None:
        """Let the worker end and give the link back; waits no longer than `patience_s`."""
        self._closed = True
        self._jobs.put((URGENT, -1, None))
        self._thread.join(patience_s)

    def _work(self) -> None:
        while True:
            job = self._jobs.get()[2]
            if job is None or self._closed:
                break
            report = self._report(job)
            try:
                self._ended.emit(report)
            except RuntimeError:  # the window and this object are gone
                break
        if self._link is not None:
            self._link.close()

    def _report(self, job: _Job[object]) -> Callable[[], None]:
        try:
            if self._link is None:
                self._link = self._link_factory()
            value = job.operation(self._link)
        except FarmError as error:
            farm_error = error
            return lambda: job.failure(farm_error)
        except Exception as error:  # top of the thread
            log.exception("an operation on the link failed")
            fault = error
            return lambda: job.failure(fault)
        return lambda: job.success(value)

    @pyqtSlot(object)
    def _on_ended(self, report: Callable[[], None]) -> None:
        if not self._closed:
            report()
