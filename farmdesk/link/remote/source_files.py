"""What is to be sent, as it lies on its owner's machine: the files of a package, or frames."""

import os
import stat
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from farmdesk.domain.errors import FarmError, Refused
from farmdesk.domain.system_words import why_system
from farmdesk.domain.text import quoted
from farmdesk.security.manifest import MAX_FILES
from farmdesk.security.package_names import check_together, checked_name


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file, and how it looked when the package was put together."""

    name: str  # inside the package: checked, with `/`
    path: Path
    size: int
    mtime_ns: int

    def is_as_before(self) -> bool:
        """Say whether the file still looks the same; what was sealed of it may be sent on."""
        try:
            now = self.path.stat()
        except OSError:
            return False
        return (now.st_size, _mtime_ns(now)) == (self.size, self.mtime_ns)


class NotAFile(Refused):
    """Something in the folder that cannot travel: a link, a pipe, a device."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(
            f"{quoted(name)} is a link or no file. Put the file itself in its place, or take it "
            "out of the folder.",
            f"{quoted(name)} 是链接或不是文件。请用文件本身替换，或将其移出该文件夹。",
        )


class UnreadableSource(FarmError):
    """A file or folder that this machine does not let us read."""

    def __init__(self, name: str, error: OSError) -> None:
        self.name = name
        why = why_system(error)
        super().__init__(
            f"{quoted(name)} cannot be read ({why.en}). Mend that; the same command then goes on.",
            f"无法读取 {quoted(name)}（{why.zh}）。请排除故障后再次执行同一命令。",
        )


class NothingThere(Refused):
    """There is nothing to send."""

    def __init__(self, path: Path) -> None:
        self.path = path
        super().__init__(
            f"There is no file in {quoted(str(path))}. Name the scene's folder, or one file.",
            f"{quoted(str(path))} 中没有文件。请指定场景文件夹或单个文件。",
        )


class NothingToHandIn(Refused):
    """A folder without any file that is not a proven frame already."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        super().__init__(
            f"There is nothing to hand in in {quoted(str(folder))}: it has no files, or they are "
            "named like frames that are proven already.",
            f"{quoted(str(folder))} 中没有可提交的内容：其中没有文件，"
            "或文件名对应的帧均已通过校验。",
        )


class TooManyFiles(Refused):
    """More files than a package may have."""

    def __init__(self) -> None:
        super().__init__(
            f"The folder has more than {MAX_FILES} files. Pack many small files into one.",
            f"该文件夹中的文件超过 {MAX_FILES} 个。请把大量小文件合并。",
        )


def source_files(root: Path) -> list[SourceFile]:
    """Give what a folder holds, or one file, in the order of names.

    What goes meanwhile is left out. Raises BadName, NotAFile, NothingThere, TooManyFiles,
    UnreadableSource.
    """
    if root.is_file():
        with suppress(FileNotFoundError):
            return [_source(root, checked_name(root.name).as_posix())]
    found = list[SourceFile]()
    for folder, folders, files in os.walk(root, onerror=partial(_refuse_unread, root)):
        below = Path(folder)
        for name in folders:
            if (below / name).is_symlink():
                raise NotAFile((below / name).relative_to(root).as_posix())
        for name in files:
            inside = (below / name).relative_to(root).as_posix()
            with suppress(FileNotFoundError):
                found.append(_source(below / name, checked_name(inside).as_posix()))
            if len(found) > MAX_FILES:
                raise TooManyFiles
    if not found:
        raise NothingThere(root)
    check_together(file.name for file in found)
    return sorted(found, key=lambda file: file.name)


def frame_files(folder: Path, proven: Collection[str]) -> list[SourceFile]:
    """Give the files that a folder itself holds, in the order of names, without `proven` names.

    Raises BadName, NotAFile, NothingToHandIn, TooManyFiles, UnreadableSource.
    """
    found = list[SourceFile]()
    try:
        there = sorted(folder.iterdir()) if folder.is_dir() else []
    except OSError as error:
        raise UnreadableSource(folder.name, error) from error
    for path in there:
        if path.name not in proven and (path.is_symlink() or not path.is_dir()):
            with suppress(FileNotFoundError):
                found.append(_source(path, checked_name(path.name).as_posix()))
    if not found:
        raise NothingToHandIn(folder)
    if len(found) > MAX_FILES:
        raise TooManyFiles
    check_together(file.name for file in found)
    return found


def _refuse_unread(root: Path, error: OSError) -> None:
    """Refuse a folder that cannot be listed: its files would be missing."""
    if not isinstance(error, FileNotFoundError):
        inside = Path(error.filename).relative_to(root)
        raise UnreadableSource((root.name / inside).as_posix(), error) from error


def _source(path: Path, name: str) -> SourceFile:
    """Look at a file. Raises NotAFile, UnreadableSource, FileNotFoundError when it is gone."""
    try:
        now = path.lstat()
    except FileNotFoundError:
        raise
    except OSError as error:
        raise UnreadableSource(name, error) from error
    if not stat.S_ISREG(now.st_mode):
        raise NotAFile(name)
    return SourceFile(name, path, now.st_size, _mtime_ns(now))


def _mtime_ns(found: os.stat_result) -> int:
    return max(0, found.st_mtime_ns)  # a manifest knows no time before 1970
