"""The scribe and its journal: nothing is lost while the database is away."""

import queue
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from farmdesk.db.lease import LeaseLost
from farmdesk.domain.errors import FarmError, FarmUnavailable
from farmdesk.domain.records import (
    Flush,
    FrameRecord,
    MessageRecord,
    NodeRecord,
    Outcome,
    TaskRecord,
)
from farmdesk.domain.rows import CommandRow
from farmdesk.domain.states import FailureReason, FrameState, NodeState, TaskState
from farmdesk.domain.urgent_states import Answer
from farmdesk.domain.users import Role, User
from farmdesk.engine.flush_journal import FlushJournal
from farmdesk.engine.posts import CommandsArrived, DatabaseChanged, Flushed, LeaseTaken, Post
from farmdesk.engine.scribe import Scribe
from tests.samples import urgent_request

NOW = datetime(2026, 2, 4, 20, 0, tzinfo=UTC)
WAIT_S = 20.0
AWAY = FarmUnavailable("away", "离线")


def full_flush(number: int) -> Flush:
    frame = FrameRecord(1, 2, 1, FrameState.DONE, "n1", NOW, 1.5, reason=FailureReason.CRASH)
    task = TaskRecord(
        1, TaskState.RENDERING, "冰 'x'", 5, 1, 1, 0, 0, 1.0, frame_states=bytes(range(256))
    )
    node = NodeRecord("n1", NodeState.IDLE, gpus=("a", "b"))
    asked = urgent_request()
    message = MessageRecord(NOW, "it goes on", "继续渲染", role=Role.OPERATOR, request_id=1)
    return Flush(
        number,
        frames=(frame,),
        tasks=(task,),
        nodes=(node,),
        urgents=(asked.answered(User("ann", Role.CUSTOMER), Answer.REFUSE, asked.asked_at),),
        messages=(message,),
    )


class FakeStore:
    """A store whose database can be taken away; `wrong` is raised by every call while it is set."""

    def __init__(self) -> None:
        self.wrong: FarmError | None = None
        self.applied: list[int] = []
        self.commands: list[CommandRow] = []

    def apply(self, flush: Flush) -> int:
        self._reach()
        self.applied.append(flush.number)
        return flush.number

    def new_commands(self, known: set[int]) -> list[CommandRow]:
        self._reach()
        return [row for row in self.commands if row.id not in known]

    def renew_lease(self, now: datetime, seconds: float) -> None:
        self._reach()

    def _reach(self) -> None:
        if self.wrong is not None:
            raise self.wrong


class Desk:
    """A running scribe and what it posts."""

    def __init__(self, folder: Path) -> None:
        self.store = FakeStore()
        self.journal = FlushJournal(folder / "engine.journal")
        self.posts: queue.SimpleQueue[Post] = queue.SimpleQueue()
        self.scribe = Scribe(self.store, self.journal, self.posts.put)  # type: ignore[arg-type]

    def expect(self, wanted: Callable[[Post], bool]) -> Post:
        while True:
            post = self.posts.get(timeout=WAIT_S)
            if wanted(post):
                return post


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_a_journal_gives_back_what_it_was_given(tmp_path: Path) -> None:
    journal = FlushJournal(tmp_path / "sub" / "engine.journal")
    flushes = [full_flush(1), Flush(2, outcomes=(Outcome(7, applied=True, text="好", at=NOW),))]
    for flush in flushes:
        journal.append(flush)
    assert journal.read() == flushes
    journal.clear()
    assert journal.read() == []


def test_a_torn_line_is_dropped_and_what_follows_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "engine.journal"
    journal = FlushJournal(path)
    journal.append(full_flush(1))
    whole = path.read_bytes()
    path.write_bytes(whole + whole[: len(whole) // 2])
    journal.append(full_flush(2))
    assert [flush.number for flush in journal.read()] == [1, 2]


def test_flushes_are_journaled_while_the_database_is_away_and_written_when_it_is_back(
    desk: Desk,
) -> None:
    desk.store.wrong = AWAY
    desk.scribe.start()
    desk.scribe.write(full_flush(1))
    desk.expect(lambda post: isinstance(post, DatabaseChanged) and bool(post.text))
    desk.scribe.write(full_flush(2))
    while len(desk.journal.read()) < 2:
        pass
    desk.store.wrong = None
    desk.expect(lambda post: post == DatabaseChanged(""))
    desk.scribe.finish()
    desk.scribe.join(WAIT_S)
    assert desk.store.applied == [1, 2]
    assert desk.journal.read() == []


def test_what_the_database_never_took_is_in_the_journal_at_the_end(desk: Desk) -> None:
    desk.store.wrong = AWAY
    desk.scribe.start()
    desk.scribe.write(full_flush(1))
    desk.scribe.finish()
    desk.scribe.join(WAIT_S)
    assert desk.journal.read() == [full_flush(1)]


def test_a_command_is_handed_over_once_until_it_is_answered(desk: Desk) -> None:
    desk.store.commands = [CommandRow(3, "stop_task", "op", NOW, {"task_id": 1})]
    desk.scribe.start()
    post = desk.expect(lambda post: isinstance(post, CommandsArrived))
    assert isinstance(post, CommandsArrived)
    assert [row.id for row in post.commands] == [3]
    desk.scribe.write(Flush(1))
    again = desk.expect(lambda post: isinstance(post, CommandsArrived | Flushed))
    assert isinstance(again, Flushed)
    desk.scribe.finish()
    desk.scribe.join(WAIT_S)


def test_a_lost_lease_ends_the_engine_and_writes_nothing_more(desk: Desk) -> None:
    desk.store.wrong = LeaseLost("host/1/2")
    desk.scribe.start()
    desk.scribe.write(full_flush(1))
    desk.expect(lambda post: isinstance(post, LeaseTaken))
    desk.scribe.finish()
    desk.scribe.join(WAIT_S)
    assert desk.store.applied == []
    assert desk.journal.read() == []
