"""Carries out `farmdesk upload`, and the upload behind `farmdesk submit --package`."""

import argparse
import os
import shlex
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict
from pathlib import Path

from farmdesk.cli.call import ANSWER_S, Call
from farmdesk.cli.ctrl_c import at_ctrl_c
from farmdesk.cli.visits import open_keys
from farmdesk.cli.watching import watched
from farmdesk.domain.errors import FarmUnavailable, Refused
from farmdesk.domain.said import Said
from farmdesk.domain.sizes import size_text
from farmdesk.domain.task_commands import SubmitTask
from farmdesk.domain.transfers import TransferState
from farmdesk.link.outcome import wait_outcome
from farmdesk.link.remote.known_farm import KnownFarm
from farmdesk.link.remote.link import RemoteLink
from farmdesk.link.remote.session import RemoteSession
from farmdesk.link.remote.source_files import source_files
from farmdesk.link.remote.transfer_door import TransferDoor
from farmdesk.link.remote.upload import Upload
from farmdesk.link.remote.upload_journal import NOTHING_KNOWN, PackageContents, UploadJournal
from farmdesk.link.transfer_wire import UploadSeen
from farmdesk.security.user_keys import UserKeys


class NoPackage(Refused):
    """Nobody said what to upload."""

    def __init__(self) -> None:
        super().__init__(
            "Upload what? Name the scene's folder, or one file.",
            "要上传什么？请指定场景文件夹或单个文件。",
        )


def upload(call: Call) -> int:
    """Send a task's package, or go on with it."""
    if call.words.package is None:
        raise NoPackage
    keys = open_keys(call)
    with transfer_session(call.known_farm, keys) as session:
        seen = send_package(call, session, keys, task_id=call.words.task)
    return _told(call, seen)


def submit(call: Call, command: SubmitTask) -> int:
    """Queue a task and send its package."""
    keys = open_keys(call)
    with transfer_session(call.known_farm, keys) as session:
        link = RemoteLink(session)
        with at_ctrl_c(
            "The task may be queued already: see farmdesk tasks before you submit it again.",
            "任务可能已提交：再次提交前请查看 farmdesk tasks。",
        ):
            row = wait_outcome(link, link.send(command), ANSWER_S)
        if not row.applied or row.task_id is None:
            call.complain(Said(row.text, row.text_zh))
            return 1
        again = _upload_words(call.words, row.task_id)
        if not call.words.json:
            call.say(
                f"Task {row.task_id} waits for its package. To go on after a break: {again}",
                f"任务 {row.task_id} 正在等待场景包。中断后继续：{again}",
            )
        seen = send_package(call, session, keys, task_id=row.task_id, again=again)
    return _told(call, seen)


def _upload_words(words: argparse.Namespace, task_id: int) -> str:
    """Give the command that goes on with the upload behind a `submit`, as a shell takes it."""
    parts = ["farmdesk", "upload", str(task_id), words.package]
    for option in ("server", "key", "passphrase_file"):
        if value := getattr(words, option):
            parts += ["--" + option.replace("_", "-"), value]
    return subprocess.list2cmdline(parts) if os.name == "nt" else shlex.join(parts)


def send_package(
    call: Call,
    session: RemoteSession,
    keys: UserKeys,
    *,
    task_id: int,
    again: str | None = None,
) -> UploadSeen:
    """Upload `--package` and show how far it is. Raises what `Upload.send` raises.

    `again`: see `watched`.
    """
    farm, words = call.known_farm, call.words
    root = Path(words.package).absolute()
    before = None if words.whole else RemoteLink(session).task(task_id).previous_task
    with closing(UploadJournal(_journal(farm, task_id))) as journal:
        return watched(
            call,
            root.name,
            lambda progress, pause: Upload(
                TransferDoor(session),
                journal,
                keys,
                previous=NOTHING_KNOWN if before is None else _contents(farm, before),
                progress=progress,
                pause=pause,
                connections=max(1, words.connections),
                tell=lambda changes: call.complaints.say(changes.said()),
            ).send(task_id, lambda: source_files(root)),
            again=again,
        )


def cancel(call: Call) -> int:
    """End the upload of a task; what is remembered of it here is forgotten."""
    farm, task_id = call.known_farm, call.words.task
    session = farm.session()
    try:
        door = TransferDoor(session)
        seen = door.cancel(door.of_task(task_id).id)
    finally:
        session.close()
    if seen.state is TransferState.CANCELLED:
        _journal(farm, task_id).unlink(missing_ok=True)
    return _told(call, seen)


@contextmanager
def transfer_session(farm: KnownFarm, keys: UserKeys) -> Iterator[RemoteSession]:
    """Give the session that is remembered, renewed where its login is not fresh, or a new one.

    What was begun for the transfer ends with it, however it went: the staff's logins are counted.
    """
    remembered = farm.session_of(keys)
    with closing(remembered or RemoteSession.begin(farm.door(), keys)) as session:
        try:
            yield session
        finally:
            if remembered is None or session.renewed:
                with suppress(FarmUnavailable):  # then it ends by itself
                    session.end()


def _journal(farm: KnownFarm, task_id: int) -> Path:
    return farm.folder / "uploads" / f"{task_id}.db"


def _contents(farm: KnownFarm, task_id: int) -> PackageContents:
    """Give what this machine knows of an earlier task's package."""
    path = _journal(farm, task_id)
    if not path.exists():
        return NOTHING_KNOWN
    with closing(UploadJournal(path)) as journal:
        return journal.contents()


def _told(call: Call, seen: UploadSeen) -> int:
    """Say how an upload stands; 1 when the farm refused it."""
    size = size_text(seen.bytes_here)
    match seen.state:
        case TransferState.CANCELLED:
            en, zh = f"The upload for task {seen.task_id} is cancelled.", "上传已取消。"
        case TransferState.REFUSED:
            en, zh = f"The farm refused the package: {seen.reason}", f"{seen.reason_zh}"
        case TransferState.TAKEN_IN:
            en = f"The package of task {seen.task_id} has arrived ({size}); the farm has opened it."
            zh = f"任务 {seen.task_id} 的场景包已送达（{size}），农场已打开。"
        case _:
            en = f"The package of task {seen.task_id} has arrived ({size}); the farm opens it."
            zh = f"任务 {seen.task_id} 的场景包已送达（{size}），农场正在打开。"
    call.show(asdict(seen), lambda: call.say(en, zh))
    return 1 if seen.state is TransferState.REFUSED else 0
