"""The audit log: writers at once leave no gap and no fork, on both databases."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from farmdesk.db import audit
from farmdesk.db.database import Database, open_database
from farmdesk.domain.accounts import AuditRecord
from tests.samples import NOW


def chain(record: AuditRecord) -> bytes:
    told = (record.id, record.at, record.actor, record.action, record.subject, record.detail)
    return hashlib.sha256(record.previous + repr(told).encode()).digest()


def write(database: Database, actor: str, subject: str) -> AuditRecord:
    with database.writing() as connection:
        return audit.append(
            connection, at=NOW, actor=actor, action="login", subject=subject, chain=chain
        )


def broken_links(database: Database) -> list[int]:
    """Numbers of records that do not follow the one before, or are not what their digest says."""
    previous, number, broken = bytes(32), 0, list[int]()
    with database.reading() as connection:
        for record in audit.read(connection):
            good = record.previous == previous and record.digest == chain(record)
            if record.id != number + 1 or not good:
                broken.append(record.id)
            previous, number = record.digest, record.id
        assert audit.head(connection) == (number, previous)
    return broken


def test_writers_at_once_make_one_chain(farm_url: str) -> None:
    """Each has connections of its own, as the gateway and the engine do."""
    writers, each, barrier = 4, 25, Barrier(4)

    def work(writer: int) -> None:
        database = open_database(farm_url)
        barrier.wait()
        for number in range(each):
            write(database, f"writer-{writer}", str(number))
        database.close()

    with ThreadPoolExecutor(writers) as pool:
        list(pool.map(work, range(writers)))
    database = open_database(farm_url)
    assert broken_links(database) == []
    with database.reading() as connection:
        records = audit.read(connection)
        assert [row.id for row in audit.newest(connection, 3)] == [98, 99, 100]
    assert len({(row.actor, row.subject) for row in records}) == writers * each
    database.close()


def write_and_fail(database: Database) -> None:
    with database.writing() as connection:
        audit.append(connection, at=NOW, actor="b", action="x", subject="2", chain=chain)
        raise ZeroDivisionError


def test_what_is_rolled_back_was_never_there(farm_url: str) -> None:
    database = open_database(farm_url)
    write(database, "a", "1")

    def fail(_: AuditRecord) -> bytes:
        raise RuntimeError

    with database.writing() as connection, pytest.raises(RuntimeError):
        audit.append(connection, at=NOW, actor="b", action="x", subject="2", chain=fail)
    with pytest.raises(ZeroDivisionError):
        write_and_fail(database)
    assert write(database, "c", "3").id == 2
    assert broken_links(database) == []
    database.close()


def test_the_digest_is_of_what_is_read_back(farm_url: str) -> None:
    """Text that a database cannot keep is mended before it is chained."""
    database = open_database(farm_url)
    write(database, "x" * 300, "nul \0, half a pair \ud800, 中文 🎬")
    assert broken_links(database) == []
    database.close()


def test_nobody_else_s_record_stands_for_one_s_own(farm_url: str) -> None:
    """By SQL staff may send a command `use_certificate`: refused, it is on record so named."""
    database = open_database(farm_url)
    write(database, "ops", "ab12")
    with database.reading() as connection:
        assert audit.has(connection, actor="ops", action="login", subject="ab12")
        assert not audit.has(connection, actor="setup", action="login", subject="ab12")
        assert not audit.has(connection, actor="ops", action="logout", subject="ab12")
    database.close()
