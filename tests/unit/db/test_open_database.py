"""Opening a database: what is refused, what a person reads, and that no password is shown."""

from pathlib import Path

import pytest
from sqlalchemy import text

from farmdesk.db.database import NoAuthority, open_database
from farmdesk.db.faults import WrongSchema
from farmdesk.db.store import Store
from farmdesk.domain.errors import FarmUnavailable, Refused
from farmdesk.link.direct import DirectLink
from farmdesk.security.audit_chain import digest_of
from tests.samples import spec


@pytest.mark.parametrize(
    "url",
    [
        "",
        "no url",
        "postgresql://farm:hidden@host/farm",
        "sqlite://",
        "sqlite:///:memory:",
        "mysql://farm:hidden@host:port/farm",
        "mysql://farm:hidden@host/farm?ssl_check_hostname=false",
        "mysql://farm:hidden@host/farm?local_infile=1",
    ],
)
def test_what_is_no_database_of_ours_is_refused(url: str) -> None:
    with pytest.raises(Refused) as refusal:
        open_database(url)
    assert "mysql://user" in refusal.value.en
    assert "hidden" not in refusal.value.en + refusal.value.zh + repr(refusal.value.__cause__)


def test_a_server_that_is_not_there_is_named_without_its_password() -> None:
    link = DirectLink("mysql://farm:hidden@127.0.0.1:1/farm", issued_by="operator")
    with pytest.raises(FarmUnavailable) as away:
        link.tasks()
    assert "127.0.0.1:1/farm" in away.value.en
    assert "127.0.0.1:1/farm" in away.value.zh
    assert "hidden" not in away.value.en + away.value.zh


@pytest.mark.parametrize("content", [None, b"", b"no certificate"])
def test_an_authority_that_cannot_be_read_is_named(content: bytes | None, tmp_path: Path) -> None:
    path = tmp_path / "数据库 ca.pem"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(NoAuthority) as refusal:
        open_database(f"mysql://farm:hidden@127.0.0.1:1/farm?ssl_ca={path}")
    for said in (refusal.value.en, refusal.value.zh):
        assert str(path) in said
        assert "hidden" not in said


def test_a_folder_that_is_not_there_makes_the_farm_unavailable(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'none' / 'farm.db'}", owner="engine", chain=digest_of)
    with pytest.raises(FarmUnavailable):
        store.load_farm()


def test_a_database_without_a_farm_says_what_to_do(tmp_path: Path) -> None:
    link = DirectLink(f"sqlite:///{tmp_path / 'empty.db'}", issued_by="operator")
    with pytest.raises(WrongSchema, match="farmdesk server"):
        link.tasks()
    link.close()
    assert list(tmp_path.iterdir()) == []  # looking makes no farm


@pytest.mark.parametrize("cut", [None, 40_000])
def test_a_damaged_database_says_what_to_do(sqlite_url: str, cut: int | None) -> None:
    path = Path(sqlite_url.removeprefix("sqlite:///"))
    path.write_bytes(b"x" * 9000 if cut is None else path.read_bytes()[:cut])
    link = DirectLink(sqlite_url, issued_by="operator")
    with pytest.raises(FarmUnavailable, match="is damaged, or is none"):
        link.tasks()
    link.close()


def test_sqlite_commits_are_durable_and_readers_do_not_wait(sqlite_url: str) -> None:
    database, link = open_database(sqlite_url), DirectLink(sqlite_url, issued_by="operator")
    with database.writing() as connection:
        assert connection.scalar(text("PRAGMA synchronous")) == 2  # FULL
        assert connection.scalar(text("PRAGMA foreign_keys")) == 1
        connection.execute(text("UPDATE farm_counter SET rev = 77"))
        assert link.tasks() == []  # while the writer holds its lock
    database.close()
    link.close()


def test_an_error_rolls_back(sqlite_url: str) -> None:
    database = open_database(sqlite_url)

    def fail() -> None:
        with database.writing() as connection:
            connection.execute(text("UPDATE farm_counter SET rev = 77"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with database.reading() as connection:
        assert connection.scalar(text("SELECT rev FROM farm_counter")) == 0
    database.close()


def test_a_full_disk_is_told_and_passes(sqlite_url: str) -> None:
    database = open_database(sqlite_url)
    insert = text("INSERT INTO log (at, level, text) VALUES ('2026-01-01', 'info', :text)")
    with database.writing() as connection:
        pages = connection.scalar(text("PRAGMA page_count"))
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(FarmUnavailable, match="space"), database.writing() as connection:
        connection.execute(insert, {"text": "x" * 100_000})
    with database.writing() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 1000000")
        connection.execute(insert, {"text": "x" * 100_000})
    database.close()


def test_a_command_without_end_is_refused(sqlite_url: str) -> None:
    link = DirectLink(sqlite_url, issued_by="operator")
    with pytest.raises(Refused, match="longer"):
        link.send(spec(note="x" * 2_000_001))
    assert link.commands() == []
    link.close()


@pytest.mark.parametrize("fine", ["a literal \\u0000 is fine", "emoji 🎆", "\\"])
def test_what_only_looks_like_nul_is_sent(sqlite_url: str, fine: str) -> None:
    link = DirectLink(sqlite_url, issued_by="operator")
    assert link.outcome(link.send(spec(note=fine))).body["note"] == fine
    with pytest.raises(Refused):
        link.send(spec(parameters={"half": "\ud83c"}))
    link.close()
