"""From set-up to a customer's command: the real server, its gateway and engine, and the real words.

Everybody has a home of his own here, so that no machine knows what another one has learned.
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import psutil
import pytest

from farmdesk.domain.errors import Refused
from farmdesk.domain.states import TaskState
from farmdesk.domain.task_commands import StopTask, SubmitTask
from farmdesk.farm_toml import read_config
from farmdesk.gateway.callers import utc_now
from farmdesk.link.outcome import wait_outcome
from farmdesk.link.remote.link import RemoteLink
from farmdesk.security.authority import make_ca, make_server_certificate
from farmdesk.security.secret_file import write_secret
from tests.farm import WAIT_S, LocalFarm, wait_for, wait_until
from tests.ports import free_port
from tests.street import Street, wait_open


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
    said()
    assert street.run("nodes") == 0
    assert "the render staff's matter" in said()
    assert street.run("user", "list") == 1
    assert "Only a superadmin" in said()
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
    wait_open(street)
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
    wait_open(street)
    wish = SubmitTask("opening", "tiny", "2", "a.tiny", "1-4", upload=True)
    assert wait_outcome(link, link.send(wish), WAIT_S).applied  # the session has lived through it
    link.close()
    assert street.farm.end() == 0
    street.farm.wait_empty("server")


def _part(farm: LocalFarm, part: str) -> psutil.Process:
    """Give a part of the server; a child that is no program yet bears its parent's name."""

    def look() -> psutil.Process | None:
        found = _processes(farm, part)
        return found[0] if len(found) == 1 else None

    return wait_for(look, f"one {part}")


def _processes(farm: LocalFarm, part: str) -> list[psutil.Process]:
    return farm.processes("server", lambda process: process.cmdline()[-2:] == ["--part", part])


def _another(farm: LocalFarm, part: str, old: psutil.Process) -> bool:
    found = _processes(farm, part)
    return bool(found) and found != [old]
