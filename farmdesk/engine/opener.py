"""Runs the program that opens scene packages, a thread and a process for each package."""

import json
import logging
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from farmdesk.domain.accounts import KeyRecord
from farmdesk.domain.errors import FarmError, FarmUnavailable, Refused
from farmdesk.domain.transfers import Transfer, TransferState
from farmdesk.engine.intake import Package
from farmdesk.engine.open_package import Opened, OpenOrder
from farmdesk.engine.posts import PackageOpened
from farmdesk.engine.workspace import Workspace
from farmdesk.security.vault import OpenVault, Purpose
from farmdesk.storage.inbox import Inbox

log = logging.getLogger(__name__)


class Packages(Protocol):
    """What the database knows of uploads. Every method may raise FarmUnavailable."""

    def find(self, transfer: bytes) -> Transfer | None:
        """Give an upload; None when there is none."""
        ...

    def key(self, user_id: int, version: int) -> KeyRecord | None:
        """Give a version of a user's keys; None when there is none."""
        ...

    def quota(self, user_id: int) -> int:
        """Give how many bytes a user's package may have."""
        ...

    def end(
        self, transfer: bytes, state: TransferState, *, en: str, zh: str, now: datetime
    ) -> None:
        """End an upload, with the reason where it was refused."""
        ...


class Opener:
    """Opens packages beside the loop, and posts how each one ended."""

    def __init__(
        self,
        packages: Packages,
        open_vault: OpenVault,
        workspace: Workspace,
        post: Callable[[PackageOpened], None],
    ) -> None:
        self._packages = packages
        self._open_vault = open_vault
        self._workspace = workspace
        self._post = post

    def begin(self, package: Package) -> None:
        """Begin and return at once."""
        name = f"package {package.task_id}"
        threading.Thread(target=self._run, args=(package,), name=name, daemon=True).start()

    def _run(self, package: Package) -> None:
        try:
            opened = self._open(package)
        except FarmUnavailable as error:
            opened = Opened(error.en, error.zh, again=True)
        except FarmError as error:
            opened = Opened(error.en, error.zh)
        except Exception:  # the top of a thread: the loop must hear of every end
            log.exception("task %s: its package could not be opened", package.task_id)
            opened = Opened(
                "The package could not be opened because of a fault of the farm; see its log.",
                "由于渲染农场自身的错误，无法打开场景包；请查看其日志。",
                again=True,
            )
        self._post(PackageOpened(package.task_id, opened.en, opened.zh, opened.again))

    def _open(self, package: Package) -> Opened:
        """Open a package, end its upload, and empty its inbox: each step may be done again."""
        transfer = self._packages.find(_id(package.transfer))
        if transfer is None or transfer.task_id != package.task_id:
            raise Refused(
                f"There is no such upload for task {package.task_id}. Upload its package again.",
                f"任务 {package.task_id} 没有这个上传。请重新上传其场景包。",
            )
        if transfer.state is TransferState.TAKEN_IN:  # an engine was killed just after it
            return Opened()
        if transfer.state is TransferState.REFUSED:
            return Opened(transfer.reason, transfer.reason_zh)
        if transfer.state is not TransferState.COMPLETE:
            raise Refused(
                f"The upload is {transfer.state.value}, not complete. Upload the package again.",
                f"该上传的状态为 {transfer.state.value}，并不完整。请重新上传场景包。",
            )
        opened = _run_program(self._order(package, transfer))
        if not opened.again:
            state = TransferState.REFUSED if opened.en else TransferState.TAKEN_IN
            now = datetime.now(UTC)
            self._packages.end(transfer.id, state, en=opened.en, zh=opened.zh, now=now)
            Inbox(self._workspace.root).discard(transfer.id)
        return opened

    def _order(self, package: Package, transfer: Transfer) -> OpenOrder:
        key = self._packages.key(transfer.user_id, transfer.key_version)
        if key is None:
            raise Refused(
                "The keys that the package was sealed with are gone. Upload it again.",
                "封装该场景包的密钥已不存在。请重新上传。",
            )
        secret = self._open_vault().unwrap(
            key.wrapped_user_key, Purpose.USER_KEY, user_id=key.user_id, version=key.version
        )
        previous = package.previous_task
        return OpenOrder(
            farm=str(self._workspace.root),
            transfer=package.transfer,
            key_version=key.version,
            user_key=secret.hex(),
            target=str(self._workspace.scene(package.task_id)),
            scene=Path(package.scene)
            .relative_to(self._workspace.scene(package.task_id))
            .as_posix(),
            quota=self._packages.quota(transfer.user_id),
            previous="" if previous is None else str(self._workspace.scene(previous)),
        )


def _id(text: str) -> bytes:
    """Give an upload's id; nobody's for what a sender made up."""
    try:
        return bytes.fromhex(text)
    except ValueError:
        return b""


def _run_program(order: OpenOrder) -> Opened:
    """Run the program to its end. Raises RuntimeError when it ends without an answer."""
    with subprocess.Popen(
        [sys.executable, "-m", "farmdesk.engine.open_package"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    ) as process:
        if process.stdin is None or process.stdout is None:
            raise TypeError("both were asked for")
        process.stdin.write(json.dumps(asdict(order)) + "\n")
        process.stdin.flush()  # it stays open: its end would end the program
        line = process.stdout.readline()
    if not line:
        raise RuntimeError(f"the program that opens packages ended with code {process.returncode}")
    return Opened(**json.loads(line))
