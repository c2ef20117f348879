"""A database that is away when the engine starts."""

import logging
import queue

import pytest

from farmdesk.domain.errors import FarmUnavailable, Refused
from farmdesk.engine import opening
from farmdesk.engine.opening import patiently
from farmdesk.engine.posts import Post, StopEngine


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
