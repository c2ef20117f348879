"""Files of opened packages: walked in order, through no link, a page at a time."""

import os
from collections.abc import Generator
from contextlib import closing
from itertools import islice
from pathlib import Path
from stat import S_ISREG

from farmdesk.domain.text import quoted
from farmdesk.gateway.outgoing import FileChanged
from farmdesk.link.packages_wire import PackageFileSeen
from farmdesk.security.package_names import BadName, checked_name
from farmdesk.security.sealed_packages import package_file_version


class PackageFileChanged(FileChanged):
    """A file of a package is not the one that was listed, or is gone."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"{quoted(name)} has changed on the farm since it was listed, or is gone. List the "
            "package again.",
            f"{quoted(name)} 在列出之后已在农场上变化或消失。请重新列出场景包。",
        )


def files_behind(
    package: Path, task_id: int, after: str, most: int
) -> tuple[list[PackageFileSeen], bool]:
    """Give `most` files behind the name `after`, and whether there are more.

    Part by part in the order of their names, so that a page is found without looking at all files
    before it. Raises OSError where there is no package.
    """
    place = os.open(package, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        with closing(_walk(place, (), tuple(after.split("/")) if after else ())) as found:
            page = list(islice(found, most + 1))
    finally:
        os.close(place)
    seen = [
        PackageFileSeen(
            name,
            status.st_size,
            max(0, status.st_mtime_ns),
            package_file_version(task_id, name, status).hex(),
        )
        for name, status in page[:most]
    ]
    return seen, len(page) > most


def is_version(version: bytes, task_id: int, name: str, status: os.stat_result) -> bool:
    """Say whether a file that looks so is this version of it."""
    return S_ISREG(status.st_mode) and package_file_version(task_id, name, status) == version


def _walk(
    folder: int, parts: tuple[str, ...], after: tuple[str, ...]
) -> Generator[tuple[str, os.stat_result], None, None]:
    """Give names and looks of the files below an open folder, behind `after`."""
    for part in sorted(os.listdir(folder)):
        path = (*parts, part)
        if path < after[: len(path)] or path == after or not _is_name("/".join(path)):
            continue
        try:
            status = os.stat(part, dir_fd=folder, follow_symlinks=False)
            if S_ISREG(status.st_mode):
                yield "/".join(path), status
                continue
            inner = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=folder)
        except OSError:  # a link, a pipe, or gone meanwhile
            continue
        try:
            yield from _walk(inner, path, after)
        finally:
            os.close(inner)


def _is_name(name: str) -> bool:
    try:
        checked_name(name)
    except BadName:
        return False
    return True
