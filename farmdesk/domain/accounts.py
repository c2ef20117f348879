"""People's accounts: applications, states, keys and what a login may look like.

Registration works like a certificate authority: somebody applies, a superadmin decides, the farm
makes the keys and hands them over once. Secrets appear here only wrapped or sealed.
"""

import re
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from farmdesk.domain.errors import Refused
from farmdesk.domain.text import is_one_line
from farmdesk.domain.users import Role, User

LEASE_PREFIX = "fl_"  # of the database accounts that are lent to staff; no login may look like one
NOBODY = ("farm", "setup")  # whom the audit log names for what no person did
_LOGIN = re.compile(r"[a-z][a-z0-9._-]{2,31}")
MAX_FIELD = 200  # characters of a name, a department, a contact
_FIELDS_ZH = {
    "login": "登录名",
    "name": "姓名",
    "department": "部门",
    "contact": "联系方式",
    "identity": "证件号码",
}
USUAL_QUOTA_BYTES = 500_000_000_000  # of a new account; packages are up to hundreds of GB


class UserState(StrEnum):
    """Where an account stands."""

    PENDING = "pending"  # applied; waits for a superadmin
    ACTIVE = "active"
    SUSPENDED = "suspended"  # every session, lease and transfer of it ended at once
    REJECTED = "rejected"  # the application was turned down; the login may apply again


class ApplicationKind(StrEnum):
    """What somebody applies for."""

    ACCOUNT = "account"
    REISSUE = "reissue"  # new keys for an account whose key file or passphrase is lost


class KeyState(StrEnum):
    """What a version of somebody's keys is good for."""

    ACTIVE = "active"  # logs in, seals and opens
    RETIRED = "retired"  # replaced by a newer version: opens old files
    REVOKED = "revoked"  # may have been stolen: opens old files on the farm's side alone


@dataclass(frozen=True, slots=True)
class Profile:
    """What a person tells of himself. `identity` is never kept in clear: only wrapped."""

    name: str
    department: str
    contact: str
    identity: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Account:
    """A user of the farm, without secrets."""

    user_id: int
    login: str
    role: Role
    state: UserState
    name: str
    department: str
    contact: str
    quota_bytes: int  # what his open packages may take in the inbox
    created_at: datetime
    decided_by: str = ""
    decided_at: datetime | None = None
    reason: str = ""

    @property
    def user(self) -> User:
        """The user that commands are checked against."""
        return User(self.login, self.role)


@dataclass(frozen=True, slots=True)
class Application:
    """Somebody waits for keys; `handover_key` is the X25519 public key that they are sealed to."""

    id: int
    user_id: int
    login: str
    kind: ApplicationKind
    handover_key: bytes
    made_at: datetime
    decided_at: datetime | None = None
    approved: bool | None = None  # None: nobody has decided
    reason: str = ""
    collected_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """One version of a user's keys, as the farm keeps it."""

    user_id: int
    version: int  # 1, 2, 3
    fingerprint: str  # hex SHA-256 of the public key's DER form
    public_pem: str
    wrapped_private: bytes = field(repr=False)
    wrapped_user_key: bytes = field(repr=False)
    state: KeyState
    made_at: datetime
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class PublicKey:
    """What a superadmin may know of one version of a user's keys."""

    version: int
    fingerprint: str
    state: KeyState
    made_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Session:
    """A login at the gateway; its token itself is known to the client alone."""

    token_hash: bytes = field(repr=False)  # SHA-256
    user_id: int
    fingerprint: str  # of the key that opened it
    address: str
    made_at: datetime
    seen_at: datetime
    until: datetime  # when it is over, used or not


@dataclass(frozen=True, slots=True)
class DbLogin:
    """A database account that is lent to staff for a session: `role` is to be set at connect."""

    account: str
    password: str = field(repr=False)
    role: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Deed:
    """What the audit log is to say of one thing that somebody did; see `AuditRecord`."""

    at: datetime
    actor: str
    action: str
    subject: str
    detail: str = ""


def about_task(task_id: int) -> str:
    """Give the subject of what was done to a task."""
    return f"task {task_id}"


@dataclass(frozen=True, slots=True)
class AuditRecord:
    """One thing that somebody did. `digest` chains it to the record before it."""

    id: int  # 1, 2, 3, without gaps
    at: datetime
    actor: str  # a login; `setup`; `farm` for what it does by itself
    action: str  # `login`, or a command's kind: `stop_task`, ...
    subject: str  # what it was done to: `task 7`, a login, ...
    detail: str
    previous: bytes  # digest of the record before; 32 zero bytes for the first
    digest: bytes


class BadAccountField(Refused):
    """A field of an application or a profile that cannot be taken."""

    def __init__(self, name: str, en: str, zh: str) -> None:
        self.name = name
        super().__init__(f"The field {name} {en}.", f"{_FIELDS_ZH[name]}{zh}。")


class LeaseOver(Refused):
    """A command came over a leased database account after its time."""

    def __init__(self) -> None:
        super().__init__(
            "Your login was over when you sent this. Log in again and send it once more.",
            "您发送此命令时登录已失效。请重新登录后再次发送。",
        )


def check_sender(issued_by: str) -> None:
    """Refuse what a leased account sent that the farm lends to nobody. Raises LeaseOver.

    Table `command` names such an account only then; else it names the login of its user.
    """
    if issued_by.startswith(LEASE_PREFIX):
        raise LeaseOver


def check_login(login: str) -> str:
    """Give a login back that a person may choose. Raises BadAccountField."""
    if _LOGIN.fullmatch(login) and not login.startswith(LEASE_PREFIX) and login not in NOBODY:
        return login
    taken = ", ".join(NOBODY)
    raise BadAccountField(
        "login",
        "must be 3 to 32 of a-z, 0-9, dot, dash and underline, begin with a letter and not with "
        f"{LEASE_PREFIX}, and be none of {taken}",
        "须为 3 到 32 个字符（a-z、0-9、点、短横线、下划线），以字母开头，"
        f"不能以 {LEASE_PREFIX} 开头，且不能是 {taken}",
    )


def check_profile(profile: Profile) -> Profile:
    """Give a profile back that can be kept and shown. Raises BadAccountField."""
    for name in ("name", "department", "contact", "identity"):
        check_profile_field(name, getattr(profile, name))
    return profile


def check_profile_field(name: str, text: str) -> str:
    """Give one field of a profile back that can be kept and shown. Raises BadAccountField."""
    if text.strip() and is_one_line(text) and len(text) <= MAX_FIELD:
        return text
    raise BadAccountField(
        name,
        f"must be one line of 1 to {MAX_FIELD} characters",
        f"必须是 1 到 {MAX_FIELD} 个字符的一行文字",
    )
