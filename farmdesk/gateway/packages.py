"""Opened packages at the gateway, for the staff: what is in one, and its files' sealed segments.

Every method does I/O: call it beside the event loop. Only what the farm opened for a task leaves it
here, never a scene that a task names on the storage: whoever submits could name any file.
"""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from farmdesk.db import reports, user_keys
from farmdesk.db.database import Database
from farmdesk.domain.accounts import KeyRecord
from farmdesk.domain.errors import Refused
from farmdesk.domain.users import Role
from farmdesk.gateway.callers import Caller
from farmdesk.gateway.forms import FileForm
from farmdesk.gateway.outgoing import Outgoing, Reading, Together, opened_below
from farmdesk.gateway.package_files import PackageFileChanged, files_behind, is_version
from farmdesk.gateway.upload_errors import StaleLogin
from farmdesk.link.packages_wire import PackageSeen
from farmdesk.security.sealed import Seed, SegmentPlan
from farmdesk.security.sealed_packages import sealed_package_file
from farmdesk.security.user_keys import SealedUse
from farmdesk.storage.scenes import package_of

PAGE = 2000  # files of one listing
DEED = "fetch_package"  # in the audit log


class NoPackage(Refused):
    """Nothing that can be fetched; a customer is told so of every task, if there is one or not."""

    def __init__(self, task_id: int) -> None:
        self.task_id = task_id
        super().__init__(
            f"Task {task_id} has no package that can be fetched from here: there is no such task, "
            "its package has not arrived, it was purged, or its scene lies on the farm's storage.",
            f"无法从此处获取任务 {task_id} 的场景包：任务不存在、场景包尚未送达、任务已被彻底删除，"
            "或其场景位于农场存储上。",
        )


class Packages:
    """All opened packages of a farm. Safe between threads."""

    def __init__(self, database: Database, outgoing: Outgoing) -> None:
        self._database = database
        self._outgoing = outgoing

    def listed(self, caller: Caller, task_id: int, after: str) -> PackageSeen:
        """Give a page of a package's files behind the name `after`. Raises NoPackage, StaleLogin.

        The first page begins a fetch: it is on record, whatever the session has fetched before.
        What no package may hold is left out: links, pipes, names that some system does not take.
        """
        folder, record = self._begin(caller, task_id, anew=not after)
        try:
            files, more = files_behind(folder, task_id, after, PAGE)
        except OSError:
            raise NoPackage(task_id) from None
        return PackageSeen(record.version, files, files[-1].name if more else None)

    def reading(self, caller: Caller, task_id: int, name: str, version: bytes) -> Reading:
        """Open a file. Raises NoPackage, StaleLogin, PackageFileChanged, TooMany."""
        return self._outgoing.count(self._source(caller, task_id).open(name, version))

    def together(self, caller: Caller, task_id: int, wanted: Sequence[FileForm]) -> Together:
        """Open small files, each when the one before is sealed. Raises as `reading`, at any."""
        source = self._source(caller, task_id)

        def readings() -> Iterator[Reading]:
            for file in wanted:
                opened = source.open(file.name, bytes.fromhex(file.version), file.size)
                yield self._outgoing.count(opened)

        return Together(readings(), sum(SegmentPlan(file.size).sealed_size for file in wanted))

    def _source(self, caller: Caller, task_id: int) -> "_Source":
        folder, record = self._begin(caller, task_id)
        return _Source(folder, task_id, record, self._outgoing.key(record, SealedUse.PACKAGE))

    def _begin(self, caller: Caller, task_id: int, *, anew: bool = False) -> tuple[Path, KeyRecord]:
        """Give the folder of a task's package and the caller's keys, and note the fetch.

        Raises NoPackage, StaleLogin.
        """
        if caller.user.role is Role.CUSTOMER:
            raise NoPackage(task_id)
        with self._database.reading() as connection:
            scene = Path(reports.scene(connection, task_id))
            frames = Path(reports.task(connection, task_id).output)
            record = user_keys.find(connection, caller.session.fingerprint)
        folder = package_of(scene, frames)
        if folder is None:
            raise NoPackage(task_id)
        if record is None:
            raise StaleLogin
        self._outgoing.begin(caller, DEED, task_id, anew=anew)
        return folder, record


@dataclass(frozen=True, slots=True)
class _Source:
    """A task's package, for one request. `key`: what its files are sealed with."""

    folder: Path
    task_id: int
    record: KeyRecord
    key: bytes = field(repr=False)

    def open(self, name: str, version: bytes, told: int | None = None) -> Reading:
        """Open a file; `told`: bytes that the client was told of. Raises PackageFileChanged."""
        changed = PackageFileChanged(name)
        try:
            file = opened_below(self.folder, name)
        except OSError:
            raise changed from None
        size = os.fstat(file.fileno()).st_size
        if told is not None and told != size:
            file.close()
            raise changed
        sealed = sealed_package_file(
            self.key,
            task_id=self.task_id,
            key_version=self.record.version,
            version=version,
            size=size,
            seed=Seed.fresh(),
        )
        return Reading(
            file,
            sealed,
            is_listed=lambda status: is_version(version, self.task_id, name, status),
            changed=changed,
            user_id=self.record.user_id,
        )
