"""Agents as children of this process: those that wait for work, and how their end is told."""

import logging
import queue
import sys
from collections.abc import Iterator
from contextlib import suppress

import psutil
import pytest

from farmdesk.dispatch.events import SlotId
from farmdesk.launch.local import LocalAgent, LocalLauncher
from farmdesk.security.master_key import VARIABLE
from nodeagent.orders import Close, Ping
from nodeagent.reports import AgentReport, Closed, Hello, Pong
from tests.farm import wait_for, wait_until

SLOT = SlotId("n1")


class Heard:
    """What a launched agent reports, and how it ended."""

    def __init__(self, launcher: LocalLauncher) -> None:
        self._reports: queue.SimpleQueue[AgentReport] = queue.SimpleQueue()
        self._ends: queue.SimpleQueue[str] = queue.SimpleQueue()
        self.agent: LocalAgent = launcher.launch(
            SLOT, on_report=self._reports.put, on_gone=self._ends.put
        )

    def next(self) -> AgentReport:
        return self._reports.get(timeout=60)

    def hello(self) -> Hello:
        report = self.next()
        assert isinstance(report, Hello)
        return report

    def end(self) -> str:
        return self._ends.get(timeout=60)

    def close(self) -> None:
        self.agent.send(Close())
        while self.next() != Closed():
            pass
        assert self.end() == ""


def _agents() -> list[psutil.Process]:
    found = []
    for item in psutil.Process().children():
        with suppress(psutil.Error):  # it has just ended
            if "nodeagent" in item.cmdline():
                found.append(item)
    return found


def _waiting() -> psutil.Process:
    """Give the only agent; a program that has just begun bears no name for a moment."""
    (agent,) = wait_for(lambda: _agents() or None, "an agent")
    return agent


@pytest.fixture
def launcher() -> Iterator[LocalLauncher]:
    """A launcher; an agent that still waits is used up, for nothing may be left behind."""
    made = LocalLauncher()
    yield made
    Heard(made).close()


def test_the_agent_that_waits_gets_the_slots_next_work(launcher: LocalLauncher) -> None:
    launcher.keep_ready(SLOT)
    launcher.keep_ready(SLOT)
    waiting = _waiting()
    heard = Heard(launcher)
    assert heard.hello().pid == waiting.pid
    heard.agent.send(Ping())
    assert heard.next() == Pong()
    heard.close()
    assert _agents() == []


def test_one_that_died_while_it_waited_is_replaced(launcher: LocalLauncher) -> None:
    launcher.keep_ready(SLOT)
    waiting = _waiting()
    waiting.kill()
    wait_until(lambda: waiting.status() == psutil.STATUS_ZOMBIE, "its death")
    heard = Heard(launcher)
    assert heard.hello().pid != waiting.pid
    heard.close()


def test_an_agent_gets_the_servers_environment_without_the_master_key(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(VARIABLE, "secret")
    monkeypatch.setenv("FARM_PLACE", "here")
    heard = Heard(LocalLauncher())
    heard.hello()
    agent = _waiting()
    given = agent.environ()
    assert (VARIABLE in given, given.get("FARM_PLACE")) == (False, "here")
    heard.close()


def test_without_one_that_waits_one_is_started(launcher: LocalLauncher) -> None:
    assert _agents() == []
    heard = Heard(launcher)
    heard.hello()
    heard.agent.kill()
    assert "code -9" in heard.end()


def test_one_that_cannot_be_started_stops_nobody(
    launcher: LocalLauncher, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with monkeypatch.context() as patch, caplog.at_level(logging.WARNING):
        patch.setattr(sys, "executable", "/nowhere/python")
        launcher.keep_ready(SLOT)
    assert "n1" in caplog.text
    launcher.keep_ready(SLOT)
    _waiting()
