"""From set-up to a customer's command: the real server, its gateway and engine, and the real words.

Everybody has a home of his own here, so that no machine knows what another one has learned.
"""

import json
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import psutil
import pytest

from farmdesk.config import read_config
from farmdesk.domain.commands import StopTask, SubmitTask
from farmdesk.domain.errors import FarmUnavailable, Refused
from farmdesk.domain.states import TaskState
from farmdesk.gateway.callers import utc_now
from farmdesk.link.outcome import wait_outcome
from farmdesk.link.remote.door import fetch_authority
from farmdesk.link.remote.known_farm import KnownFarm
from farmdesk.link.remote.link import RemoteLink
from farmdesk.security.secret_file import write_secret
from farmdesk.security.tls import make_ca, make_server_certificate
from tests.farm import WAIT_S, LocalFarm, local_farm, wait_for, wait_until
from tests.servers import free_port

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


@pytest.fixture
def said(capfd: pytest.CaptureFixture[str]) -> Callable[[], str]:
    """What was printed since it was asked for last."""

    def read() -> str:
        told = capfd.readouterr()
        return told.out + told.err

    return read


@pytest.fixture
def street(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Street]:
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.delenv("FARMDESK_SERVER", raising=False)
    with local_farm(tmp_path) as farm:
        made = Street(farm, tmp_path, monkeypatch)
        farm.start()
        _wait_open(made)
        yield made


def _wait_open(street: Street) -> None:
    """Wait until the gateway answers: it starts beside the engine."""

    def look() -> bytes | None:
        try:
            return fetch_authority(street.url)
        except FarmUnavailable:
            return None

    wait_for(look, lambda: street.farm.said()[-2000:])


def test_a_customer_comes_in_asks_and_is_answered(street: Street, said: Callable[[], str]) -> None:
    street.come_in("wang", said)
    assert street.run("profile", "--contact", "5678") == 0
    assert "5678" in said()
    link = RemoteLink(street.known().session())
    wish = SubmitTask("opening", "tiny", "2", "shots/a.tiny", "1-4", upload=True)
    answer = wait_outcome(link, link.send(wish), WAIT_S)
    assert answer.applied, answer.text
    assert answer.task_id is not None
    assert link.task(answer.task_id).state is TaskState.UPLOADING
    with pytest.raises(Refused):
        link.send(SubmitTask("theft", "tiny", "2", str(street.farm.scenes / "a.tiny"), "1-4"))
    link.close()
    assert street.run("tasks") == 0
    assert "opening" in said()
    assert street.run("start", answer.task_id) == 1
    assert "Only the render staff" in said()
    street.come_in("zhao", said)
    assert street.run("tasks") == 0
    assert "opening" not in said()
    assert street.run("show", answer.task_id) == 1
    other = RemoteLink(street.known().session())
    with pytest.raises(Refused):
        other.send(StopTask(answer.task_id))
    other.close()
    street.be("wang")
    assert street.run("logout") == 0
    assert street.run("tasks") == 1
    assert "farmdesk login" in said()


def test_wrong_passphrases_servers_and_certificates_are_told_apart(
    street: Street, said: Callable[[], str], tmp_path: Path
) -> None:
    street.come_in("wang", said)
    write_secret(tmp_path / "other", b"not the one that he chose")
    assert street.run("login", f"--passphrase-file={tmp_path / 'other'}") == 1
    assert "passphrase does not open" in said()
    assert street.farm.run("tasks", "--server", f"https://127.0.0.1:{free_port()}") == 1
    assert "not logged in" in said()
    assert street.farm.run("tasks", "--server", "http://127.0.0.1") == 1
    assert "https://" in said()
    assert street.run("login", street.passphrase, "--fingerprint", "AB:CD") == 1
    assert "fingerprint" in said()
    gateway = read_config(street.farm.folder).gateway
    assert gateway is not None
    forged = make_ca("another farm", utc_now())
    pair = make_server_certificate(forged, ["127.0.0.1"], utc_now())
    write_secret(gateway.ca, forged.certificate, replace=True)
    write_secret(gateway.key, pair.key, replace=True)
    write_secret(gateway.certificate, pair.certificate, replace=True)
    street.farm.end()
    street.farm.start()
    _wait_open(street)
    assert street.run("tasks") == 1
    assert "not the farm that this machine knows" in said()
    assert street.run("login", street.passphrase) == 1
    assert "Nothing was sent" in said()


def test_the_gateway_and_the_engine_come_back_by_themselves(
    street: Street, said: Callable[[], str]
) -> None:
    street.come_in("wang", said)
    link = RemoteLink(street.known().session())
    for part in ("gateway", "engine"):
        old = _part(street.farm, part)
        old.kill()
        wait_until(partial(_another, street.farm, part, old), f"another {part}")
    _wait_open(street)
    wish = SubmitTask("opening", "tiny", "2", "a.tiny", "1-4", upload=True)
    assert wait_outcome(link, link.send(wish), WAIT_S).applied  # the session has lived through it
    link.close()
    assert street.farm.end() == 0
    street.farm.wait_empty("server")


def _part(farm: LocalFarm, part: str) -> psutil.Process:
    (found,) = (p for p in farm.processes("server") if p.cmdline()[-2:] == ["--part", part])
    return found


def _another(farm: LocalFarm, part: str, old: psutil.Process) -> bool:
    found = [p for p in farm.processes("server") if p.cmdline()[-2:] == ["--part", part]]
    return bool(found) and found != [old]
