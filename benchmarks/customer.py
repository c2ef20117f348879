"""A customer as the client programs of benchmarks get him: where the farm is, and his keys."""

from dataclasses import dataclass
from pathlib import Path

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
