"""Staff with a mysql shell who stand in the way of the engine, and how they are moved out of it."""

import time
from collections.abc import Callable
from threading import Thread

import pytest

from farmdesk.db import grants
from farmdesk.db.blockers import end_blockers
from farmdesk.db.migrate import migrate
from farmdesk.db.store import Store
from farmdesk.domain.records import Flush
from farmdesk.domain.task_commands import PauseTask
from farmdesk.link.direct import DirectLink
from farmdesk.security.audit_chain import digest_of
from tests.farm import wait_until
from tests.integration.staffed_farm import SEND, Shell, StaffedFarm
from tests.samples import task_record

SOON_S = 60  # it takes a tenth of a second


def lock_rows(shell: Shell) -> None:
    """Hold them for himself, or on MySQL, where he may not, against writers."""
    shell.run("BEGIN")
    _lock(shell)


def read_serializable(shell: Shell) -> None:
    shell.run("SET SESSION TRANSACTION ISOLATION LEVEL SERIALIZABLE")
    shell.run("BEGIN")
    shell.run("SELECT * FROM farm_counter")


def prepare_xa(shell: Shell) -> None:
    """Its locks outlive the connection."""
    shell.run("XA START 'spy\\'', 'x\0', 7")
    _lock(shell)
    shell.run(SEND + "('k', '{}', '', NULL)")
    shell.run("XA END 'spy\\'', 'x\0', 7")
    shell.run("XA PREPARE 'spy\\'', 'x\0', 7")
    shell.close()


def _lock(shell: Shell) -> None:
    if shell.refusal("SELECT * FROM task, farm_counter FOR UPDATE"):
        shell.run("SELECT * FROM task, farm_counter LOCK IN SHARE MODE")


@pytest.mark.parametrize("block", [lock_rows, read_serializable, prepare_xa])
def test_a_lock_on_rows_stops_the_engine_only_until_the_next_look(
    staffed: StaffedFarm, block: Callable[[Shell], None]
) -> None:
    shell = staffed.shell(staffed.lend("ops"))
    block(shell)
    store = Store(staffed.url, owner="engine", chain=digest_of)
    flush = Thread(target=store.apply, args=(Flush(2, tasks=(task_record(1),)),))
    flush.start()
    flush.join(0.2)
    assert flush.is_alive()
    begin = time.monotonic()
    while flush.is_alive() and time.monotonic() < begin + SOON_S:
        end_blockers(staffed.database)  # as the gateway does, all the time
        flush.join(0.05)
    assert not flush.is_alive()
    root = staffed.root()
    assert root.run("SELECT flush FROM farm_counter") == [(2,)]
    assert root.run("XA RECOVER") == []
    root.run("UPDATE farm_counter SET flush = 1")
    root.close()
    store.close()


def test_readers_and_senders_are_no_blockers(staffed: StaffedFarm, shell: Shell) -> None:
    shell.run("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED")
    shell.run("BEGIN")
    shell.run("SELECT * FROM task, frame, node")
    shell.run(SEND + "('k', '{}', '', NULL)")
    assert end_blockers(staffed.database) == []
    shell.run("COMMIT")
    staffed.sent()


@pytest.mark.parametrize("what", ["set up", "update", "anything else"])
def test_an_open_handler_holds_no_table_for_long(
    staffed: StaffedFarm, shell: Shell, what: str
) -> None:
    """No list of the server shows it, and no transaction of it ends."""
    shell.run("HANDLER command OPEN")
    if what == "set up":
        grants.apply(staffed.database)
    elif what == "update":
        migrate(staffed.url)
    else:
        root = staffed.root()
        alter = Thread(target=root.run, args=("ALTER TABLE command COMMENT = 'by hand'",))
        alter.start()
        alter.join(0.2)
        assert alter.is_alive()
        begin = time.monotonic()
        while alter.is_alive() and time.monotonic() < begin + SOON_S:
            end_blockers(staffed.database)
            alter.join(0.05)
        assert not alter.is_alive()
        root.close()
    assert shell.is_dead()


def test_a_named_lock_does_not_stop_a_migration(staffed: StaffedFarm, shell: Shell) -> None:
    assert shell.run("SELECT GET_LOCK(%s, 0)", f"farmdesk.migrate.{staffed.name}") == [(1,)]
    migrate(staffed.url)
    assert shell.is_dead()


def test_a_sender_does_not_stop_others_from_sending(staffed: StaffedFarm, shell: Shell) -> None:
    """With innodb_autoinc_lock_mode 1 a slow INSERT … SELECT would hold the table's counter."""
    root = staffed.root()
    root.run("SELECT GET_LOCK('held', 0)")
    held = SEND.replace("VALUES", "SELECT GET_LOCK('held', 60), '{}', '', NULL")
    slow = Thread(target=shell.run, args=(held,))
    slow.start()
    wait_until(lambda: "User lock" in str(root.run("SHOW PROCESSLIST")), "the slow statement")
    link = DirectLink(staffed.link_url(staffed.lend("root")), issued_by="root")
    link.send(PauseTask(1))
    assert slow.is_alive()
    root.run("DO RELEASE_LOCK('held')")
    slow.join()
    link.close()
    root.close()
    assert len(staffed.sent()) == 2
