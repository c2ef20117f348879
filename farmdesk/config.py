"""How a farm is set up: its folder, nodes, gateway and results. `farm_toml.py` reads it."""

import os
from dataclasses import dataclass, field
from pathlib import Path

import platformdirs

from farmdesk.domain.users import Role, User

FILE = "farm.toml"
DATABASE = "farm.db"  # SQLite, where farm.toml names no other
MASTER_KEY = "master.key"
GATEWAY_PORT = 8443


@dataclass(frozen=True, slots=True)
class LocalNode:
    """A node that is this machine.

    `speed` relative to a reference node; `slots` tool processes at a time; `tools`: see
    `dispatch.wants.Place`.
    """

    name: str
    speed: float = 1.0
    slots: int = 1
    pool: str = ""
    tools: frozenset[str] | None = None

    @property
    def slot_names(self) -> list[str]:
        """The names of its slots: its own, or `a:1`, `a:2` where it has several."""
        if self.slots == 1:
            return [self.name]
        return [f"{self.name}:{number}" for number in range(1, self.slots + 1)]


@dataclass(frozen=True, slots=True)
class GatewayConfig:
    """Where the gateway listens, and its files; all PEM, `key` for its owner alone.

    `ca`: the certificate of the authority that signed the server's; clients pin it. `database`:
    `host` or `host:port` under which staff clients reach the database; empty: as the server does.
    """

    address: str
    port: int
    certificate: Path
    key: Path
    ca: Path
    database: str = ""


@dataclass(frozen=True, slots=True)
class ResultsConfig:
    """Where the results of completed tasks are brought.

    `to`: a folder, a UNC path, or `smb://user@host/share/folder`; `password_file` holds the
    password of that user, for its owner alone.
    """

    to: str
    password_file: Path | None = None


@dataclass(frozen=True, slots=True)
class Config:
    """What the server and staff clients need.

    `programs`: where a tool's program lies, by tool name. `licences`: slots that may run a tool at
    a time. `auto_start`: queued tasks start without an operator. `operators`: the logins of the
    render staff, all others are customers; None: everybody who reaches this farm is staff.
    `gateway`: None where nobody comes in over HTTPS. `master_key`: the file that the farm's secrets
    are wrapped under.
    """

    folder: Path
    database: str
    nodes: tuple[LocalNode, ...]
    programs: dict[str, str] = field(default_factory=dict)
    linger_s: float = 900.0
    stall_s: float = 600.0
    licences: dict[str, int] = field(default_factory=dict)
    auto_start: bool = False
    operators: frozenset[str] | None = None
    gateway: GatewayConfig | None = None
    master_key: Path = Path(MASTER_KEY)
    results: ResultsConfig | None = None

    def user(self, login: str) -> User:
        """Give a login with its role."""
        staff = self.operators is None or login in self.operators
        return User(login, Role.OPERATOR if staff else Role.CUSTOMER)


def farm_folder(given: str | None) -> Path:
    """Give the farm folder: the given one, else `FARMDESK_FARM`, else the user's data folder."""
    chosen = given or os.environ.get("FARMDESK_FARM")
    return Path(chosen).absolute() if chosen else Path(platformdirs.user_data_dir("farmdesk"))
