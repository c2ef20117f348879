"""Carries out commands about accounts in a thread beside the loop: making keys takes its time."""

import logging
import queue
import threading
from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from farmdesk.db.account_store import Act
from farmdesk.domain.account_commands import (
    AccountCommand,
    ApproveUser,
    ReinstateUser,
    RejectUser,
    RevokeKey,
    SetQuota,
    SuspendUser,
)
from farmdesk.domain.accounts import Account, Application, ApplicationKind, KeyRecord
from farmdesk.domain.commands import kind_of
from farmdesk.domain.errors import FarmError, FarmUnavailable
from farmdesk.domain.records import Outcome
from farmdesk.domain.rows import CommandRow
from farmdesk.domain.said import Said
from farmdesk.domain.sizes import size_text
from farmdesk.domain.users import Role
from farmdesk.engine.clock import Moment, real_time
from farmdesk.engine.desk import OUR_FAULT
from farmdesk.engine.key_maker import check_handover, make_keys
from farmdesk.engine.people import Directory
from farmdesk.engine.posts import AccountsChanged
from farmdesk.security.vault import OpenVault

log = logging.getLogger(__name__)

HOUSE_S = 2.0  # how often leased database accounts are looked after


class AccountBook(Protocol):
    """The accounts in the database; each act is one transaction. May raise FarmUnavailable."""

    def everybody(self) -> list[Account]:
        """Give all accounts."""
        ...

    def application(self, application_id: int) -> Application:
        """Give an application. Raises Refused."""
        ...

    def next_version(self, user_id: int) -> int:
        """Give the version that a user's next keys will have."""
        ...

    def approve(
        self, application: Application, key: KeyRecord, bundle: bytes, role: Role, act: Act
    ) -> None:
        """Give an applicant his keys. Raises Refused."""
        ...

    def reject(self, application: Application, act: Act) -> None:
        """Turn an application down. Raises Refused."""
        ...

    def suspend(self, login: str, act: Act) -> None:
        """Lock an account and end all that it does. Raises Refused."""
        ...

    def reinstate(self, login: str, act: Act) -> None:
        """Let a suspended account in again. Raises Refused."""
        ...

    def revoke(self, fingerprint: str, act: Act) -> None:
        """Let a key log in and seal no more. Raises Refused."""
        ...

    def set_quota(self, login: str, quota_bytes: int, act: Act) -> None:
        """Set how much of the inbox a user may take. Raises Refused."""
        ...

    def keep_house(self, now: datetime) -> None:
        """Drop database accounts whose lease is over, and cut off those that lock rows."""
        ...


class Clerk:
    """One thread that does one act after the other, and looks after leases in between."""

    def __init__(
        self,
        book: AccountBook,
        directory: Directory,
        open_vault: OpenVault,
        post: Callable[[AccountsChanged], None],
        *,
        clock: Callable[[], Moment] = real_time,
    ) -> None:
        self._book = book
        self._directory = directory
        self._open_vault = open_vault
        self._post = post
        self._clock = clock
        self._jobs: queue.SimpleQueue[tuple[CommandRow, AccountCommand] | None] = (
            queue.SimpleQueue()
        )
        self._thread = threading.Thread(target=self._run, name="clerk", daemon=True)

    def start(self) -> None:
        """Begin to work."""
        self._thread.start()

    def finish(self) -> None:
        """End after the act in hand."""
        self._jobs.put(None)
        self._thread.join()

    def take(self, row: CommandRow, command: AccountCommand) -> None:
        """Take a command over; its answer is posted."""
        self._jobs.put((row, command))

    def _run(self) -> None:
        while True:
            try:
                job = self._jobs.get(timeout=HOUSE_S)
            except queue.Empty:
                self._keep_house()
                continue
            if job is None:
                return
            self._post(AccountsChanged(self.answer(*job)))
            self._keep_house()  # a suspended user's connections end now, not soon

    def answer(self, row: CommandRow, command: AccountCommand) -> Outcome:
        """Do it, or refuse it and change nothing."""
        try:
            outcome = self._do(row, command)
            self._directory.replace(self._book.everybody())
        except FarmError as error:
            return self._outcome(row, Said(error.en, error.zh), applied=False)
        except Exception:  # the top of a command: its sender must get an answer
            log.exception("command %s (%s) failed", row.id, row.kind)
            return self._outcome(row, OUR_FAULT, applied=False)
        log.info("command %s by %s: %s", row.id, row.issued_by, outcome.text)
        return outcome

    def _do(self, row: CommandRow, command: AccountCommand) -> Outcome:
        match command:
            case ApproveUser():
                return self._approve(row, command)
            case RejectUser(application_id=number, reason=reason):
                application = self._book.application(number)
                said = Said(f"Application {number} is rejected.", f"申请 {number} 已驳回。")
                act = self._act(row, command, application.login, said, reason)
                self._book.reject(application, act)
            case SuspendUser(login=login, reason=reason):
                said = Said(
                    f"{login} is suspended; all sessions and uploads ended.",
                    f"{login} 已停用；其所有会话和上传均已结束。",
                )
                act = self._act(row, command, login, said, reason)
                self._book.suspend(login, act)
            case ReinstateUser(login=login):
                said = Said(f"{login} may log in again.", f"{login} 可以重新登录。")
                act = self._act(row, command, login, said)
                self._book.reinstate(login, act)
            case RevokeKey(fingerprint=fingerprint, reason=reason):
                said = Said(f"Key {fingerprint} is revoked.", f"密钥 {fingerprint} 已吊销。")
                act = self._act(row, command, fingerprint, said, reason)
                self._book.revoke(fingerprint, act)
            case SetQuota(login=login, quota_bytes=quota):
                size = size_text(quota)
                said = Said(f"{login} may upload {size}.", f"{login} 的上传配额为 {size}。")
                act = self._act(row, command, login, said, size)
                self._book.set_quota(login, quota, act)
        return act.outcome

    def _approve(self, row: CommandRow, command: ApproveUser) -> Outcome:
        application = self._book.application(command.application_id)
        check_handover(application, command.handover)
        version = self._book.next_version(application.user_id)
        made = make_keys(application, version, self._open_vault(), self._clock().utc)
        login = application.login
        said = Said(
            f"{login} is approved; the keys, version {version}, can be collected.",
            f"{login} 已批准；第 {version} 版密钥可供领取。",
        )
        role = f"as {command.role}, " if application.kind is ApplicationKind.ACCOUNT else ""
        detail = f"{role}key {made.record.fingerprint}"
        act = self._act(row, command, login, said, detail)
        self._book.approve(application, made.record, made.bundle, Role(command.role), act)
        return act.outcome

    def _act(
        self, row: CommandRow, command: AccountCommand, subject: str, said: Said, reason: str = ""
    ) -> Act:
        outcome = self._outcome(row, said, applied=True)
        return Act(row.issued_by, kind_of(command), subject, outcome, reason)

    def _outcome(self, row: CommandRow, said: Said, *, applied: bool) -> Outcome:
        return Outcome(row.id, applied=applied, text=said.en, at=self._clock().utc, text_zh=said.zh)

    def _keep_house(self) -> None:
        try:
            self._book.keep_house(self._clock().utc)
        except FarmUnavailable as error:
            log.warning("leased database accounts wait: %s", error.en)
        except Exception:  # the top of a round: the next one may do better
            log.exception("leased database accounts could not be looked after")
