"""The database goes away: killed, hung, locked. It is told within seconds, and nothing is lost."""

import time
from collections.abc import Callable
from contextlib import suppress

import pytest

from farmdesk.db.database import CONNECT_S, open_database
from farmdesk.db.faults import LockedOut, WrongSchema
from farmdesk.db.migrate import migrate
from farmdesk.db.store import Store
from farmdesk.domain.errors import FarmUnavailable
from farmdesk.domain.records import Flush
from farmdesk.domain.task_commands import PauseTask
from farmdesk.link.direct import DirectLink
from farmdesk.security.audit_chain import digest_of
from tests.farm import wait_until
from tests.samples import NOW, frame_record, new_task, spec, task_record
from tests.servers import DatabaseServer

SOON_S = CONNECT_S + 20


def test_a_killed_database_is_told_and_comes_back_with_all_flushes(
    db_server: DatabaseServer, server_url: str
) -> None:
    store, link = (
        Store(server_url, owner="engine", chain=digest_of),
        DirectLink(server_url, issued_by="operator"),
    )
    store.acquire_lease(NOW, 60)
    task = new_task(1, spec(frames="1-100"))
    store.apply(Flush(1, new_tasks=(task,), tasks=(task_record(1),)))
    for number in range(2, 52):
        store.apply(Flush(number, frames=(frame_record(number),)))
    link.tasks()  # its connection is in the pool when the server dies

    db_server.stop(kill=True)
    try:
        late = Flush(52, frames=(frame_record(52),))
        asks: list[Callable[[], object]] = [
            link.tasks,
            store.new_commands,
            lambda: store.apply(late),
            lambda: link.send(PauseTask(1)),
            lambda: store.renew_lease(NOW, 60),
        ]
        for ask in asks:
            begin = time.monotonic()
            with pytest.raises(FarmUnavailable) as away:
                ask()
            assert time.monotonic() - begin < SOON_S
            assert "127.0.0.1" in away.value.en
            assert "127.0.0.1" in away.value.zh
            assert "s3cret" not in str(away.value) + away.value.zh
    finally:
        db_server.start()

    store.apply(Flush(51, frames=(frame_record(51),)))  # as the journal replays it
    store.apply(late)
    assert [row.record.frame for row in link.frames(1)] == list(range(2, 53))
    assert link.commands() == []
    store.close()
    link.close()


def test_a_database_that_hangs_is_told(db_server: DatabaseServer, server_url: str) -> None:
    database = open_database(server_url, answer_s=1)

    def answers() -> bool:
        with suppress(FarmUnavailable), database.reading() as connection:
            return connection.exec_driver_sql("SELECT 1").scalar() == 1
        return False

    wait_until(answers, "an answer within a second, on a busy machine")
    with db_server.frozen(), pytest.raises(FarmUnavailable), database.reading() as connection:
        connection.exec_driver_sql("SELECT 1")
    wait_until(answers, "the next one")
    database.close()


def test_a_server_that_only_reads_is_awaited(db_server: DatabaseServer) -> None:
    """As after a failover: nothing is lost, and it may write again."""
    url = db_server.farm_account(db_server.new_database().rpartition("/")[2])
    migrate(url)
    link = DirectLink(url, issued_by="operator")
    with db_server.reading_only():
        with pytest.raises(FarmUnavailable):
            link.send(PauseTask(1))
        assert link.tasks() == []
    link.send(PauseTask(1))
    link.close()


def test_accounts_that_are_locked_or_too_old_are_told(db_server: DatabaseServer) -> None:
    name = db_server.new_database().rpartition("/")[2]
    url = db_server.farm_account(name)
    for state in ("ACCOUNT LOCK", "ACCOUNT UNLOCK PASSWORD EXPIRE"):
        db_server.run(f"ALTER USER 'own_{name}'@'%%' {state}")
        with pytest.raises(LockedOut):
            migrate(url)


def test_a_wrong_password_is_no_outage(server_url: str) -> None:
    link = DirectLink(server_url.replace("s3cret", "guess"), issued_by="operator")
    with pytest.raises(LockedOut, match="password") as refusal:
        link.tasks()
    assert "guess" not in refusal.value.en + refusal.value.zh
    link.close()


def test_a_database_that_is_not_there_is_no_outage(server_url: str) -> None:
    with pytest.raises(LockedOut):
        migrate(server_url.rpartition("/")[0] + "/no_such_farm")


def test_a_server_without_a_farm_says_what_to_do(db_server: DatabaseServer) -> None:
    link = DirectLink(db_server.new_database(), issued_by="operator")
    with pytest.raises(WrongSchema, match="farmdesk server"):
        link.tasks()
    link.close()


def test_a_connection_killed_by_an_administrator_is_replaced(
    db_server: DatabaseServer, server_url: str
) -> None:
    link = DirectLink(server_url, issued_by="operator")
    link.tasks()
    database = open_database(server_url)
    with database.reading() as connection:
        mine = connection.exec_driver_sql("SELECT CONNECTION_ID()").scalar()
        own = "SELECT id FROM information_schema.processlist WHERE user = 'farm'"
        ids = connection.exec_driver_sql(own).scalars()
        for other in [found for found in ids if found != mine]:
            connection.exec_driver_sql(f"KILL {int(other)}")
    assert link.tasks() == []
    link.close()
    database.close()
