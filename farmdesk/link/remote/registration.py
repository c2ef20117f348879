"""Applying for keys, collecting them, and a user's own profile: the client's side."""

import hashlib
import json
import secrets
from dataclasses import dataclass, field

from farmdesk.domain.accounts import Profile
from farmdesk.link.remote.door import Door
from farmdesk.link.remote.session import RemoteSession
from farmdesk.link.wire import (
    PICKUP_SCHEME,
    ApplicationSeen,
    Applied,
    ProfileSeen,
    SealedKeys,
    from_json,
)
from farmdesk.security.handover import HandoverKey
from farmdesk.security.user_keys import UserKeys


@dataclass(frozen=True, slots=True)
class Pickup:
    """What an applicant keeps until he has collected: with it, the keys are fetched and opened."""

    login: str
    handover: HandoverKey = field(repr=False)
    secret: str = field(repr=False)
    application: int = 0  # its number; 0 while the farm's answer is awaited, or lost

    @classmethod
    def make(cls, login: str) -> "Pickup":
        """Make a handover key and a pickup secret."""
        return cls(login, HandoverKey.make(), secrets.token_urlsafe(32))

    @property
    def authorization(self) -> str:
        """The header that proves the secret."""
        return f"{PICKUP_SCHEME} {self.secret}"


def apply(door: Door, pickup: Pickup, profile: Profile | None) -> Applied:
    """Apply for keys; `profile` None: new keys of an account. Raises FarmUnavailable or Refused.

    Keep the pickup first: when the answer is lost, the same one gets it again.
    """
    told = {
        "login": pickup.login,
        "handover_key": pickup.handover.public.hex(),
        "pickup_hash": hashlib.sha256(pickup.secret.encode()).hexdigest(),
    }
    form = told if profile is None else told | {"profile": _fields(profile)}
    reply = door.ask("POST", "/applications", body=json.dumps(form).encode())
    return from_json(Applied, reply.content)


def look(door: Door, pickup: Pickup) -> ApplicationSeen:
    """Tell where an application stands. Raises FarmUnavailable or Refused."""
    path = f"/applications/{pickup.application}"
    reply = door.ask("GET", path, authorization=pickup.authorization)
    return from_json(ApplicationSeen, reply.content)


def fetch_keys(door: Door, pickup: Pickup) -> UserKeys:
    """Fetch the sealed keys and open them. Raises FarmUnavailable, Refused or BadBundle."""
    path = f"/applications/{pickup.application}/keys"
    reply = door.ask("GET", path, authorization=pickup.authorization)
    bundle = bytes.fromhex(from_json(SealedKeys, reply.content).bundle)
    return pickup.handover.open(bundle, pickup.application)


def confirm_keys(door: Door, pickup: Pickup) -> None:
    """Say that the keys are safe here: the farm deletes the sealed ones. Raises as `look`."""
    path = f"/applications/{pickup.application}/keys"
    door.ask("DELETE", path, authorization=pickup.authorization)


def read_profile(session: RemoteSession) -> ProfileSeen:
    """Give what the farm knows of the user. Raises FarmUnavailable or Refused."""
    return from_json(ProfileSeen, session.ask("GET", "/profile"))


def write_profile(session: RemoteSession, *, name: str, department: str, contact: str) -> None:
    """Change what the user tells of himself. Raises FarmUnavailable or Refused."""
    form = {"name": name, "department": department, "contact": contact}
    session.ask("PUT", "/profile", body=json.dumps(form).encode())


def _fields(profile: Profile) -> dict[str, str]:
    return {
        "name": profile.name,
        "department": profile.department,
        "contact": profile.contact,
        "identity": profile.identity,
    }
