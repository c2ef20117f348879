"""Opened packages at the gateway, for the staff: what is in one, and its files' sealed segments.

Every method does I/O: call it beside the event loop. Only what the farm opened for a task leaves it
here, never a scene that a task names on the storage: whoever submits could name any file.
"""

import os
from pathlib import Path

from farmdesk.db import reports, user_keys
from farmdesk.db.database import Database
from farmdesk.domain.accounts import KeyRecord
from farmdesk.domain.errors import Refused
from farmdesk.domain.users import Role
from farmdesk.gateway.callers import Caller
from farmdesk.gateway.outgoing import Outgoing, Reading, opened_below
from farmdesk.gateway.package_files import PackageFileChanged, files_behind, is_version
from farmdesk.gateway.upload_errors import StaleLogin
from farmdesk.link.packages_wire import PackageSeen
from farmdesk.security.sealed import Seed
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
        folder, record = self._begin(caller, task_id)
        changed = PackageFileChanged(name)
        key = self._outgoing.key(record, SealedUse.PACKAGE)
        try:
            file = opened_below(folder, name)
        except OSError:
            raise changed from None
        sealed = sealed_package_file(
            key,
            task_id=task_id,
            key_version=record.version,
            version=version,
            size=os.fstat(file.fileno()).st_size,
            seed=Seed.fresh(),
        )
        reading = Reading(
            file,
            sealed,
            is_listed=lambda status: is_version(version, task_id, name, status),
            changed=changed,
            user_id=caller.account.user_id,
        )
        return self._outgoing.count(reading)

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
