"""A login at a farm's gateway, and what is asked behind it."""

import json
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from threading import Lock
from time import monotonic

from farmdesk.domain.errors import Refused
from farmdesk.domain.users import User
from farmdesk.link.remote.door import Door, Params
from farmdesk.link.wire import TOKEN_SCHEME, GivenChallenge, LoggedIn, LoginNeeded, from_json
from farmdesk.security.challenge import Challenge, sign
from farmdesk.security.user_keys import UserKeys

REFUSAL_S = 30.0
"""A refused login is not tried again for so long: each one counts against the person's address."""


def log_in(door: Door, keys: UserKeys) -> LoggedIn:
    """Begin a session. Raises FarmUnavailable or Refused."""
    asked = json.dumps({"login": keys.login}).encode()
    reply = door.ask("POST", "/login/challenge", body=asked)
    given = from_json(GivenChallenge, reply.content)
    challenge = Challenge(bytes.fromhex(given.nonce), given.expires)
    signature = sign(
        keys,
        server_id=door.server_id,
        tls_fingerprint=reply.certificate,
        challenge=challenge,
    )
    answer = {
        "login": keys.login,
        "nonce": given.nonce,
        "expires": given.expires,
        "fingerprint": keys.fingerprint,
        "signature": signature.hex(),
    }
    reply = door.ask("POST", "/login/answer", body=json.dumps(answer).encode())
    return from_json(LoggedIn, reply.content)


class RemoteSession:
    """A session, by its token. With the keys at hand it logs in again by itself when it is over.

    Safe between threads.
    """

    def __init__(self, door: Door, user: User, token: str, keys: UserKeys | None = None) -> None:
        self.user = user
        self.renewed = False  # whether it has logged in again by itself
        self._door = door
        self._token = token
        self._keys = keys
        self._lock = Lock()
        self._refusal: tuple[Refused, float] | None = None  # why, and until when that holds

    @classmethod
    def begin(cls, door: Door, keys: UserKeys) -> "RemoteSession":
        """Log in. Raises FarmUnavailable or Refused."""
        told = log_in(door, keys)
        return cls(door, User(told.login, told.role), told.token, keys)

    def ask(
        self,
        method: str,
        path: str,
        *,
        params: Params | None = None,
        body: bytes | None = None,
        kind: str = "application/json",
    ) -> bytes:
        """Give the farm's answer. Raises LoginNeeded when the session is over and has no keys."""
        token = self._token
        try:
            return self._ask(token, method, path, params=params, body=body, kind=kind)
        except LoginNeeded:
            if self._keys is None:
                raise
            token = self._renewed(token, self._keys)
        return self._ask(token, method, path, params=params, body=body, kind=kind)

    @contextmanager
    def reading(
        self, path: str, params: Params, form: bytes | None = None
    ) -> Iterator[Iterator[bytes]]:
        """Give a long answer piece by piece as it comes; see `Door.reading`. Raises as `ask`."""
        with ExitStack() as stack:
            token = self._token
            try:
                pieces = stack.enter_context(self._reading(token, path, params, form))
            except LoginNeeded:
                if self._keys is None:
                    raise
                token = self._renewed(token, self._keys)
                pieces = stack.enter_context(self._reading(token, path, params, form))
            yield pieces

    def send(self, path: str, body: Iterable[memoryview]) -> None:
        """Put a long body, which cannot be sent twice. Raises LoginNeeded when the session is over.

        Raises what `body` raises too.
        """
        self._door.send(path, body, authorization=f"{TOKEN_SCHEME} {self._token}")

    def end(self) -> None:
        """Log out. Raises FarmUnavailable; a session that is over already is none."""
        try:
            self._ask(self._token, "DELETE", "/session", params=None, body=None, kind="")
        except LoginNeeded:
            return

    def close(self) -> None:
        """Close the connections; the session goes on."""
        self._door.close()

    def _renewed(self, token: str, keys: UserKeys) -> str:
        """Log in again, unless another thread has done so meanwhile, or was refused just now."""
        with self._lock:
            if self._token == token:
                self._token = self._log_in(keys)
                self.renewed = True
            return self._token

    def _log_in(self, keys: UserKeys) -> str:
        if self._refusal is not None and monotonic() < self._refusal[1]:
            raise self._refusal[0]
        try:
            return log_in(self._door, keys).token
        except Refused as error:
            self._refusal = error, monotonic() + REFUSAL_S
            raise

    def _reading(
        self, token: str, path: str, params: Params, form: bytes | None
    ) -> AbstractContextManager[Iterator[bytes]]:
        return self._door.reading(path, params, form, authorization=f"{TOKEN_SCHEME} {token}")

    def _ask(
        self,
        token: str,
        method: str,
        path: str,
        *,
        params: Params | None,
        body: bytes | None,
        kind: str,
    ) -> bytes:
        authorization = f"{TOKEN_SCHEME} {token}"
        return self._door.ask(
            method, path, params=params, body=body, kind=kind, authorization=authorization
        ).content
