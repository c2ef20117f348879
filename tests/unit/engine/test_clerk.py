"""A clerk whose database fails him: every command is answered, and he works on."""

import queue
from collections.abc import Iterator
from typing import cast

import pytest

from farmdesk.db.account_store import Act
from farmdesk.domain.account_commands import SuspendUser
from farmdesk.domain.accounts import Account
from farmdesk.domain.commands import kind_of, to_body
from farmdesk.domain.errors import FarmUnavailable
from farmdesk.domain.records import Outcome
from farmdesk.domain.rows import CommandRow
from farmdesk.engine import clerk
from farmdesk.engine.clerk import AccountBook, Clerk
from farmdesk.engine.people import Directory
from farmdesk.engine.posts import AccountsChanged
from farmdesk.security.vault import Vault
from tests.unit.engine.rig import NOON

AWAY = FarmUnavailable("The database is away.", "数据库不可用。")
WAIT_S = 60


class Book:
    """Accounts in a database that fails as it is told to."""

    def __init__(self) -> None:
        self.failing: Exception | None = None
        self.rounds = queue.SimpleQueue[None]()

    def everybody(self) -> list[Account]:
        return []

    def suspend(self, login: str, act: Act) -> None:
        assert (login, act.by) == ("ann", "chief")
        self._fail()

    def keep_house(self, now: object) -> None:
        assert now is not None
        self.rounds.put(None)
        self._fail()

    def _fail(self) -> None:
        if self.failing is not None:
            raise self.failing


class Desk:
    """A clerk at work on such a book."""

    def __init__(self) -> None:
        self.book = Book()
        self.posts = queue.SimpleQueue[AccountsChanged]()
        self.clerk = Clerk(
            cast("AccountBook", self.book), Directory([]), Vault.make, self.posts.put
        )

    def suspend(self) -> Outcome:
        command = SuspendUser("ann", "left")
        self.clerk.take(CommandRow(1, kind_of(command), "chief", NOON, to_body(command)), command)
        return self.posts.get(timeout=WAIT_S).outcome


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.setattr(clerk, "HOUSE_S", 10.0 * WAIT_S)  # no round but those after a command
    made = Desk()
    made.clerk.start()
    yield made
    made.clerk.finish()


@pytest.mark.parametrize(
    ("failing", "told"), [(AWAY, "database is away"), (RuntimeError("secret"), "fault of its own")]
)
def test_whatever_fails_the_sender_hears_of_it_and_the_next_is_served(
    desk: Desk, failing: Exception, told: str
) -> None:
    desk.book.failing = failing
    outcome = desk.suspend()
    assert (outcome.command_id, outcome.applied, told in outcome.text) == (1, False, True)
    assert "secret" not in outcome.text + outcome.text_zh
    desk.book.rounds.get(timeout=WAIT_S)  # the leases, at once: a suspended user's connections
    desk.book.failing = None
    assert desk.suspend().applied
