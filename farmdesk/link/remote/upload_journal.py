"""What an upload must remember on the customer's machine to go on after anything was killed.

Which files have which numbers and seeds, and a digest of each segment's bytes, noted before the
sealed segment leaves: so that no two contents are ever sealed with one seed. A small SQLite file,
since it must hold whatever happens while it is written; it has no keys and no content in it.
"""

import errno
import os
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from farmdesk.domain.errors import Refused
from farmdesk.domain.said import Said
from farmdesk.domain.system_words import why_system
from farmdesk.link.remote.source_files import SourceFile
from farmdesk.security.content import content_digest
from farmdesk.security.sealed import Seed, SegmentPlan
from farmdesk.security.segment_row import SegmentRow

_TABLES = """
CREATE TABLE IF NOT EXISTS upload (
    transfer BLOB NOT NULL, key_version INTEGER NOT NULL, whole INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS file (
    number INTEGER PRIMARY KEY, name TEXT NOT NULL, size INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL, salt BLOB NOT NULL, prefix BLOB NOT NULL, dropped INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS segment (number INTEGER PRIMARY KEY, digest BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS same (
    name TEXT PRIMARY KEY, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL,
    digest BLOB NOT NULL, same_as TEXT NOT NULL);
"""


class AlreadyUploading(Refused):
    """Another program on this machine has the journal open."""

    def __init__(self) -> None:
        super().__init__(
            "Another program on this machine is uploading for this task. Wait for it, or end it.",
            "本机上已有另一个程序在为此任务上传。请等待其完成，或结束它。",
        )


class JournalFailed(Refused):
    """The journal cannot be written: nothing may leave without its note."""

    def __init__(self, error: OSError | sqlite3.Error) -> None:
        why = _why(error)
        super().__init__(
            f"The upload's journal on this machine cannot be written ({why.en}). Check the disk "
            "and its free space; the same command then goes on.",
            f"无法写入本机上的上传日志（{why.zh}）。请检查磁盘及其剩余空间，然后再次执行同一命令。",
        )


def _why(error: OSError | sqlite3.Error) -> Said:
    if isinstance(error, OSError):
        return why_system(error)
    if error.sqlite_errorcode == sqlite3.SQLITE_FULL:
        return why_system(OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))
    return Said(str(error), str(error))


@dataclass(frozen=True, slots=True)
class NumberedFile:
    """A file of the package that travels, with what its segments are sealed with."""

    number: int
    name: str
    size: int
    mtime_ns: int
    seed: Seed

    @property
    def plan(self) -> SegmentPlan:
        """How it is cut."""
        return SegmentPlan(self.size)

    def is_of(self, source: SourceFile) -> bool:
        """Say whether a file looks as it did when it got its number."""
        return (self.size, self.mtime_ns) == (source.size, source.mtime_ns)


@dataclass(frozen=True, slots=True)
class UnchangedFile:
    """A file of the package that the previous version had too, under the name `same_as`."""

    name: str
    size: int
    mtime_ns: int
    digest: bytes
    same_as: str


@dataclass(frozen=True, slots=True)
class PackageContents:
    """What an earlier package holds: a name for each content, and the sizes that there are."""

    names: Mapping[bytes, str]  # by digest
    sizes: frozenset[int]


NOTHING_KNOWN = PackageContents({}, frozenset())


class UploadJournal:
    """One task's journal. Safe between threads; one program at a time."""

    def __init__(self, path: Path) -> None:
        """Open or make it. Raises AlreadyUploading, JournalFailed."""
        self._lock = threading.RLock()
        self.row = SegmentRow()
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._db = sqlite3.connect(
                path, timeout=0, check_same_thread=False, isolation_level=None
            )
        except (OSError, sqlite3.Error) as error:
            raise JournalFailed(error) from error
        try:
            self._db.execute("PRAGMA locking_mode = EXCLUSIVE")
            self._db.execute("PRAGMA synchronous = FULL")
            self._db.execute("BEGIN EXCLUSIVE")
            self._db.execute("COMMIT")
            self._db.executescript(_TABLES)
            self._files = self._read_files()
        except sqlite3.Error as error:
            self._db.close()
            if error.sqlite_errorcode == sqlite3.SQLITE_BUSY:
                raise AlreadyUploading from None
            raise JournalFailed(error) from error

    @contextmanager
    def _changing(self) -> Iterator[sqlite3.Connection]:
        """Give the tables for a change: all of it is kept, or nothing. Raises JournalFailed."""
        with self._lock:
            try:
                self._db.execute("BEGIN")
                with self._db:
                    yield self._db
            except sqlite3.Error as error:
                raise JournalFailed(error) from error

    def close(self) -> None:
        """Let others have it."""
        with self._lock:
            self._db.close()

    def upload(self) -> tuple[bytes, int] | None:
        """Give the upload's id and key version; None before it began."""
        with self._lock:
            query = "SELECT transfer, key_version FROM upload"
            found: tuple[bytes, int] | None = self._db.execute(query).fetchone()
        return found

    def begin(self, transfer: bytes, key_version: int) -> None:
        """Forget everything, and remember a new upload."""
        with self._changing() as db:
            self._empty(db)
            db.execute("INSERT INTO upload VALUES (?, ?, 0)", (transfer, key_version))

    def forget(self) -> None:
        """Forget everything: it is over."""
        with self._changing() as db:
            self._empty(db)

    def _empty(self, db: sqlite3.Connection) -> None:
        for table in ("upload", "file", "segment", "same"):
            db.execute(f"DELETE FROM {table}")  # noqa: S608  constants
        self.row, self._files = SegmentRow(), {}

    def files(self) -> Mapping[int, NumberedFile]:
        """Give the files that travel, by number."""
        with self._lock:
            return dict(self._files)

    def file(self, number: int) -> NumberedFile:
        """Give a file that travels. Raises KeyError when it was dropped."""
        with self._lock:
            return self._files[number]

    def dropped(self) -> list[int]:
        """Give the numbers that count no more."""
        with self._lock:
            return [number for number in range(len(self.row.sizes)) if number not in self._files]

    def take_in(self, sources: Iterable[SourceFile]) -> None:
        """Give each file a number and a seed of its own, at the end of the row."""
        with self._changing() as db:
            for source in sources:
                seed = Seed.fresh()
                file = NumberedFile(
                    len(self.row.sizes), source.name, source.size, source.mtime_ns, seed
                )
                values = (file.number, file.name, file.size, file.mtime_ns, seed.salt, seed.prefix)
                db.execute("INSERT INTO file VALUES (?, ?, ?, ?, ?, ?, 0)", values)
                self.row.add([file.plan.sealed_size])
                self._files[file.number] = file

    def drop(self, numbers: Iterable[int]) -> None:
        """Let files count no more: they changed, or are gone."""
        with self._changing() as db:
            for number in numbers:
                db.execute("UPDATE file SET dropped = 1 WHERE number = ?", (number,))
                self._files.pop(number, None)

    def note(self, digests: Mapping[int, bytes]) -> list[int]:
        """Note what segments hold before they leave; give those that held something else before.

        When there are such, nothing is noted.
        """
        with self._lock:
            other = [
                number
                for number, digest in digests.items()
                if (known := self.digest(number)) is not None and known != digest
            ]
            if not other:
                with self._changing() as db:
                    db.executemany("INSERT OR IGNORE INTO segment VALUES (?, ?)", digests.items())
        return other

    def digest(self, number: int) -> bytes | None:
        """Give what was noted of a segment."""
        with self._lock:
            query = "SELECT digest FROM segment WHERE number = ?"
            found = self._db.execute(query, (number,)).fetchone()
        return None if found is None else found[0]

    def content(self, file: NumberedFile) -> bytes:
        """Give the digest of a file's bytes, from its segments', once all were noted."""
        span = self.row.of_file(file.number)
        with self._lock:
            query = "SELECT digest FROM segment WHERE number >= ? AND number < ? ORDER BY number"
            found = self._db.execute(query, (span.start, span.stop)).fetchall()
        return content_digest(digest for (digest,) in found)

    def unchanged(self) -> dict[str, UnchangedFile]:
        """Give the files that do not travel, by name."""
        with self._lock:
            query = "SELECT name, size, mtime_ns, digest, same_as FROM same"
            return {row[0]: UnchangedFile(*row) for row in self._db.execute(query)}

    def set_unchanged(self, files: Sequence[UnchangedFile]) -> None:
        """Remember which files do not travel."""
        with self._changing() as db:
            db.execute("DELETE FROM same")
            db.executemany(
                "INSERT INTO same VALUES (?, ?, ?, ?, ?)",
                [(f.name, f.size, f.mtime_ns, f.digest, f.same_as) for f in files],
            )

    def set_whole(self) -> None:
        """Remember that the farm has everything."""
        with self._changing() as db:
            db.execute("UPDATE upload SET whole = 1")

    def contents(self) -> PackageContents:
        """Give what the package holds, when it was sent whole; else NOTHING_KNOWN."""
        with self._lock:
            if self._db.execute("SELECT whole FROM upload WHERE whole").fetchone() is None:
                return NOTHING_KNOWN
        names = {self.content(file): file.name for file in self.files().values()}
        names |= {file.digest: file.name for file in self.unchanged().values()}
        sizes = {file.size for file in self.files().values()}
        sizes |= {file.size for file in self.unchanged().values()}
        return PackageContents(names, frozenset(sizes))

    def _read_files(self) -> dict[int, NumberedFile]:
        files = {}
        query = "SELECT number, name, size, mtime_ns, salt, prefix, dropped FROM file ORDER BY 1"
        for number, name, size, mtime_ns, salt, prefix, dropped in self._db.execute(query):
            self.row.add([SegmentPlan(size).sealed_size])
            if not dropped:
                files[number] = NumberedFile(number, name, size, mtime_ns, Seed(salt, prefix))
        return files
