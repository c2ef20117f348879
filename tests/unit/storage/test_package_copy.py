"""A package's copy: whole files under their names, nothing overwritten, goes on after a break."""

import errno
import os
import threading
from pathlib import Path

import pytest

from farmdesk.storage import package_copy
from farmdesk.storage.package_copy import AlreadyThere, CopyFailed, NoPackageHere, PackageCopy

NAMES = ("scene.blend", "textures/雪 1.png", "textures/wood.png")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "scene"
    for number, name in enumerate(NAMES):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(bytes([number]) * (1000 + number))
        os.utime(folder / name, ns=(10**18 + number, 10**18 + number))
    return folder


def names(folder: Path) -> list[str]:
    found = (path for path in folder.rglob("*") if path.is_file())
    return sorted(path.relative_to(folder).as_posix() for path in found)


def carry_out(copy: PackageCopy, pause: threading.Event | None = None) -> tuple[bool, int]:
    """Give whether all is there, and the bytes that were counted."""
    counted: list[int] = []
    whole = copy.carry_out(copy.lacking(), counted.append, pause or threading.Event())
    return whole, sum(counted)


def test_every_file_is_copied_with_its_time(source: Path, tmp_path: Path) -> None:
    copy = PackageCopy(source, tmp_path / "to" / "here")
    assert carry_out(copy) == (True, copy.size) == (True, 3003)
    for name in NAMES:
        made = tmp_path / "to" / "here" / name
        assert made.read_bytes() == (source / name).read_bytes()
        assert made.stat().st_mtime_ns == (source / name).stat().st_mtime_ns
    assert names(tmp_path / "to" / "here") == sorted(NAMES)


def test_a_scene_file_alone(source: Path, tmp_path: Path) -> None:
    assert carry_out(PackageCopy(source / NAMES[0], tmp_path / "to")) == (True, 1000)
    assert names(tmp_path / "to") == ["scene.blend"]


def test_links_out_of_the_package_are_not_followed(source: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("x")
    (source / "link").symlink_to(tmp_path / "secret")
    carry_out(PackageCopy(source, tmp_path / "to"))
    assert names(tmp_path / "to") == sorted(NAMES)


def test_what_is_there_is_kept_and_another_file_refused_before_anything_is_copied(
    source: Path, tmp_path: Path
) -> None:
    to = tmp_path / "to"
    to.mkdir()
    (to / NAMES[0]).write_bytes((source / NAMES[0]).read_bytes())
    copy = PackageCopy(source, to)
    assert {file.target for file in copy.lacking()} == {to / name for name in NAMES[1:]}
    (to / "textures").mkdir()
    (to / NAMES[2]).write_text("mine")
    with pytest.raises(AlreadyThere, match=r"wood\.png"):
        copy.lacking()
    assert names(to) == [NAMES[0], NAMES[2]]
    assert (to / NAMES[2]).read_text() == "mine"


def test_a_name_that_a_link_or_folder_has_is_taken(source: Path, tmp_path: Path) -> None:
    to = tmp_path / "to"
    (to / "scene.blend").mkdir(parents=True)
    with pytest.raises(AlreadyThere):
        PackageCopy(source, to).lacking()
    (to / "scene.blend").rmdir()
    (to / "scene.blend").symlink_to(tmp_path / "nowhere")
    with pytest.raises(AlreadyThere):
        PackageCopy(source, to).lacking()


def test_after_a_pause_whole_files_stay_and_the_rest_is_lacking(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(package_copy, "PIECE", 600)
    pause, counted = threading.Event(), []

    def count(size: int) -> None:
        counted.append(size)
        if len(counted) == 3:  # in the midst of the second file
            pause.set()

    copy = PackageCopy(source, tmp_path / "to")
    assert not copy.carry_out(copy.lacking(), count, pause)
    assert names(tmp_path / "to") == [NAMES[0]]
    assert len(copy.lacking()) == 2
    assert carry_out(copy)[0]
    assert names(tmp_path / "to") == sorted(NAMES)


def test_a_full_disk_leaves_nothing_half(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(CopyFailed, match="No space left"):
        carry_out(PackageCopy(source, tmp_path / "to"))
    assert names(tmp_path / "to") == []


def test_no_package(tmp_path: Path) -> None:
    with pytest.raises(NoPackageHere):
        PackageCopy(tmp_path / "scene", tmp_path / "to")
    (tmp_path / "scene").mkdir()
    with pytest.raises(NoPackageHere):
        PackageCopy(tmp_path / "scene", tmp_path / "to")
