"""A storage over SMB 3, without a mount: smbprotocol's only home.

What goes over the line is encrypted, which also proves it; a server that cannot is refused.
"""

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

import smbclient
from smbprotocol.exceptions import SMBException, SMBOSError, SMBResponseException
from smbprotocol.header import NtStatus

from farmdesk.domain.said import Said
from farmdesk.storage.errors import NotThere, StorageAway, StorageFull, StorageRefuses

PORT = 445
CONNECT_S = 10
ANSWER_S = 30  # for one request; a disk that wakes up takes 10
_PIECE = 1 << 20  # bytes of a write; servers take 1 to 8 MiB
_MISSING = {
    NtStatus.STATUS_OBJECT_NAME_NOT_FOUND,
    NtStatus.STATUS_OBJECT_PATH_NOT_FOUND,
    NtStatus.STATUS_NO_SUCH_FILE,
}
_FULL = {NtStatus.STATUS_DISK_FULL}
_DENIED = {
    NtStatus.STATUS_LOGON_FAILURE,
    NtStatus.STATUS_ACCESS_DENIED,
    NtStatus.STATUS_PASSWORD_EXPIRED,
}


@dataclass(frozen=True, slots=True)
class SmbPlace:
    """Where a share is and who opens it; `folder` of the share is the root of all paths."""

    host: str
    share: str
    user: str
    password: str = field(repr=False)
    folder: str = ""
    port: int = PORT


class SmbShare:
    """A folder of a share. It connects when it is used, and again after a line that broke.

    Every method may raise StorageAway, StorageFull or StorageRefuses. For one thread at a time.
    """

    def __init__(self, place: SmbPlace) -> None:
        self._root = rf"\\{place.host}\{place.share}"
        self._folder = PurePosixPath(place.folder)
        smbclient.ClientConfig(skip_dfs=True)  # its questions wait without end for some servers
        self._connections: dict[str, Any] = {}
        self._session: dict[str, Any] = {
            "username": place.user,
            "password": place.password,
            "port": place.port,
            "encrypt": True,
            "connection_timeout": CONNECT_S,
            "connection_cache": self._connections,
        }
        self.place = f"smb://{place.host}/{place.share}/{place.folder}".rstrip("/.")

    def sizes(self, folder: PurePosixPath) -> dict[str, int]:
        """Give the files of a folder with their bytes; none when there is no such folder."""
        try:
            with self._told(folder), self._patience():
                found = smbclient.scandir(self._at(folder), **self._session)
                return {
                    item.name: int(item.smb_info.end_of_file) for item in found if item.is_file()
                }
        except NotThere:
            return {}

    def write(self, path: PurePosixPath, pieces: Iterable[bytes]) -> None:
        """Make or overwrite a file and its folders; it is on the disk when this returns."""
        with self._told():
            if path.parent.parts:
                with self._patience():
                    smbclient.makedirs(self._at(path.parent), exist_ok=True, **self._session)
            with self._opened(path, "wb") as file:
                for piece in pieces:
                    for start in range(0, len(piece), _PIECE):
                        with self._patience():
                            _write_all(file, memoryview(piece)[start : start + _PIECE])
                with self._patience():
                    file.fd.flush()

    def read(self, path: PurePosixPath, *, offset: int, length: int) -> bytes:
        """Give bytes of a file from an offset; fewer at its end. Raises NotThere."""
        with self._told(path), self._opened(path, "rb") as file, self._patience():
            file.seek(offset)
            found = bytearray()
            while len(found) < length and (piece := file.read(length - len(found))):
                found += piece
            return bytes(found)

    def rename(self, old: PurePosixPath, new: PurePosixPath) -> None:
        """Give a file another name at once, in place of one that bears it. Raises NotThere."""
        with self._told(old), self._patience():
            smbclient.replace(self._at(old), self._at(new), **self._session)

    def delete(self, path: PurePosixPath) -> None:
        """Delete a file. Raises NotThere."""
        with self._told(path), self._patience():
            smbclient.remove(self._at(path), **self._session)

    @contextmanager
    def _opened(self, path: PurePosixPath, mode: str) -> Iterator[Any]:
        with self._patience():
            file = smbclient.open_file(self._at(path), mode=mode, buffering=0, **self._session)
        try:
            yield file
        finally:
            with self._patience():
                file.close()

    @contextmanager
    def _patience(self) -> Iterator[None]:
        """Hang up on a server that does not answer: smbprotocol would wait for ever."""
        timer = threading.Timer(ANSWER_S, self._hang_up)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def _hang_up(self) -> None:
        for connection in list(self._connections.values()):
            connection.transport.close()

    def _at(self, path: PurePosixPath) -> str:
        return "\\".join([self._root, *self._folder.parts, *path.parts])

    @contextmanager
    def _told(self, path: PurePosixPath | None = None) -> Iterator[None]:
        try:
            yield
        except (SMBException, OSError, ValueError) as error:  # ValueError: it cannot connect
            status = _status(error)
            if status in _MISSING and path is not None:
                raise NotThere(str(path)) from error
            if status in _FULL:
                raise StorageFull(self.place) from error
            if status in _DENIED:
                raise StorageRefuses(self.place) from error
            raise StorageAway(self.place, _why(error)) from error


def _write_all(file: Any, piece: memoryview) -> None:
    while piece:
        piece = piece[file.write(piece) :]


def _status(error: Exception) -> int | None:
    if isinstance(error, SMBOSError):
        return int(error.ntstatus)
    if isinstance(error, SMBResponseException):
        return int(error.status)
    return None


def _why(error: Exception) -> Said:
    """Give the error's first sentence, as told: what follows is of no use to people."""
    told = str(error).partition("\n")[0][:200]
    return Said(told, told)
