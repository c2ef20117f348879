"""Fetches a task's package from a farm: opened as it comes, resumed at any time.

No file of the folder is overwritten. What bears a file's name is whole; a file that is there with
its size and time is not fetched again.
"""

import logging
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path, PurePosixPath
from typing import Protocol

from farmdesk.domain.errors import FarmUnavailable, Refused
from farmdesk.domain.transfers import FETCH_CONNECTIONS
from farmdesk.link.packages_wire import FilesWanted, PackageSeen
from farmdesk.link.remote.download_errors import CutOff, DamagedFile
from farmdesk.link.remote.package_file import PackagePart, is_here
from farmdesk.link.remote.package_listing import PackageFile, list_package
from farmdesk.link.remote.part_file import Answer
from farmdesk.link.remote.parts_folder import (
    bytes_of_part,
    discard_part,
    leave,
    part_path,
    sweep,
)
from farmdesk.link.remote.patience import PATIENCE_S
from farmdesk.link.remote.progress import Progress
from farmdesk.link.remote.receiver import FINAL, Receiver
from farmdesk.link.remote.small_files import Line, batches, wanted
from farmdesk.security.sealed import HEADER, ForeignFile, Seed, SegmentPlan
from farmdesk.security.sealed_packages import sealed_package_file
from farmdesk.security.user_keys import SealedUse, UserKeys

log = logging.getLogger(__name__)

_LOOKS = 5  # at a package that changes while it is fetched


class PackagesDoor(Protocol):
    """The farm's pages for packages. Every method may raise FarmUnavailable and Refused."""

    def files(self, task_id: int, after: str) -> PackageSeen:
        """Give a page of a package's files, those behind a name."""
        ...

    def together(
        self, task_id: int, wanted: FilesWanted
    ) -> AbstractContextManager[Iterator[bytes]]:
        """Give small files sealed as wholes, behind each other, as they come.

        Refused is about the first of them.
        """
        ...

    def run(
        self, task_id: int, name: str, version: bytes, segments: range
    ) -> AbstractContextManager[Iterator[bytes]]:
        """Give a header, and some sealed segments, as they come."""
        ...


class ChangesThere(Refused):
    """Files of the package changed each time that they were fetched."""

    def __init__(self) -> None:
        super().__init__(
            "Files of the package change on the farm while they are fetched. What is whole is "
            "kept; fetch again when nothing renders into the package.",
            "获取期间农场上的场景包文件不断变化。已完整获取的文件会保留；"
            "请在没有程序写入该场景包时重新获取。",
        )


@dataclass(frozen=True, slots=True)
class FetchedPackage:
    """What a fetch has brought."""

    files: int  # of the package
    copied: int  # that came now
    bytes: int  # of the package


class PackageFetch:
    """Fetches packages. Whoever sets `pause` pauses it."""

    def __init__(
        self,
        door: PackagesDoor,
        keys: UserKeys,
        *,
        progress: Progress | None = None,
        pause: threading.Event | None = None,
        connections: int = FETCH_CONNECTIONS,
        patience_s: float = PATIENCE_S,
    ) -> None:
        self._door = door
        self._key_version = keys.version
        self._key = keys.key_for(SealedUse.PACKAGE)
        self._receiver = Receiver(
            progress=progress, pause=pause, connections=connections, patience_s=patience_s
        )

    def fetch(self, task_id: int, folder: Path) -> FetchedPackage:
        """Bring a task's package into a folder.

        Raises Paused, BadListing, AlreadyThere, ChangesThere, DamagedFile, DiskFull, NotWritable,
        WrongKey, FarmUnavailable when patience ends, and Refused as the farm says.
        """
        came = set[PurePosixPath]()
        for _ in range(_LOOKS):
            files = self._list(task_id)
            if self._bring_all(task_id, folder, files, came):
                sweep(folder, lambda of: of == _of(task_id))
                leave(folder)
                return FetchedPackage(len(files), len(came), sum(file.size for file in files))
        raise ChangesThere

    def _list(self, task_id: int) -> list[PackageFile]:
        patience = self._receiver.patience()
        return list_package(
            lambda after: patience.ask(lambda: self._door.files(task_id, after)),
            self._key_version,
        )

    def _bring_all(
        self, task_id: int, folder: Path, files: list[PackageFile], came: set[PurePosixPath]
    ) -> bool:
        """Bring what is not here, and note what came; say whether nothing changed meanwhile."""

        def bring(files: Sequence[PackageFile]) -> None:
            left = deque(files)
            while left:
                try:
                    for file in self._brought(task_id, folder, tuple(left)):
                        came.add(file.path)
                        left.popleft()
                except Refused as error:
                    if isinstance(error, FINAL):
                        raise
                    log.info("task %s: %s: %s", task_id, left[0].path, error)
                    discard_part(folder, part_path(folder, _of(task_id), left.popleft().version))

        lacking = [file for file in files if not (file.path in came or is_here(folder, file))]
        total = sum(file.size for file in files)
        parts = ((part_path(folder, _of(task_id), file.version), file.size) for file in lacking)
        here = sum(bytes_of_part(part, size) for part, size in parts)
        rest = sum(file.size for file in lacking) - here
        self._receiver.check_room(folder, rest)
        self._receiver.progress.start(total - sum(file.size for file in lacking), total)
        self._receiver.bring_all([list(batches(lacking))], bring)
        return all(file.path in came for file in lacking)

    def _brought(
        self, task_id: int, folder: Path, files: Sequence[PackageFile]
    ) -> Iterator[PackageFile]:
        """Bring files in order, and give each when it is here.

        Raises Refused where the next one is not the listed one any more.
        """
        if len(files) > 1:
            yield from self._brought_together(task_id, folder, files)
        else:
            self._bring(task_id, folder, files[0])
            yield files[0]

    def _brought_together(
        self, task_id: int, folder: Path, files: Sequence[PackageFile]
    ) -> Iterator[PackageFile]:
        """Bring small files with as few requests as can be: one that changed ends an answer."""
        left, patience = deque(files), self._receiver.patience()
        while left:
            before = len(left)
            try:
                with self._door.together(task_id, wanted(left)) as pieces:
                    line = Line(pieces)
                    while left:
                        self._receiver.check_going()
                        self._take_small(task_id, folder, left[0], line)
                        patience.went_on()
                        yield left.popleft()
            except FarmUnavailable as error:
                if len(left) == before:
                    patience.failed(error)

    def _take_small(self, task_id: int, folder: Path, file: PackageFile, line: Line) -> None:
        pieces = line.take(SegmentPlan(file.size).sealed_size)
        answer = self._answer(task_id, file, pieces, 0)
        place = part_path(folder, _of(task_id), file.version)
        with closing(PackagePart(folder, file, place)) as part:
            for length in part.take(range(1), answer):
                self._receiver.progress.add(length)
            part.finish()

    def _bring(self, task_id: int, folder: Path, file: PackageFile) -> None:
        """Bring one file. Raises Refused where it is not the listed one any more."""

        @contextmanager
        def ask(segments: range) -> Iterator[Answer]:
            with self._door.run(task_id, file.path.as_posix(), file.version, segments) as pieces:
                yield self._answer(task_id, file, pieces, segments.start)

        place = part_path(folder, _of(task_id), file.version)
        with closing(PackagePart(folder, file, place)) as part:
            self._receiver.receive(part, ask)
            part.finish()

    def _answer(
        self, task_id: int, file: PackageFile, pieces: Iterator[bytes], first: int
    ) -> Answer:
        """Read the header that an answer begins with. Raises CutOff, DamagedFile."""
        begun = b""
        while len(begun) < HEADER:
            piece = next(pieces, None)
            if piece is None:
                raise CutOff
            begun += piece
        try:
            seed = Seed.of_header(begun)
        except ForeignFile:
            raise DamagedFile(file.path.as_posix(), first) from None
        sealed = sealed_package_file(
            self._key,
            task_id=task_id,
            key_version=self._key_version,
            version=file.version,
            size=file.size,
            seed=seed,
        )
        rest = begun if first == 0 else begun[HEADER:]
        return Answer(sealed, chain([rest], pieces))


def _of(task_id: int) -> str:
    """Give what the parts of a task's package begin with."""
    return f"package-{task_id}"
