"""Frames of an operator's machine on their way into the inbox, through a real gateway."""

from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from farmdesk.db import reports, transfers
from farmdesk.db.store import Store
from farmdesk.domain.errors import Refused
from farmdesk.domain.records import Flush, Outcome
from farmdesk.domain.states import TaskState
from farmdesk.domain.transfers import TransferKind, TransferState
from farmdesk.domain.users import Role
from farmdesk.link.remote.hand_in import FramesDoor
from farmdesk.link.remote.source_files import frame_files
from farmdesk.link.remote.upload import Upload
from farmdesk.link.remote.upload_journal import UploadJournal
from farmdesk.link.transfer_wire import UploadSeen
from farmdesk.security.audit_chain import digest_of
from farmdesk.security.sealed import SEGMENT
from tests.gateway_room import Room
from tests.gateways import add_user, keys_of
from tests.result_farm import noise
from tests.samples import NOW, new_task, task_record

QUEUED, RENDERING, DELETED = 1, 2, 3


class Desks:
    """Operators at their desks, and a farm with tasks that they may give frames to, or not."""

    def __init__(self, room: Room, folder: Path) -> None:
        self.room = room
        self.frames = folder / "frames"
        self.frames.mkdir()
        for frame in (1, 2):
            (self.frames / f"frame_{frame:04d}.png").write_bytes(noise(SEGMENT + frame))
        self._folder = folder
        self._sessions = ExitStack()
        self._flushes = 0
        self.flush(
            new_tasks=tuple(new_task(number) for number in (QUEUED, RENDERING, DELETED)),
            tasks=(
                task_record(QUEUED, TaskState.QUEUED),
                task_record(RENDERING, TaskState.RENDERING),
                task_record(DELETED, TaskState.STOPPED, recycled=True),
            ),
        )
        add_user(room.url, "other", Role.OPERATOR)

    def flush(self, **what: object) -> None:
        """Change the farm as the engine does."""
        self._flushes += 1
        store = Store(self.room.url, owner="engine", chain=digest_of)
        store.acquire_lease(NOW, 60)
        store.apply(Flush(self._flushes, **what))  # type: ignore[arg-type]
        store.close()

    def door(self, login: str = "operator") -> FramesDoor:
        session = self.room.gateway.session(login)
        self._sessions.callback(session.close)
        return FramesDoor(session)

    def send(self, login: str = "operator", task: int = QUEUED) -> UploadSeen:
        """Send all frames."""
        with closing(UploadJournal(self._folder / f"{login}.db")) as journal:
            upload = Upload(self.door(login), journal, keys_of(login), patience_s=0)
            return upload.send(task, lambda: frame_files(self.frames, ()))

    def answer(self, command: int, *, applied: bool) -> None:
        """Answer a command as the engine does."""
        text = "2 frames taken by hand." if applied else "Nothing is good."
        self.flush(outcomes=(Outcome(command, applied, text, NOW, QUEUED, "中文"),))

    def close(self) -> None:
        self._sessions.close()


@pytest.fixture
def desks(room: Room, tmp_path: Path) -> Iterator[Desks]:
    made = Desks(room, tmp_path)
    yield made
    made.close()


@pytest.mark.parametrize(
    ("applied", "state"), [(True, TransferState.TAKEN_IN), (False, TransferState.REFUSED)]
)
def test_frames_are_handed_over_by_a_command_and_end_with_its_answer(
    desks: Desks, *, applied: bool, state: TransferState
) -> None:
    seen = desks.send()
    assert seen.state is TransferState.COMPLETE
    assert seen.command is not None
    with desks.room.database.reading() as connection:
        row = reports.outcome(connection, seen.command)
        kept = transfers.find(connection, bytes.fromhex(seen.id))
    assert (row.kind, row.issued_by) == ("take_sent_frames", "operator")
    assert kept is not None
    assert kept.kind is TransferKind.FRAMES
    inbox = desks.room.gateway.folder / "inbox" / seen.id
    desks.room.gateway.parts.uploads.tidy()
    assert inbox.exists()  # the engine has not taken them yet
    desks.answer(seen.command, applied=applied)
    desks.room.gateway.parts.uploads.tidy()
    ended = desks.door().find(seen.id)
    assert (ended.state, ended.reason_zh) == (state, "中文")
    assert not inbox.exists()
    begun = desks.door().begin(QUEUED)  # the next one
    assert begun.id != seen.id


def test_the_next_hand_in_need_not_wait_for_the_housekeeping(desks: Desks) -> None:
    seen = desks.send()
    with pytest.raises(Refused, match="has not ended"):
        desks.door("other").begin(QUEUED)
    assert seen.command is not None
    desks.answer(seen.command, applied=True)
    assert desks.door("other").begin(QUEUED).state is TransferState.OPEN


def test_an_abandoned_hand_in_stands_in_nobodys_way(desks: Desks) -> None:
    begun = desks.door().begin(QUEUED)
    desks.room.clock.turn(hours=11)
    with pytest.raises(Refused, match="has not ended"):
        desks.door("other").begin(QUEUED)
    desks.room.clock.turn(hours=2)
    assert desks.door("other").begin(QUEUED).state is TransferState.OPEN
    assert desks.door().find(begun.id).state is TransferState.CANCELLED


def test_only_the_staff_hand_in(desks: Desks) -> None:
    """A customer is told the same of a task that there is and of one that there is not."""
    told = set[str]()
    for task in (QUEUED, 99):
        with pytest.raises(Refused) as refused:
            desks.door("ann").begin(task)
        told.add(str(refused.value))
    assert len(told) == 1
    assert desks.send("boss").state is TransferState.COMPLETE


@pytest.mark.parametrize(
    ("task", "told"),
    [(RENDERING, "cannot be given frames"), (DELETED, "recycle queue"), (99, "no task 99")],
)
def test_a_task_that_takes_no_frames_says_so_before_anything_is_sent(
    desks: Desks, task: int, told: str
) -> None:
    with pytest.raises(Refused, match=told):
        desks.send(task=task)
    with desks.room.database.reading() as connection:
        assert transfers.of_task(connection, task) is None


def test_another_operators_hand_in_is_nobody_elses(desks: Desks) -> None:
    begun = desks.door().begin(QUEUED)
    for ask in (FramesDoor.find, FramesDoor.cancel):
        with pytest.raises(Refused, match="no such upload"):
            ask(desks.door("other"), begun.id)


@pytest.mark.parametrize(
    "wanted",
    [
        {"task_id": 1 << 63},
        {"task_id": -1},
        {"task_id": "1"},
        {"task_id": True},
        {"task_id": QUEUED, "kind": "scene"},
        {"task_id": QUEUED, "more": 1},
        {},
    ],
)
def test_a_wish_that_cannot_be_is_told_so(desks: Desks, wanted: dict[str, object]) -> None:
    header = desks.room.enter("operator")
    reply = desks.room.client.post("/transfers", json={"kind": "frames"} | wanted, headers=header)
    assert reply.status_code == 422
