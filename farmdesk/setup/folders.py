"""The folders that a set-up writes into: looked at before anything is asked, made in time."""

import errno
import os
from pathlib import Path

from farmdesk.domain.errors import Refused
from farmdesk.domain.system_words import why_system


class NoFolder(Refused):
    """A folder that cannot be made or written. `option` names another one."""

    def __init__(self, folder: Path, option: str, error: OSError) -> None:
        self.folder = folder
        why = why_system(error)
        super().__init__(
            f"The folder {folder} cannot be used: {why.en}. Choose another with {option}, or give "
            "this account the right to write there.",
            f"无法使用文件夹 {folder}：{why.zh}。请用 {option} 选择其他文件夹，或授予写入权限。",
        )


def check_folder(folder: Path, option: str) -> None:
    """Refuse a folder that can be seen to be of no use; nothing is made. Raises NoFolder."""
    there = next(place for place in (folder, *folder.parents) if place.exists())
    if not there.is_dir():
        raise NoFolder(folder, option, OSError(errno.ENOTDIR, os.strerror(errno.ENOTDIR)))
    if not os.access(there, os.W_OK | os.X_OK):
        raise NoFolder(folder, option, OSError(errno.EACCES, os.strerror(errno.EACCES)))


def ensure_folder(folder: Path, option: str) -> bool:
    """Make a folder for its owner alone, or find it; give whether it was made. Raises NoFolder."""
    try:
        made = not folder.is_dir()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        probe = folder / ".farmdesk-setup"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise NoFolder(folder, option, error) from error
    return made
