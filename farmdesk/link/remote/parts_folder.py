"""Where files lie that are on their way into a folder, and how those go that nobody wants any more.

    .farmdesk-parts/<of>.<version>.part       what has come of a file
    .farmdesk-parts/<of>.<version>.digests    of its segments

`of` names the task's frame, or its package. What changes at the farm bears another version, and
nobody asks for the old one again: so a fetch that ends well sweeps. Several programs may fetch into
one folder: whoever has a part open shares a lock (flock(2)) on it, and nobody sweeps meanwhile.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from farmdesk.link.remote.download_errors import told_of_disk

if os.name != "nt":
    import fcntl

PARTS = ".farmdesk-parts"  # folder of what is on its way; no file that is fetched may lie in it


def part_path(folder: Path, of: str, version: bytes) -> Path:
    """Give the place of a file that is on its way."""
    return folder / PARTS / f"{of}.{version.hex()}.part"


def digests_path(part: Path) -> Path:
    """Give the place of the digests of a part's segments."""
    return part.with_suffix(".digests")


def discard_part(folder: Path, part: Path) -> None:
    """Delete what has come of a file. Raises NotWritable."""
    with told_of_disk(folder):
        for path in (part, digests_path(part)):
            path.unlink(missing_ok=True)


def bytes_of_part(part: Path, size: int) -> int:
    """Give about what an earlier program has brought of a file of `size` bytes."""
    try:
        return min(part.stat().st_size, size)
    except OSError:
        return 0


@contextmanager
def held(folder: Path, *, alone: bool = False) -> Iterator[None]:
    """Hold a folder with others, or alone. Raises OSError where nobody, or somebody else, can.

    Windows needs no lock: it deletes nothing that is open.
    """
    if os.name == "nt":
        yield
        return
    number = os.open(folder, os.O_RDONLY)
    try:
        if alone:
            fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
        else:
            with suppress(OSError):  # a file system without locks: there nobody sweeps
                fcntl.flock(number, fcntl.LOCK_SH)
        yield
    finally:
        os.close(number)


def sweep(folder: Path, is_over: Callable[[str], bool]) -> None:
    """Delete the parts of what `is_over` knows, unless another program has a part open.

    What cannot be deleted stays for the next time.
    """
    with suppress(OSError), held(folder, alone=True):
        for path in (folder / PARTS).iterdir():
            if is_over(path.name.partition(".")[0]):
                with suppress(OSError):
                    path.unlink()


def leave(folder: Path) -> None:
    """Delete the folder of the parts, if there are none."""
    with suppress(OSError):
        (folder / PARTS).rmdir()
