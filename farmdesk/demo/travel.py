"""How the demo's files travel: the scene in and the frames out, sealed with the customer's key."""

import hashlib
import shutil
import threading
import time
from collections.abc import Callable

from rich.progress import BarColumn, DownloadColumn, TextColumn, TransferSpeedColumn
from rich.progress import Progress as Bars
from rich.table import Column

from farmdesk.cli.screen import Screen
from farmdesk.demo.people import Person
from farmdesk.demo.place import Place
from farmdesk.domain.errors import Refused
from farmdesk.domain.said import Said
from farmdesk.domain.states import FrameState, TaskState
from farmdesk.link.remote.download import Download
from farmdesk.link.remote.progress import Progress
from farmdesk.link.remote.result_door import ResultDoor
from farmdesk.link.remote.source_files import source_files
from farmdesk.link.remote.transfer_door import TransferDoor
from farmdesk.link.remote.upload import Upload
from farmdesk.link.remote.upload_journal import UploadJournal

POLL_S = 0.05


def send_scene(customer: Person, task: int, place: Place, screen: Screen) -> None:
    """Upload the scene as the task's package, and wait until the farm has opened and proven it.

    Raises Refused when it does not pass.
    """
    journal = UploadJournal(place.home(customer.keys.login) / "uploads" / f"{task}.sqlite")
    progress = Progress()
    upload = Upload(TransferDoor(customer.session), journal, customer.keys, progress=progress)
    try:
        with_bar(
            Said("Sealed upload", "加密上传"),
            lambda: upload.send(task, lambda: source_files(place.scene)),
            progress,
            screen,
        )
    finally:
        journal.close()
    while (row := customer.link.task(task)).state is TaskState.UPLOADING:
        time.sleep(POLL_S)
    if row.state is not TaskState.QUEUED:
        raise Refused(row.reason, row.reason_zh)
    screen.say(
        Said(
            "  The farm opened the package, proved it, and queued the task",
            "  农场已打开并校验场景包，任务已排队",
        )
    )


def fetch_results(customer: Person, task: int, place: Place, screen: Screen) -> int:
    """Download a task's frames into an empty folder; give how many are as they were recorded."""
    shutil.rmtree(place.results, ignore_errors=True)
    progress = Progress()
    download = Download(ResultDoor(customer.session), customer.keys, progress=progress)
    title = Said("Sealed download", "加密下载")
    with_bar(title, lambda: download.fetch(task, place.results), progress, screen)
    recorded: dict[str, str] = {}
    rev = 0
    while rows := customer.link.frames(task, rev):
        rev = rows[-1].rev
        proven = (row.record for row in rows if row.record.state is FrameState.DONE)
        recorded.update({record.path: record.sha256 for record in proven})
    return sum(
        hashlib.sha256((place.results / name).read_bytes()).hexdigest() == digest
        for name, digest in recorded.items()
        if (place.results / name).is_file()
    )


def with_bar(title: Said, work: Callable[[], object], progress: Progress, screen: Screen) -> None:
    """Show how far a transfer is while it works in a thread; raises what it raises."""
    failed: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001  # raised again where the bar is
            failed.append(error)

    thread = threading.Thread(target=run, name=title.en)
    columns = (
        TextColumn("{task.description}", table_column=Column(min_width=22)),
        BarColumn(bar_width=32),
        DownloadColumn(),
        TransferSpeedColumn(),
    )
    with Bars(*columns, console=screen.console, refresh_per_second=5) as bars:
        bar = bars.add_task(title.text(screen.language), total=None)
        thread.start()
        while thread.is_alive():
            thread.join(POLL_S)
            look = progress.look()
            bars.update(bar, completed=look.done, total=look.total or None)
    if failed:
        raise failed[0]
