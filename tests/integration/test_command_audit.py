"""Each command is in the audit log once, with its answer, on both databases."""

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy.exc import IntegrityError

from farmdesk.db import accounts, audit
from farmdesk.db.account_store import AccountStore, Act
from farmdesk.db.database import Database, open_database
from farmdesk.db.store import Store
from farmdesk.domain.account_commands import SetQuota
from farmdesk.domain.accounts import Deed, Profile, UserState
from farmdesk.domain.commands import Command
from farmdesk.domain.node_commands import DrainNodes
from farmdesk.domain.records import Flush, Outcome
from farmdesk.domain.task_commands import SetPriority, StopTask
from farmdesk.domain.urgent_commands import OverruleUrgent
from farmdesk.domain.users import Role
from farmdesk.link.direct import DirectLink
from farmdesk.security.audit_chain import Link, digest_of, follow
from tests.samples import NOW, frame_record, new_task, task_record


@pytest.fixture
def store(farm_url: str) -> Iterator[Store]:
    opened = Store(farm_url, owner="engine", chain=digest_of)
    opened.acquire_lease(NOW, 60)
    yield opened
    opened.close()


@pytest.fixture
def database(farm_url: str) -> Iterator[Database]:
    opened = open_database(farm_url)
    yield opened
    opened.close()


def sent(database: Database, *commands: Command, by: str = "wang") -> list[int]:
    link = DirectLink(database, issued_by=by)
    return [link.send(command) for command in commands]


def noted(database: Database) -> list[tuple[str, str, str, str]]:
    """The log, which must be whole."""
    with database.reading() as connection:
        records = audit.read(connection)
        assert follow(records) == Link(*audit.head(connection))
    return [(row.actor, row.action, row.subject, row.detail) for row in records]


def parted(record: tuple[str, str, str, str]) -> tuple[object, ...]:
    """A record with the body in it read: MySQL puts its names in order."""
    *rest, detail = record
    sentence, brace, body = detail.partition(" {")
    return (*rest, sentence, json.loads(brace + body))


def done(number: int, text: str, task_id: int | None = None) -> Outcome:
    return Outcome(number, applied=True, text=text, at=NOW, task_id=task_id)


def test_who_what_when_on_what_and_what_became_of_it(store: Store, database: Database) -> None:
    asked: list[Command] = [
        StopTask(7),
        DrainNodes(nodes=("n1", "n2")),
        OverruleUrgent(3, "the opening"),
    ]
    stop, drain, overrule = sent(database, *asked)
    no = Outcome(drain, applied=False, text="There is no node n2.", at=NOW)
    store.apply(
        Flush(1, outcomes=(done(stop, "It is stopped.", 7), no, done(overrule, "Admitted.")))
    )
    who = "wang"
    assert [parted(record) for record in noted(database)] == [
        (who, "stop_task", "task 7", "done: It is stopped.", {"task_id": 7}),
        (
            *(who, "drain_nodes", "nodes n1, n2", "refused: There is no node n2."),
            {"nodes": ["n1", "n2"], "pool": ""},
        ),
        (
            *(who, "overrule_urgent", "request 3", "done: Admitted."),
            {"request_id": 3, "reason": "the opening", "exit_rule": "cheapest"},
        ),
    ]
    with database.reading() as connection:
        assert {row.at for row in audit.read(connection)} == {NOW}


def test_a_flush_that_comes_again_or_fails_notes_nothing(store: Store, database: Database) -> None:
    first, second = sent(database, StopTask(1), StopTask(1))
    flush = Flush(1, new_tasks=(new_task(1),), outcomes=(done(first, "a"),))
    store.apply(flush)
    store.apply(flush)
    assert len(noted(database)) == 1
    with pytest.raises(IntegrityError):
        store.apply(Flush(2, new_tasks=(new_task(1),), outcomes=(done(second, "b"),)))
    assert len(noted(database)) == 1
    store.apply(Flush(2, outcomes=(done(first, "twice"), done(second, "b"))))
    assert [detail.split()[1] for *_, detail in noted(database)] == ["a", "b"]
    assert DirectLink(database, issued_by="x").outcome(first).text == "a"


def test_what_the_farm_does_by_itself_is_noted_behind_what_it_was_asked(
    store: Store, database: Database
) -> None:
    [stop] = sent(database, StopTask(7))
    deed = Deed(NOW, "farm", "open_package", "task 8", "queued")
    flush = Flush(1, outcomes=(done(stop, "It is stopped.", 7),), deeds=(deed,))
    store.apply(flush)
    store.apply(flush)
    assert [record[1] for record in noted(database)] == ["stop_task", "open_package"]


def test_frames_are_not_noted(store: Store, database: Database) -> None:
    store.apply(Flush(1, new_tasks=(new_task(1),), tasks=(task_record(1),)))
    store.apply(Flush(2, frames=tuple(frame_record(number) for number in range(1, 50))))
    assert noted(database) == []


def test_what_accounts_noted_is_not_noted_again(store: Store, database: Database) -> None:
    with database.writing() as connection:
        accounts.add(
            connection,
            "wang",
            Profile("Wang", "Stage", "1", identity="2"),
            role=Role.CUSTOMER,
            state=UserState.ACTIVE,
            quota_bytes=1,
            now=NOW,
            wrap=lambda _user, _identity: b"wrapped",
        )
    good, bad = sent(database, SetQuota("wang", 5 * 10**9), SetQuota("nobody", 0), by="boss")
    act = Act("boss", "set_quota", "wang", done(good, "wang may upload 5 GB."), "5 GB")
    AccountStore(database, digest_of).set_quota("wang", 5 * 10**9, act)
    late = replace(act.outcome, applied=False, text="The engine could not see it.")
    no = Outcome(bad, applied=False, text="There is no account.", at=NOW)
    store.apply(Flush(1, outcomes=(late, no)))
    first, second = noted(database)
    assert first == ("boss", "set_quota", "wang", "5 GB")
    assert second[:3] == ("boss", "set_quota", "nobody")
    assert second[3].startswith("refused: There is no account.")
    assert DirectLink(database, issued_by="x").outcome(good).applied  # it was done


@pytest.mark.parametrize(
    "body",
    [
        '{"nodes": 5, "task_id": [], "login": {}}',
        '{"nodes": [[1], null, "a"]}',
        "[" * 30 + "]" * 30,
        '{"task_id": ' + "9" * 300 + "}",
        "7",
        '{"frames": "' + "1," * 5000 + '"}',
    ],
)
def test_no_body_stops_a_flush(store: Store, database: Database, body: str) -> None:
    """Staff may insert what they like; see `test_db_attacks`."""
    [number] = sent(database, SetPriority(1, 2))
    with database.writing() as connection:
        connection.exec_driver_sql(
            f"UPDATE command SET body = {'%s' if database.is_server else '?'}", (body,)
        )
    store.apply(Flush(1, outcomes=(Outcome(number, applied=False, text="No.", at=NOW),)))
    [(_, _, _, detail)] = noted(database)
    assert detail.startswith("refused: No. ")
    assert len(detail) < 2100


def test_a_command_that_there_is_not_is_not_noted(store: Store, database: Database) -> None:
    store.apply(Flush(1, outcomes=(done(99, "gone"),)))
    assert noted(database) == []
