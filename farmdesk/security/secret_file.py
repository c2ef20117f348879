"""Files that hold secrets: for their owner alone, whole or not at all, never over one another."""

import glob
import os
import stat
import tempfile
from contextlib import suppress
from pathlib import Path

from farmdesk.domain.errors import Refused
from farmdesk.domain.system_words import why_system

MAX_BYTES = 1 << 20
_PART = ".part"


class OpenToOthers(Refused):
    """A file with a secret that other people of this machine may read or change."""

    def __init__(self, path: Path, mode: int) -> None:
        self.path = path
        super().__init__(
            f"{path} is open to others (mode {mode:04o}), so its secret may be known. Give it mode "
            "0600, and think about who has read it.",
            f"{path} 对其他人开放（权限 {mode:04o}），其中的密钥可能已泄露。请将权限改为 0600，"
            "并考虑谁可能读过它。",
        )


class SecretExists(Refused):
    """A file with a secret that would have been written over."""

    def __init__(self, path: Path) -> None:
        self.path = path
        super().__init__(
            f"{path} exists and is not written over. Move it away first if you no longer need it.",
            f"{path} 已存在，不会被覆盖。如不再需要，请先将其移走。",
        )


class NoSecretFile(Refused):
    """A file with a secret that cannot be read or written."""

    def __init__(self, path: Path, error: OSError) -> None:
        self.path = path
        why = why_system(error)
        super().__init__(
            f"{path} cannot be used: {why.en}. Check the path, its rights and the free space.",
            f"无法使用 {path}：{why.zh}。请检查路径、权限和剩余空间。",
        )


def read_secret(path: Path, *, private: bool = True) -> bytes:
    """Give a small file's bytes. `private`: refuse one that others may read or write (POSIX).

    Raises NoSecretFile or OpenToOthers.
    """
    try:
        with path.open("rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            if private and os.name == "posix" and mode & 0o077:
                raise OpenToOthers(path, mode)
            return file.read(MAX_BYTES)
    except OSError as error:
        raise NoSecretFile(path, error) from error


def write_secret(path: Path, content: bytes, *, replace: bool = False) -> None:
    """Write a file of mode 0600, on the disk before it bears its name.

    `replace`: in the place of one that exists. Raises SecretExists or NoSecretFile.
    """
    try:
        if path.exists() and not replace:
            raise SecretExists(path)
        made = _write_beside(path, content)
        try:
            if replace:
                made.replace(path)
            else:
                _name(made, path)
        finally:
            made.unlink(missing_ok=True)
        _flush_folder(path.parent)
    except OSError as error:
        raise NoSecretFile(path, error) from error


def sweep_parts(path: Path) -> None:
    """Delete what writers of this file left beside it when they were killed."""
    for part in path.parent.glob(f".{glob.escape(path.name)}.*{_PART}"):
        part.unlink(missing_ok=True)


def _write_beside(path: Path, content: bytes) -> Path:
    """Write into a new file in the same folder; mkstemp opens it for its owner alone."""
    number, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=_PART, dir=path.parent)
    made = Path(name)
    try:
        with os.fdopen(number, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        made.unlink(missing_ok=True)
        raise
    return made


def _name(made: Path, path: Path) -> None:
    """Give a file its name unless somebody was quicker; a rename would take the other's place."""
    try:
        if os.name == "nt":
            made.rename(path)  # refuses a name that is taken
        else:
            path.hardlink_to(made)
    except FileExistsError:
        raise SecretExists(path) from None
    except PermissionError:
        made.rename(path)  # FAT and some shares know no hard links


def _flush_folder(folder: Path) -> None:
    if os.name == "nt":
        return
    number = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # some shares cannot
            os.fsync(number)
    finally:
        os.close(number)
