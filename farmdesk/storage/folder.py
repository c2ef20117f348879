"""A storage that is a folder of this machine: a local one, a mounted share, or a UNC path."""

import errno
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from farmdesk.domain.system_words import why_system
from farmdesk.storage.errors import NotThere, StorageAway, StorageFull, StorageRefuses

_FULL = (errno.ENOSPC, errno.EDQUOT)
_DENIED = (errno.EACCES, errno.EPERM, errno.EROFS)


class Folder:
    """`root` must be there: one that is missing is a share that is not mounted, never made here.

    Paths are below `root`. Every method may raise StorageAway, StorageFull or StorageRefuses.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self.place = str(root)

    def sizes(self, folder: PurePosixPath) -> dict[str, int]:
        """Give the files of a folder with their bytes; none when there is no such folder."""
        with self._told():
            self._root.stat()
            if not (self._root / folder).is_dir():
                return {}
            with os.scandir(self._root / folder) as entries:
                return {item.name: item.stat().st_size for item in entries if item.is_file()}

    def write(self, path: PurePosixPath, pieces: Iterable[bytes]) -> None:
        """Make or overwrite a file and its folders; it is on the disk when this returns."""
        with self._told():
            self._root.stat()
            target = self._root / path
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("wb") as file:
                for piece in pieces:
                    file.write(piece)
                file.flush()
                os.fsync(file.fileno())

    def read(self, path: PurePosixPath, *, offset: int, length: int) -> bytes:
        """Give bytes of a file from an offset; fewer at its end. Raises NotThere."""
        with self._told(path), (self._root / path).open("rb") as file:
            file.seek(offset)
            return file.read(length)

    def rename(self, old: PurePosixPath, new: PurePosixPath) -> None:
        """Give a file another name at once, in place of one that bears it. Raises NotThere."""
        with self._told(old):
            (self._root / old).replace(self._root / new)

    def delete(self, path: PurePosixPath) -> None:
        """Delete a file. Raises NotThere."""
        with self._told(path):
            (self._root / path).unlink()

    @contextmanager
    def _told(self, path: PurePosixPath | None = None) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            if error.errno == errno.ENOENT and path is not None and self._root.is_dir():
                raise NotThere(str(path)) from error
            if error.errno in _FULL:
                raise StorageFull(self.place) from error
            if error.errno in _DENIED:
                raise StorageRefuses(self.place) from error
            raise StorageAway(self.place, why_system(error)) from error
