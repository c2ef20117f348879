"""A farm with accounts, from `farmdesk setup` on, with its real server and command line."""

import os
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from farmdesk.db import accounts, applications
from farmdesk.db.database import open_database
from farmdesk.domain.accounts import Application, ApplicationKind, Profile, UserState
from farmdesk.domain.users import Role
from farmdesk.farm_toml import read_config
from farmdesk.security.handover import HandoverKey
from farmdesk.security.key_file import read_key_file
from farmdesk.security.secret_file import write_secret
from farmdesk.security.user_keys import UserKeys
from farmdesk.security.vault import Purpose, load_vault
from tests.farm import LocalFarm, local_farm
from tests.ports import free_port

PASSPHRASE = "the first of all passphrases"
WANG = Profile("王 伟", "Stage 3", "1234", identity="110101199003071234")


def _set_up(farm: LocalFarm, folder: Path) -> None:
    for name, text in (("pass", PASSPHRASE), ("identity", "110101198001010011")):
        write_secret(folder / name, text.encode())
    person = ["--login", "boss", "--name", "Li", "--department", "Control", "--contact", "1"]
    files = [f"--passphrase-file={folder / 'pass'}", f"--identity-file={folder / 'identity'}"]
    place = ["--port", free_port(), "--key-folder", folder]
    assert farm.run("setup", *person, *files, *place) == 0


def _apply(farm: LocalFarm, key: HandoverKey, login: str) -> Application:
    """What the gateway does with an application."""
    config = read_config(farm.folder)
    vault, database = load_vault(config.master_key), open_database(config.database)

    def wrap(user_id: int, identity: str) -> bytes:
        return vault.wrap(identity.encode(), Purpose.IDENTITY, user_id=user_id, version=0)

    now = datetime.now(UTC)
    with database.writing() as connection:
        account = accounts.add(
            connection,
            login,
            WANG,
            role=Role.CUSTOMER,
            state=UserState.PENDING,
            quota_bytes=10**9,
            now=now,
            wrap=wrap,
        )
        made = applications.apply(
            connection,
            account.user_id,
            ApplicationKind.ACCOUNT,
            handover_key=key.public,
            pickup_hash=bytes(32),
            network="10.0.0.0/24",
            now=now,
        )
    database.close()
    return made


def _collect(farm: LocalFarm, key: HandoverKey, application: Application) -> UserKeys:
    database = open_database(read_config(farm.folder).database)
    with database.reading() as connection:
        bundle = applications.bundle(connection, application.id, bytes(32))
    database.close()
    assert bundle is not None
    return key.open(bundle, application.id)


def test_people_come_in_and_go_while_the_server_runs(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    with local_farm(tmp_path) as farm:
        _set_up(farm, tmp_path)
        farm.start()
        assert read_key_file(tmp_path / "boss.fdkey").open(PASSPHRASE).login == "boss"
        key = HandoverKey.make()
        first = _apply(farm, key, "wang")
        digits = key.fingerprint[:19]

        assert farm.run("user", "list") == 0
        assert key.fingerprint in capfd.readouterr().out
        approve = ["user", "approve", first.id, "--handover"]
        assert farm.run(*approve, digits, "--as", "wang") == 1  # no account that may send yet
        assert farm.run(*approve, "0000 0000", "--as", "boss") == 1  # somebody else's key
        assert "somebody else applied" in capfd.readouterr().err
        assert farm.run(*approve, digits, "--as", "boss") == 0
        assert _collect(farm, key, first).login == "wang"

        # A new master key while the server runs: it wraps the next keys under it.
        assert farm.run("vault", "rotate") == 0
        assert "6 secrets" in capfd.readouterr().out
        second = _apply(farm, key, "liu")
        assert farm.run("user", "approve", second.id, "--handover", digits, "--as", "boss") == 0
        assert farm.run("vault", "rotate") == 0
        assert "9 secrets" in capfd.readouterr().out

        fingerprint = _collect(farm, key, second).fingerprint
        revoke = ["key", "revoke", fingerprint, "--reason", "stolen"]
        assert farm.run(*revoke, "--as", "wang") == 1
        assert "Only the render staff" in capfd.readouterr().err
        assert farm.run(*revoke, "--as", "boss") == 0
        assert farm.run("user", "suspend", "wang", "--reason", "left", "--as", "boss") == 0
        assert farm.run("user", "suspend", "boss", "--reason", "left", "--as", "boss") == 1
        assert farm.run("priority", 1, 3, "--as", "wang") == 1  # the engine knows at once
        assert "no active account" in capfd.readouterr().err
        assert farm.run("priority", 1, 3, "--as", os.environ.get("USER", "nobody")) == 1
        assert "no active account" in capfd.readouterr().err
        assert farm.run("user", "reinstate", "wang", "--as", "boss") == 0

        assert farm.run("audit", "list") == 0
        told = capfd.readouterr().out
        acts = ["approve_user"] * 3 + ["revoke_key"] + ["suspend_user"] * 2 + ["reinstate_user"]
        assert re.findall(r"boss +(\w+_\w+) ", told) == acts
        assert re.findall(r"boss +(\w+_\w+) .* refused: ", told) == [acts[0], acts[4]]
        assert farm.run("audit", "verify") == 0
        assert farm.end() == 0
        secrets = (
            PASSPHRASE,
            WANG.identity,
            load_vault(farm.folder / "master.key").current.secret.hex(),
        )
        for secret in secrets:
            assert secret not in farm.said() + told
