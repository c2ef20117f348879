"""Carries out `farmdesk fetch`: a task's package, copied here, or fetched sealed from elsewhere."""

import threading
from datetime import UTC, datetime
from pathlib import Path

from farmdesk.cli.call import Call
from farmdesk.cli.uploading import transfer_session
from farmdesk.cli.visits import open_keys
from farmdesk.cli.watching import watched
from farmdesk.db import audit, reports
from farmdesk.domain.accounts import Deed
from farmdesk.domain.sizes import size_text
from farmdesk.domain.users import NotAllowed, Role
from farmdesk.link.remote.package_door import PackageDoor
from farmdesk.link.remote.package_fetch import FetchedPackage, PackageFetch
from farmdesk.link.remote.patience import Paused
from farmdesk.link.remote.progress import Progress
from farmdesk.security.audit_chain import digest_of
from farmdesk.storage.package_copy import PackageCopy
from farmdesk.storage.scenes import package_of


def fetch(call: Call) -> int:
    """Bring a task's package into a folder; what is there, whole, is not brought again."""
    folder = Path(call.words.folder).absolute()
    if call.server is not None:
        return _told(call, folder, _fetched(call, folder))
    if call.user.role is Role.CUSTOMER:
        raise NotAllowed(call.user)
    return _told(call, folder, _copied(call, folder))


def _fetched(call: Call, folder: Path) -> FetchedPackage:
    """Fetch it through the farm's gateway."""
    keys = open_keys(call)
    with transfer_session(call.known_farm, keys) as session:
        return watched(
            call,
            folder.name,
            lambda progress, pause: PackageFetch(
                PackageDoor(session),
                keys,
                progress=progress,
                pause=pause,
                connections=max(1, call.words.connections),
            ).fetch(call.words.task, folder),
        )


def _copied(call: Call, folder: Path) -> FetchedPackage:
    """Copy it from the farm's storage; a scene that lies there without a package as well."""
    copy = PackageCopy(_source(call, call.words.task), folder)
    _note(call, folder)
    files = copy.lacking()

    def work(progress: Progress, pause: threading.Event) -> None:
        progress.start(copy.size - sum(file.size for file in files), copy.size)
        if not copy.carry_out(files, progress.add, pause):
            raise Paused

    watched(call, folder.name, work)
    return FetchedPackage(len(copy.files), len(files), copy.size)


def _source(call: Call, task_id: int) -> Path:
    """Give the folder of a task's package, or the scene that it named. Raises Refused."""
    with call.database.reading() as connection:
        scene = Path(reports.scene(connection, task_id))
        frames = Path(reports.task(connection, task_id).output)
    return package_of(scene, frames) or scene


def _note(call: Call, folder: Path) -> None:
    """Put the fetch on record before anything is copied, as the gateway does."""
    deed = Deed(
        datetime.now(UTC), call.login, "fetch_package", f"task {call.words.task}", str(folder)
    )
    with call.database.writing() as connection:
        audit.append_all(connection, (deed,), digest_of)


def _told(call: Call, folder: Path, fetched: FetchedPackage) -> int:
    told = {"task": call.words.task, "folder": str(folder), "files": fetched.files}
    told |= {"copied": fetched.copied, "bytes": fetched.bytes}
    count, size = f"{fetched.copied} of {fetched.files}", size_text(fetched.bytes)
    return call.show(
        told,
        lambda: call.say(
            f"{count} files ({size} in all) copied to {folder}.",
            f"共 {fetched.files} 个文件（{size}），已复制 {fetched.copied} 个到 {folder}。",
        ),
    )
