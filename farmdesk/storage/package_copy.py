"""Copies a task's opened scene package, or its one scene file, to a folder of this machine."""

import filecmp
import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from farmdesk.domain.errors import Refused
from farmdesk.domain.system_words import why_system
from farmdesk.domain.text import quoted

PART = ".part"
PIECE = 4 << 20  # bytes


class NoPackageHere(Refused):
    """Nothing lies where the scene should."""

    def __init__(self, source: Path) -> None:
        self.source = source
        super().__init__(
            f"{source} is not there or cannot be read: the package has not arrived, its task was "
            "purged, or the storage is away.",
            f"{source} 不存在或无法读取：场景包尚未送达、任务已被彻底删除，或存储不可用。",
        )


class AlreadyThere(Refused):
    """The folder has another file of the same name; nothing is overwritten."""

    def __init__(self, path: Path) -> None:
        self.path = path
        super().__init__(
            f"{path} is there and is another file. Choose an empty folder, or take it away.",
            f"{path} 已存在且内容不同。请选择空文件夹，或移走该文件。",
        )


class CopyFailed(Refused):
    """The storage or the folder did not do its part; whole copies are kept."""

    def __init__(self, name: str, error: OSError) -> None:
        self.name = name
        why = why_system(error)
        super().__init__(
            f"{quoted(name)} could not be copied ({why.en}). Check the folder, its rights and free "
            "space, then fetch again; files that are whole are kept.",
            f"无法复制 {quoted(name)}（{why.zh}）。请检查文件夹、权限和剩余空间后重新获取；"
            "已完整复制的文件会保留。",
        )


@dataclass(frozen=True, slots=True)
class PackageFile:
    """A file of the package: where it lies, where its copy will lie, and its bytes."""

    source: Path
    target: Path
    size: int


class PackageCopy:
    """The copy of one package. `source`: the folder of the package, or the scene file alone.

    Raises NoPackageHere when there is nothing to copy.
    """

    def __init__(self, source: Path, folder: Path) -> None:
        try:
            self.files = tuple(_files(source, folder))
        except OSError as error:
            raise NoPackageHere(source) from error
        if not self.files:
            raise NoPackageHere(source)
        self.size = sum(file.size for file in self.files)

    def lacking(self) -> list[PackageFile]:
        """Give the files whose copies are not there. Raises AlreadyThere, and changes nothing."""
        return [file for file in self.files if not _is_there(file)]

    def carry_out(
        self, files: list[PackageFile], count: Callable[[int], None], pause: threading.Event
    ) -> bool:
        """Copy files, count the bytes, and say whether all are there: False after `pause`.

        A file bears its name when it is whole. Raises CopyFailed, AlreadyThere.
        """
        for file in files:
            try:
                if not _copy(file, count, pause):
                    return False
            except OSError as error:
                raise CopyFailed(file.source.name, error) from error
        return True


def _files(source: Path, folder: Path) -> Iterator[PackageFile]:
    if source.is_file():
        yield PackageFile(source, folder / source.name, source.stat().st_size)
        return
    for path in sorted(source.rglob("*")):
        if path.is_file() and not path.is_symlink():  # packages have no links; a tool may
            yield PackageFile(path, folder / path.relative_to(source), path.stat().st_size)


def _is_there(file: PackageFile) -> bool:
    """Say whether the copy is there, whole. Raises AlreadyThere for any other file."""
    if not os.path.lexists(file.target):
        return False
    try:
        if file.target.is_file() and filecmp.cmp(file.source, file.target, shallow=False):
            return True
    except OSError as error:
        raise AlreadyThere(file.target) from error
    raise AlreadyThere(file.target)


def _copy(file: PackageFile, count: Callable[[int], None], pause: threading.Event) -> bool:
    """Copy one file; False when it was paused. Nothing half is left. Raises OSError."""
    part = file.target.with_name(file.target.name + PART)
    part.parent.mkdir(parents=True, exist_ok=True)
    try:
        with file.source.open("rb") as source, part.open("wb") as target:
            while piece := source.read(PIECE):
                if pause.is_set():
                    return False
                target.write(piece)
                count(len(piece))
            target.flush()
            os.fsync(target.fileno())
        status = file.source.stat()
        os.utime(part, ns=(status.st_atime_ns, status.st_mtime_ns))
        if os.path.lexists(file.target):  # somebody else put it there meanwhile
            raise AlreadyThere(file.target)
        part.rename(file.target)
    finally:
        part.unlink(missing_ok=True)
    return True
