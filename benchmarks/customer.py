"""A customer as client programs, of tests too, get him: where the farm is, and his keys."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

from farmdesk.link.remote.door import Door
from farmdesk.link.remote.session import RemoteSession
from farmdesk.security.user_keys import UserKeys


@dataclass(frozen=True, slots=True)
class Customer:
    """Whoever transfers something. `authority`, `private` and `user_key`: bytes in hex."""

    url: str
    authority: str
    login: str
    private: str
    user_key: str

    @classmethod
    def of(cls, keys: UserKeys, *, url: str, authority: bytes, **order: object) -> Self:
        """Give the owner of keys of version 1; `order`: what else the program is told."""
        return cls(
            url=url,
            authority=authority.hex(),
            login=keys.login,
            private=keys.private_der.hex(),
            user_key=keys.user_key.hex(),
            **order,
        )

    def keys(self) -> UserKeys:
        """Give his keys."""
        private, user_key = bytes.fromhex(self.private), bytes.fromhex(self.user_key)
        return UserKeys.from_parts(self.login, 1, private=private, user_key=user_key)

    def session(self) -> RemoteSession:
        """Log in."""
        return RemoteSession.begin(Door(self.url, bytes.fromhex(self.authority)), self.keys())


def peak_mb(process: int | str) -> float:
    """Give the most memory (MB) that a process has taken; Linux tells it."""
    status = Path(f"/proc/{process}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) * 1024 / 1e6
