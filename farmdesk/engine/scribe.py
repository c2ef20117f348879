"""The thread that talks to the database: writes flushes, fetches commands, keeps the lease.

While the database is away it saves every flush in the local journal and tries again; the loop never
waits for it.
"""

import logging
import queue
import threading
import time
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime

from farmdesk.db.lease import LeaseLost
from farmdesk.domain.errors import FarmError, FarmUnavailable
from farmdesk.domain.records import Flush
from farmdesk.engine.flush_journal import FlushJournal
from farmdesk.engine.ports import Store
from farmdesk.engine.posts import CommandsArrived, DatabaseChanged, Flushed, LeaseTaken, Post

log = logging.getLogger(__name__)

POLL_S = 0.02  # how often commands are fetched; a person does not notice so little
AWAY_S = 1.0  # how often an absent database is tried again
LEASE_S = 15.0  # so long another engine waits after this one vanished without a word
RENEW_S = 5.0


class Scribe(threading.Thread):
    """Writes what it is given, in order.

    Leftovers of an earlier life were replayed before it starts.
    """

    def __init__(self, store: Store, journal: FlushJournal, post: Callable[[Post], None]) -> None:
        super().__init__(name="scribe", daemon=True)
        self._store = store
        self._journal = journal
        self._post = post
        self._given: queue.SimpleQueue[Flush | None] = queue.SimpleQueue()
        self._pending: deque[Flush] = deque()
        self._journaled = 0  # number of the last flush in the journal; 0 when it is empty
        self._handed_over: set[int] = (
            set()
        )  # commands that the loop has and the store has not closed
        self._away = False
        self._renewed = 0.0

    def write(self, flush: Flush) -> None:
        """Take a flush over; returns at once."""
        self._given.put(flush)

    def finish(self) -> None:
        """Write what was given so far, as far as the database can be reached, and end."""
        self._given.put(None)

    def run(self) -> None:
        """Work until `finish`."""
        while self._take():
            self._work()
        self._work()

    def _take(self) -> bool:
        """Wait for a flush, at most until the next poll; give False at the end."""
        try:
            flush = self._given.get(timeout=AWAY_S if self._away else POLL_S)
        except queue.Empty:
            return True
        if flush is not None:
            self._pending.append(flush)
        return flush is not None

    def _work(self) -> None:
        try:
            self._write_pending()
            self._fetch_commands()
            self._renew_lease()
        except LeaseLost as error:  # what is pending is the other engine's business now
            self._pending.clear()
            self._post(LeaseTaken(error.en))
        except FarmError as error:
            self._save(error)
        except Exception:  # the top of this thread's turn: a flush that fails must not end the farm
            log.exception("the database refused a flush or a query; it is tried again")
            self._save(
                FarmUnavailable("The database refused a statement.", "数据库拒绝了一条语句。")
            )
        else:
            if self._away:
                self._away = False
                self._post(DatabaseChanged(""))

    def _write_pending(self) -> None:
        while self._pending:
            flush = self._pending[0]
            self._store.apply(flush)
            self._pending.popleft()
            self._handed_over.difference_update(item.command_id for item in flush.outcomes)
            self._post(Flushed(flush.number))
        if self._journaled:
            self._journal.clear()
            self._journaled = 0

    def _fetch_commands(self) -> None:
        fresh = self._store.new_commands(self._handed_over)
        if fresh:
            self._handed_over.update(item.id for item in fresh)
            self._post(CommandsArrived(tuple(fresh)))

    def _renew_lease(self) -> None:
        now = time.monotonic()
        if now - self._renewed < RENEW_S:
            return
        self._store.renew_lease(datetime.now(UTC), LEASE_S)
        self._renewed = now

    def _save(self, error: FarmError) -> None:
        if not self._away:
            self._away = True
            self._post(DatabaseChanged(error.en))
        try:
            for flush in self._pending:
                if flush.number > self._journaled:
                    self._journal.append(flush)
                    self._journaled = flush.number
        except OSError as problem:  # kept in memory; the next turn tries both again
            log.error("the engine's journal cannot be written: %s", problem.strerror)  # noqa: TRY400
