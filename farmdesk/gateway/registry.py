"""Applications for keys, the hand-over, and what users tell of themselves.

The hand-over: the sealed keys can be fetched with the application's pickup secret until their owner
says that he has them, or logs in with them, or a week has passed; then they are gone. A client that
is killed between fetching and writing them down so fetches them again; nobody but who made the
handover key could ever open them.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from time import monotonic

from farmdesk.db import accounts, applications, urgent_rows
from farmdesk.db.account_errors import AppliedBefore, LoginTaken, NoApplication
from farmdesk.db.database import Database
from farmdesk.domain.accounts import (
    USUAL_QUOTA_BYTES,
    Application,
    ApplicationKind,
    AuditRecord,
    Profile,
    UserState,
    check_login,
    check_profile,
)
from farmdesk.domain.errors import Refused
from farmdesk.domain.records import MessageRecord
from farmdesk.domain.users import Role
from farmdesk.gateway.callers import Caller, Clock, hash_of
from farmdesk.gateway.diary import noted
from farmdesk.gateway.faults import TooMany
from farmdesk.gateway.rates import RateLimit
from farmdesk.link.wire import ApplicationSeen, Applied, ProfileSeen, SealedKeys
from farmdesk.security.brakes import counted_address, counted_network
from farmdesk.security.vault import OpenVault, Purpose, told_as_closed

WAIT_FOR_PICKUP = timedelta(days=7)
_TOLD_AT = (1, applications.MAX_WAITING // 2, applications.MAX_WAITING)  # applications that wait


@dataclass(frozen=True, slots=True)
class Wanted:
    """An application. Re-issue: `profile` is None, the account has one."""

    login: str
    profile: Profile | None
    handover_key: bytes
    pickup_hash: bytes = field(repr=False)


class KeysGone(Refused):
    """Sealed keys that were collected, or waited too long."""

    def __init__(self) -> None:
        super().__init__(
            "There are no keys to collect: they were collected before, or nobody came for a week. "
            "If you do not have them, apply for new ones: farmdesk apply --reissue.",
            "没有可领取的密钥：已被领取，或超过一周未领取。"
            "如果您没有密钥，请重新申请：farmdesk apply --reissue。",
        )


class Registry:
    """Takes applications and hands keys over. Safe between threads."""

    def __init__(self, database: Database, vault: OpenVault, now: Clock) -> None:
        self._database = database
        self._vault = vault
        self._now = now
        self._rate = RateLimit(one=5, all_together=None, window_s=3600.0)
        self._fetches = RateLimit(one=60, all_together=None, window_s=3600.0)  # each is on record

    def apply(self, wanted: Wanted, address: str) -> Applied:
        """Take an application; one that has come in before gets the same answer.

        Raises TooMany, LoginTaken, NoAccount, BadAccountField, VaultClosed, or what
        `applications.apply` does.
        """
        check_login(wanted.login)
        if wanted.profile is not None:
            check_profile(wanted.profile)
        return self._before(wanted) or self._new(wanted, address)

    def _before(self, wanted: Wanted) -> Applied | None:
        """Give the answer that this application has had: it was lost on its way."""
        with self._database.reading() as connection:
            found = applications.same(
                connection,
                wanted.login,
                handover_key=wanted.handover_key,
                pickup_hash=wanted.pickup_hash,
            )
        return None if found is None else Applied(found.id, found.made_at)

    def _new(self, wanted: Wanted, address: str) -> Applied:
        wait_s = self._rate.admit(counted_address(address), monotonic())
        if wait_s > 0:
            raise TooMany(wait_s)
        try:
            made = self._take(wanted, address)
        except (LoginTaken, AppliedBefore):
            before = self._before(wanted)  # it came twice at once
            if before is None:
                raise
            return before
        return Applied(made.id, made.made_at)

    def _take(self, wanted: Wanted, address: str) -> Application:
        """Keep an application, with a new account unless it has one, and tell of it."""
        now = self._now()
        with self._database.writing() as connection:
            if wanted.profile is None:
                kind = ApplicationKind.REISSUE
                account = accounts.active(connection, wanted.login)
            else:
                kind = ApplicationKind.ACCOUNT
                account = accounts.add(
                    connection,
                    wanted.login,
                    wanted.profile,
                    role=Role.CUSTOMER,
                    state=UserState.PENDING,
                    quota_bytes=USUAL_QUOTA_BYTES,
                    now=now,
                    wrap=self._wrap,
                )
            made = applications.apply(
                connection,
                account.user_id,
                kind,
                handover_key=wanted.handover_key,
                pickup_hash=wanted.pickup_hash,
                network=counted_network(address),
                now=now,
            )
            count = applications.count_waiting(connection)
            if count in _TOLD_AT:
                urgent_rows.write_messages(connection, [_waiting(count, now)])
            told = f"{address}: application {made.id}, {kind}"
            self._noted(wanted.login, "apply", told)(connection)
        return made

    def state(self, application_id: int, secret: str) -> ApplicationSeen:
        """Tell where an application stands. Raises NoApplication unless this is its secret."""
        with self._database.reading() as connection:
            if not applications.knows(connection, application_id, hash_of(secret)):
                raise NoApplication(application_id)
            found = applications.find(connection, application_id)
            ready = applications.bundle(connection, application_id, hash_of(secret)) is not None
        return ApplicationSeen(
            found.id, found.login, found.approved, found.reason, ready, found.made_at
        )

    def keys(self, application_id: int, secret: str, address: str) -> SealedKeys:
        """Give the sealed keys. Raises NoApplication, KeysGone or TooMany."""
        login = self.state(application_id, secret).login
        wait_s = self._fetches.admit(str(application_id), monotonic())
        if wait_s > 0:
            raise TooMany(wait_s)
        with self._database.writing() as connection:
            bundle = applications.bundle(connection, application_id, hash_of(secret))
            if bundle is None:
                raise KeysGone
            told = f"{address}: application {application_id}"
            self._noted(login, "fetch_keys", told)(connection)
        return SealedKeys(bundle.hex())

    def collected(self, application_id: int, secret: str, address: str) -> None:
        """Delete the sealed keys: their owner has them. Raises NoApplication or KeysGone."""
        login = self.state(application_id, secret).login
        with self._database.writing() as connection:
            if not applications.collected(connection, application_id, self._now()):
                raise KeysGone
            told = f"{address}: application {application_id}"
            self._noted(login, "collect_keys", told)(connection)

    def profile(self, caller: Caller) -> ProfileSeen:
        """Tell a user what the farm knows of him."""
        account = caller.account
        return ProfileSeen(
            login=account.login,
            role=account.role,
            name=account.name,
            department=account.department,
            contact=account.contact,
            quota_bytes=account.quota_bytes,
            fingerprint=caller.session.fingerprint,
        )

    def set_profile(self, caller: Caller, *, name: str, department: str, contact: str) -> None:
        """Change what a user tells of himself. Raises BadAccountField."""
        with self._database.writing() as connection:
            accounts.set_profile(
                connection,
                caller.account.user_id,
                name=name,
                department=department,
                contact=contact,
            )
            self._noted(caller.account.login, "set_profile", "")(connection)

    def tidy(self) -> None:
        """Delete keys that nobody came for."""
        with self._database.writing() as connection:
            applications.forget_bundles(connection, self._now() - WAIT_FOR_PICKUP)

    def _wrap(self, user_id: int, identity: str) -> bytes:
        secret = identity.encode("utf-8")
        with told_as_closed():
            return self._vault().wrap(secret, Purpose.IDENTITY, user_id=user_id, version=0)

    def _noted(self, login: str, action: str, detail: str) -> partial[AuditRecord]:
        return noted(at=self._now(), actor=login, action=action, subject=login, detail=detail)


def _waiting(count: int, now: datetime) -> MessageRecord:
    """Tell the superadmins that somebody waits, or that the list fills."""
    en, zh = "An application waits for a decision", "有一个申请等待处理"
    if count > 1:
        most = applications.MAX_WAITING
        en = f"{count} applications wait for a decision; more than {most} are not taken"
        zh = f"有 {count} 个申请等待处理；超过 {most} 个将不再接收"
    return MessageRecord(
        now, f"{en}: farmdesk user list.", f"{zh}：farmdesk user list。", role=Role.SUPERADMIN
    )
