"""An operator logs in from elsewhere and reads the farm's database itself, until he logs out."""

import json
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from farmdesk.cli import main
from farmdesk.domain.users import Role
from farmdesk.link.remote.known_farm import KnownFarm
from farmdesk.link.remote.link import RemoteLink
from farmdesk.security import key_file
from farmdesk.security.key_file import write_key_file
from farmdesk.security.secret_file import write_secret
from tests.gateways import RunningGateway, add_user, keys_of
from tests.integration.staffed_farm import StaffedFarm, staffed_farm
from tests.package_farm import PackagedTask, files_in
from tests.servers import DatabaseServer


@pytest.fixture
def farm(db_server: DatabaseServer) -> Iterator[StaffedFarm]:
    with staffed_farm(db_server) as made:
        yield made


@pytest.fixture
def elsewhere(
    farm: StaffedFarm, gateway: RunningGateway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[KnownFarm]:
    """Another machine: an operator's key file, the farm's authority, and no database URL."""
    for login, role in (("lilei", Role.OPERATOR), ("hanmei", Role.SUPERADMIN)):
        add_user(farm.url, login, role)
    usual = gateway.settings
    gateway.settings = replace(usual, database=f"127.0.0.1:{farm.server.port}")
    gateway.serve(farm.url)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("FARMDESK_SERVER", gateway.url)
    quick = partial(key_file.lock, n=1 << 14)
    monkeypatch.setattr(key_file, "lock", lambda keys, passphrase, n: quick(keys, passphrase))
    for login in ("lilei", "hanmei"):
        write_key_file(tmp_path / f"{login}.fdkey", keys_of(login), "correct horse battery")
    write_secret(tmp_path / "pass", b"correct horse battery")
    known = KnownFarm(gateway.url)
    known.trust(gateway.authority)
    yield known
    gateway.settings = usual


def accounts_of(farm: StaffedFarm) -> int:
    root = farm.root()
    [[found]] = root.run("SELECT COUNT(*) FROM mysql.user WHERE LEFT(User, 3) = 'fl_'")
    root.close()
    return int(str(found))


@pytest.mark.usefixtures("elsewhere")
def test_an_operator_reads_the_database_until_he_logs_out(
    farm: StaffedFarm, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    before = accounts_of(farm)
    assert main(["login", "--key", "lilei.fdkey", "--passphrase-file", "pass"]) == 0
    assert accounts_of(farm) == before + 1
    with monkeypatch.context() as patch:
        patch.delattr(RemoteLink, "tasks")  # not over the gateway
        assert main(["tasks"]) == 0
    kept = next(Path("farmdesk/farms").rglob("session.json")).read_text()
    assert main(["logout"]) == 0
    assert accounts_of(farm) == before
    session = next(Path("farmdesk/farms").iterdir()) / "session.json"
    write_secret(session, kept.encode())
    assert main(["tasks"]) == 1  # whoever copied the account has nothing
    said = capfd.readouterr()
    assert "Your login to the farm is over" in said.err
    assert "fl_" not in said.out + said.err


@pytest.mark.usefixtures("elsewhere")
def test_an_account_that_nobody_uses_goes_with_its_session(
    farm: StaffedFarm, gateway: RunningGateway, capfd: pytest.CaptureFixture[str]
) -> None:
    before = accounts_of(farm)
    assert main(["login", "--key", "lilei.fdkey", "--passphrase-file", "pass"]) == 0
    assert main(["tasks"]) == 0
    gateway.clock.turn(minutes=31)
    gateway.parts.login.tidy()
    assert accounts_of(farm) == before
    assert main(["tasks"]) == 1
    assert "Your login to the farm is over" in capfd.readouterr().err


@pytest.mark.usefixtures("elsewhere")
def test_who_is_who_is_for_superadmins(capfd: pytest.CaptureFixture[str]) -> None:
    for login, done in (("lilei", 1), ("hanmei", 0)):
        assert main(["login", "--key", f"{login}.fdkey", "--passphrase-file", "pass"]) == 0
        assert main(["user", "list"]) == done
        assert main(["audit", "verify"]) == done
        assert main(["vault", "rotate"]) == 1
    said = capfd.readouterr()
    assert said.out.count("\ncustomer ") == 1  # a user whom only the list of the superadmin shows
    assert said.err.count("Only a superadmin may do this") == 2


@pytest.mark.usefixtures("elsewhere")
def test_an_operator_fetches_a_package_to_his_own_machine(
    farm: StaffedFarm, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """What SQL cannot give him comes through the gateway, in a session of its own."""
    contents = {"a.blend": b"scene", "textures/snow.exr": bytes(3_000_000)}
    task = PackagedTask(farm.url, tmp_path / "work", "customer", task_id=2)
    task.make(contents, number=2)
    keys = ["--key", "lilei.fdkey", "--passphrase-file", "pass"]
    assert main(["login", *keys]) == 0
    before = accounts_of(farm)
    capfd.readouterr()
    assert main(["fetch", "2", "to", *keys, "--json"]) == 0
    told = json.loads(capfd.readouterr().out)
    assert (told["files"], told["copied"], told["bytes"]) == (2, 2, 3_000_005)
    assert files_in(tmp_path / "to") == contents
    assert main(["fetch", "2", "to", *keys]) == 0
    assert "0 of 2 files" in capfd.readouterr().out
    (tmp_path / "to" / "a.blend").write_bytes(b"mine")
    assert main(["fetch", "2", "to", *keys]) == 1
    assert (tmp_path / "to" / "a.blend").read_bytes() == b"mine"
    assert main(["fetch", "1", "other", *keys]) == 1
    assert "lies on the farm's storage" in capfd.readouterr().err
    assert not (tmp_path / "other").exists()
    assert accounts_of(farm) == before
