"""A farm with a gateway, and people who come to it, each with a home of his own.

So that no machine knows what another one has learned.
"""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from farmdesk.domain.errors import FarmUnavailable
from farmdesk.farm_toml import read_config
from farmdesk.link.remote.door import fetch_authority
from farmdesk.link.remote.known_farm import KnownFarm
from farmdesk.security.secret_file import write_secret
from tests.farm import LocalFarm, wait_for
from tests.ports import free_port

PASSPHRASE = "nine black cranes over the ice"
WHO = ["--name", "Wang", "--department", "content", "--contact", "1234"]


class Street:
    """A farm with a gateway, and people who come to it."""

    def __init__(self, farm: LocalFarm, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.farm = farm
        self.url = f"https://127.0.0.1:{free_port()}"
        self._folder = folder
        self._patch = monkeypatch
        for name, text in (("pass", PASSPHRASE), ("identity", "110101198001010011")):
            write_secret(folder / name, text.encode())
        self._files = [f"--identity-file={folder / 'identity'}"]
        self.passphrase = f"--passphrase-file={folder / 'pass'}"
        self.be("boss")
        words = ["--login", "boss", *WHO, *self._files, self.passphrase]
        port = self.url.rpartition(":")[2]
        assert farm.run("setup", *words, f"--key-folder={folder}", "--port", port) == 0

    def be(self, person: str) -> None:
        """Sit down at somebody's machine."""
        self._patch.setenv("XDG_CONFIG_HOME", str(self._folder / "homes" / person))

    def run(self, *words: object) -> int:
        """Say something to the farm from elsewhere."""
        return self.farm.run(*words, "--server", self.url)

    def known(self) -> KnownFarm:
        """The farm as this machine knows it."""
        return KnownFarm(self.url)

    def come_in(self, login: str, said: Callable[[], str]) -> None:
        """Apply, be approved, collect, log in."""
        self.be(login)
        gateway = read_config(self.farm.folder).gateway
        assert gateway is not None
        said()
        words = ["--login", login, *WHO, *self._files, "--ca", gateway.ca]
        assert self.run("apply", *words, "--json") == 0
        told = json.loads(said())
        assert self.run("collect", self.passphrase) == 1  # nobody has decided
        assert told["handover"] in said()
        approve = ["approve", told["application"], "--handover", told["handover"]]
        assert self.farm.run("user", *approve, "--as", "boss") == 0
        assert self.run("collect", self.passphrase) == 0
        assert self.run("collect", self.passphrase) == 1  # once
        assert self.run("login", self.passphrase) == 0
        said()


def wait_open(street: Street) -> None:
    """Wait until the gateway answers: it starts beside the engine."""

    def look() -> bytes | None:
        try:
            return fetch_authority(street.url)
        except FarmUnavailable:
            return None

    wait_for(look, lambda: street.farm.said()[-2000:])
