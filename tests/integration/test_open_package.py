"""Scene packages opened by the real program: sealed files in an inbox, a folder on the storage."""

import json
import os
import queue
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

from farmdesk.domain.accounts import KeyRecord, KeyState
from farmdesk.domain.errors import FarmUnavailable, Refused
from farmdesk.domain.frames import FrameSet
from farmdesk.domain.transfers import UNENDED, Transfer, TransferKind, TransferState
from farmdesk.engine.hand_ins import HandIn
from farmdesk.engine.intake import Package
from farmdesk.engine.open_package import OpenOrder
from farmdesk.engine.opener import Opener
from farmdesk.engine.posts import PackageOpened
from farmdesk.engine.sent_frames import RETRY_S, SentFrames
from farmdesk.engine.unsealer import Unsealer
from farmdesk.engine.workspace import Workspace
from farmdesk.security.content import digest_file
from farmdesk.security.manifest import MAX_FILES, Entry, Manifest
from farmdesk.security.master_key import write_master_keys
from farmdesk.security.sealed import SEGMENT, context
from farmdesk.security.sealed_files import seal_file
from farmdesk.security.user_keys import SealedUse, key_for
from farmdesk.security.vault import Purpose, Vault, load_vault
from farmdesk.storage.inbox import Inbox

NOW = datetime(2026, 2, 4, 12, tzinfo=UTC)
TRANSFER = bytes(range(16))
SCENE = "镜头 1/开幕 式.blend"
FILES = {
    SCENE: b"BLENDER" * 9,
    "textures/ice.exr": os.urandom(2 * SEGMENT + 7),
    "empty": b"",
    "caches/雪/深/1.vdb": b"1",
}
WAIT_S = 60


class FakePackages:
    """One upload of a user whose keys are wrapped in a vault."""

    def __init__(self) -> None:
        self.user_key = os.urandom(32)
        self.vault = Vault.make()
        self.quota_bytes = 1 << 60
        self.transfer = Transfer(
            TRANSFER, 5, 7, 2, 0, 0, TransferState.COMPLETE, made_at=NOW, touched_at=NOW
        )

    def find(self, transfer: bytes) -> Transfer | None:
        return self.transfer if transfer == self.transfer.id else None

    def key(self, user_id: int, version: int) -> KeyRecord | None:
        assert (user_id, version) == (5, 2)
        wrapped = self.vault.wrap(self.user_key, Purpose.USER_KEY, user_id=5, version=2)
        return KeyRecord(5, 2, "f", "pem", b"", wrapped, KeyState.ACTIVE, NOW)

    def quota(self, user_id: int) -> int:
        assert user_id == 5
        return self.quota_bytes

    def end(
        self, transfer: bytes, state: TransferState, *, en: str, zh: str, now: datetime
    ) -> bool:
        assert transfer == self.transfer.id
        if self.transfer.state not in UNENDED:
            return False
        self.transfer = replace(self.transfer, state=state, reason=en, reason_zh=zh)
        return True


class Bench:
    """A farm folder, an upload in its inbox, and an opener."""

    def __init__(self, root: Path) -> None:
        self.workspace = Workspace(root / "渲染 农场")
        self.inbox = Inbox(self.workspace.root)
        self.packages = FakePackages()
        self.posts: queue.SimpleQueue[PackageOpened] = queue.SimpleQueue()
        self.unsealer = Unsealer(self.packages, lambda: self.packages.vault, self.workspace.root)
        self.opener = Opener(self.unsealer, self.workspace, self.posts.put)
        self.plain = root / "plain"
        self.plain.mkdir()

    def fill(self, files: Mapping[str, bytes], *extra: Entry, said: Mapping[str, int] = {}) -> None:
        """Lay a package into the inbox; `said`: sizes that the manifest tells otherwise."""
        self.inbox.transfer(TRANSFER).mkdir(parents=True)
        entries = list(extra)
        for number, (name, content) in enumerate(files.items()):
            source = self.plain / "file"
            source.write_bytes(content)
            self.seal(source, self.inbox.sealed(TRANSFER, number), SealedUse.UPLOAD, number)
            size = said.get(name, len(content))
            entries.append(Entry(name, size, 1_700_000_000_000, digest_file(source), number))
        manifest = self.plain / "manifest"
        manifest.write_bytes(Manifest(TRANSFER, entries).to_bytes())
        self.seal(manifest, self.inbox.manifest(TRANSFER), SealedUse.MANIFEST, 0)

    def seal(self, source: Path, target: Path, use: SealedUse, number: int) -> None:
        key = key_for(self.packages.user_key, use)
        seal_file(source, target, key=key, context=context(use, TRANSFER, number, 2))

    def open(
        self,
        *,
        scene: str = SCENE,
        previous: int | None = None,
        transfer: str = TRANSFER.hex(),
    ) -> PackageOpened:
        path = str(self.workspace.scene(7) / scene)
        self.opener.begin(Package(7, transfer, path, previous))
        return self.posts.get(timeout=WAIT_S)

    @property
    def found(self) -> dict[str, bytes] | None:
        """What lies in the task's scene folder; None when there is none."""
        folder = self.workspace.scene(7)
        if not folder.exists():
            return None
        files = (path for path in folder.rglob("*") if path.is_file())
        return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}

    def assert_untouched(self) -> None:
        """Nothing half open lies about."""
        assert self.found is None
        task = self.workspace.task(7)
        assert not task.exists() or not list(task.iterdir())


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_a_package_becomes_the_scene_folder(bench: Bench) -> None:
    bench.fill(FILES)
    assert bench.open() == PackageOpened(7)
    assert bench.found == FILES
    assert (bench.workspace.scene(7) / SCENE).stat().st_mtime_ns == 1_700_000_000_000
    assert bench.packages.transfer.state is TransferState.TAKEN_IN
    assert not bench.inbox.transfer(TRANSFER).exists()
    assert bench.open() == PackageOpened(7)  # as after a restart between the two
    assert bench.found == FILES


def test_unchanged_files_come_from_the_previous_version(bench: Bench) -> None:
    old = bench.workspace.scene(3) / "tex/旧 a.exr"
    old.parent.mkdir(parents=True)
    old.write_bytes(b"unchanged")
    same = Entry("tex/a.exr", 9, 5, digest_file(old), same_as="tex/旧 a.exr")
    bench.fill(FILES, same)
    assert bench.open(previous=3) == PackageOpened(7)
    assert bench.found == FILES | {"tex/a.exr": b"unchanged"}
    assert old.read_bytes() == b"unchanged"


def test_copies_that_the_storage_cannot_hold_are_not_begun(bench: Bench) -> None:
    old = bench.workspace.scene(3) / "a.exr"
    old.parent.mkdir(parents=True)
    with old.open("wb") as file:
        file.truncate(1 << 30)  # a hole: it takes no room
    count = 2 * shutil.disk_usage(old).free // (1 << 30) + 1  # others may delete files meanwhile
    assert count < MAX_FILES
    same = [Entry(f"{n}.exr", 1 << 30, 5, bytes(32), same_as="a.exr") for n in range(count)]
    bench.fill(FILES, *same)
    post = bench.open(previous=3)
    assert ("storage is full" in post.en, post.again) == (True, True)
    bench.assert_untouched()


@pytest.mark.parametrize("fault", ["changed", "longer", "gone", "link", "way out", "no previous"])
def test_a_previous_version_that_has_changed_is_told(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    old = bench.workspace.scene(3) / "a.exr"
    old.parent.mkdir(parents=True)
    old.write_bytes(b"unchanged")
    place = "way/a.exr" if fault == "way out" else "a.exr"
    same = Entry("a.exr", 9, 5, digest_file(old), same_as=place)
    bench.fill(FILES, same)
    if fault == "changed":
        old.write_bytes(b"unchangeD")
    elif fault == "longer":
        old.write_bytes(b"unchanged and more")
    elif fault == "way out":
        (bench.plain / "others").mkdir()
        (bench.plain / "others/a.exr").write_bytes(b"unchanged")
        (old.parent / "way").symlink_to(bench.plain / "others")
    elif fault == "no previous":
        monkeypatch.chdir(old.parent)  # where the engine was started is no package
    elif fault in ("gone", "link"):
        old.unlink()
        if fault == "link":
            (bench.plain / "secret").write_bytes(b"unchanged")
            old.symlink_to(bench.plain / "secret")
    post = bench.open(previous=None if fault == "no previous" else 3)
    assert "a.exr" in post.en
    assert not post.again
    bench.assert_untouched()
    assert bench.packages.transfer.state is TransferState.REFUSED


def test_a_damaged_segment_is_named(bench: Bench) -> None:
    bench.fill(FILES)
    sealed = bench.inbox.sealed(TRANSFER, 1)
    content = bytearray(sealed.read_bytes())
    content[SEGMENT + 99] ^= 1
    sealed.write_bytes(content)
    post = bench.open()
    assert post.en.startswith("textures/ice.exr: ")
    assert "damaged" in post.en
    assert "(1)" in post.en
    assert post.zh.startswith("textures/ice.exr：")
    bench.assert_untouched()


@pytest.mark.parametrize("fault", ["missing", "foreign", "swapped", "truncated", "other length"])
def test_a_package_that_is_not_what_it_says_is_refused(bench: Bench, fault: str) -> None:
    said = {"textures/ice.exr": 12} if fault == "other length" else {}
    bench.fill(FILES, said=said)
    first, second = (bench.inbox.sealed(TRANSFER, number) for number in (0, 1))
    if fault == "missing":
        first.unlink()
    elif fault == "foreign":
        bench.inbox.sealed(TRANSFER, 9).write_bytes(first.read_bytes())
    elif fault == "swapped":
        content = first.read_bytes()
        first.write_bytes(second.read_bytes())
        second.write_bytes(content)
    elif fault == "truncated":
        os.truncate(second, SEGMENT)
    post = bench.open()
    assert post.en
    assert not post.again
    bench.assert_untouched()


def test_a_package_without_the_tasks_scene_is_refused(bench: Bench) -> None:
    bench.fill({"a.exr": b"1"})
    assert "开幕 式.blend is missing" in bench.open().en
    bench.assert_untouched()


def test_a_package_over_its_owners_quota_is_refused(bench: Bench) -> None:
    bench.fill(FILES)
    bench.packages.quota_bytes = sum(map(len, FILES.values())) - 1
    assert "your quota" in bench.open().en
    bench.assert_untouched()


def test_whose_owner_is_suspended_meanwhile_is_not_taken(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.fill(FILES)
    known = bench.packages.quota

    def quota(user_id: int) -> int:
        bench.packages.end(
            TRANSFER, TransferState.CANCELLED, en="He was suspended.", zh="已停用。", now=NOW
        )
        return known(user_id)

    monkeypatch.setattr(bench.packages, "quota", quota)
    post = bench.open()
    assert post.en == "The upload is cancelled, not complete. He was suspended. Upload it again."
    assert "已停用。" in post.zh
    assert not post.again
    assert bench.packages.transfer.state is TransferState.CANCELLED


def test_a_package_may_take_its_owners_whole_quota(bench: Bench) -> None:
    bench.fill(FILES)
    bench.packages.quota_bytes = sum(map(len, FILES.values()))
    assert bench.open() == PackageOpened(7)


def test_a_key_that_is_not_the_senders_opens_nothing(bench: Bench) -> None:
    bench.fill(FILES)
    bench.packages.user_key = os.urandom(32)
    assert "does not open at all" in bench.open().en
    bench.assert_untouched()


def test_a_vault_that_does_not_open_costs_nobody_his_package(bench: Bench, tmp_path: Path) -> None:
    bench.fill(FILES)
    path = tmp_path / "master.key"
    unsealer = replace(bench.unsealer, open_vault=partial(load_vault, path))
    bench.opener = Opener(unsealer, bench.workspace, bench.posts.put)
    post = bench.open()
    assert post.again
    assert "cannot open its keys now" in post.en
    assert str(path) not in post.en + post.zh
    assert bench.packages.transfer.state is TransferState.COMPLETE
    bench.assert_untouched()
    write_master_keys(path, [bench.packages.vault.current])  # it is brought back
    assert bench.open() == PackageOpened(7)
    assert bench.found == FILES


def test_a_storage_that_cannot_be_written_is_tried_again(bench: Bench) -> None:
    bench.fill(FILES)
    bench.workspace.task(7).parent.mkdir(parents=True)
    bench.workspace.task(7).write_bytes(b"in the way")
    post = bench.open()
    assert post.again
    assert "cannot be opened now" in post.en
    assert bench.packages.transfer.state is TransferState.COMPLETE
    bench.workspace.task(7).unlink()
    assert bench.open() == PackageOpened(7)
    assert bench.found == FILES


def test_what_a_killed_run_left_is_swept(bench: Bench) -> None:
    bench.fill(FILES)
    left = bench.workspace.task(7) / "scene.part/half"
    left.parent.mkdir(parents=True)
    left.write_bytes(b"half")
    assert bench.open() == PackageOpened(7)
    assert bench.found == FILES


def test_another_tasks_upload_is_not_taken(bench: Bench) -> None:
    bench.fill(FILES)
    bench.packages.transfer = replace(bench.packages.transfer, task_id=8)
    assert "no such upload for task 7" in bench.open().en
    bench.assert_untouched()


def test_an_upload_that_somebody_made_up_is_refused_and_not_tried_again(bench: Bench) -> None:
    opened = bench.open(transfer="../no hex")
    assert ("no such upload" in opened.en, opened.again) == (True, False)


def test_the_key_is_in_no_argument_and_no_text(bench: Bench) -> None:
    secret = bench.packages.user_key.hex()
    order = OpenOrder("/f", TRANSFER.hex(), 2, secret, "/t", SCENE, 1)
    assert secret not in repr(order)


def test_it_ends_with_its_engine(bench: Bench) -> None:
    fifo = bench.inbox.transfer(TRANSFER)
    fifo.mkdir(parents=True)
    os.mkfifo(fifo / "manifest.sealed")  # reading it waits for ever
    order = OpenOrder(
        str(bench.workspace.root), TRANSFER.hex(), 2, "00" * 32, str(bench.plain / "t"), SCENE, 9
    )
    with subprocess.Popen(
        [sys.executable, "-m", "farmdesk.engine.open_package"], stdin=subprocess.PIPE
    ) as program:
        assert program.stdin is not None
        program.stdin.write(json.dumps(asdict(order)).encode() + b"\n")
        program.stdin.close()
        assert program.wait(WAIT_S) == 1


FRAMES = {"frame_0001.png": b"one", "frame_0002.png": os.urandom(SEGMENT + 3), "notes.txt": b""}


def sent(bench: Bench) -> HandIn:
    """Let the upload be one of frames; give an order for it."""
    bench.fill(FRAMES)
    bench.packages.transfer = replace(bench.packages.transfer, kind=TransferKind.FRAMES)
    frames = FrameSet.parse("1-2")
    return HandIn(
        command_id=1,
        sender="ops",
        task_id=7,
        folder=bench.workspace.hand_in(7),
        pattern="frame_####.png",
        frames=frames,
        proven=FrameSet(),
        size=(None, None),
        output=bench.workspace.frames(7),
        journal=bench.workspace.journal(7, "by hand"),
        transfer=TRANSFER.hex(),
    )


def never(_seconds: float) -> None:
    raise AssertionError("nobody should wait")


def test_sent_frames_lie_open_for_as_long_as_they_are_taken(bench: Bench) -> None:
    order = sent(bench)
    for _ in range(2):  # a killed engine's successor does it again: the inbox keeps them
        with SentFrames(bench.unsealer, never).opened(order):
            assert {path.name: path.read_bytes() for path in order.folder.iterdir()} == FRAMES
        assert not list(bench.workspace.task(7).iterdir())
    with pytest.raises(ZeroDivisionError), SentFrames(bench.unsealer, never).opened(order):
        raise ZeroDivisionError
    assert not order.folder.exists()


def test_the_world_fails_and_sent_frames_are_opened_later(bench: Bench) -> None:
    order, waits = sent(bench), list[float]()
    find = bench.packages.find

    def away(transfer: bytes) -> Transfer | None:
        raise FarmUnavailable(f"The database is away: {transfer!r}", "数据库不可用。")

    def wait(seconds: float) -> None:
        waits.append(seconds)
        bench.packages.find = find  # type: ignore[method-assign]

    bench.packages.find = away  # type: ignore[method-assign]
    with SentFrames(bench.unsealer, wait).opened(order) as still_sent:
        assert order.folder.exists()
        bench.packages.find = away  # type: ignore[method-assign]
        still_sent()
    assert waits == [RETRY_S] * 2


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"kind": TransferKind.PACKAGE}, "no such upload"),
        ({"task_id": 8}, "no such upload"),
        ({"state": TransferState.CANCELLED}, "cancelled"),
        ({"state": TransferState.OPEN}, "open"),
    ],
)
def test_other_uploads_are_no_sent_frames(
    bench: Bench, changed: dict[str, object], told: str
) -> None:
    order = sent(bench)
    bench.packages.transfer = replace(bench.packages.transfer, **changed)  # type: ignore[arg-type]
    with pytest.raises(Refused, match=told), SentFrames(bench.unsealer, never).opened(order):
        pass
    assert bench.open().en  # and sent frames are no package
    bench.assert_untouched()


def test_damaged_and_foreign_frames_are_refused_as_a_whole(bench: Bench) -> None:
    order = sent(bench)
    path = bench.inbox.sealed(TRANSFER, 1)
    content = bytearray(path.read_bytes())
    content[SEGMENT + 5] ^= 1
    path.write_bytes(content)
    with (
        pytest.raises(Refused, match="frame_0002"),
        SentFrames(bench.unsealer, never).opened(order),
    ):
        pass
    bench.assert_untouched()
    with pytest.raises(Refused, match="no accounts"), SentFrames(None).opened(order):
        pass
