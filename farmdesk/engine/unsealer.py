"""Runs the program that opens what was sent to the farm: packages, and frames by hand."""

import json
import subprocess
import sys
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from farmdesk.domain.accounts import KeyRecord
from farmdesk.domain.errors import Refused
from farmdesk.domain.state_words import TRANSFER_STATES
from farmdesk.domain.transfers import Transfer, TransferKind, TransferState
from farmdesk.engine.open_package import Opened, OpenOrder
from farmdesk.security.vault import OpenVault, Purpose, told_as_closed
from farmdesk.storage.inbox import Inbox


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
    ) -> bool:
        """End an upload, with the reason where it was refused; False when it had ended before."""
        ...


@dataclass(frozen=True, slots=True)
class Unsealer:
    """Opens uploads of a farm. `farm`: its folder. All methods may raise FarmUnavailable."""

    packages: Packages
    open_vault: OpenVault
    farm: Path

    def find(self, transfer: str, task_id: int, kind: TransferKind) -> Transfer:
        """Give an upload by its id in hex. Raises Refused when it is none of the task's."""
        found = self.packages.find(_id(transfer))
        if found is None or found.task_id != task_id or found.kind is not kind:
            raise Refused(
                f"There is no such upload for task {task_id}. Upload it again.",
                f"任务 {task_id} 没有这个上传。请重新上传。",
            )
        return found

    def open(
        self, transfer: Transfer, target: Path, *, scene: str = "", previous: str = ""
    ) -> Opened:
        """Run the program for an upload to its end; see `OpenOrder`. Raises Refused."""
        if transfer.state is not TransferState.COMPLETE:
            state = TRANSFER_STATES[transfer.state]
            why = [said and f"{said} " for said in (transfer.reason, transfer.reason_zh)]
            raise Refused(
                f"The upload is {state.en.lower()}, not complete. {why[0]}Upload it again.",
                f"该上传{state.zh}，并不完整。{why[1]}请重新上传。",
            )
        key = self.packages.key(transfer.user_id, transfer.key_version)
        if key is None:
            raise Refused(
                "The keys that the upload was sealed with are gone. Upload it again.",
                "封装该上传的密钥已不存在。请重新上传。",
            )
        place = {"user_id": key.user_id, "version": key.version}
        with told_as_closed():  # and tried again: nobody shall send a package twice for it
            secret = self.open_vault().unwrap(key.wrapped_user_key, Purpose.USER_KEY, **place)
        return _run_program(
            OpenOrder(
                farm=str(self.farm),
                transfer=transfer.id.hex(),
                key_version=key.version,
                user_key=secret.hex(),
                target=str(target),
                scene=scene,
                quota=self.packages.quota(transfer.user_id),
                previous=previous,
            )
        )

    def end(self, transfer: Transfer, opened: Opened) -> bool:
        """End an upload as the program did, and empty its inbox; False when it had ended before."""
        state = TransferState.REFUSED if opened.en else TransferState.TAKEN_IN
        now = datetime.now(UTC)
        ended = self.packages.end(transfer.id, state, en=opened.en, zh=opened.zh, now=now)
        Inbox(self.farm).discard(transfer.id)
        return ended


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
        start_new_session=True,  # a terminal's Ctrl-C is the engine's affair
    ) as process:
        if process.stdin is None or process.stdout is None:
            raise TypeError("both were asked for")
        process.stdin.write(json.dumps(asdict(order)) + "\n")
        process.stdin.flush()  # it stays open: its end would end the program
        line = process.stdout.readline()
    if not line:
        raise RuntimeError(f"the program that opens packages ended with code {process.returncode}")
    return Opened(**json.loads(line))
