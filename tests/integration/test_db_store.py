"""The engine's store on both databases: nothing twice, nothing half, nothing missed."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from threading import Barrier, Thread

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from farmdesk.db import commands, pruning, snapshot
from farmdesk.db.database import Database, open_database
from farmdesk.db.lease import LeaseHeld, LeaseLost
from farmdesk.db.store import Store
from farmdesk.domain.records import Flush, LogRecord, MessageRecord, Outcome
from farmdesk.domain.said import Said
from farmdesk.domain.states import FailureReason, FrameState, NodeState, TaskState
from farmdesk.domain.task_commands import PauseTask, StartRender
from farmdesk.domain.urgent import Consent
from farmdesk.domain.urgent_states import UrgentState
from farmdesk.domain.users import Role, User
from farmdesk.link.direct import DirectLink
from farmdesk.security.audit_chain import digest_of
from tests.samples import (
    NOW,
    Farm,
    frame_record,
    new_task,
    node_record,
    spec,
    task_record,
    urgent_request,
)

FULL = Flush(
    1,
    new_tasks=(new_task(1),),
    tasks=(task_record(1, done=2),),
    frames=(frame_record(1), frame_record(2)),
    nodes=(node_record(task_id=1, frame=3),),
    logs=(LogRecord(NOW, "info", "two frames", 1),),
)


@pytest.fixture
def store(farm_url: str) -> Iterator[Store]:
    opened = Store(farm_url, owner="engine A", chain=digest_of)
    opened.acquire_lease(NOW, 60)
    yield opened
    opened.close()


@pytest.fixture
def link(farm_url: str) -> Iterator[DirectLink]:
    opened = DirectLink(farm_url, issued_by="operator")
    yield opened
    opened.close()


@pytest.fixture
def database(farm_url: str) -> Iterator[Database]:
    opened = open_database(farm_url)
    yield opened
    opened.close()


def everything(database: Database) -> dict[str, list[tuple[object, ...]]]:
    """All rows of the farm, table by table."""
    tables = ("task", "task_frames", "frame", "node", "node_slot", "log", "command", "farm_counter")
    with database.reading() as connection:
        return {
            table: [tuple(row) for row in connection.execute(text(f"SELECT * FROM {table}"))]
            for table in tables
        }


def test_a_replayed_flush_changes_nothing(store: Store, database: Database) -> None:
    rev = store.apply(FULL)
    before = everything(database)
    assert [len(before[table]) for table in ("task", "frame", "node", "log")] == [1, 2, 1, 1]
    assert store.apply(FULL) == rev
    assert store.apply(replace(FULL, frames=(frame_record(9),))) == rev  # the number decides
    assert everything(database) == before


def test_a_flush_that_fails_leaves_nothing_behind(store: Store, database: Database) -> None:
    store.apply(FULL)
    before = everything(database)
    twice = Flush(2, new_tasks=(new_task(5), new_task(5)), logs=(LogRecord(NOW, "info", "no"),))
    with pytest.raises(IntegrityError):
        store.apply(twice)
    assert everything(database) == before
    rev = store.apply(replace(twice, new_tasks=(new_task(5),)))  # the number is still free
    assert rev == 2


def test_a_node_is_written_again_after_a_flush_that_failed(store: Store, link: DirectLink) -> None:
    store.apply(FULL)
    broken = replace(node_record(), state=NodeState.FAULT, reason="failed 3 times")
    with pytest.raises(IntegrityError):
        store.apply(Flush(2, new_tasks=(new_task(1),), nodes=(broken,)))
    store.apply(Flush(2, nodes=(broken,)))
    assert [row.record for row in link.nodes()] == [broken]


def test_an_attempt_reported_twice_is_one_row(store: Store, link: DirectLink) -> None:
    store.apply(FULL)
    better = replace(frame_record(1), node="node-02", bytes=99)
    rev = store.apply(Flush(2, frames=(better,)))
    rows = {row.record.frame: row for row in link.frames(1)}
    assert (rows[1].record, rows[1].rev, len(rows)) == (better, rev, 2)


def test_a_large_flush_is_whole(store: Store, link: DirectLink) -> None:
    store.apply(Flush(1, new_tasks=(new_task(1, spec(frames="1-5000")),), tasks=(task_record(1),)))
    crash = replace(
        frame_record(1, FrameState.RETRYING), reason=FailureReason.CRASH, text="'\\%s" * 300
    )
    store.apply(Flush(2, frames=tuple(replace(crash, frame=frame) for frame in range(1, 5001))))
    rows = link.frames(1, limit=10_000)
    assert [row.record.frame for row in rows] == list(range(1, 5001))
    assert {(row.record.reason, row.record.text) for row in rows} == {(crash.reason, crash.text)}
    assert link.frame_states(1).states == bytes([FrameState.RETRYING]) * 5000


def test_what_tools_say_never_stops_a_flush(store: Store, link: DirectLink) -> None:
    bad = "nul \0 half \ud83c end"
    store.apply(FULL)
    store.apply(
        Flush(
            2,
            tasks=(replace(task_record(1), reason=bad),),
            frames=(replace(frame_record(3), text=bad, path=bad, node=bad, width=2**32 - 1),),
            nodes=(replace(node_record(bad), gpus=(bad,), reason=bad),),
            logs=(LogRecord(NOW, "error", bad * 5000, 1, bad),),
        )
    )
    good = "nul \N{REPLACEMENT CHARACTER} half \N{REPLACEMENT CHARACTER} end"
    assert link.task(1).reason == good
    assert link.frames(1, 1)[0].record.path == good
    assert link.nodes(1)[0].record.gpus == (good,)
    assert link.logs()[-1].record.text.endswith("…")


def test_the_farm_comes_back_as_it_was(store: Store, farm_url: str) -> None:
    submitted = spec(
        "开幕式", "1-500000", parameters={"samples": 64, "denoise": True}, fps=50.0, camera="主"
    )
    states = bytes([FrameState.DONE]) * 499_998 + bytes([FrameState.ASSIGNED, FrameState.RENDERING])
    record = task_record(1, done=499_998, frame_states=states, check_report="{}")
    gone = task_record(2, recycled=True)
    node = node_record(task_id=1, frame=499_999)
    store.apply(
        Flush(
            1, new_tasks=(new_task(1, submitted), new_task(2)), tasks=(record, gone), nodes=(node,)
        )
    )
    store.apply(Flush(2, frames=(frame_record(499_999),)))
    again = Store(farm_url, owner="engine A", chain=digest_of)
    farm = again.load_farm()
    assert (farm.last_flush, farm.last_task_id, farm.nodes) == (2, 2, (node,))
    (task,) = farm.tasks
    assert task.new == new_task(1, submitted)
    finished = states[:-2] + bytes([FrameState.DONE, FrameState.RENDERING])
    assert task.record == replace(record, frame_states=finished)
    recycled = again.load_task(2)
    assert recycled is not None
    assert recycled.record == replace(gone, frame_states=bytes(10))
    assert again.load_task(3) is None
    again.close()


def test_urgent_requests_come_back_while_they_are_open(store: Store, farm_url: str) -> None:
    asking, late = urgent_request(1), urgent_request(3, consents=(Consent(""),))
    refused = urgent_request(2).ended(UrgentState.REFUSED, NOW, Said("' OR 1=1 --", "' 或"))
    store.apply(Flush(1, urgents=(asking, refused, late)))
    admitted = late.overruled_by(User("op", Role.OPERATOR), NOW, words="now").admitted()
    store.apply(Flush(2, urgents=(admitted,)))
    again = Store(farm_url, owner="engine A", chain=digest_of)
    farm = again.load_farm()
    assert farm.urgents == (asking, admitted)
    assert farm.last_urgent_id == 3
    again.close()


def test_a_message_is_told_once_however_often_its_flush_comes(
    store: Store, link: DirectLink
) -> None:
    told = MessageRecord(NOW, "\ud800 half a sign\0", "好", user="ann", request_id=1)
    flush = Flush(1, urgents=(urgent_request(1),), messages=(told,))
    store.apply(flush)
    store.apply(flush)
    (row,) = link.messages(User("ann", Role.CUSTOMER))
    assert row.record == replace(told, text="\ufffd half a sign\ufffd")


def test_a_priority_changed_since_is_the_tasks_own(store: Store) -> None:
    store.apply(FULL)
    store.apply(Flush(2, tasks=(replace(task_record(1), priority=9),)))
    (task,) = store.load_farm().tasks
    assert (task.record.priority, task.new.spec.priority) == (9, 9)


def test_proofs_come_page_by_page_and_once(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshot, "_PAGE", 3)
    tries = [
        frame_record(1),
        *(frame_record(2, FrameState.RETRYING, attempt=n) for n in (1, 2)),
        frame_record(2, attempt=3),
        frame_record(3),
        frame_record(3, FrameState.RETRYING, attempt=2),  # rejected by the check, not done since
        *(frame_record(frame) for frame in range(4, 9)),
    ]
    store.apply(replace(FULL, frames=tuple(reversed(tries))))
    assert [(proof.frame, proof.attempt) for proof in store.proofs(1)] == [
        (1, 1),
        (2, 3),
        *((frame, 1) for frame in range(4, 9)),
    ]
    assert list(store.proofs(2)) == []


def test_commands_are_handed_over_until_they_are_answered(store: Store, link: DirectLink) -> None:
    first, second, third = (link.send(StartRender(task_id)) for task_id in (1, 2, 3))
    assert [row.id for row in store.new_commands()] == [first, second, third]
    assert [row.id for row in store.new_commands({first})] == [second, third]
    store.apply(Flush(1, outcomes=(Outcome(second, applied=True, text="", at=NOW),)))
    assert [row.id for row in store.new_commands({first})] == [third]


def test_a_command_committed_late_is_not_missed(server_url: str) -> None:
    database, link = open_database(server_url), DirectLink(server_url, issued_by="fast")
    store = Store(server_url, owner="engine A", chain=digest_of)
    store.acquire_lease(NOW, 60)
    with database.writing() as connection:
        body: dict[str, object] = {"task_id": 1}
        slow = commands.send(connection, "start_render", body, issued_by="slow", at=NOW)
        fast = link.send(PauseTask(1))
        assert fast > slow
        assert [row.id for row in store.new_commands()] == [fast]
        store.apply(Flush(1, outcomes=(Outcome(fast, applied=True, text="", at=NOW),)))
    assert [(row.id, row.issued_by) for row in store.new_commands()] == [(slow, "slow")]
    for opened in (database, link, store):
        opened.close()


@pytest.mark.parametrize("body", ["[1, 2]", "null", '"text"', "3", "[[[[[[[[1]]]]]]]]"])
def test_a_strange_command_does_not_stop_the_others(
    store: Store, link: DirectLink, database: Database, body: str
) -> None:
    values = "('strange', :body, 'someone', '2026-01-01 00:00:00')"
    columns = "(kind, body, issued_by, issued_at)"
    with database.writing() as connection:
        connection.execute(text(f"INSERT INTO command {columns} VALUES {values}"), {"body": body})
    good = link.send(PauseTask(1))
    strange, other = store.new_commands()
    assert (strange.kind, strange.body, other.id) == ("strange", {}, good)


def test_a_second_engine_is_refused_until_the_lease_is_over(farm_url: str, store: Store) -> None:
    other = Store(farm_url, owner="engine B", chain=digest_of)
    with pytest.raises(LeaseHeld, match="engine A") as held:
        other.acquire_lease(NOW + timedelta(seconds=59), 60)
    assert held.value.until == NOW + timedelta(seconds=60)
    assert "engine A" in held.value.zh
    store.renew_lease(NOW + timedelta(seconds=50), 60)
    with pytest.raises(LeaseHeld):
        other.acquire_lease(NOW + timedelta(seconds=61), 60)
    store.release_lease()
    other.acquire_lease(NOW + timedelta(seconds=62), 60)
    other.close()


def test_an_engine_may_take_its_own_lease_again(farm_url: str, store: Store) -> None:
    again = Store(farm_url, owner="engine A", chain=digest_of)
    again.acquire_lease(NOW, 60)
    again.close()


def test_an_engine_that_lost_its_lease_writes_nothing_more(
    farm_url: str, store: Store, database: Database
) -> None:
    store.apply(FULL)
    other = Store(farm_url, owner="engine B", chain=digest_of)
    other.acquire_lease(NOW + timedelta(seconds=61), 60)
    before = everything(database)
    with pytest.raises(LeaseLost, match="engine B"):
        store.apply(Flush(2, frames=(frame_record(3),)))
    with pytest.raises(LeaseLost):
        store.renew_lease(NOW + timedelta(seconds=62), 60)
    store.release_lease()  # somebody else's lease stays
    assert everything(database) == before
    other.apply(Flush(2, frames=(frame_record(3),)))
    other.close()


def test_nobody_writes_without_a_lease(farm_url: str) -> None:
    store = Store(farm_url, owner="engine A", chain=digest_of)
    with pytest.raises(LeaseLost):
        store.apply(FULL)
    store.close()


def test_of_engines_that_start_at_once_one_wins(farm_url: str) -> None:
    stores = [Store(farm_url, owner=f"engine {n}", chain=digest_of) for n in range(4)]
    barrier, won, refused = Barrier(len(stores)), [], []

    def start(store: Store) -> None:
        barrier.wait()
        try:
            store.acquire_lease(NOW, 60)
            won.append(store)
        except LeaseHeld as error:
            refused.append(error.owner)

    threads = [Thread(target=start, args=(store,)) for store in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(won), len(refused)) == (1, 3)
    assert len(set(refused)) == 1
    for store in stores:
        store.close()


def test_readers_see_a_flush_whole_or_not_at_all(store: Store, farm_url: str) -> None:
    link = DirectLink(farm_url, issued_by="reader")
    farm = Farm(link, store.apply)
    farm.add_task(1, spec(frames="1-2000"))
    done = False
    torn: list[int] = []

    def read() -> None:
        seen = 1
        while not done:
            rows = link.frames(1, seen)
            by_rev: dict[int, int] = {}
            for row in rows:
                by_rev[row.rev] = by_rev.get(row.rev, 0) + 1
            torn.extend(count for count in by_rev.values() if count != 50)
            seen = max(by_rev, default=seen)

    reader = Thread(target=read)
    reader.start()
    for start in range(1, 2000, 50):
        farm.change(frames=tuple(frame_record(frame) for frame in range(start, start + 50)))
    done = True
    reader.join()
    assert torn == []
    assert len(link.frames(1)) == 2000
    link.close()


def test_a_purged_task_leaves_its_row_and_nothing_else(store: Store, link: DirectLink) -> None:
    store.apply(FULL)
    gone = replace(task_record(1, TaskState.COMPLETED, recycled=True), purged=True)
    store.apply(Flush(2, tasks=(gone,)))
    assert link.frames(1) == []
    assert link.logs(task_id=1) == []
    assert link.task(1).name == FULL.new_tasks[0].spec.name


def test_only_the_newest_log_lines_are_kept(
    store: Store, link: DirectLink, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pruning, "KEPT_LOGS", 3)
    lines = tuple(LogRecord(NOW, "info", f"line {number}") for number in range(8))
    store.apply(Flush(pruning.EVERY_FLUSHES - 1, logs=lines))
    assert len(link.logs()) == 8
    store.apply(Flush(pruning.EVERY_FLUSHES))
    assert [row.record.text for row in link.logs()] == ["line 5", "line 6", "line 7"]
