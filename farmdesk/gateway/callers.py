"""Who asks: sessions by token, and the dependency that every page behind the login has.

A token is 32 random bytes, known to its client alone; the farm keeps SHA-256 of it. Each request
looks the session up, so that what ends it (log-out, suspension, a revoked key) counts at once.
"""

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from farmdesk.db import sessions
from farmdesk.db.database import Database
from farmdesk.domain.accounts import Account, Session
from farmdesk.domain.users import User
from farmdesk.link.wire import LoginNeeded

SESSION = timedelta(hours=8)
IDLE = timedelta(minutes=30)
TOUCH = timedelta(minutes=1)  # a session's rest is known to the minute

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """Give the time."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sent a request."""

    session: Session
    account: Account

    @property
    def user(self) -> User:
        """The user that commands are checked against."""
        return self.account.user


class NoSession(LoginNeeded):
    """No token, a token that was never given, or one whose session is over: told alike."""

    def __init__(self) -> None:
        super().__init__(
            "You are not logged in, or your session is over. Log in: farmdesk login.",
            "您尚未登录，或会话已结束。请登录：farmdesk login。",
        )


class Sessions:
    """Begins, finds and ends sessions. Safe between threads."""

    def __init__(self, database: Database, now: Clock) -> None:
        self._database = database
        self._now = now

    def caller(self, token: str) -> Caller:
        """Give who has this token. Raises NoSession."""
        return self._found(hash_of(token))

    def check(self, caller: Caller) -> None:
        """Look whether a session holds while its answer is under way. Raises NoSession."""
        self._found(caller.session.token_hash)

    def _found(self, token_hash: bytes) -> Caller:
        now = self._now()
        with self._database.reading() as connection:
            found = sessions.find(connection, token_hash, now=now, idle=IDLE)
        if found is None:
            raise NoSession
        session, account = found
        if now - session.seen_at >= TOUCH:
            with self._database.writing() as connection:
                sessions.touch(connection, session.token_hash, now)
        return Caller(session, account)


def new_token() -> str:
    """Give a token for a new session."""
    return secrets.token_urlsafe(32)


def hash_of(token: str) -> bytes:
    """Give what the farm keeps of a token. It is random, so nothing slower is needed."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


_bearer = HTTPBearer(auto_error=False, scheme_name="session", description="A session's token")


def _caller(
    request: Request,
    given: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
) -> Caller:
    if given is None:
        raise NoSession
    found: Caller = request.app.state.parts.sessions.caller(given.credentials)
    return found


CallerNow = Annotated[Caller, Depends(_caller)]
"""Who asks; a page with this parameter answers 401 to everybody who is not logged in."""
