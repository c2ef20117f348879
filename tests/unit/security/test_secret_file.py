"""Files with secrets: for their owner alone, whole or not at all, never over one another."""

import os
import stat
from pathlib import Path

import pytest

from farmdesk.security import secret_file
from farmdesk.security.secret_file import (
    NoSecretFile,
    OpenToOthers,
    SecretExists,
    read_secret,
    write_secret,
)


def test_a_secret_is_for_its_owner_alone_whatever_the_umask(tmp_path: Path) -> None:
    path = tmp_path / "a.key"
    before = os.umask(0)
    try:
        write_secret(path, b"secret")
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert read_secret(path) == b"secret"
    assert [path.name for path in tmp_path.iterdir()] == ["a.key"]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o601, 0o666])
def test_a_wider_mode_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "a.key"
    write_secret(path, b"secret")
    path.chmod(mode)
    with pytest.raises(OpenToOthers, match=f"{mode:04o}"):
        read_secret(path)
    assert read_secret(path, private=False) == b"secret"


def test_nothing_is_written_over(tmp_path: Path) -> None:
    path = tmp_path / "a.key"
    write_secret(path, b"first")
    with pytest.raises(SecretExists):
        write_secret(path, b"second")
    assert read_secret(path) == b"first"
    write_secret(path, b"third", replace=True)
    assert read_secret(path) == b"third"
    assert [path.name for path in tmp_path.iterdir()] == ["a.key"]


def test_one_who_was_quicker_keeps_his_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.key"
    beside = secret_file._write_beside

    def overtaken(path: Path, content: bytes) -> Path:
        path.write_bytes(b"the other's")
        return beside(path, content)

    monkeypatch.setattr(secret_file, "_write_beside", overtaken)
    with pytest.raises(SecretExists):
        write_secret(path, b"mine")
    assert path.read_bytes() == b"the other's"
    assert [path.name for path in tmp_path.iterdir()] == ["a.key"]


def test_a_disk_without_hard_links_takes_a_secret_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(_path: Path, _target: Path) -> None:
        raise PermissionError(1, "Operation not permitted")  # as FAT does

    monkeypatch.setattr(Path, "hardlink_to", refused)
    write_secret(tmp_path / "a.key", b"secret")
    with pytest.raises(SecretExists):
        write_secret(tmp_path / "a.key", b"second")
    assert read_secret(tmp_path / "a.key") == b"secret"
    assert [path.name for path in tmp_path.iterdir()] == ["a.key"]


def test_a_full_disk_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.key"
    write_secret(path, b"old")

    def full(_number: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(NoSecretFile, match="No space left"):
        write_secret(path, b"new", replace=True)
    assert path.read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["a.key"]


def test_a_missing_file_or_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(NoSecretFile, match="No such file"):
        read_secret(tmp_path / "a.key")
    with pytest.raises(NoSecretFile, match="No such file"):
        write_secret(tmp_path / "none" / "a.key", b"secret")
