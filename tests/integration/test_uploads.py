"""Uploads through a real gateway over TLS, and what may go wrong on the way."""

import errno
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

import pytest

from farmdesk.db import audit, transfers
from farmdesk.db.database import open_database
from farmdesk.db.store import Store
from farmdesk.domain.errors import FarmUnavailable, Refused
from farmdesk.domain.records import Flush
from farmdesk.domain.states import TaskState
from farmdesk.domain.transfers import TransferState
from farmdesk.gateway import run_writer
from farmdesk.gateway.run_writer import write_pieces_at
from farmdesk.link.direct import DirectLink
from farmdesk.link.remote.session import RemoteSession, log_in
from farmdesk.link.remote.source_files import source_files
from farmdesk.link.remote.transfer_door import TransferDoor
from farmdesk.link.remote.upload import Upload
from farmdesk.link.remote.upload_journal import UploadJournal
from farmdesk.link.transfer_wire import FilesTold, UploadSeen
from farmdesk.link.wire import LoginNeeded
from farmdesk.security.audit_chain import digest_of
from farmdesk.security.content import DIGEST, segment_digest
from farmdesk.security.manifest import Manifest
from farmdesk.security.sealed import SEGMENT, context
from farmdesk.security.sealed_files import open_file
from farmdesk.security.user_keys import SealedUse
from farmdesk.storage.inbox import Inbox
from tests.dying_upload import Order
from tests.farm import wait_until
from tests.gateways import RunningGateway, add_user, keys_of
from tests.samples import NOW, task_record
from tests.transfer_farm import CUSTOMER, farm_with_uploads, gateway_process, set_quota

QUOTA = 20 * SEGMENT
FULL = "storage is full"


class Desk:
    """A customer with a package, before a gateway."""

    def __init__(self, gateway: RunningGateway, url: str, folder: Path) -> None:
        self.gateway, self.url, self.folder = gateway, url, folder
        self.inbox = Inbox(gateway.folder)
        self.package = folder / "package"
        self.package.mkdir()
        self._sessions: list[RemoteSession] = []
        self.door = TransferDoor(self.session())

    def session(self, login: str = CUSTOMER) -> RemoteSession:
        return self.closed(RemoteSession.begin(self.gateway.door(), keys_of(login)))

    def closed(self, session: RemoteSession) -> RemoteSession:
        self._sessions.append(session)
        return session

    def close(self) -> None:
        for session in self._sessions:
            session.close()

    def write(self, name: str, content: bytes) -> None:
        (self.package / name).write_bytes(content)

    def upload(self, task_id: int = 1, patience_s: float = 0) -> UploadSeen:
        journal = UploadJournal(self.folder / f"{task_id}.db")
        try:
            upload = Upload(
                self.door, journal, keys_of(CUSTOMER), connections=2, patience_s=patience_s
            )
            return upload.send(task_id, lambda: source_files(self.package))
        finally:
            journal.close()

    def opened(self, seen: UploadSeen) -> dict[str, bytes]:
        """Open what lies in the inbox."""
        transfer, plain = bytes.fromhex(seen.id), self.folder / "opened"
        place = context(SealedUse.MANIFEST, transfer, 0, 1)
        manifest_key = keys_of(CUSTOMER).key_for(SealedUse.MANIFEST)
        open_file(self.inbox.manifest(transfer), plain, key=manifest_key, context=place)
        manifest = Manifest.parse(plain.read_bytes(), transfer=transfer)
        manifest.check_arrived(self.inbox.sealed_sizes(transfer))
        found = {}
        for entry in manifest.entries:
            assert entry.file is not None
            place = context(SealedUse.UPLOAD, transfer, entry.file, 1)
            sealed, key = (
                self.inbox.sealed(transfer, entry.file),
                keys_of(CUSTOMER).key_for(SealedUse.UPLOAD),
            )
            open_file(sealed, plain, key=key, context=place)
            found[entry.name] = plain.read_bytes()
        return found

    def packed(self) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in self.package.iterdir()}

    def commands(self) -> list[tuple[str, str]]:
        link = DirectLink(self.url, issued_by="operator")
        try:
            return [(row.kind, row.issued_by) for row in link.commands()]
        finally:
            link.close()


@pytest.fixture
def desk(gateway: RunningGateway, sqlite_url: str, tmp_path: Path) -> Iterator[Desk]:
    farm_with_uploads(sqlite_url, 2, quota_bytes=QUOTA)
    add_user(sqlite_url, "rival")
    gateway.serve(sqlite_url)
    desk = Desk(gateway, sqlite_url, tmp_path)
    desk.write("scene.blend", os.urandom(3 * SEGMENT + 5))
    desk.write("空.exr", b"")
    desk.write("ice.exr", os.urandom(1000))
    yield desk
    desk.close()


def test_a_package_goes_up_and_its_task_is_handed_over(desk: Desk) -> None:
    seen = desk.upload()
    assert seen.state is TransferState.COMPLETE
    assert seen.bytes_here == seen.bytes_total
    assert desk.opened(seen) == desk.packed()
    assert desk.commands() == [("take_package", CUSTOMER)]
    assert desk.upload().state is TransferState.COMPLETE  # asked again, it is done
    assert len(desk.commands()) == 1


def test_a_task_has_one_upload_at_a_time(desk: Desk) -> None:
    first = desk.door.begin(1)
    with pytest.raises(Refused, match="Another upload"):
        desk.door.begin(1)
    assert desk.door.of_task(1) == first
    assert desk.door.begin(2).id != first.id
    assert desk.door.cancel(first.id).state is TransferState.CANCELLED
    assert desk.door.begin(1).id != first.id


def test_an_upload_that_was_killed_at_its_beginning_keeps_nobody_out(desk: Desk) -> None:
    unknown = desk.door.begin(1)  # no journal has heard the answer
    seen = desk.upload()
    assert seen.state is TransferState.COMPLETE
    assert desk.opened(seen) == desk.packed()
    assert desk.door.find(unknown.id).state is TransferState.CANCELLED


def test_an_upload_of_a_farm_that_was_set_up_anew_keeps_nobody_out(desk: Desk) -> None:
    journal = UploadJournal(desk.folder / "1.db")  # tasks begin at 1 again
    journal.begin(os.urandom(16), 1)
    journal.close()
    assert desk.upload().state is TransferState.COMPLETE


def test_a_cancelled_upload_leaves_nothing_and_takes_nothing(desk: Desk) -> None:
    seen = desk.door.begin(1)
    desk.door.tell_files(seen.id, FilesTold(0, [100], []))
    desk.door.send_run(seen.id, 0, iter([_frame(os.urandom(100))]))
    assert desk.inbox.sealed_sizes(bytes.fromhex(seen.id)) == {0: 100}
    desk.door.cancel(seen.id)
    assert not desk.inbox.transfer(bytes.fromhex(seen.id)).exists()
    with pytest.raises(Refused, match="cancelled"):
        desk.door.send_run(seen.id, 0, iter([_frame(os.urandom(100))]))


def test_a_package_that_was_handed_over_is_the_engine_s(desk: Desk) -> None:
    seen = desk.upload()
    assert desk.door.cancel(seen.id).state is TransferState.COMPLETE
    for ask in (
        lambda: desk.door.tell_files(seen.id, FilesTold(0, [], [0])),
        lambda: desk.door.send_run(seen.id, 0, iter([_frame(b"x" * 100)])),
        lambda: desk.door.send_manifest(seen.id, b"x" * 100),
    ):
        with pytest.raises(Refused, match="ended"):
            ask()
    desk.gateway.parts.uploads.tidy()
    assert desk.opened(seen) == desk.packed()


def test_an_upload_ends_when_its_task_is_deleted_for_good(desk: Desk) -> None:
    seen = desk.door.begin(1)
    desk.door.tell_files(seen.id, FilesTold(0, [100], []))
    desk.door.send_run(seen.id, 0, iter([_frame(os.urandom(100))]))
    store = Store(desk.url, owner="engine", chain=digest_of)
    store.acquire_lease(NOW, 60)
    purged = replace(task_record(1, TaskState.UPLOADING, recycled=True), purged=True)
    store.apply(Flush(2, tasks=(purged,)))
    store.close()
    desk.gateway.parts.uploads.tidy()
    ended = desk.door.find(seen.id)
    assert (ended.state, ended.reason) == (
        TransferState.CANCELLED,
        "Its task was deleted for good.",
    )
    assert not desk.inbox.transfer(bytes.fromhex(seen.id)).exists()
    with pytest.raises(Refused, match="purged"):
        desk.door.begin(1)


def test_uploads_are_in_the_audit_log(desk: Desk) -> None:
    called_back = desk.door.begin(1)
    for _ in range(2):
        desk.door.cancel(called_back.id)
    seen = desk.upload()
    database = open_database(desk.url)
    with database.reading() as connection:
        records = [record for record in audit.read(connection) if "upload" in record.action]
    database.close()
    assert {(record.actor, record.subject) for record in records} == {(CUSTOMER, "task 1")}
    assert [(record.action, record.detail.split(",")[0]) for record in records] == [
        ("upload_begun", called_back.id),
        ("upload_cancelled", called_back.id),
        ("upload_begun", seen.id),
        ("upload_completed", seen.id),
    ]


def test_other_customers_see_no_upload_but_their_own(desk: Desk) -> None:
    """What they ask for would do, were the upload theirs."""
    frame = _frame(os.urandom(100))
    empty, seen = desk.door.begin(2), desk.door.begin(1)
    told = FilesTold(0, [100], [])
    seen = desk.door.tell_files(seen.id, told)
    rival = TransferDoor(desk.session("rival"))
    for ask in (
        lambda: rival.of_task(1),
        lambda: rival.find(seen.id),
        lambda: rival.missing(seen.id, 0),
        lambda: rival.tell_files(seen.id, told),
        lambda: rival.send_run(seen.id, 0, iter([frame])),
        lambda: rival.send_manifest(empty.id, b"x" * 100),
        lambda: rival.cancel(seen.id),
    ):
        with pytest.raises(Refused, match="no such upload"):
            ask()
    assert desk.door.find(seen.id) == seen
    assert desk.door.missing(seen.id, 0).ranges == [(0, 1)]
    desk.door.cancel(seen.id)
    for task_id in (1, 99):
        with pytest.raises(Refused, match=f"no task {task_id}"):
            rival.begin(task_id)


def test_an_upload_begins_with_a_fresh_login(desk: Desk) -> None:
    told = desk.session()
    without_keys = desk.closed(RemoteSession(desk.gateway.door(), told.user, told._token))
    desk.gateway.clock.turn(minutes=6)
    with pytest.raises(LoginNeeded, match="fresh"):
        TransferDoor(without_keys).begin(1)
    assert desk.door.begin(1).state is TransferState.OPEN  # it has the keys, and logs in anew


def test_a_session_that_ends_in_the_middle_is_renewed(desk: Desk) -> None:
    seen = desk.door.begin(1)
    desk.door.tell_files(seen.id, FilesTold(0, [100], []))
    desk.gateway.clock.turn(hours=9)
    frame = _frame(os.urandom(100))
    with pytest.raises(FarmUnavailable, match="renewed"):
        desk.door.send_run(seen.id, 0, iter([frame]))
    desk.door.send_run(seen.id, 0, iter([frame]))
    assert desk.door.missing(seen.id, 0).ranges == []


def test_over_the_quota_nothing_travels(desk: Desk) -> None:
    desk.write("large.exr", bytes(QUOTA))
    with pytest.raises(Refused, match="This package takes"):
        desk.upload()
    (desk.package / "large.exr").unlink()
    assert desk.upload().state is TransferState.COMPLETE
    desk.write("large.exr", bytes(QUOTA - 5 * SEGMENT))
    with pytest.raises(Refused, match="your other ones"):  # the first package is in the inbox
        desk.upload(2)


def test_a_quota_counts_each_file_once_and_to_the_byte(desk: Desk) -> None:
    seen = desk.door.begin(1)
    for _ in range(2):
        desk.door.tell_files(seen.id, FilesTold(0, [QUOTA - 100, 100], []))
    with pytest.raises(Refused, match="quota"):
        desk.door.tell_files(seen.id, FilesTold(2, [56], []))
    desk.door.tell_files(seen.id, FilesTold(2, [100], [1]))  # in the place of one that is dropped
    assert desk.door.find(seen.id).bytes_total == QUOTA


def test_a_disk_needs_room_for_what_is_still_to_come(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = desk.door.begin(1)
    desk.door.tell_files(seen.id, FilesTold(0, [SEGMENT], []))
    desk.door.send_run(seen.id, 0, iter([_frame(os.urandom(SEGMENT))]))
    monkeypatch.setattr(Inbox, "free_bytes", lambda _inbox: 3 * SEGMENT)
    with pytest.raises(FarmUnavailable, match=FULL) as told:
        desk.door.tell_files(seen.id, FilesTold(1, [4 * SEGMENT], []))
    assert "4.2 MB are still to come, and 3.1 MB are free there" in told.value.en
    assert "尚需 4.2 MB，剩余空间 3.1 MB" in told.value.zh
    monkeypatch.setattr(Inbox, "free_bytes", lambda _inbox: 100)
    assert desk.door.tell_files(seen.id, FilesTold(1, [100], [])).bytes_total == SEGMENT + 100


def test_a_full_inbox_is_told_and_loses_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    writes = list[int]()

    def full(file: BinaryIO, start: int, pieces: Sequence[memoryview]) -> None:
        writes.append(start)
        if len(writes) > 2:
            raise OSError(errno.ENOSPC, "No space left on device")
        write_pieces_at(file, start, pieces)

    monkeypatch.setattr(run_writer, "write_pieces_at", full)
    with pytest.raises(FarmUnavailable, match=FULL):
        desk.upload()
    monkeypatch.undo()
    seen = desk.upload()
    assert desk.opened(seen) == desk.packed()


def test_an_inbox_that_fills_up_under_way_is_told_with_what_it_lacks(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(file: BinaryIO, start: int, pieces: Sequence[memoryview]) -> None:
        if start:
            raise OSError(errno.ENOSPC, "No space left on device")
        write_pieces_at(file, start, pieces)

    seen = desk.door.begin(1)
    desk.door.tell_files(seen.id, FilesTold(0, [3 * SEGMENT], []))
    monkeypatch.setattr(run_writer, "write_pieces_at", full)
    monkeypatch.setattr(Inbox, "free_bytes", lambda _inbox: 1_234_567)
    frames = [_frame(os.urandom(SEGMENT)) for _ in range(3)]
    with pytest.raises(FarmUnavailable, match=FULL) as told:
        desk.door.send_run(seen.id, 0, iter(frames))
    assert "2.1 MB are still to come, and 1.2 MB are free there" in told.value.en


def test_more_than_the_disk_holds_is_refused_before_it_travels(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Inbox, "free_bytes", lambda _inbox: SEGMENT)
    with pytest.raises(FarmUnavailable, match=FULL):
        desk.upload()
    assert desk.door.of_task(1).bytes_here == 0


@pytest.mark.parametrize("how", ["digest", "bytes"])
def test_a_segment_that_was_damaged_on_the_way_is_not_taken(desk: Desk, how: str) -> None:
    seen = desk.door.begin(1)
    desk.door.tell_files(seen.id, FilesTold(0, [2 * SEGMENT], []))
    good, bad = _frame(os.urandom(SEGMENT)), bytearray(_frame(os.urandom(SEGMENT)))
    bad[0 if how == "digest" else -1] ^= 1
    with pytest.raises(FarmUnavailable, match="damaged on the way"):
        desk.door.send_run(seen.id, 0, iter([good, memoryview(bad)]))
    assert desk.door.missing(seen.id, 0).ranges == [(1, 2)]


def test_a_segment_never_gets_other_bytes(desk: Desk) -> None:
    seen = desk.door.begin(1)
    desk.door.tell_files(seen.id, FilesTold(0, [100], []))
    frame = _frame(os.urandom(100))
    desk.door.send_run(seen.id, 0, iter([frame]))
    desk.door.send_run(seen.id, 0, iter([frame]))
    with pytest.raises(Refused, match="other bytes"):
        desk.door.send_run(seen.id, 0, iter([_frame(os.urandom(100))]))
    assert desk.inbox.sealed(bytes.fromhex(seen.id), 0).read_bytes() == frame[DIGEST:]


@pytest.mark.parametrize(
    ("first", "body"),
    [(0, b"x"), (0, b"x" * 131), (0, b"x" * 133), (1, b"x" * 132), (9, b"x"), (0, b"")],
)
def test_a_body_that_is_no_run_is_refused(desk: Desk, first: int, body: bytes) -> None:
    seen = desk.door.begin(1)
    desk.door.tell_files(seen.id, FilesTold(0, [100], []))
    if body:
        with pytest.raises((Refused, FarmUnavailable)):
            desk.door.send_run(seen.id, first, iter([memoryview(body)]))
    else:
        desk.door.send_run(seen.id, first, iter([]))
    assert desk.door.missing(seen.id, 0).ranges == [(0, 1)]


@pytest.mark.parametrize(
    "told",
    [
        FilesTold(1, [100], []),
        FilesTold(0, [100], [1]),
        FilesTold(0, [100], [-1]),
        FilesTold(0, [0], []),
        FilesTold(0, [55], []),
        FilesTold(0, [-1], []),
        FilesTold(0, [1 << 62], []),
        FilesTold(0, [100] * 200_001, []),
        FilesTold(-1, [100], []),
        FilesTold(1 << 62, [100], []),
    ],
    ids=range(10),
)
def test_files_that_cannot_be_are_refused(desk: Desk, told: FilesTold) -> None:
    seen = desk.door.begin(1)
    with pytest.raises(Refused):
        desk.door.tell_files(seen.id, told)
    assert desk.door.missing(seen.id, 0).ranges == []


def test_uploads_that_are_told_of_at_once_share_one_quota(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    both = threading.Barrier(2)

    def room(_inbox: Inbox) -> int:
        with suppress(threading.BrokenBarrierError):
            both.wait(0.5)  # for the other one, should it be let in as well
        return 1 << 40

    monkeypatch.setattr(Inbox, "free_bytes", room)
    seen = [desk.door.begin(task_id) for task_id in (1, 2)]
    # behind its pages, which let a user's large requests in one after the other for another reason
    parts, told = desk.gateway.parts, FilesTold(0, [QUOTA - SEGMENT], [])
    door = desk.gateway.door()
    caller = parts.sessions.caller(log_in(door, keys_of(CUSTOMER)).token)
    door.close()

    def tell(number: int) -> bool:
        try:
            parts.uploads.tell_files(caller, bytes.fromhex(seen[number].id), told)
        except Refused:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(tell, range(2))) == [False, True]


def test_files_are_told_once(desk: Desk) -> None:
    seen = desk.door.begin(1)
    for _ in range(2):
        desk.door.tell_files(seen.id, FilesTold(0, [100, 200], []))
    desk.door.send_run(seen.id, 0, iter([_frame(os.urandom(100))]))
    assert desk.door.tell_files(seen.id, FilesTold(1, [200, 300], [0])).bytes_total == 500
    transfer = bytes.fromhex(seen.id)
    assert not desk.inbox.sealed_sizes(transfer)  # what was dropped is deleted at once
    with pytest.raises(Refused, match="not those"):
        desk.door.tell_files(seen.id, FilesTold(0, [100, 201], []))
    assert desk.door.missing(seen.id, 0).ranges == [(1, 3)]
    desk.door.send_run(seen.id, 1, iter([_frame(os.urandom(size)) for size in (200, 300)]))
    desk.inbox.sealed(transfer, 0).write_bytes(b"late")  # by a request of before it was dropped
    assert desk.door.send_manifest(seen.id, b"x" * 100).state is TransferState.COMPLETE
    assert desk.inbox.sealed_sizes(transfer).keys() == {1, 2}


def test_a_manifest_before_everything_is_here_completes_nothing(desk: Desk) -> None:
    seen = desk.door.begin(1)
    desk.door.tell_files(seen.id, FilesTold(0, [100], []))
    with pytest.raises(Refused, match="missing"):
        desk.door.send_manifest(seen.id, b"x" * 100)
    assert desk.door.find(seen.id).state is TransferState.OPEN
    assert not desk.inbox.manifest(bytes.fromhex(seen.id)).exists()  # no quota counts it
    assert desk.commands() == []


def test_an_upload_whose_owner_is_locked_out_ends_at_once(desk: Desk) -> None:
    seen = desk.door.begin(1)
    desk.door.tell_files(seen.id, FilesTold(0, [2 * SEGMENT], []))
    database = open_database(desk.url)

    def body() -> Iterator[memoryview]:
        yield _frame(os.urandom(SEGMENT))
        with database.writing() as connection:
            mine = transfers.find(connection, bytes.fromhex(seen.id))
            assert mine is not None
            transfers.cancel_of_user(
                connection,
                mine.user_id,
                now=mine.made_at,
                reason="Suspended.",
                reason_zh="已停用。",
            )
        yield _frame(os.urandom(SEGMENT))

    with pytest.raises(Refused, match="Suspended"):
        desk.door.send_run(seen.id, 0, body())
    with pytest.raises(Refused, match="Suspended"):
        desk.door.send_run(seen.id, 0, iter([_frame(os.urandom(SEGMENT))]))
    database.close()
    gone = desk.inbox.transfer(bytes.fromhex(seen.id))
    wait_until(lambda: not gone.exists(), "the gateway's housekeeping")


def test_a_gateway_killed_in_the_middle_loses_nothing_that_it_noted(tmp_path: Path) -> None:
    package = tmp_path / "package"
    package.mkdir()
    (package / "scene.blend").write_bytes(os.urandom(40 * SEGMENT))
    (tmp_path / "farm").mkdir()
    with gateway_process(tmp_path / "farm") as gateway:
        session = gateway.session()
        door = _KillingDoor(session, gateway.kill, after=20)
        journal = UploadJournal(tmp_path / "upload.db")
        upload = Upload(door, journal, keys_of(CUSTOMER), connections=1, patience_s=0)
        with pytest.raises(FarmUnavailable):
            upload.send(1, lambda: source_files(package))
        gateway.start()
        sent = door.sent
        upload = Upload(door, journal, keys_of(CUSTOMER), connections=1, patience_s=60)
        seen = upload.send(1, lambda: source_files(package))
        assert seen.state is TransferState.COMPLETE
        assert 20 <= sent < 40  # what is sent to one who has just died may not be refused at once
        journal.close()
        session.close()


@pytest.mark.parametrize("changed", [False, True])
def test_a_client_killed_in_the_middle_goes_on_where_it_was(desk: Desk, changed: bool) -> None:
    large = os.urandom(70 * SEGMENT)
    desk.write("large.exr", large)
    set_quota(desk.url, CUSTOMER, 200 * SEGMENT)
    order = Order.of(
        keys_of(CUSTOMER),
        url=desk.gateway.url,
        authority=desk.gateway.authority,
        package=str(desk.package),
        journal=str(desk.folder / "1.db"),
        segments=50,
    )
    argv = [sys.executable, "-m", "tests.dying_upload"]
    assert subprocess.run(argv, input=order.to_json().encode()).returncode == -signal.SIGKILL
    transfer = bytes.fromhex(desk.door.of_task(1).id)
    if changed:
        desk.write("large.exr", large[:-1] + b"x")
    seen = desk.upload()
    assert bytes.fromhex(seen.id) == transfer
    assert desk.opened(seen) == desk.packed()
    assert len(desk.inbox.sealed_sizes(transfer)) == len(desk.packed())


class _KillingDoor(TransferDoor):
    """Kills the gateway once, after so many segments."""

    def __init__(self, session: RemoteSession, kill: Callable[[], None], *, after: int) -> None:
        super().__init__(session)
        self._kill, self._after = kill, after
        self.sent = 0

    def send_run(self, transfer: str, first: int, body: Iterator[memoryview]) -> None:
        def counted() -> Iterator[memoryview]:
            for piece in body:
                self.sent += 1
                if self.sent == self._after:
                    self._kill()
                yield piece

        super().send_run(transfer, first, counted())


def _frame(sealed: bytes) -> memoryview:
    return memoryview(segment_digest(sealed) + sealed)
