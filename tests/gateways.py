"""A real gateway for tests: its own authority, TLS on a free port, uvicorn in a thread.

It is started once and serves one farm after the other: `serve` puts a farm's parts in.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, cast

import uvicorn
from fastapi import FastAPI

from farmdesk.db import accounts, user_keys
from farmdesk.db.database import open_database
from farmdesk.domain.accounts import Account, Profile, UserState
from farmdesk.domain.users import Role
from farmdesk.gateway.parts import Parts
from farmdesk.gateway.server import make_parts, make_server
from farmdesk.link.remote.door import Door
from farmdesk.link.remote.link import RemoteLink
from farmdesk.link.remote.session import RemoteSession
from farmdesk.security.key_records import key_record
from farmdesk.security.user_keys import UserKeys
from tests.farm import wait_until
from tests.gateway_settings import VAULT, farm_config, gateway_files

if TYPE_CHECKING:
    from tests.gateway_witness import Witness  # what it needs takes a while to load

PROFILE = Profile("Li Na", "content team", "+86 10 1234", "110101199003071234")


class TurningClock:
    """A clock that tests turn forward."""

    def __init__(self) -> None:
        self._ahead = timedelta()

    def __call__(self) -> datetime:
        """Give the time."""
        return datetime.now(UTC) + self._ahead

    def turn(self, **by: float) -> None:
        """Let time pass: `turn(minutes=31)`."""
        self._ahead += timedelta(**by)


@cache
def keys_of(login: str, version: int = 1) -> UserKeys:
    """Give a user's keys; made once a test process, as making them takes a while."""
    return UserKeys.make(login, version)


def add_user(
    url: str, login: str, role: Role = Role.CUSTOMER, keys: UserKeys | None = None
) -> Account:
    """Make an account with keys in use, as an approval would."""
    database = open_database(url)
    now = datetime.now(UTC)
    with database.writing() as connection:
        account = accounts.add(
            connection,
            login,
            PROFILE,
            role=role,
            state=UserState.ACTIVE,
            quota_bytes=10**9,
            now=now,
            wrap=lambda user_id, identity: b"wrapped",
        )
        user_keys.add(connection, key_record(keys or keys_of(login), account.user_id, VAULT, now))
    database.close()
    return account


class RunningGateway:
    """A gateway that listens. `clock` is that of the farm that it serves now."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.settings = gateway_files(folder)
        self.clock = TurningClock()
        self._app: FastAPI | None = None
        self._witness: Witness | None = None
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None
        self._parts: Parts | None = None

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"https://127.0.0.1:{self.settings.port}"

    @property
    def parts(self) -> Parts:
        """The parts of the farm that it serves now."""
        assert self._parts is not None
        return self._parts

    @property
    def authority(self) -> bytes:
        """The certificate that clients pin."""
        return self.settings.ca.read_bytes()

    def serve(self, url: str) -> None:
        """Serve the farm of this database from now on; sessions and brakes are new."""
        self.clock = TurningClock()
        old, config = self._parts, farm_config(self.folder, url, self.settings)
        self._parts = make_parts(config, self.settings, self.clock)
        if self._app is None:
            self._start(self._parts)
        else:
            self._app.state.parts = self._parts
        if old is not None:
            old.database.close()

    def misfits(self) -> list[str]:
        """Give the answers since this was asked last that its document does not foresee."""
        return [] if self._witness is None else self._witness.misfits()

    def door(self) -> Door:
        """Give a client's way to it."""
        return Door(self.url, self.authority)

    def link(self, login: str) -> RemoteLink:
        """Log in as somebody, with keys at hand, and give his link."""
        return RemoteLink(self.session(login))

    def session(self, login: str) -> RemoteSession:
        """Log in as somebody, with keys at hand."""
        door = self.door()
        try:
            return RemoteSession.begin(door, keys_of(login))
        except BaseException:
            door.close()
            raise

    def end(self) -> None:
        """Let it end."""
        if self._server is not None and self._thread is not None:
            self._server.should_exit = True
            self._thread.join(30)
        if self._parts is not None:
            self._parts.database.close()

    def _start(self, parts: Parts) -> None:
        from tests.gateway_witness import Witness

        server = make_server(parts, self.settings)
        self._app = cast("FastAPI", server.config.app)
        self._witness = server.config.app = Witness(self._app, self._app.openapi())
        self._server = server
        self._thread = threading.Thread(target=server.run, name="gateway", daemon=True)
        self._thread.start()
        wait_until(lambda: server.started or not self._thread_lives(), "gateway start")

    def _thread_lives(self) -> bool:
        return self._thread is not None and self._thread.is_alive()


@contextmanager
def running_gateway(folder: Path) -> Iterator[RunningGateway]:
    """Give a gateway that is gone afterwards; it listens once it has a farm to serve."""
    gateway = RunningGateway(folder)
    try:
        yield gateway
    finally:
        gateway.end()
