"""`farmdesk setup` on a real server, by an account with the rights that operations.md names."""

from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from farmdesk.cli import main
from farmdesk.db.alone import alone
from farmdesk.db.database import open_database
from farmdesk.farm_toml import read_config
from farmdesk.security import key_file
from farmdesk.security.master_key import VARIABLE, MasterKey
from farmdesk.security.recovery_copy import print_recovery
from farmdesk.security.secret_file import write_secret
from tests.servers import DatabaseServer


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setenv("FARMDESK_FARM", str(tmp_path / "farm"))
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    write_secret(tmp_path / "pass", b"the first of all passphrases")
    write_secret(tmp_path / "identity", b"110101199003071234")
    write_secret(tmp_path / "db", b"farm")
    quick = partial(key_file.lock, n=1 << 14)
    monkeypatch.setattr(key_file, "lock", lambda keys, passphrase, n: quick(keys, passphrase))
    return tmp_path


def _set_up(url: str) -> int:
    parts = urlsplit(url)
    shown = parts._replace(netloc=parts.netloc.replace(":farm@", "@")).geturl()
    words = "setup --host farm.example --login boss --name Li --department Control --contact 1"
    files = "--identity-file identity --passphrase-file pass --database-password-file db"
    return main([*words.split(), *files.split(), "--database", shown])


def _roles_and_triggers(server: DatabaseServer, name: str) -> tuple[int, int]:
    database = open_database(server.url(name))
    queries = (
        f"SELECT COUNT(*) FROM mysql.user WHERE user LIKE '{name}\\_%%'",
        f"SELECT COUNT(*) FROM information_schema.triggers WHERE trigger_schema = '{name}'",
    )
    with database.reading() as connection:
        roles, triggers = (connection.exec_driver_sql(query).scalar_one() for query in queries)
    database.close()
    return int(roles), int(triggers)


def test_a_farm_is_set_up_on_a_server_and_again(
    desk: Path,
    db_server: DatabaseServer,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    name = db_server.new_database().rpartition("/")[2]
    url = db_server.farm_account(name)

    def killed(_database: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:  # between the tables and what may be done with them
        patch.setattr("farmdesk.db.grants.apply", killed)
        assert _set_up(url) == 130
    assert _roles_and_triggers(db_server, name) == (0, 0)
    for _ in range(2):
        assert _set_up(url) == 0
        assert _roles_and_triggers(db_server, name) == (2, 2)
    told = capfd.readouterr()
    assert ":farm@" not in told.out + told.err
    _rotate(read_config(desk / "farm").database, monkeypatch)


def _rotate(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two at once would lose keys: the second waits, in the end in vain."""
    monkeypatch.setattr("farmdesk.setup.master._WAIT_S", 0)
    database, paper = open_database(url), Path("paper")
    paper.write_text(print_recovery(MasterKey.make()))
    with alone(database, "rotate", wait_s=0):
        assert main(["vault", "rotate"]) == 3
        assert main(["vault", "restore", "--from", str(paper)]) == 3
    assert main(["vault", "rotate"]) == 0
    database.close()


def test_wrong_passwords_and_poor_accounts_are_told(
    desk: Path, db_server: DatabaseServer, capfd: pytest.CaptureFixture[str]
) -> None:
    name = db_server.new_database().rpartition("/")[2]
    url = db_server.farm_account(name)
    write_secret(desk / "db", b"wrong", replace=True)
    assert _set_up(url) == 1
    assert not (desk / "farm").exists()  # nothing was written down
    capfd.readouterr()
    write_secret(desk / "db", b"farm", replace=True)
    db_server.run(f"REVOKE CREATE USER ON *.* FROM 'own_{name}'@'%%'")
    assert _set_up(url) == 1
    assert "not" in capfd.readouterr().err
    db_server.farm_account(name)
    assert _set_up(url) == 0
