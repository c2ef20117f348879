"""How rows, errors and logins travel over HTTPS: JSON, read and written from the same dataclasses.

Gateway and `RemoteLink` both use this module, so neither can spell a field differently. Bytes are
hex digits; times are ISO 8601 with their zone.
"""

import zlib
from base64 import b64decode, b64encode
from collections.abc import Hashable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any, TypeVar, cast

from pydantic import TypeAdapter, ValidationError
from pydantic_core import to_json as _pydantic_json

from farmdesk.domain.errors import FarmError, FarmUnavailable, Refused
from farmdesk.domain.rows import FrameStates
from farmdesk.domain.users import Role

PICKUP_SCHEME = "Pickup"  # of the header Authorization, with the secret of an application
TOKEN_SCHEME = "Bearer"  # noqa: S105  # with the token of a session

Value = TypeVar("Value")


class Kind(StrEnum):
    """What went wrong, for programs; the sentences are for people."""

    REFUSED = "refused"  # asking again in the same way will not help
    LOGIN_NEEDED = "login_needed"  # no session, or it is over
    TOO_MANY = "too_many"  # wait for `wait_s`, then try again
    UNAVAILABLE = "unavailable"  # trying again later may help


@dataclass(frozen=True, slots=True)
class Problem:
    """The one shape of every answer that is none: a sentence in English and in Chinese."""

    kind: Kind
    en: str
    zh: str
    wait_s: float | None = None

    def error(self) -> FarmError:
        """Give it as the error that DirectLink would raise."""
        match self.kind:
            case Kind.UNAVAILABLE | Kind.TOO_MANY:
                return FarmUnavailable(self.en, self.zh)
            case Kind.LOGIN_NEEDED:
                return LoginNeeded(self.en, self.zh)
            case Kind.REFUSED:
                return Refused(self.en, self.zh)


class LoginNeeded(Refused):
    """There is no session, or it is over: log in, and ask again."""


class Unreadable(Refused):
    """An answer that is none of this farm's."""

    def __init__(self) -> None:
        super().__init__(
            "The server's answer cannot be read; it may be newer or older than this program. "
            "Compare `farmdesk --version` on both sides.",
            "无法读取服务器的回应；服务器与本程序的版本可能不同。"
            "请核对两边的 `farmdesk --version`。",
        )


@dataclass(frozen=True, slots=True)
class GivenChallenge:
    """What a client has to sign; see `security.challenge`."""

    nonce: str
    expires: int  # seconds since 1970


@dataclass(frozen=True, slots=True)
class LentDatabase:
    """A database account for a member of the staff, until his session ends.

    `place`: `host:port/name`; `role` is to be set at each connect; `authority`: of the database
    server's certificate, PEM.
    """

    place: str
    account: str
    password: str = field(repr=False)
    role: str
    authority: str


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """A session has begun. Whoever has the token is its user, until `until` or `idle_s` of rest."""

    token: str = field(repr=False)
    login: str
    role: Role
    until: datetime
    idle_s: int
    database: LentDatabase | None = None


@dataclass(frozen=True, slots=True)
class Applied:
    """An application has come in, now or when the same one was sent before."""

    application: int
    since: datetime


@dataclass(frozen=True, slots=True)
class ApplicationSeen:
    """Where an application stands, for who has its pickup secret. `approved` None: undecided."""

    application: int
    login: str
    approved: bool | None
    reason: str
    keys_ready: bool  # they can be collected
    since: datetime


@dataclass(frozen=True, slots=True)
class SealedKeys:
    """A user's keys, sealed to his handover key (hex)."""

    bundle: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ProfileSeen:
    """A user's account as he sees it himself."""

    login: str
    role: Role
    name: str
    department: str
    contact: str
    quota_bytes: int
    fingerprint: str  # of the key that this session was opened with


@dataclass(frozen=True, slots=True)
class Sent:
    """A command has come in; `GET /commands/<id>` tells what becomes of it."""

    id: int


@dataclass(frozen=True, slots=True)
class PackedStates:
    """`FrameStates`, compressed: a task of 500,000 frames would be half a megabyte a look."""

    task_id: int
    rev: int
    states: str  # Base64 of zlib

    @classmethod
    def of(cls, states: FrameStates) -> "PackedStates":
        """Pack."""
        packed = b64encode(zlib.compress(states.states, 1)).decode()
        return cls(states.task_id, states.rev, packed)

    def unpacked(self) -> FrameStates:
        """Unpack. Raises Unreadable."""
        try:
            return FrameStates(self.task_id, self.rev, zlib.decompress(b64decode(self.states)))
        except (ValueError, zlib.error):
            raise Unreadable from None


def to_json(value: object) -> bytes:
    """Write a dataclass of ours, or a list of them."""
    return _pydantic_json(value)


def from_json(kind: type[Value], content: bytes) -> Value:
    """Read a dataclass of ours, or a list of them. Raises Unreadable."""
    try:
        found: Value = _adapter(cast("Hashable", kind)).validate_json(content)
    except ValidationError:
        raise Unreadable from None
    return found


@cache
def _adapter(kind: Hashable) -> TypeAdapter[Any]:  # one a type: building it costs milliseconds
    return TypeAdapter(cast("type[Any]", kind))
