"""What the engine does with accounts: each act is one transaction with its audit record.

The command's answer is written in it too, so that after a crash an act is neither done twice nor
answered wrongly.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from farmdesk.db import (
    accounts,
    applications,
    audit,
    blockers,
    commands,
    leases,
    sessions,
    transfers,
    user_keys,
)
from farmdesk.db.account_errors import LastSuperAdmin
from farmdesk.db.database import Database
from farmdesk.domain.accounts import Account, Application, ApplicationKind, KeyRecord, UserState
from farmdesk.domain.records import Outcome
from farmdesk.domain.users import Role


@dataclass(frozen=True, slots=True)
class Act:
    """Who does it and why, what the audit log calls it, and what the sender will read."""

    by: str
    action: str
    subject: str
    outcome: Outcome
    reason: str = ""
    reason_zh: str = ""


class AccountStore:
    """Accounts, keys and applications. Every method may raise FarmUnavailable."""

    def __init__(self, database: Database, chain: audit.Chain) -> None:
        self._database = database
        self._chain = chain

    def everybody(self) -> list[Account]:
        """Give all accounts."""
        with self._database.reading() as connection:
            return accounts.everybody(connection)

    def application(self, application_id: int) -> Application:
        """Give an application. Raises NoApplication."""
        with self._database.reading() as connection:
            return applications.find(connection, application_id)

    def next_version(self, user_id: int) -> int:
        """Give the version that a user's next keys will have."""
        with self._database.reading() as connection:
            return user_keys.next_version(connection, user_id)

    def approve(
        self, application: Application, key: KeyRecord, bundle: bytes, role: Role, act: Act
    ) -> None:
        """Give an applicant his keys, to be collected; older keys and their sessions end."""
        with self._acting(act) as connection:
            applications.decide(
                connection,
                application.id,
                approved=True,
                by=act.by,
                now=act.outcome.at,
                bundle=bundle,
            )
            user_keys.add(connection, key)
            if application.kind is ApplicationKind.ACCOUNT:
                accounts.set_role(connection, application.user_id, role)
            self._end_logins(connection, application.user_id, act)

    def reject(self, application: Application, act: Act) -> None:
        """Turn an application down."""
        with self._acting(act) as connection:
            applications.decide(
                connection,
                application.id,
                approved=False,
                by=act.by,
                now=act.outcome.at,
                reason=act.reason,
            )

    def suspend(self, login: str, act: Act) -> None:
        """Lock an account; its sessions, leases and uploads end. Raises LastSuperAdmin."""
        with self._acting(act) as connection:
            account = self._move(connection, login, UserState.ACTIVE, UserState.SUSPENDED, act)
            if account.role is Role.SUPERADMIN and not accounts.staff_count(
                connection, Role.SUPERADMIN
            ):
                raise LastSuperAdmin(login)
            self._end_logins(connection, account.user_id, act)
            transfers.cancel_of_user(
                connection,
                account.user_id,
                now=act.outcome.at,
                reason="Its owner was suspended; a superadmin can let him in again.",
                reason_zh="其所有者已被停用；超级管理员可以恢复其账户。",
            )

    def reinstate(self, login: str, act: Act) -> None:
        """Let a suspended account in again."""
        with self._acting(act) as connection:
            self._move(connection, login, UserState.SUSPENDED, UserState.ACTIVE, act)

    def revoke(self, fingerprint: str, act: Act) -> None:
        """Let a key log in and seal no more; sessions that it opened end. Raises NoKey."""
        with self._acting(act) as connection:
            user_keys.revoke(connection, fingerprint, act.outcome.at)
            ended = sessions.end_of_key(connection, fingerprint)
            leases.end_of_sessions(connection, ended, act.outcome.at)

    def set_quota(self, login: str, quota_bytes: int, act: Act) -> None:
        """Set how much of the inbox a user's uploads may take. Raises NoAccount."""
        with self._acting(act) as connection:
            accounts.set_quota(connection, login, quota_bytes)

    def keep_house(self, now: datetime) -> None:
        """Drop database accounts whose lease is over, and cut off those that lock rows."""
        blockers.end_blockers(self._database)
        leases.drop_ended(self._database, now, self._chain)

    @contextmanager
    def _acting(self, act: Act) -> Iterator[Connection]:
        """Give a transaction that ends with the command's answer and the audit record."""
        with self._database.writing() as connection:
            yield connection
            commands.answer(connection, (act.outcome,))
            audit.append(
                connection,
                at=act.outcome.at,
                actor=act.by,
                action=act.action,
                subject=act.subject,
                detail=act.reason,
                chain=self._chain,
            )

    def _move(
        self, connection: Connection, login: str, before: UserState, after: UserState, act: Act
    ) -> Account:
        return accounts.move(
            connection,
            login,
            wanted=(before,),
            state=after,
            by=act.by,
            reason=act.reason,
            now=act.outcome.at,
        )

    def _end_logins(self, connection: Connection, user_id: int, act: Act) -> None:
        sessions.end_of_user(connection, user_id)
        leases.end_of_user(connection, user_id, act.outcome.at)
