"""Watches what a power failure would leave of files: what was flushed, under names that are."""

import os
import stat
from pathlib import Path
from typing import Any

import pytest


class Power:
    """Notes flushes and names from now on.

    `named`: files that took a name, in order, and whether their bytes were on the disk by then.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.named: list[tuple[str, bool]] = []
        self._bytes: dict[int, int] = {}  # that are on the disk, by inode
        self._entries: dict[int, set[str]] = {}  # of folders
        self._fsync = os.fsync
        monkeypatch.setattr(os, "fsync", self._flushed)
        for name in ("replace", "rename", "link"):
            monkeypatch.setattr(os, name, self._watched(getattr(os, name)))

    def is_safe(self, file: Path) -> bool:
        """Say whether all bytes of a file are on the disk."""
        status = file.stat()
        return self._bytes.get(status.st_ino) == status.st_size

    def is_named(self, file: Path) -> bool:
        """Say whether its folder is on the disk with this name in it."""
        return file.name in self._entries.get(file.parent.stat().st_ino, ())

    def _flushed(self, number: int) -> None:
        self._fsync(number)
        status = os.fstat(number)
        if stat.S_ISDIR(status.st_mode):
            self._entries[status.st_ino] = set(os.listdir(number))
        else:
            self._bytes[status.st_ino] = status.st_size

    def _watched(self, real: Any) -> Any:
        def give_name(old: Path, new: Path, **more: Any) -> None:
            self.named.append((Path(new).name, self.is_safe(Path(old))))
            real(old, new, **more)

        return give_name
