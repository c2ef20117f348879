"""Carries out `farmdesk fetch`: a task's package is copied on the farm's own machine."""

import threading
from pathlib import Path

from farmdesk.cli.call import Call
from farmdesk.cli.watching import watched
from farmdesk.db import reports
from farmdesk.domain.errors import Refused
from farmdesk.domain.users import NotAllowed, Role
from farmdesk.engine.workspace import Workspace
from farmdesk.link.remote.patience import Paused
from farmdesk.link.remote.progress import Progress
from farmdesk.storage.package_copy import PackageCopy


class OnlyHere(Refused):
    """A package is fetched where it lies."""

    def __init__(self) -> None:
        super().__init__(
            "A package is fetched on the farm's own machine, which reads its storage. Log in there "
            "and leave --server and FARMDESK_SERVER out.",
            "场景包须在农场本机上获取，由其读取存储。请登录该机器，不使用 --server。",
        )


def fetch(call: Call) -> int:
    """Copy a task's package into a folder; what is there, whole, is not copied again."""
    if call.server is not None:
        raise OnlyHere
    if call.user.role is Role.CUSTOMER:
        raise NotAllowed(call.user)
    folder = Path(call.words.folder).absolute()
    copy = PackageCopy(_source(call, call.words.task), folder)
    files = copy.lacking()

    def work(progress: Progress, pause: threading.Event) -> None:
        progress.start(copy.size - sum(file.size for file in files), copy.size)
        if not copy.carry_out(files, progress.add, pause):
            raise Paused

    watched(call, folder.name, work)
    told = {"task": call.words.task, "folder": str(folder), "files": len(copy.files)}
    told |= {"copied": len(files), "bytes": copy.size}
    size = f"{copy.size / 1e6:,.1f} MB"
    return call.show(
        told,
        lambda: call.say(
            f"{len(files)} of {len(copy.files)} files ({size} in all) copied to {folder}.",
            f"共 {len(copy.files)} 个文件（{size}），已复制 {len(files)} 个到 {folder}。",
        ),
    )


def _source(call: Call, task_id: int) -> Path:
    """Give the folder of a task's package, or the scene that it named. Raises Refused."""
    with call.database.reading() as connection:
        scene = Path(reports.scene(connection, task_id))
    package = Workspace(call.config.folder).scene(task_id)
    return package if scene.is_relative_to(package) else scene
