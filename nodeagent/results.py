"""The folder of published frames on the share: what lies there, and how a file gets there whole."""

import errno
import hashlib
import os
from collections.abc import Callable
from pathlib import Path

from nodeagent.journal import JournalLine, read_journal

CHUNK_BYTES = 1 << 20

_NO_DIRECTORY_SYNC = {errno.EINVAL, errno.ENOTSUP, errno.EBADF}


def lying(target: Path, frame: int, journals: Path) -> JournalLine | None:
    """Give the journal line of this frame as it lies under its name, None where it is not whole.

    `journals`: the folder of all nodes' journals. Raises OSError.
    """
    if not target.exists():
        return None
    size, digest = target.stat().st_size, ""
    for journal in sorted(journals.glob("*.jsonl")):
        for line in read_journal(journal):
            if (line.frame, line.path, line.bytes) != (frame, target.name, size):
                continue
            digest = digest or _read(target, lambda _chunk: None)[0]
            if line.sha256 == digest:
                return line
    return None


def copy_down(source: Path, target: Path) -> tuple[str, int]:
    """Copy a file down to the disk; give the SHA-256 of what was read, in hex, and its bytes.

    Raises OSError.
    """
    with target.open("wb", buffering=0) as writer:

        def write(chunk: bytes) -> None:
            view = memoryview(chunk)
            while view:
                view = view[writer.write(view) :]

        found = _read(source, write)
        os.fsync(writer.fileno())
    return found


def _read(source: Path, take: Callable[[bytes], None]) -> tuple[str, int]:
    """Hand a file on in pieces; give its SHA-256, in hex, and its bytes. Raises OSError."""
    digest = hashlib.sha256()
    size = 0
    with source.open("rb", buffering=0) as reader:
        while chunk := reader.read(CHUNK_BYTES):
            digest.update(chunk)
            take(chunk)
            size += len(chunk)
    return digest.hexdigest(), size


def sync_folder(folder: Path) -> None:
    """Make a rename outlive a power failure, where the file system knows how. Raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _NO_DIRECTORY_SYNC:
            raise
    finally:
        os.close(descriptor)
