"""Logging in by RSA challenge, and out again.

Each try is in the audit log, but for those that are too many, or anybody could fill it. Whoever has
no account, no key in use or no right signature is told the same words after the same work; who has
signed rightly, but may not come in, is told why.
"""

import math
from base64 import b16decode
from dataclasses import dataclass
from functools import partial
from threading import Lock
from time import monotonic

from farmdesk.db import accounts, applications, leases, sessions, user_keys
from farmdesk.db.database import Database
from farmdesk.domain.accounts import (
    Account,
    AuditRecord,
    DbLogin,
    KeyRecord,
    KeyState,
    Session,
    UserState,
)
from farmdesk.domain.errors import Refused
from farmdesk.domain.users import Role
from farmdesk.gateway.callers import IDLE, SESSION, TOUCH, Caller, Clock, hash_of, new_token
from farmdesk.gateway.diary import noted
from farmdesk.gateway.faults import TooMany
from farmdesk.gateway.rates import RateLimit
from farmdesk.link.wire import GivenChallenge, LentDatabase, LoggedIn
from farmdesk.security.audit_chain import digest_of
from farmdesk.security.brakes import LoginBrakes, counted_network
from farmdesk.security.challenge import (
    Challenge,
    ChallengeBook,
    ChallengeRefused,
    is_answered,
    signed_text,
)

LOGINS_AN_HOUR = 120  # of one account; whoever works stays logged in
REFUSALS_AN_HOUR = 100  # of one network, in the audit log; its addresses have a brake each
ALL_REFUSALS_AN_HOUR = 1000


@dataclass(frozen=True, slots=True)
class Answer:
    """What a client sends back: bytes in hex. `fingerprint` names the key that signed."""

    login: str
    nonce: str
    expires: int
    fingerprint: str
    signature: str


@dataclass(frozen=True, slots=True)
class DatabaseDoor:
    """How staff reach the farm's database: `host:port/name`, and its authority's certificate."""

    place: str
    authority: str


class NotNow(Refused):
    """A key's owner who may not come in at present."""


class TooManyLogins(TooMany):
    """Somebody who has proven who he is, and has logged in very often."""

    def __init__(self, wait_s: float) -> None:
        seconds = math.ceil(wait_s)
        super().__init__(
            wait_s,
            f"This account has logged in {LOGINS_AN_HOUR} times within an hour; more are not "
            f"taken. Stay logged in where you are, or wait {seconds} s.",
            f"此帐号一小时内已登录 {LOGINS_AN_HOUR} 次，不再受理更多登录。"
            f"请继续使用已有的登录，或等待 {seconds} 秒。",
        )


class LoginDesk:
    """Gives challenges, takes answers, begins and ends sessions. Safe between threads.

    `server_id` (16 bytes) and `tls_fingerprint` (32) are part of what clients sign.
    `database_door`: None where staff reach the farm through the gateway alone.
    """

    def __init__(
        self,
        database: Database,
        *,
        server_id: bytes,
        tls_fingerprint: bytes,
        database_door: DatabaseDoor | None,
        now: Clock,
    ) -> None:
        self._database = database
        self._server = {"server_id": server_id, "tls_fingerprint": tls_fingerprint}
        self._database_door = database_door
        self._now = now
        self._logins = RateLimit(one=LOGINS_AN_HOUR, all_together=None, window_s=3600.0)
        self._refusals = RateLimit(
            one=REFUSALS_AN_HOUR, all_together=ALL_REFUSALS_AN_HOUR, window_s=3600.0
        )
        self._lock = Lock()  # of the two below, which are for one thread at a time
        self._book = ChallengeBook()
        self._brakes = LoginBrakes()

    def challenge(self, login: str) -> GivenChallenge:
        """Give something to sign, to anybody."""
        with self._lock:
            given = self._book.issue(login, self._now().timestamp())
        return GivenChallenge(given.nonce.hex(), given.expires)

    def take(self, answer: Answer, address: str) -> LoggedIn:
        """Let somebody in. Raises TooMany, ChallengeRefused or NotNow."""
        with self._lock:
            wait_s = self._brakes.admit(address, monotonic())
        if wait_s > 0:
            raise TooMany(wait_s)
        try:
            account, key = self._proven(answer)
            self._check_often(account, address)
            token, session = self._begin(account, key, address)
        except TooMany:
            raise
        except Refused as error:
            self._note_refusal(answer.login, address, type(error).__name__)
            raise
        self._release_brakes(address)
        return LoggedIn(
            token=token,
            login=account.login,
            role=account.role,
            until=session.until,
            idle_s=int(IDLE.total_seconds()),
            database=self._lend(account, session),
        )

    def leave(self, caller: Caller) -> None:
        """End a session, and what was lent for it."""
        now, token_hash = self._now(), caller.session.token_hash
        with self._database.writing() as connection:
            sessions.end(connection, token_hash)
            leases.end_of_sessions(connection, (token_hash,), now)
            self._noted(caller.account.login, "logout", caller.session.address)(connection)
        leases.drop_ended(self._database, now, digest_of)

    def tidy(self) -> None:
        """Forget sessions that are over, and take back what was lent for them."""
        now = self._now()
        leases.note_use(self._database, now=now, quiet=IDLE - TOUCH)
        with self._database.writing() as connection:
            over = sessions.sweep(connection, now=now, idle=IDLE)
            leases.end_of_sessions(connection, over, now)
        leases.drop_ended(self._database, now, digest_of)

    def _proven(self, answer: Answer) -> tuple[Account, KeyRecord]:
        """Give whose key it was that signed. Raises ChallengeRefused."""
        nonce, signature = b16decode(answer.nonce.upper()), b16decode(answer.signature.upper())
        challenge = Challenge(nonce, answer.expires)
        with self._lock:
            self._book.take(answer.login, challenge, self._now().timestamp())
        with self._database.reading() as connection:
            account = accounts.find(connection, answer.login)
            key = user_keys.find(connection, answer.fingerprint)
        if account is None or key is None or key.user_id != account.user_id:
            account = key = None
        text = signed_text(**self._server, challenge=challenge)
        signed = is_answered(text, signature, None if key is None else key.public_pem)
        if account is None or key is None or not signed:
            raise ChallengeRefused
        return account, key

    def _check_often(self, account: Account, address: str) -> None:
        """Count a log-in of an account that is its owner's. Raises TooManyLogins."""
        wait_s = self._logins.admit(account.login, monotonic())
        if wait_s > 0:
            self._release_brakes(address)
            raise TooManyLogins(wait_s)

    def _release_brakes(self, address: str) -> None:
        """A try from this address was no failure: somebody has proven who he is."""
        with self._lock:
            self._brakes.succeeded(address)

    def _check_welcome(self, account: Account, key: KeyRecord) -> None:
        """Refuse who has proven who he is, but is locked out, or uses old keys."""
        if key.state is KeyState.REVOKED:
            raise NotNow(
                "This key was revoked. Apply for new keys: farmdesk apply --reissue.",
                "该密钥已被吊销。请申请新密钥：farmdesk apply --reissue。",
            )
        if key.state is KeyState.RETIRED:
            raise NotNow(
                "You have newer keys than these. Log in with the newest key file.",
                "您已有更新的密钥。请使用最新的密钥文件登录。",
            )
        if account.state is not UserState.ACTIVE:
            raise NotNow(
                "Your account is locked. Ask a superadmin.",
                "您的帐号已被锁定。请联系超级管理员。",
            )

    def _begin(self, account: Account, key: KeyRecord, address: str) -> tuple[str, Session]:
        """Begin a session and give its token too. Raises NotNow.

        Who revokes the key, replaces it or suspends its user comes before it or after it, never
        in between. The rows are held in the order in which new keys are approved.
        """
        now, token = self._now(), new_token()
        session = Session(
            token_hash=hash_of(token),
            user_id=account.user_id,
            fingerprint=key.fingerprint,
            address=address,
            made_at=now,
            seen_at=now,
            until=now + SESSION,
        )
        with self._database.writing() as connection:
            applications.collected_by(connection, account.user_id, now)
            key = user_keys.hold(connection, key.fingerprint)
            self._check_welcome(accounts.hold(connection, account.user_id), key)
            sessions.begin(connection, session)
            self._noted(account.login, "login", f"{address}: key {key.fingerprint}")(connection)
        return token, session

    def _lend(self, account: Account, session: Session) -> LentDatabase | None:
        """Lend staff a database account, where they can reach the database."""
        door = self._database_door
        if account.role is Role.CUSTOMER or door is None:
            return None
        lent: DbLogin = leases.lend(
            self._database,
            account,
            token_hash=session.token_hash,
            now=session.made_at,
            until=session.until,
            chain=digest_of,
        )
        return LentDatabase(door.place, lent.account, lent.password, lent.role, door.authority)

    def _note_refusal(self, login: str, address: str, why: str) -> None:
        """Note a failed try, while its network has not failed too often.

        It may have 65,536 addresses, each with some free tries: they shall not fill the audit log.
        """
        if self._refusals.admit(counted_network(address), monotonic()) > 0:
            return
        with self._database.writing() as connection:
            self._noted(login, "login_refused", f"{address}: {why}")(connection)

    def _noted(self, login: str, action: str, detail: str) -> partial[AuditRecord]:
        return noted(at=self._now(), actor=login, action=action, subject=login, detail=detail)
