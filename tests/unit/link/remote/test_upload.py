"""Uploads against a gateway without HTTP: broken lines, killed programs, files that change."""

import gc
import os
import threading
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from farmdesk.domain.errors import FarmUnavailable, Refused
from farmdesk.domain.transfers import TransferState
from farmdesk.gateway.arrivals import Arrivals
from farmdesk.gateway.run_writer import RunWriter
from farmdesk.link.remote import patience
from farmdesk.link.remote.package_changes import PackageChanges
from farmdesk.link.remote.patience import Paused
from farmdesk.link.remote.progress import Progress
from farmdesk.link.remote.source_files import SourceFile, UnreadableSource, source_files
from farmdesk.link.remote.upload import KeepsChanging, Upload
from farmdesk.link.remote.upload_journal import (
    AlreadyUploading,
    JournalFailed,
    PackageContents,
    UploadJournal,
)
from farmdesk.link.remote.upload_start import OtherKeys
from farmdesk.link.transfer_wire import FilesTold, Missing, UploadSeen
from farmdesk.security.content import digest_file
from farmdesk.security.manifest import Manifest
from farmdesk.security.sealed import SEGMENT, context
from farmdesk.security.sealed_files import open_file
from farmdesk.security.user_keys import SealedUse, UserKeys
from farmdesk.storage.inbox import Inbox

TASK = 7
LARGE = 5 * SEGMENT + 17


class LineBroke(FarmUnavailable):
    def __init__(self) -> None:
        super().__init__("The line broke.", "连接中断。")


class InboxDoor:
    """The gateway's side of uploads without HTTP: what arrives lies in an inbox, sealed.

    `breaks` are pieces of bodies after which the line breaks, counted over all; `seen` is each
    sealed segment that ever came, by number.
    """

    def __init__(self, root: Path) -> None:
        self.inbox = Inbox(root)
        self.transfer = os.urandom(16)
        self.state = TransferState.OPEN
        self.breaks: set[int] = set()
        self.at_piece: dict[int, Callable[[], None]] = {}
        self.seen: dict[int, set[bytes]] = {}
        self.bodies: list[weakref.ref[Iterator[memoryview]]] = []
        self.pieces = 0
        self.begun = 0
        self.away = 0  # questions that find nobody
        self._lock = threading.Lock()
        self.restart()

    def restart(self) -> None:
        self.arrivals = Arrivals(self.inbox, self.transfer)

    def begin(self, task_id: int) -> UploadSeen:
        assert task_id == TASK
        self.begun += 1
        if self.state is TransferState.CANCELLED:
            self.state, self.transfer = TransferState.OPEN, os.urandom(16)
            self.restart()
        return self._seen()

    def of_task(self, task_id: int) -> UploadSeen:
        return self._seen()

    def find(self, transfer: str) -> UploadSeen:
        return self._seen()

    def cancel(self, transfer: str) -> UploadSeen:
        self.state = TransferState.CANCELLED
        return self._seen()

    def tell_files(self, transfer: str, told: FilesTold) -> UploadSeen:
        self.arrivals.declare(told.first, told.sizes, told.dropped)
        return self._seen()

    def missing(self, transfer: str, first: int) -> Missing:
        return Missing(*self.arrivals.missing(first))

    def send_run(self, transfer: str, first: int, body: Iterator[memoryview]) -> None:
        self.bodies.append(weakref.ref(body))
        writer = RunWriter(self.arrivals)
        try:
            for number, piece in enumerate(body, first):
                self._take(writer, number, bytes(piece))
        finally:
            writer.settle()

    def _take(self, writer: RunWriter, number: int, piece: bytes) -> None:
        with self._lock:
            self.pieces += 1
            count = self.pieces
            self.seen.setdefault(number, set()).add(piece)
        if count in self.at_piece:
            self.at_piece[count]()
        if count in self.breaks:
            raise LineBroke
        half = len(piece) // 2
        writer.take(number, [memoryview(piece)[:half], memoryview(piece)[half:]])

    def send_manifest(self, transfer: str, sealed: bytes) -> UploadSeen:
        if self.state is not TransferState.OPEN:
            raise Refused("The upload has ended.", "上传已结束。")
        assert self.arrivals.missing() == ([], False)
        with self.arrivals.manifest() as part:
            part.write_bytes(sealed)
        self.arrivals.sweep_dropped()
        self.state = TransferState.COMPLETE
        return self._seen()

    def _seen(self) -> UploadSeen:
        if self.away:
            self.away -= 1
            raise LineBroke
        here, total = self.arrivals.bytes_here(), self.arrivals.bytes_total()
        return UploadSeen(self.transfer.hex(), TASK, self.state, 1, total, here)


class Customer:
    """A folder with a package, a journal, keys, and a way to the farm."""

    def __init__(self, root: Path, keys: UserKeys) -> None:
        self.root = root
        self.package = root / "package"
        self.package.mkdir()
        self.keys = keys
        self.door = InboxDoor(root / "farm")
        self.pause = threading.Event()
        self.progress = Progress()
        self.told: list[PackageChanges] = []

    def write(self, name: str, content: bytes, mtime_ns: int | None = None) -> None:
        path = self.package / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        if mtime_ns is not None:
            os.utime(path, ns=(mtime_ns, mtime_ns))

    def scan(self) -> list[SourceFile]:
        return source_files(self.package)

    def journal(self) -> UploadJournal:
        return UploadJournal(self.root / "state" / "upload.db")

    def upload(self, journal: UploadJournal, connections: int = 1) -> UploadSeen:
        upload = Upload(
            self.door,
            journal,
            self.keys,
            progress=self.progress,
            pause=self.pause,
            connections=connections,
            patience_s=0,
            tell=self.told.append,
        )
        return upload.send(TASK, self.scan)

    def send(self, connections: int = 1) -> UploadSeen:
        """Send as a new program would."""
        journal = self.journal()
        try:
            return self.upload(journal, connections)
        finally:
            journal.close()

    def arrived(self) -> dict[str, bytes]:
        """Open what is in the inbox, as the farm's intake does."""
        transfer, inbox = self.door.transfer, self.door.inbox
        plain = self.root / "opened"
        place = context(SealedUse.MANIFEST, transfer, 0, 1)
        manifest_key = self.keys.key_for(SealedUse.MANIFEST)
        open_file(inbox.manifest(transfer), plain, key=manifest_key, context=place)
        manifest = Manifest.parse(plain.read_bytes(), transfer=transfer)
        manifest.check_arrived(inbox.sealed_sizes(transfer))
        found = {}
        for entry in manifest.entries:
            if entry.file is None:
                found[entry.name] = b"same as " + (entry.same_as or "").encode()
                continue
            digest = open_file(
                inbox.sealed(transfer, entry.file),
                plain,
                key=self.keys.key_for(SealedUse.UPLOAD),
                context=context(SealedUse.UPLOAD, transfer, entry.file, 1),
                size=entry.size,
            )
            assert digest == entry.digest
            found[entry.name] = plain.read_bytes()
        return found

    def packed(self) -> dict[str, bytes]:
        return {file.name: file.path.read_bytes() for file in self.scan()}


@pytest.fixture(scope="session")
def keys() -> UserKeys:
    return UserKeys.make("ice", 1)


@pytest.fixture
def customer(tmp_path: Path, keys: UserKeys) -> Customer:
    customer = Customer(tmp_path, keys)
    customer.write("开幕/scene.blend", os.urandom(LARGE))
    customer.write("textures/ice.exr", os.urandom(2 * SEGMENT))
    customer.write("empty", b"")
    for number in range(5):
        customer.write(f"cache/{number}.vdb", os.urandom(number))
    return customer


@pytest.mark.parametrize("connections", [1, 4])
def test_a_folder_arrives_as_it_is(customer: Customer, connections: int) -> None:
    seen = customer.send(connections)
    assert seen.state is TransferState.COMPLETE
    assert customer.arrived() == customer.packed()
    standing = customer.progress.look()
    assert standing.done == standing.total == seen.bytes_total == seen.bytes_here
    assert standing.left_s == 0


def test_nothing_leaves_in_clear(customer: Customer) -> None:
    customer.write("secret.txt", b"the director's cut" * 100)
    customer.send()
    for pieces in customer.door.seen.values():
        assert not any(b"director" in piece for piece in pieces)
    for path in customer.door.inbox.transfer(customer.door.transfer).iterdir():
        assert b"director" not in path.read_bytes()
        assert b"secret.txt" not in path.read_bytes()


def test_each_break_costs_a_segment_at_most(customer: Customer) -> None:
    customer.door.breaks = {3, 5, 9}
    tries = 0
    while customer.door.state is TransferState.OPEN:
        tries += 1
        try:
            customer.send()
        except FarmUnavailable:
            customer.door.restart()  # what is noted on its disk is all that the farm knows
    assert tries == 4
    assert customer.door.begun == 1
    assert customer.arrived() == customer.packed()
    row = customer.door.arrivals.row
    assert customer.door.pieces == row.count + 3
    assert all(len(pieces) == 1 for pieces in customer.door.seen.values())


def test_patience_ends_where_the_farm_answers_and_nothing_gets_through(
    customer: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "FIRST_WAIT_S", 0.01)
    customer.door.breaks = set(range(300))  # as where the inbox is full
    journal = customer.journal()
    upload = Upload(customer.door, journal, customer.keys, patience_s=1, connections=1)
    with pytest.raises(LineBroke):
        upload.send(TASK, customer.scan)
    journal.close()


def test_a_farm_that_is_away_for_a_moment_is_waited_for(customer: Customer) -> None:
    journal = customer.journal()
    customer.door.away = 1
    customer.door.breaks = {4}
    upload = Upload(customer.door, journal, customer.keys, patience_s=60, connections=2)
    gc.disable()
    try:
        assert upload.send(TASK, customer.scan).state is TransferState.COMPLETE
    finally:
        gc.enable()
    assert all(body() is None for body in customer.door.bodies)  # each would keep 9 MiB
    assert customer.arrived() == customer.packed()
    journal.close()


def test_pause_and_resume(customer: Customer) -> None:
    customer.door.at_piece = {4: customer.pause.set}
    with pytest.raises(Paused):
        customer.send()
    sent = customer.door.pieces
    assert sent < customer.door.arrivals.row.count
    customer.pause.clear()
    customer.send()
    assert customer.door.pieces == customer.door.arrivals.row.count
    assert customer.arrived() == customer.packed()


def test_two_programs_cannot_send_one_task(customer: Customer) -> None:
    journal = customer.journal()
    with pytest.raises(AlreadyUploading):
        customer.send()
    journal.close()
    customer.send()


def _seeds(customer: Customer) -> dict[str, set[bytes]]:
    """Give the headers that sealed files began with, by content of the name in the journal."""
    journal = customer.journal()
    try:
        return {file.name: {file.seed.salt} for file in journal.files().values()}
    finally:
        journal.close()


@pytest.mark.parametrize("how", ["longer", "same length", "touched", "unseen"])
def test_a_file_that_changed_in_the_pause_begins_anew_with_a_new_seed(
    customer: Customer, how: str
) -> None:
    name = "开幕/scene.blend"
    before = customer.package / name
    mtime_ns = before.stat().st_mtime_ns
    customer.door.breaks = {11}  # in the scene
    with pytest.raises(FarmUnavailable):
        customer.send()
    old = _seeds(customer)
    content = before.read_bytes()
    if how == "longer":
        customer.write(name, content + b"x")
    elif how == "same length":
        customer.write(name, b"x" + content[1:], mtime_ns + 1)
    elif how == "touched":
        os.utime(before, ns=(mtime_ns + 1, mtime_ns + 1))
    else:  # only the digests can tell
        customer.write(name, os.urandom(LARGE), mtime_ns)
    customer.send()
    assert customer.arrived() == customer.packed()
    assert old[name].isdisjoint(_seeds(customer)[name])
    assert all(len(pieces) == 1 for pieces in customer.door.seen.values())
    others = {key: seed for key, seed in old.items() if key != name}
    assert {key: seed for key, seed in _seeds(customer).items() if key != name} == others


def test_a_file_that_changes_while_it_is_sent(customer: Customer) -> None:
    name = "textures/ice.exr"
    customer.door.at_piece = {2: lambda: customer.write(name, os.urandom(3 * SEGMENT))}
    customer.send()
    assert customer.arrived() == customer.packed()


def test_files_that_never_rest_are_told(customer: Customer) -> None:
    def disturb() -> None:
        customer.write("textures/ice.exr", os.urandom(100))

    customer.door.at_piece = dict.fromkeys(range(1, 1000), disturb)
    with pytest.raises(KeepsChanging):
        customer.send()


def test_files_that_came_and_went_in_the_pause(customer: Customer) -> None:
    customer.door.breaks = {8}
    with pytest.raises(FarmUnavailable):
        customer.send()
    (customer.package / "cache" / "3.vdb").unlink()
    customer.write("new.txt", b"new")
    customer.write("textures/ice.exr", os.urandom(100))
    assert customer.told == []  # of the first time
    customer.send()
    assert customer.arrived() == customer.packed()
    assert customer.told == [PackageChanges(["textures/ice.exr"], ["cache/3.vdb"], ["new.txt"])]


def test_nothing_is_told_of_a_folder_that_rested_in_the_pause(customer: Customer) -> None:
    customer.door.breaks = {8}
    with pytest.raises(FarmUnavailable):
        customer.send()
    customer.door.at_piece = {
        9: lambda: customer.write("textures/ice.exr", os.urandom(3 * SEGMENT))
    }
    customer.send()  # and what changes under way is no matter of the pause
    assert customer.arrived() == customer.packed()
    assert customer.told == []


def test_nothing_is_told_of_files_that_a_cancelled_upload_had(customer: Customer) -> None:
    customer.door.breaks = {8}
    with pytest.raises(FarmUnavailable):
        customer.send()
    (customer.package / "cache" / "3.vdb").unlink()
    customer.door.state = TransferState.CANCELLED
    customer.send()
    assert customer.arrived() == customer.packed()
    assert customer.told == []


def _next_version(
    customer: Customer, folder: Path, keys: UserKeys
) -> tuple[Customer, PackageContents]:
    """Send a package; give who sends the next one, and what it is compared with."""
    customer.send()
    journal = customer.journal()
    contents = journal.contents()
    journal.close()
    again = folder / "again"
    again.mkdir()
    return Customer(again, keys), contents


def test_what_did_not_travel_and_changes_in_the_pause_is_told_too(
    customer: Customer, tmp_path: Path, keys: UserKeys
) -> None:
    second, previous = _next_version(customer, tmp_path, keys)
    name = "开幕/scene.blend"
    second.write(name, customer.packed()[name])
    second.write("new.txt", b"new")
    journal = second.journal()
    second.door.breaks = {1}
    with pytest.raises(FarmUnavailable):
        Upload(second.door, journal, keys, previous=previous, patience_s=0).send(TASK, second.scan)
    second.write(name, b"another scene")
    second.upload(journal)
    journal.close()
    assert second.told == [PackageChanges([name], [], [])]


def test_an_answer_that_was_lost_is_asked_for(customer: Customer) -> None:
    whole = customer.door.send_manifest

    def lost(transfer: str, sealed: bytes) -> UploadSeen:
        whole(transfer, sealed)
        customer.door.send_manifest = whole  # type: ignore[method-assign]
        raise LineBroke

    customer.door.send_manifest = lost  # type: ignore[method-assign]
    with pytest.raises(FarmUnavailable):
        customer.send()
    assert customer.send().state is TransferState.COMPLETE


def test_other_keys_than_it_began_with_are_told(customer: Customer) -> None:
    customer.keys = UserKeys(
        "ice", 2, signing=customer.keys.signing, user_key=customer.keys.user_key
    )
    with pytest.raises(OtherKeys, match="version 1"):
        customer.send()


def test_what_the_previous_version_had_does_not_travel(
    customer: Customer, tmp_path: Path, keys: UserKeys
) -> None:
    second, previous = _next_version(customer, tmp_path, keys)
    for name, content in customer.packed().items():
        second.write(name, content)
    second.write("textures/ice.exr", os.urandom(2 * SEGMENT))  # same length, other bytes
    (second.package / "开幕/scene.blend").rename(second.package / "renamed.blend")
    journal = second.journal()
    Upload(second.door, journal, keys, previous=previous).send(TASK, second.scan)
    kept = journal.contents()
    journal.close()
    arrived = second.arrived()
    assert arrived["textures/ice.exr"] == second.packed()["textures/ice.exr"]
    assert arrived["renamed.blend"] == "same as 开幕/scene.blend".encode()
    assert set(second.door.inbox.sealed_sizes(second.door.transfer)) == {0}
    assert kept.names[digest_file(second.package / "renamed.blend")] == "renamed.blend"


def test_an_upload_that_was_not_whole_is_no_previous_version(customer: Customer) -> None:
    customer.door.breaks = {4}
    with pytest.raises(FarmUnavailable):
        customer.send()
    journal = customer.journal()
    assert not journal.contents().names
    journal.close()


def test_a_full_disk_of_the_customers_is_told_and_nothing_half_is_noted(
    customer: Customer,
) -> None:
    journal = customer.journal()
    room = journal._db.execute("PRAGMA page_count").fetchone()[0]
    journal._db.execute(f"PRAGMA max_page_count = {room}")  # as on a full disk
    with pytest.raises(JournalFailed, match="No space left") as told:
        journal.note({number: bytes(32) for number in range(10_000)})
    assert "磁盘空间已满" in told.value.zh
    assert journal.digest(0) is None
    journal.close()
    customer.send()
    assert customer.arrived() == customer.packed()


def test_a_journal_that_cannot_be_opened_is_not_taken_for_one_in_use(tmp_path: Path) -> None:
    (tmp_path / "damaged.db").write_bytes(b"no tables" * 100)
    (tmp_path / "folder.db").mkdir()
    for place in ("damaged.db", "folder.db", "damaged.db/upload.db"):
        with pytest.raises(JournalFailed):
            UploadJournal(tmp_path / place)


def test_a_file_that_may_not_be_read_is_named(
    customer: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Path.open

    def forbidden(path: Path, *args: object, **more: object) -> object:
        if path.name == "ice.exr":
            raise PermissionError(13, "Permission denied")
        return real(path, *args, **more)  # type: ignore[call-overload]

    monkeypatch.setattr(Path, "open", forbidden)
    with pytest.raises(UnreadableSource, match=r"ice\.exr.*Permission denied"):
        customer.send()
