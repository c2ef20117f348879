"""Which files of a folder are handed in as frames."""

import os
from pathlib import Path

import pytest

from farmdesk.link.remote.source_files import (
    NotAFile,
    NothingToHandIn,
    UnreadableSource,
    frame_files,
    source_files,
)
from farmdesk.security.package_names import BadName


def names(folder: Path, *proven: str) -> list[str]:
    return [file.name for file in frame_files(folder, set(proven))]


def test_a_folders_own_files_are_handed_in_without_what_is_proven(tmp_path: Path) -> None:
    for name in ("b_2.png", "a_1.png", "notes.txt"):
        (tmp_path / name).write_bytes(b"frame")
    (tmp_path / "deeper").mkdir()
    (tmp_path / "deeper" / "a_3.png").touch()
    assert names(tmp_path) == ["a_1.png", "b_2.png", "notes.txt"]
    assert names(tmp_path, "a_1.png", "a_3.png") == ["b_2.png", "notes.txt"]
    with pytest.raises(NothingToHandIn):
        names(tmp_path, "a_1.png", "b_2.png", "notes.txt")


def test_what_cannot_travel_is_told(tmp_path: Path) -> None:
    with pytest.raises(NothingToHandIn):
        names(tmp_path)
    with pytest.raises(NothingToHandIn):
        names(tmp_path / "nowhere")
    link = tmp_path / "link.png"
    link.symlink_to(tmp_path)
    with pytest.raises(NotAFile):
        names(tmp_path)
    link.unlink()
    os.mkfifo(link)
    with pytest.raises(NotAFile):
        names(tmp_path)
    link.unlink()
    (tmp_path / "a:b.png").touch()
    with pytest.raises(BadName):
        names(tmp_path)


def test_a_folder_that_may_not_be_read_is_named_and_what_goes_meanwhile_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("scene.blend", "textures/ice.exr", "textures/saved~"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    real = os.lstat

    def going(path: Path, **more: int) -> os.stat_result:
        (tmp_path / "textures/saved~").unlink(missing_ok=True)  # as a program does that saves
        return real(path, **more)

    with monkeypatch.context() as patch:
        patch.setattr(os, "lstat", going)
        patch.setattr(Path, "lstat", going)
        assert [file.name for file in source_files(tmp_path)] == ["scene.blend", "textures/ice.exr"]
    listed = os.scandir

    def locked(path: str) -> object:
        if path.endswith("textures"):
            raise PermissionError(13, "Permission denied", path)
        return listed(path)

    monkeypatch.setattr(os, "scandir", locked)
    with pytest.raises(UnreadableSource, match=r"textures cannot be read \(Permission denied\)"):
        source_files(tmp_path)
