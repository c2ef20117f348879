"""Commands about people's accounts: a superadmin's alone. See `commands` for what a command is."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ApproveUser:
    """Give the applicant keys; `role` counts for a new account, a re-issue keeps the old one.

    `handover`: the fingerprint of the handover key as the applicant read it out, or its beginning.
    """

    application_id: int
    role: str = "customer"
    handover: str = ""


@dataclass(frozen=True, slots=True)
class RejectUser:
    """Turn an application down; the applicant reads the reason."""

    application_id: int
    reason: str


@dataclass(frozen=True, slots=True)
class SuspendUser:
    """Lock an account: its sessions, database leases and transfers end at once."""

    login: str
    reason: str


@dataclass(frozen=True, slots=True)
class ReinstateUser:
    """Let a suspended account in again."""

    login: str


@dataclass(frozen=True, slots=True)
class RevokeKey:
    """Let nobody log in or seal with this key any more; sessions that it opened end at once."""

    fingerprint: str
    reason: str


@dataclass(frozen=True, slots=True)
class SetQuota:
    """Set how many bytes a user's packages may take in the inbox; 0: he may upload nothing."""

    login: str
    quota_bytes: int


AccountCommand = ApproveUser | RejectUser | SuspendUser | ReinstateUser | RevokeKey | SetQuota
