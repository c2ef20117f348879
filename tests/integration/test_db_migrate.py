"""Migrations: from nothing, again, several at once, after a crash; they make what models say."""

import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from farmdesk.db.database import open_database
from farmdesk.db.faults import WrongSchema
from farmdesk.db.migrate import migrate
from farmdesk.db.models import Base
from farmdesk.db.store import Store
from farmdesk.domain.records import Flush
from farmdesk.domain.urgent_states import UrgentState
from farmdesk.security.audit_chain import digest_of
from tests.samples import NOW, new_task, task_record, urgent_request
from tests.servers import DatabaseServer


def differences(url: str) -> list[object]:
    """What Alembic would change to bring the database to the models."""
    database = open_database(url, make=True)
    with database.reading() as connection:
        found: list[object] = compare_metadata(
            MigrationContext.configure(connection), Base.metadata
        )
    database.close()
    return found


def test_migrations_make_what_the_models_say(empty_url: str) -> None:
    assert differences(empty_url) != []
    migrate(empty_url)
    assert differences(empty_url) == []


def test_a_second_run_keeps_the_farm(empty_url: str) -> None:
    migrate(empty_url)
    store = Store(empty_url, owner="engine", chain=digest_of)
    store.acquire_lease(NOW, 60)
    store.apply(Flush(1, new_tasks=(new_task(1),), tasks=(task_record(1),)))
    migrate(empty_url)
    assert store.load_farm().last_flush == 1
    store.close()


def test_a_farm_of_this_version_needs_no_alembic(
    farm_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Loading it would take a fifth of the engine's start."""
    monkeypatch.setitem(sys.modules, "alembic", None)  # no import finds it
    migrate(farm_url)


def test_several_at_once_do_no_harm(empty_url: str) -> None:
    barrier = Barrier(3)

    def run(_: int) -> None:
        barrier.wait()
        migrate(empty_url)

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(run, range(3)))  # raises what a thread raised
    assert differences(empty_url) == []


def test_a_run_goes_on_after_a_crash(empty_url: str) -> None:
    """The servers commit each CREATE TABLE by itself: half a farm may be left."""
    migrate(empty_url)
    database = open_database(empty_url, make=True)
    with database.writing() as connection:
        for left in ("farm_counter", "command", "log"):
            connection.execute(text(f"DROP TABLE {left}"))
        connection.execute(text("DELETE FROM engine_lease"))
        connection.execute(
            text("DROP INDEX ix_task_rev" + (" ON task" if database.is_server else ""))
        )
        connection.execute(text("DELETE FROM alembic_version"))
    database.close()
    migrate(empty_url)
    assert differences(empty_url) == []
    store = Store(empty_url, owner="engine", chain=digest_of)
    store.acquire_lease(NOW, 60)
    assert store.apply(Flush(1)) == 1
    store.close()


def test_what_ended_a_request_in_an_older_farm_is_told_in_both_languages(empty_url: str) -> None:
    """It stood among people's words, as if somebody had said it."""
    migrate(empty_url)
    store = Store(empty_url, owner="engine", chain=digest_of)
    store.acquire_lease(NOW, 60)
    over = urgent_request(1, state=UrgentState.ENDED, decision="its task has ended")
    store.apply(Flush(1, urgents=(over, urgent_request(2, decision="not today"))))
    store.close()
    database = open_database(empty_url)
    with database.writing() as connection:
        for name in ("ending", "ending_zh"):
            connection.execute(text(f"ALTER TABLE urgent_request DROP COLUMN {name}"))
        connection.execute(text("UPDATE alembic_version SET version_num = '0008'"))
    migrate(empty_url)
    with database.reading() as connection:
        rows = connection.execute(
            text("SELECT decision, ending, ending_zh FROM urgent_request ORDER BY id")
        ).all()
    assert [tuple(row) for row in rows] == [
        ("", "its task has ended", "其任务已结束"),
        ("not today", None, None),
    ]
    database.close()
    assert differences(empty_url) == []


def test_a_newer_farm_is_refused(empty_url: str) -> None:
    migrate(empty_url)
    database = open_database(empty_url, make=True)
    with database.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(WrongSchema, match="newer FarmDesk"):
        migrate(empty_url)
    database.close()


def test_text_is_exact_whatever_the_servers_default(
    db_server: DatabaseServer, server_url: str
) -> None:
    database = open_database(server_url)
    with database.reading() as connection:
        default = connection.scalar(text("SELECT @@collation_database"))
        query = text(
            "SELECT DISTINCT collation_name FROM information_schema.columns WHERE table_schema = "
            "DATABASE() AND table_name <> 'alembic_version' AND collation_name IS NOT NULL"
        )
        assert list(connection.scalars(query)) == ["utf8mb4_bin"]
    assert default == "latin1_swedish_ci"
    database.close()
