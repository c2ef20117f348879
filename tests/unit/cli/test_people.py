"""`farmdesk user`, `audit` and `key revoke` on a farm whose engine is asleep."""

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from farmdesk.cli import main
from farmdesk.cli.options import read_words
from farmdesk.cli.verdict import verdict
from farmdesk.db import accounts, applications, audit, user_keys
from farmdesk.db.database import Database, open_database
from farmdesk.db.migrate import migrate
from farmdesk.domain.account_commands import (
    AccountCommand,
    ApproveUser,
    ReinstateUser,
    RejectUser,
    RevokeKey,
    SetQuota,
    SuspendUser,
)
from farmdesk.domain.accounts import (
    Account,
    ApplicationKind,
    AuditRecord,
    Deed,
    KeyRecord,
    KeyState,
    Profile,
    UserState,
)
from farmdesk.domain.commands import from_body
from farmdesk.domain.users import Role
from farmdesk.link.direct import DirectLink
from farmdesk.link.people import PeopleReader
from farmdesk.security.audit_chain import FIRST, Link, digest_of
from farmdesk.security.handover import handover_fingerprint

NOW = datetime(2026, 2, 4, 20, tzinfo=UTC)


@pytest.fixture
def database(
    populated: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Database]:
    """The farm of `populated`, for one test."""
    (tmp_path / "farm").mkdir()
    shutil.copyfile(populated, tmp_path / "farm" / "farm.db")
    monkeypatch.setenv("FARMDESK_FARM", str(tmp_path / "farm"))
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setattr("farmdesk.cli.call.ANSWER_S", 0.01)
    database = open_database(f"sqlite:///{tmp_path}/farm/farm.db")
    yield database
    database.close()


@pytest.fixture(scope="module")
def populated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A farm with a superadmin, a customer who waits, and a log of three records."""
    path = tmp_path_factory.mktemp("populated") / "farm.db"
    migrate(f"sqlite:///{path}")
    database = open_database(f"sqlite:///{path}")
    with database.writing() as connection:
        boss = _add(connection, "boss", Role.SUPERADMIN, UserState.ACTIVE)
        user_keys.add(
            connection,
            KeyRecord(boss.user_id, 1, "ab" * 32, "PEM", b"w1", b"w2", KeyState.ACTIVE, NOW),
        )
        wang = _add(connection, "wang", Role.CUSTOMER, UserState.PENDING)
        applications.apply(
            connection,
            wang.user_id,
            ApplicationKind.ACCOUNT,
            handover_key=bytes(range(32)),
            pickup_hash=bytes(32),
            network="10.0.0.0/24",
            now=NOW,
        )
        for subject in ("boss", "wang [bold]", "wang"):
            audit.append(
                connection, at=NOW, actor="boss", action="x", subject=subject, chain=digest_of
            )
    database.close()
    return path


def _add(connection: object, login: str, role: Role, state: UserState) -> Account:
    return accounts.add(
        connection,  # type: ignore[arg-type]
        login,
        Profile(login.title(), "Stage", "1234", identity="secret number"),
        role=role,
        state=state,
        quota_bytes=5 * 10**9,
        now=NOW,
        wrap=lambda _user, _identity: b"wrapped",
    )


def test_who_waits_and_who_is_there(database: Database, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["user", "list"]) == 0
    told = capfd.readouterr().out
    for part in (handover_fingerprint(bytes(range(32))), "boss", "superadmin", "pending", "5 GB"):
        assert part in told
    assert main(["user", "list", "--json"]) == 0
    rows = json.loads(capfd.readouterr().out)
    assert rows["applications"][0]["handover"] == handover_fingerprint(bytes(range(32)))
    assert [row["login"] for row in rows["accounts"]] == ["boss", "wang"]
    assert main(["user", "show", "boss"]) == 0
    assert "ab" * 32 in capfd.readouterr().out
    assert main(["user", "show", "nobody"]) == 1
    assert main(["user", "show", "boss", "--json"]) == 0
    shown = capfd.readouterr().out
    assert "wrapped" not in shown + told
    assert "secret number" not in shown + told


@pytest.mark.parametrize(
    ("words", "command"),
    [
        (
            "user approve 1 --role operator --handover 1234abcd",
            ApproveUser(1, "operator", "1234abcd"),
        ),
        ("user reject 1 --reason unknown", RejectUser(1, "unknown")),
        ("user reject 1 2 --reason crowd", RejectUser(2, "crowd")),
        ("user suspend wang --reason left", SuspendUser("wang", "left")),
        ("user reinstate wang", ReinstateUser("wang")),
        ("user quota wang 20GB", SetQuota("wang", 20 * 10**9)),
        ("user quota wang 1.5 TB", SetQuota("wang", 1_500_000_000_000)),
        (f"key revoke {'ab' * 32} --reason stolen", RevokeKey("ab" * 32, "stolen")),
    ],
)
def test_words_become_commands_of_the_one_who_calls(
    database: Database, words: str, command: AccountCommand
) -> None:
    assert main([*words.split(), "--as", "boss"]) == 3  # nobody answers
    link = DirectLink(database, issued_by="x")
    sent = link.commands()[-1]
    assert from_body(sent.kind, sent.body) == command
    assert sent.issued_by == "boss"


@pytest.mark.parametrize(
    "words",
    [
        "user approve 1",  # nobody compared the fingerprint
        "user approve 1 --handover 12 --role king",
        "user suspend wang",
        "key revoke",
        "audit verify --noted 3",
    ],
)
def test_wrong_words_end_with_2(words: str) -> None:
    with pytest.raises(SystemExit) as ended:
        read_words(words.split())
    assert ended.value.code == 2


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("user list", "You are not logged in"),
        ("audit verify", "You are not logged in"),
        ("vault rotate", "on the farm's own server only"),
    ],
)
def test_a_farm_elsewhere_is_not_taken_for_this_one(
    database: Database,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    words: str,
    told: str,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert main([*words.split(), "--server", "https://farm.example:8443"]) == 1
    assert told in " ".join(capfd.readouterr().err.split())


def test_the_log_is_listed_and_found_whole(
    database: Database, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["audit", "list", "--tail", "2"]) == 0
    told = capfd.readouterr().out
    assert "wang [bold]" in told
    assert len(told.splitlines()) == 3
    assert main(["audit", "verify"]) == 0
    told = capfd.readouterr().out
    noted = told.split()[-1]
    assert "3 records, none changed" in told
    assert main(["audit", "verify", "--noted", noted]) == 0


@pytest.mark.parametrize("words", ["user list", "user show boss", "audit list", "audit verify"])
@pytest.mark.parametrize(
    ("login", "told"),
    [
        ("wang", "no active account"),  # he has applied
        ("nobody", "no active account"),
        ("ann", "Only a superadmin"),
        ("ops", "Only a superadmin"),
    ],
)
def test_who_names_himself_must_be_a_superadmin(
    database: Database, words: str, login: str, told: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with database.writing() as connection:
        _add(connection, "ann", Role.CUSTOMER, UserState.ACTIVE)
        _add(connection, "ops", Role.OPERATOR, UserState.ACTIVE)
    assert main([*words.split(), "--as", login]) == 1
    shown = capfd.readouterr()
    assert (shown.out, told in shown.err) == ("", True)
    assert main([*words.split(), "--as", "boss"]) == 0


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("--who boss --tail 2", [2, 3]),
        ("--who wang", []),
        ("--what x", [1, 2, 3]),
        ("--what stop_task", [4]),
        ("--task 7", [4]),
        ("--task 77", [5]),
        ("--since 2026-02-05T00:00+00:00", [4, 5]),
        ("--since 2026-02-05T00:00+00:00 --who ops --task 7", [4]),
    ],
)
def test_the_log_is_searched(
    database: Database, words: str, found: list[int], capfd: pytest.CaptureFixture[str]
) -> None:
    later = NOW + timedelta(days=1)
    with database.writing() as connection:
        deeds = [Deed(later, "ops", "stop_task", "task 7"), Deed(later, "li", "y", "task 77")]
        audit.append_all(connection, deeds, digest_of)
    assert main(["audit", "list", "--json", *words.split()]) == 0
    assert [row["id"] for row in json.loads(capfd.readouterr().out)] == found


@pytest.mark.parametrize(
    ("size", "told"),
    [
        ("20 apples", "'20 apples' is no size. Write it like 20GB, 1.5 TB"),
        ("twenty", "'twenty' is no size."),
    ],
)
def test_a_quota_that_is_none_is_told(
    database: Database, size: str, told: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["user", "quota", "wang", *size.split(), "--as", "boss"]) == 1
    assert told in capfd.readouterr().err
    assert DirectLink(database, issued_by="x").commands() == []


def test_a_time_that_is_none_is_told(database: Database, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", "list", "--since", "yesterday"]) == 1
    assert "is no time" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("UPDATE audit SET subject = 'x' WHERE id = 2", "Record 2 shows that one was changed"),
        ("DELETE FROM audit WHERE id = 2", "Record 3 shows that one was removed"),
        ("DELETE FROM audit WHERE id = 3", "Records 3 to 3 were removed"),
        ("DELETE FROM audit", "Records 1 to 3 were removed"),
        ("UPDATE audit SET id = 9 WHERE id = 3", "Record 9 shows that one was removed"),
        ("UPDATE audit_head SET last = 2", "not the one that was written"),
        ("UPDATE audit_head SET last = -1", "not the one that was written"),
        ("DELETE FROM audit_head", "how the audit log ends, was removed"),
        ("UPDATE audit SET id = -1 WHERE id = 3", "Record -1 shows that one was reordered"),
    ],
)
def test_a_log_that_was_tampered_with_is_found(
    database: Database, change: str, told: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with database.writing() as connection:
        connection.exec_driver_sql(change)
    assert main(["audit", "verify"]) == 1
    assert told in capfd.readouterr().err


def test_a_record_that_the_farm_has_not_written_is_found(
    database: Database, capfd: pytest.CaptureFixture[str]
) -> None:
    end = "UPDATE audit_head SET last = 3, digest = (SELECT digest FROM audit WHERE id = 3)"
    with database.writing() as connection:
        at = datetime.now(UTC)
        audit.append(connection, at=at, actor="x", action="x", subject="x", chain=digest_of)
        connection.exec_driver_sql(end)
    assert main(["audit", "verify"]) == 1
    assert "Records 4 to 4 were added, and not by the farm" in capfd.readouterr().err
    reader = PeopleReader(database)  # what the farm has written meanwhile is its own
    assert verdict(reader.all_audit(), reader.audit_head(), newest=lambda: 4).whole


def test_a_log_written_anew_is_found_by_what_was_noted(database: Database) -> None:
    reader = PeopleReader(database)
    records, head = list(reader.all_audit()), reader.audit_head()
    assert verdict(records, head, Link(2, records[1].digest)).whole
    anew = _chain_anew(records, lambda record: replace(record, subject="nobody"))
    new_head = (3, anew[-1].digest)
    assert verdict(anew, new_head).whole  # by itself it cannot be told
    found = verdict(anew, new_head, Link(2, records[1].digest))
    assert not found.whole
    assert "Record 2 is not the one that was noted" in found.said.en
    assert not verdict(records[:1], (1, records[0].digest), Link(2, records[1].digest)).whole


def _chain_anew(
    records: list[AuditRecord], change: Callable[[AuditRecord], AuditRecord]
) -> list[AuditRecord]:
    made: list[AuditRecord] = []
    for record in records:
        forged = replace(change(record), previous=made[-1].digest if made else FIRST)
        made.append(replace(forged, digest=digest_of(forged)))
    return made
