"""An engine starts: its database may be away, and the farm another engine's, living or killed."""

import logging
import os
import queue
import socket
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import psutil
import pytest

from farmdesk.db.lease import LeaseHeld
from farmdesk.db.store import Store
from farmdesk.domain.errors import FarmUnavailable, Refused
from farmdesk.engine import opening
from farmdesk.engine.flush_journal import FlushJournal
from farmdesk.engine.opening import open_store, patiently
from farmdesk.engine.posts import Post, StopEngine
from farmdesk.security.audit_chain import digest_of


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "AWAY_S", 0.0)


def test_a_database_that_is_away_is_waited_for(caplog: pytest.LogCaptureFixture) -> None:
    fails = [FarmUnavailable("It is away.", "离线。")] * 3
    inbox: queue.SimpleQueue[Post] = queue.SimpleQueue()

    def step() -> str:
        if fails:
            raise fails.pop()
        return "open"

    with caplog.at_level(logging.WARNING):
        assert patiently(step, inbox) == "open"
    assert [record.message for record in caplog.records] == [
        "the engine waits for its database and tries again: It is away."
    ]


def test_an_engine_that_waits_can_be_told_to_end() -> None:
    inbox: queue.SimpleQueue[Post] = queue.SimpleQueue()

    def step() -> str:
        inbox.put(StopEngine())
        raise FarmUnavailable("It is away.", "离线。")

    assert patiently(step, inbox) is None


def test_what_waiting_does_not_mend_ends_the_start() -> None:
    def step() -> str:
        raise Refused("Another engine works for this farm.", "已有引擎。")

    with pytest.raises(Refused):
        patiently(step, queue.SimpleQueue())


def _held_by(process: subprocess.Popen[str], url: str) -> None:
    """Let a process have the farm for an hour."""
    started = psutil.Process(process.pid).create_time()
    store = Store(url, owner=f"{socket.gethostname()}/{process.pid}/{started:.2f}", chain=digest_of)
    store.acquire_lease(datetime.now(UTC), 3600)
    store.close()


def test_the_farm_of_a_killed_engine_is_taken_over_before_its_parent_has_noticed(
    sqlite_url: str, tmp_path: Path
) -> None:
    journal = FlushJournal(tmp_path / "journal")
    argv = [sys.executable, "-c", "input()"]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, text=True) as engine:
        _held_by(engine, sqlite_url)
        with pytest.raises(LeaseHeld):
            open_store(sqlite_url, journal)
        engine.kill()
        os.waitid(os.P_PID, engine.pid, os.WEXITED | os.WNOWAIT)  # dead, and still in the table
        assert psutil.Process(engine.pid).status() == psutil.STATUS_ZOMBIE
        open_store(sqlite_url, journal).close()
