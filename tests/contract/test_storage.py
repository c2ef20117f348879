"""One contract for every storage: a folder, and a share of a real Samba."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path, PurePosixPath

import pytest

from farmdesk.engine.delivery import Storage
from farmdesk.storage import smb
from farmdesk.storage.errors import NotThere, StorageAway, StorageFull, StorageRefuses
from farmdesk.storage.folder import Folder
from farmdesk.storage.smb import SmbShare
from tests.farm import wait_until
from tests.samba import Samba

NAMES = ["frame_0001.png", "第 1 场 灯光.exr", "a b  c.tif", "naïve-😀.png", ".hidden", "x" * 200]


@pytest.fixture(scope="module")
def samba() -> Iterator[Samba]:
    missing = Samba.missing()
    if missing:
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    with Samba() as server:
        yield server


@pytest.fixture
def files(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """The folder that the storage shows, from behind; empty."""
    if request.getfixturevalue("kind") == "folder":
        (tmp_path / "files").mkdir()
        return tmp_path / "files"
    server: Samba = request.getfixturevalue("samba")
    shutil.rmtree(server.files)
    server.files.mkdir()
    return server.files


@pytest.fixture(params=["folder", "smb"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def storage(request: pytest.FixtureRequest, kind: str, files: Path) -> Storage:
    if kind == "folder":
        return Folder(files)
    server: Samba = request.getfixturevalue("samba")
    return SmbShare(server.place())


def at(text: str) -> PurePosixPath:
    return PurePosixPath(text)


@pytest.mark.parametrize("name", NAMES)
def test_what_is_written_is_there(storage: Storage, files: Path, name: str) -> None:
    path = at("任务 7/帧") / name
    storage.write(path, [b"abc", b"", b"\0" * 3_000_000, b"end"])
    assert (files / path).read_bytes() == b"abc" + b"\0" * 3_000_000 + b"end"
    assert storage.sizes(path.parent) == {name: 3_000_006}
    assert storage.read(path, offset=0, length=5) == b"abc\0\0"
    assert storage.read(path, offset=3_000_003, length=100) == b"end"
    assert storage.read(path, offset=3_000_006, length=100) == b""
    storage.write(path, [b"short"])  # anew, nothing of the old one is left
    assert (files / path).read_bytes() == b"short"


def test_an_empty_file_is_a_file(storage: Storage) -> None:
    storage.write(at("empty"), [])
    assert storage.sizes(at("")) == {"empty": 0}
    assert storage.read(at("empty"), offset=0, length=1) == b""


def test_a_rename_takes_the_place_of_what_was_there(storage: Storage, files: Path) -> None:
    storage.write(at("a/x"), [b"old"])
    storage.write(at("a/x.part"), [b"new"])
    storage.rename(at("a/x.part"), at("a/x"))
    assert (storage.sizes(at("a")), (files / "a/x").read_bytes()) == ({"x": 3}, b"new")


def test_folders_are_no_files(storage: Storage, files: Path) -> None:
    (files / "a/b").mkdir(parents=True)
    storage.write(at("a/x"), [b"1"])
    assert storage.sizes(at("a")) == {"x": 1}
    assert storage.sizes(at("nowhere")) == {}
    assert storage.sizes(at("no/where")) == {}


def test_what_is_not_there_is_said_by_name(storage: Storage) -> None:
    storage.write(at("a/x"), [b"1"])
    for ask in (
        lambda: storage.read(at("a/没有"), offset=0, length=1),
        lambda: storage.rename(at("a/没有"), at("a/y")),
        lambda: storage.delete(at("a/没有")),
        lambda: storage.delete(at("b/没有")),
    ):
        with pytest.raises(NotThere, match="没有"):
            ask()
    storage.delete(at("a/x"))
    assert storage.sizes(at("a")) == {}


def test_a_full_disk_is_told_and_passes(storage: Storage, files: Path, kind: str) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small file system")
    small = files / "small"
    small.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1M", "none", str(small)])
    if mounted.returncode:
        pytest.skip("no small file system here")
    try:
        storage.write(at("small/first"), [b"1" * 500_000])
        with pytest.raises(StorageFull):
            storage.write(at("small/second"), [b"2" * 400_000] * 10)
        assert storage.read(at("small/first"), offset=499_999, length=9) == b"1"
        storage.delete(at("small/second"))
        storage.write(at("small/second"), [b"2" * 400_000])
    finally:
        subprocess.run(["umount", "--lazy", str(small)], check=True)


def test_a_folder_that_is_gone_is_never_made(tmp_path: Path) -> None:
    """It is a share that is not mounted: what is written would fill this machine's own disk."""
    storage = Folder(tmp_path / "share")
    for ask in (
        lambda: storage.write(at("x"), [b"1"]),
        lambda: storage.sizes(at("a")),
        lambda: storage.read(at("x"), offset=0, length=1),
    ):
        with pytest.raises(StorageAway):
            ask()
    assert not (tmp_path / "share").exists()


# ---- SMB alone -----------------------------------------------------------------------------------


def test_a_wrong_password_is_told_without_it(samba: Samba) -> None:
    wrong = SmbShare(samba.place(password="guess me"))
    with pytest.raises(StorageRefuses) as refusal:
        wrong.sizes(at(""))
    assert "guess me" not in str(refusal.value) + repr(samba.place(password="guess me"))


def test_a_share_that_only_shows_takes_nothing(samba: Samba) -> None:
    (samba.files / "x").write_bytes(b"1")
    storage = SmbShare(samba.place("readonly"))
    assert storage.read(at("x"), offset=0, length=1) == b"1"
    with pytest.raises(StorageRefuses):
        storage.write(at("y"), [b"1"])


def test_a_share_that_is_not_there_is_away(samba: Samba) -> None:
    with pytest.raises(StorageAway):
        SmbShare(samba.place("nosuch")).write(at("x"), [b"1"])
    with pytest.raises(StorageAway):
        SmbShare(replace(samba.place(), port=1)).sizes(at(""))


@pytest.mark.filterwarnings("ignore:unclosed SMB handle")  # it went with the connection
def test_a_server_killed_in_the_middle_comes_back(samba: Samba) -> None:
    storage = SmbShare(samba.place())

    def pieces() -> Iterator[bytes]:
        yield b"1" * 2_000_000
        samba.stop()
        yield b"2" * 2_000_000

    try:
        with pytest.raises(StorageAway):
            storage.write(at("a/x.part"), pieces())
        with pytest.raises(StorageAway):
            storage.sizes(at("a"))
    finally:
        samba.start()
    assert storage.sizes(at("a")).get("x") is None  # the name is free: only the part is there
    storage.write(at("a/x.part"), [b"3" * 4_000_000])
    storage.rename(at("a/x.part"), at("a/x"))
    assert storage.sizes(at("a")) == {"x": 4_000_000}


@pytest.mark.filterwarnings("ignore:unclosed SMB handle")
def test_a_server_that_hangs_is_away(samba: Samba, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smb, "CONNECT_S", 1)
    storage = SmbShare(samba.place())

    def has_written() -> bool:
        with suppress(StorageAway):  # a busy server may take longer than that
            storage.write(at("x"), [b"1"])
            return True
        return False

    wait_until(has_written, "a connection within a second")
    monkeypatch.setattr(smb, "ANSWER_S", 0.5)
    with samba.frozen():
        for ask in (
            lambda: storage.write(at("y"), [b"2"]),
            lambda: storage.read(at("x"), offset=0, length=1),
        ):
            with pytest.raises(StorageAway):
                ask()
    monkeypatch.undo()
    wait_until(has_written, "another one")
    assert storage.read(at("x"), offset=0, length=1) == b"1"


def test_it_encrypts_even_where_the_server_would_not_ask(samba: Samba) -> None:
    storage = SmbShare(samba.place())
    storage.write(at("x"), [b"1"])
    [connection] = storage._connections.values()
    [session] = connection.session_table.values()
    assert session.encrypt_data
    assert re.search("password", repr(samba.place())) is None
