"""Nobody's commands wait for another's, however many one statement has sent."""

import sqlite3
from collections.abc import Iterator

import pytest
from sqlalchemy import func, select, text

from farmdesk.db import unanswered
from farmdesk.db.database import Database, open_database
from farmdesk.db.models import SentCommand
from farmdesk.db.store import Store
from farmdesk.db.unanswered import AT_A_TIME, Unanswered
from farmdesk.domain.records import Flush, Outcome
from farmdesk.domain.rows import CommandRow
from farmdesk.domain.task_commands import PauseTask
from farmdesk.link.direct import DirectLink
from farmdesk.security.audit_chain import digest_of
from tests.integration.staffed_farm import SEND, StaffedFarm
from tests.samples import NOW

FLOOD = 10_000
FLOOD_IN_ONE = SEND + ", ".join(["('pause_task', '{\"task_id\": 1}', '', NULL)"] * FLOOD)


@pytest.fixture
def database(farm_url: str) -> Iterator[Database]:
    opened = open_database(farm_url)
    yield opened
    opened.close()


@pytest.fixture
def store(farm_url: str) -> Iterator[Store]:
    opened = Store(farm_url, owner="engine", chain=digest_of)
    opened.acquire_lease(NOW, 60)
    yield opened
    opened.close()


def send(database: Database, sender: str, *sizes: int) -> list[int]:
    """Send commands whose bodies have so many bytes, and give their numbers."""
    insert = text(SEND + "('k', :body, :sender, '2026-01-01')")
    bodies = [f'["{"x" * (size - 4)}"]' for size in sizes]
    with database.writing() as connection:
        return [
            connection.execute(insert, {"sender": sender, "body": body}).lastrowid
            for body in bodies
        ]


def ids(rows: list[CommandRow]) -> list[int]:
    return [row.id for row in rows]


def refused(*numbers: int) -> tuple[Outcome, ...]:
    return tuple(Outcome(number, applied=False, text="no", at=NOW) for number in numbers)


def test_each_person_has_his_turn_and_his_commands_keep_their_order(
    database: Database, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unanswered, "AT_A_TIME", 3)
    mel = send(database, "mel", *[9] * 8)
    zoe, ann = send(database, "zoe", 9), send(database, "ann", 9, 9)
    assert ids(store.new_commands()) == [*mel[:3], *zoe, *ann]
    assert ids(store.new_commands({*mel[:3], *zoe})) == ann  # none of his is answered yet
    store.apply(Flush(1, outcomes=refused(mel[1], *ann)))
    bob = send(database, "bob", 9)
    assert ids(store.new_commands({mel[0], mel[2], *zoe})) == [mel[3], *bob]


def test_the_memory_that_one_persons_long_commands_take_is_bounded(
    database: Database, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unanswered, "BYTES_AT_A_TIME", 250)
    long = send(database, "mel", 94, 94, 94, 900, 94)
    short = send(database, "zoe", 9)
    assert ids(store.new_commands()) == [*long[:2], *short]
    assert ids(store.new_commands(long[:2])) == short  # the two are still in the engine's hand
    taken = list[list[int]]()
    for flush in range(1, 5):
        taken.append([number for number in ids(store.new_commands()) if number in long])
        store.apply(Flush(flush, outcomes=refused(*taken[-1])))
    assert taken == [long[:2], long[2:3], long[3:4], long[4:]]


def test_a_look_does_not_cost_more_when_more_is_waiting(database: Database) -> None:
    costs = list[int]()
    for sent in (AT_A_TIME, 20 * AT_A_TIME):
        send(database, "mel", *[9] * sent)
        send(database, "ann", 9)
        send(database, "zoe", 9)
        costs.append(_cost(database))
    few, many = costs
    assert many < 1.1 * few


def _cost(database: Database) -> int:
    """Give how many rows and entries a look reads on a server; on SQLite its steps, in tens.

    The database must not have been used for two things at once: then all is on one connection.
    """
    if database.is_server:
        before = _reads(database)
        Unanswered().fresh(database, ())
        return _reads(database) - before
    steps = list[None]()
    with database.reading() as connection:
        driver = connection.connection.driver_connection
        assert isinstance(driver, sqlite3.Connection)
        driver.set_progress_handler(lambda: steps.append(None), 10)
    Unanswered().fresh(database, ())
    return len(steps)


def _reads(database: Database) -> int:
    with database.reading() as connection:
        rows = connection.execute(text("SHOW SESSION STATUS LIKE 'Handler_read%'"))
        return sum(int(row[1]) for row in rows)


def test_a_flood_in_one_statement_delays_nobody_else(staffed: StaffedFarm) -> None:
    """He sends it from two accounts: he has one turn all the same."""
    for session in (1, 2):
        shell = staffed.shell(staffed.lend("ops", session=session))
        shell.run(FLOOD_IN_ONE)
        shell.close()
    link = DirectLink(staffed.link_url(staffed.lend("root")), issued_by="")
    number = link.send(PauseTask(1))
    link.close()
    database = open_database(staffed.url)
    cost = _cost(database)
    rows = Unanswered().fresh(database, ())
    database.close()
    flood = [row.id for row in rows if row.issued_by == "ops"]
    assert [row.id for row in rows if row.issued_by == "root"] == [number]
    assert flood == [sent[0] for sent in staffed.sent()[:AT_A_TIME]]
    assert len(rows) == AT_A_TIME + 1
    assert cost < 40 * AT_A_TIME  # of 20,000


def test_commands_that_are_not_committed_are_stepped_over_not_taken(server_url: str) -> None:
    """A look that sees them does not search each for an older state, of which there is none."""
    database, store = open_database(server_url), Store(server_url, owner="e", chain=digest_of)
    with database.writing() as connection:
        insert = text(SEND + "('k', '{}', 'mel', '2026-01-01')")
        connection.execute(insert, [{}] * (2 * AT_A_TIME))
        mel = select(func.count()).where(SentCommand.issued_by == "mel")
        with database.glancing() as other:
            assert other.scalar(mel) == 2 * AT_A_TIME
        with database.reading() as other:  # the same connection of the pool
            assert other.scalar(mel) == 0
        [zoe] = send(database, "zoe", 9)
        assert ids(store.new_commands()) == [zoe]
    assert len(store.new_commands({zoe})) == AT_A_TIME
    store.close()
    database.close()
