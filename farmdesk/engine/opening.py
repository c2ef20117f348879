"""Opens the farm's memory: its tables, the lease, and what an earlier engine could not write."""

import logging
import os
import queue
import socket
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeVar

import psutil

from farmdesk.db.lease import LeaseHeld
from farmdesk.db.migrate import migrate
from farmdesk.db.store import Store
from farmdesk.domain.errors import FarmUnavailable
from farmdesk.engine.flush_journal import FlushJournal
from farmdesk.engine.posts import Post
from farmdesk.engine.scribe import AWAY_S, LEASE_S
from farmdesk.security.audit_chain import digest_of

log = logging.getLogger(__name__)

Made = TypeVar("Made")


def patiently(step: Callable[[], Made], inbox: "queue.SimpleQueue[Post]") -> Made | None:
    """Do what needs the database, again and again while it is away; None: told to end meanwhile.

    The machines of a farm start in any order, and a database that is restarted comes back.
    """
    told = ""
    while True:
        try:
            return step()
        except FarmUnavailable as error:
            if error.en != told:
                log.warning("the engine waits for its database and tries again: %s", error.en)
            told = error.en
        try:
            inbox.get(timeout=AWAY_S)  # before the start nothing comes but the word to end
        except queue.Empty:
            continue
        return None


def open_store(database: str, journal: FlushJournal) -> Store:
    """Become the farm's engine, and write what was left over.

    Raises FarmUnavailable, and Refused when another engine runs the farm.
    """
    migrate(database)
    owner = f"{socket.gethostname()}/{os.getpid()}/{psutil.Process().create_time():.2f}"
    store = Store(database, owner=owner, chain=digest_of)
    try:
        _take_lease(store, database)
        for flush in journal.read():
            store.apply(flush)
    except BaseException:
        store.close()
        raise
    journal.clear()
    return store


def _take_lease(store: Store, database: str) -> None:
    """Become the farm's engine; at once where the last one died on this machine."""
    try:
        store.acquire_lease(datetime.now(UTC), LEASE_S)
    except LeaseHeld as error:
        if not _is_dead(error.owner):
            raise
        log.warning("the engine %s was killed; taking its farm over", error.owner)
        dead = Store(database, owner=error.owner, chain=digest_of)
        dead.release_lease()
        dead.close()
        store.acquire_lease(datetime.now(UTC), LEASE_S)


def _is_dead(owner: str) -> bool:
    """Say whether an owner `host/pid/start` is a process of this machine that is gone.

    One that was killed and that its parent has not noticed yet has still its number.
    """
    host, pid, started = owner.rsplit("/", 2)
    if host != socket.gethostname():
        return False
    try:
        process = psutil.Process(int(pid))
        is_other = abs(process.create_time() - float(started)) > 1
        return is_other or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
