"""`farmdesk setup`: makes a farm, finds what it made, and goes on wherever it was killed."""

import re
import stat
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from farmdesk.db import accounts, audit
from farmdesk.db.database import open_database
from farmdesk.domain.errors import FarmError, Refused
from farmdesk.domain.users import Role
from farmdesk.farm_toml import read_config
from farmdesk.security import secret_file
from farmdesk.security.audit_chain import Link, follow
from farmdesk.security.authority import make_ca, make_server_certificate
from farmdesk.security.certificates import (
    Certified,
    check_pair,
    fingerprint,
    hosts_of,
    load_certificate,
)
from farmdesk.security.key_file import key_file_name, read_key_file
from farmdesk.security.key_records import rewrapped
from farmdesk.security.secret_file import write_secret
from farmdesk.security.vault import Purpose, load_vault
from farmdesk.setup import superadmin as superadmin_module
from farmdesk.setup.certificates import GivenFiles
from farmdesk.setup.folders import NoFolder
from farmdesk.setup.settings import OtherGateway
from farmdesk.setup.superadmin import OtherKeyFile, find_superadmin
from tests.stored_keys import stored_keys
from tests.unit.setup.conftest import BOSS, PASSPHRASE, Run

NewRun = Callable[..., Run]
ALL = ["folder", "settings", "authority", "certificate", "master key", "database", "superadmin"]


class KilledError(BaseException):
    """What a kill looks like from inside."""


def _prove(run: Run) -> None:
    """Look at a farm that is set up as those look who will use it."""
    config = read_config(run.folder)
    assert config.gateway is not None
    pair = Certified(config.gateway.certificate.read_bytes(), config.gateway.key.read_bytes())
    check_pair(pair, datetime.now(UTC))
    assert hosts_of(pair.certificate) >= set(run.hosts)
    load_certificate(pair.certificate).verify_directly_issued_by(
        load_certificate(config.gateway.ca.read_bytes())
    )
    vault = load_vault(config.master_key)
    keys = read_key_file(run.folder.parent / key_file_name("boss", 1)).open(PASSPHRASE)
    database = open_database(config.database)
    with database.reading() as connection:
        account = accounts.active(connection, "boss")
        [record] = stored_keys(connection, account.user_id)
        identity = dict(accounts.identities(connection))[account.user_id]
        records, head = audit.read(connection), audit.head(connection)
    database.close()
    assert account.role is Role.SUPERADMIN
    assert record.fingerprint == keys.fingerprint
    assert rewrapped(record, vault) is record
    unwrapped = vault.unwrap(identity, Purpose.IDENTITY, user_id=account.user_id, version=0)
    assert unwrapped == BOSS.identity.encode()
    assert follow(records) == Link(*head)
    assert [(entry.action, entry.subject) for entry in records] == [
        ("use_authority", fingerprint(config.gateway.ca.read_bytes()).hex()),
        ("use_certificate", fingerprint(pair.certificate).hex()),
        ("use_master_key", vault.current.id),
        ("first_superadmin", "boss"),
    ]


def _secrets(run: Run) -> dict[str, bytes]:
    files = [
        *run.folder.parent.glob("*.fdkey"),
        run.folder / "master.key",
        run.folder / "farm.toml",
    ]
    files += [*(run.folder / "tls").iterdir(), run.folder / "farm.db"]
    for path in files:
        open_to = 0o644 if path.name == "ca.pem" else 0o600
        assert stat.S_IMODE(path.stat().st_mode) == open_to, path
    return {path.name: path.read_bytes() for path in files}


def test_a_farm_is_made_once_and_then_found(new_run: NewRun) -> None:
    run = new_run()()
    assert run.made == ALL
    assert [key.id for key in run.shown] == [load_vault(run.folder / "master.key").current.id]
    _prove(run)
    before = _secrets(run)
    assert run().made == []
    assert len(run.shown) == 1  # the recovery copy is shown once
    assert _secrets(run) == before
    _prove(run)


class _Kill:
    """Kills at the n-th place where something has just been, or is just being, written."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.left: int | None = None
        self.count = 0
        for target, name in (
            (secret_file, "_write_beside"),
            (secret_file, "_flush_folder"),
            (audit, "append_all"),
            (superadmin_module, "_keys"),
        ):
            monkeypatch.setattr(target, name, self._watched(getattr(target, name)))

    def _watched(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*given: Any, **named: Any) -> Any:
            result = real(*given, **named)
            self.count += 1
            if self.left is not None and self.count > self.left:
                raise KilledError
            return result

        return call


def test_killed_anywhere_the_next_run_ends_it(
    new_run: NewRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    kill = _Kill(monkeypatch)
    new_run("whole")()
    places = kill.count
    # seven files; the keys in use; the account, before it is written and before commit
    assert places == 2 * 7 + 1 + 2
    for place in range(places):
        run = new_run(f"killed-{place}")
        kill.count, kill.left = 0, place
        with pytest.raises(KilledError):
            run()
        master = run.folder / "master.key"
        before = master.read_bytes() if master.exists() else None
        kill.left = None
        run()
        _prove(run)
        assert before in (None, master.read_bytes())
        assert run().made == []


def test_settings_that_are_there_stay(new_run: NewRun) -> None:
    run = new_run()
    run.folder.mkdir()
    text = "# ours\nnodes = 3\n\n[licences]\nblender = 2  # two\n"
    (run.folder / "farm.toml").write_text(text)
    run()
    after = (run.folder / "farm.toml").read_text()
    assert after.startswith(text)
    config = read_config(run.folder)
    assert (len(config.nodes), config.licences) == (3, {"blender": 2})


def test_a_database_is_written_down_once(new_run: NewRun, tmp_path: Path) -> None:
    run = new_run(database=f"sqlite:///{tmp_path}/else where.db")
    run.folder.mkdir()
    (run.folder / "farm.toml").write_text("[licences]\nblender = 2\n")
    run()
    assert read_config(run.folder).database == run.database
    assert run().made == []
    run.database = f"sqlite:///{tmp_path}/third.db"
    with pytest.raises(Refused, match="names another database"):
        run()


@pytest.mark.parametrize("database", ["oracle://host/farm", "mysql://farmdesk:x@127.0.0.1:1/farm"])
def test_a_database_that_lets_nobody_in_is_not_written_down(new_run: NewRun, database: str) -> None:
    run = new_run(database=database)
    with pytest.raises(FarmError):
        run()
    assert not run.folder.exists()


def test_wrong_settings_are_not_touched(new_run: NewRun) -> None:
    run = new_run()
    run.folder.mkdir()
    (run.folder / "farm.toml").write_text("nodes = 0\n")
    with pytest.raises(Refused, match="nodes must be"):
        run()
    assert (run.folder / "farm.toml").read_text() == "nodes = 0\n"
    assert sorted(path.name for path in run.folder.iterdir()) == ["farm.toml"]


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(NoFolder, match="Not a directory"):
        Run(tmp_path / "file" / "farm")()
    with pytest.raises(NoFolder):  # even root may not
        Run(Path("/proc/farm"))()


def test_new_names_get_a_new_certificate_and_no_new_authority(new_run: NewRun) -> None:
    run = new_run()()
    before = _secrets(run)
    run.hosts = ("10.0.0.7",)
    assert run().made == ["certificate"]
    after = _secrets(run)
    changed = {name for name in after if after[name] != before[name]}
    assert changed == {"server.pem", "server.key", "farm.db"}
    assert hosts_of(after["server.pem"]) == {"farm.example", "127.0.0.1", "10.0.0.7"}
    database = open_database(f"sqlite:///{run.folder}/farm.db")
    with database.reading() as connection:
        [entry] = audit.newest(connection, 1)
    database.close()
    new = fingerprint(after["server.pem"]).hex()
    assert (entry.actor, entry.action, entry.subject) == ("setup", "use_certificate", new)


def test_without_the_authority_s_key_nothing_is_signed(new_run: NewRun) -> None:
    run = new_run()()
    (run.folder / "tls" / "ca.key").unlink()
    assert run().made == []
    run.hosts = ("10.0.0.7",)
    with pytest.raises(Refused, match=r"ca\.key is not there to sign it"):
        run()


def test_a_key_of_another_authority_signs_nothing(new_run: NewRun) -> None:
    run, other = new_run()(), new_run("other")()
    key = run.folder / "tls" / "ca.key"
    key.write_bytes((other.folder / "tls" / "ca.key").read_bytes())
    run.hosts = ("10.0.0.7",)
    before = _secrets(run)
    with pytest.raises(Refused, match="is not the key of"):
        run()
    assert _secrets(run) == before


def test_with_a_new_authority_comes_a_new_certificate(new_run: NewRun) -> None:
    run = new_run()()
    for name in ("ca.key", "ca.pem"):
        (run.folder / "tls" / name).unlink()
    assert run().made == ["authority", "certificate"]
    authority, server = (
        load_certificate((run.folder / "tls" / name).read_bytes())
        for name in ("ca.pem", "server.pem")
    )
    server.verify_directly_issued_by(authority)


def _given(
    folder: Path, *, days: int = 0, hosts: tuple[str, ...] = ("farm.example",)
) -> GivenFiles:
    """Write files of an authority from elsewhere; `days`: how long ago."""
    folder.mkdir()
    ca = make_ca("elsewhere", datetime.now(UTC))
    server = make_server_certificate(ca, hosts, datetime.now(UTC) - timedelta(days=days))
    files = GivenFiles(folder / "farm.pem", folder / "farm.key", folder / "ca.pem")
    files.certificate.write_bytes(server.certificate)
    files.ca.write_bytes(ca.certificate)
    write_secret(files.key, server.key)
    return files


def test_files_from_elsewhere_stay_what_they_are(new_run: NewRun, tmp_path: Path) -> None:
    run = new_run(given=_given(tmp_path / "pki"), hosts=())
    assert run().made == [step for step in ALL if step not in ("authority", "certificate")]
    assert run().made == []
    assert not (run.folder / "tls").exists()
    run.given = None
    assert run().made == []
    run.hosts = ("farm.example",)
    assert run().made == []


def test_wrong_files_from_elsewhere_leave_nothing_behind(new_run: NewRun, tmp_path: Path) -> None:
    good, other = _given(tmp_path / "good"), _given(tmp_path / "other")
    old = _given(tmp_path / "old", days=900)
    for given, hosts, told in (
        (old, (), "not valid today"),
        (replace(good, key=other.key), (), "belongs to another"),
        (replace(good, ca=other.ca), (), "refuse it as farm.example"),
        (good, ("10.0.0.7",), "refuse it as 10.0.0.7"),
        (replace(good, ca=tmp_path / "none"), (), "cannot be used"),
    ):
        run = new_run(told.replace(" ", "-"), given=given, hosts=hosts)
        with pytest.raises(Refused, match=told):
            run()
        assert not run.folder.exists()
    new_run(given=good, hosts=("farm.example",))()  # and the right ones are taken


def test_a_certificate_for_all_names_of_a_domain_will_do(
    new_run: NewRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "farmdesk.security.authority._HOST", re.compile(".*")
    )  # we make none ourselves
    wide = _given(tmp_path / "pki", hosts=("*.farm.example",))
    new_run("any", given=wide, hosts=())()
    new_run("named", given=wide, hosts=("render.farm.example",))()
    with pytest.raises(Refused, match="refuse it as a"):
        new_run("deep", given=wide, hosts=("a.b.farm.example",))()


def test_another_port_or_certificate_than_farm_toml_has_is_not_passed_over(
    new_run: NewRun, tmp_path: Path
) -> None:
    run = new_run(port=9443)()
    run.port = None
    assert run().made == []
    before = (run.folder / "farm.toml").read_bytes()
    for other in ({"port": 8443}, {"given": _given(tmp_path / "pki"), "hosts": ()}):
        run.port, run.given = 9443, None
        for name, value in other.items():
            setattr(run, name, value)
        with pytest.raises(OtherGateway, match=r"farm\.toml has a \[gateway\] with another"):
            run()
        assert (run.folder / "farm.toml").read_bytes() == before


def test_a_damaged_or_open_master_key_is_never_made_anew(new_run: NewRun) -> None:
    run = new_run()()
    path = run.folder / "master.key"
    whole = path.read_bytes()
    path.write_bytes(whole[:-10])
    with pytest.raises(Refused, match="holds no master key, or a damaged one"):
        run()
    assert path.read_bytes() == whole[:-10]
    path.write_bytes(whole)
    path.chmod(0o644)
    with pytest.raises(Refused, match="open to others"):
        run()


def test_a_farm_of_an_older_version_knows_its_superadmin(new_run: NewRun) -> None:
    """A column that came later is not read before the tables are updated."""
    run = new_run()()
    database = open_database(f"sqlite:///{run.folder}/farm.db")
    with database.writing() as connection:
        connection.exec_driver_sql("ALTER TABLE user_account RENAME COLUMN reason TO of_old")
    database.close()
    assert find_superadmin(f"sqlite:///{run.folder}/farm.db") == "boss"
    assert find_superadmin(f"sqlite:///{run.folder}/none.db") is None


def test_a_key_file_in_the_way_is_kept(new_run: NewRun) -> None:
    run = new_run()()
    path = run.folder.parent / "boss.fdkey"
    other = new_run("other", login="chef")
    (other.folder.parent / "chef.fdkey").write_bytes(path.read_bytes())
    with pytest.raises(OtherKeyFile):
        other()
    assert (other.folder.parent / "chef.fdkey").read_bytes() == path.read_bytes()
