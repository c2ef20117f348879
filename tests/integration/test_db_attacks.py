"""What somebody with a mysql shell and a leased staff account tries, on a real MariaDB with TLS.

He knows the account's name and password: they are in his client's memory.
"""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread

import pymysql
import pytest

from farmdesk.db import accounts, commands, grants, leases, sessions
from farmdesk.db.blockers import end_blockers
from farmdesk.db.database import open_database
from farmdesk.db.faults import LockedOut, WrongServer
from farmdesk.db.migrate import migrate
from farmdesk.db.models import Base
from farmdesk.db.store import Store
from farmdesk.domain.accounts import DbLogin, Session, UserState
from farmdesk.domain.commands import PauseTask
from farmdesk.domain.errors import FarmUnavailable
from farmdesk.domain.records import Flush, LogRecord, Outcome
from farmdesk.link.direct import DirectLink
from farmdesk.security import tls
from tests.integration.staffed_farm import HOURS, SECRET, Shell, StaffedFarm, staffed_farm
from tests.samples import NOW, frame_record, new_task, node_record, task_record
from tests.servers import MariaDb

SOON_S = 5
HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def farm(mariadb: MariaDb) -> Iterator[StaffedFarm]:
    with staffed_farm(mariadb) as made:
        store = Store(made.url, owner="engine")
        store.acquire_lease(NOW, 10**6)
        store.apply(
            Flush(
                1,
                new_tasks=(new_task(1),),
                tasks=(task_record(1),),
                frames=(frame_record(1),),
                nodes=(node_record(),),
                logs=(LogRecord(NOW, "info", "a line", 1),),
            )
        )
        store.close()
        yield made


@pytest.fixture
def operator(farm: StaffedFarm) -> DbLogin:
    return farm.lend("ops")


@pytest.fixture
def shell(farm: StaffedFarm, operator: DbLogin) -> Iterator[Shell]:
    opened = farm.shell(operator)
    yield opened
    opened.close()


READ_BY_OPERATORS = {
    "farm_counter", "task", "task_frames", "frame", "node", "node_slot", "log", "urgent_request",
    "urgent_consent", "message", "transfer", "command",
}  # fmt: skip
READ_BY_SUPERADMINS_IN_PART = {"user_account", "user_key", "application", "session", "db_lease"}
READ_BY_OPERATORS_IN_PART = {
    ("db_lease", "account"),
    ("db_lease", "user_id"),
    ("user_account", "id"),
    ("user_account", "login"),
}
READ_BY_SUPERADMINS = READ_BY_OPERATORS | {"audit", "audit_head"}
KEPT = {
    ("user_account", "identity"),
    ("user_key", "wrapped_private"),
    ("user_key", "wrapped_user_key"),
    ("application", "bundle"),
    ("application", "pickup_hash"),
    ("session", "token_hash"),
    ("db_lease", "token_hash"),
}
SEND = "INSERT INTO command (kind, body, issued_by, issued_at) VALUES "


def reads(shell: Shell, what: str) -> bool:
    try:
        shell.run(what)
    except pymysql.MySQLError as error:
        if error.args[0] not in (1142, 1143):
            raise
        return False
    return True


def test_each_table_is_read_by_those_who_may(farm: StaffedFarm, shell: Shell) -> None:
    """A new table is read by nobody until somebody decides."""
    tables = {table.name for table in Base.metadata.sorted_tables} | {"alembic_version"}
    assert {name for name in tables if reads(shell, f"SELECT * FROM `{name}`")} == READ_BY_OPERATORS
    chief = farm.shell(farm.lend("root"))
    found = {name for name in tables if reads(chief, f"SELECT * FROM `{name}`")}
    assert found == READ_BY_SUPERADMINS
    for table in Base.metadata.sorted_tables:
        for column in table.columns:
            readable = reads(chief, f"SELECT `{column.name}` FROM `{table.name}`")
            kept = (table.name, column.name) in KEPT
            here = table.name in READ_BY_SUPERADMINS | READ_BY_SUPERADMINS_IN_PART
            assert readable == (here and not kept), column
            readable = reads(shell, f"SELECT `{column.name}` FROM `{table.name}`")
            part = (table.name, column.name) in READ_BY_OPERATORS_IN_PART
            assert readable == (part or table.name in READ_BY_OPERATORS), column
    chief.close()


def test_nobody_changes_anything_but_by_a_command(farm: StaffedFarm) -> None:
    before = farm.everything()
    for login in ("ops", "root"):
        shell = farm.shell(farm.lend(login))
        for table in Base.metadata.sorted_tables:
            column = next(iter(table.columns)).name
            for statement in (
                f"UPDATE `{table.name}` SET `{column}` = `{column}`",
                f"DELETE FROM `{table.name}`",
                f"TRUNCATE `{table.name}`",
                f"INSERT INTO `{table.name}` SELECT * FROM `{table.name}`",
                f"INSERT INTO `{table.name}` (`{column}`) VALUES (1)",
                f"REPLACE INTO `{table.name}` (`{column}`) VALUES (1)",
                f"DROP TABLE `{table.name}`",
                f"ALTER TABLE `{table.name}` ADD spy INT",
                f"CREATE INDEX spy ON `{table.name}` (`{column}`)",
                f"RENAME TABLE `{table.name}` TO spy",
                f"LOCK TABLES `{table.name}` WRITE",
                f"LOCK TABLES `{table.name}` READ",
            ):
                with pytest.raises(pymysql.MySQLError) as told:
                    shell.run(statement)
                assert told.value.args[0] in (1142, 1143, 1044), statement
        shell.close()
    after = farm.everything()
    assert before.pop("db_lease") != after.pop("db_lease")  # what the two were lent
    assert after == before


REFUSED = """
SELECT * FROM mysql.user
SELECT * FROM mysql.global_priv
SELECT * FROM performance_schema.threads
SELECT * FROM performance_schema.events_statements_history
SELECT * FROM sys.session
SELECT * FROM information_schema.innodb_trx
SHOW GRANTS FOR own_{farm}
SHOW CREATE USER own_{farm}
SHOW BINARY LOGS
SHOW ENGINE INNODB STATUS
CREATE DATABASE spy
USE mysql
CREATE TABLE spy (id INT)
CREATE TEMPORARY TABLE command (id INT)
CREATE VIEW spy AS SELECT * FROM task
CREATE DEFINER = 'own_{farm}'@'%' VIEW spy AS SELECT * FROM user_key
CREATE DEFINER = 'own_{farm}'@'%' TRIGGER spy BEFORE INSERT ON command FOR EACH ROW SET @a = 1
CREATE TRIGGER spy BEFORE INSERT ON command FOR EACH ROW SET NEW.issued_by = 'root'
DROP TRIGGER command_author
CREATE FUNCTION spy() RETURNS INT RETURN 1
CREATE FUNCTION spy RETURNS STRING SONAME 'spy.so'
CREATE DEFINER = 'own_{farm}'@'%' PROCEDURE spy() SELECT * FROM user_key
CREATE EVENT spy ON SCHEDULE EVERY 1 SECOND DO DELETE FROM task
INSTALL SONAME 'spy'
GRANT ALL ON *.* TO CURRENT_USER()
GRANT `{farm}_superadmin` TO CURRENT_USER()
GRANT SELECT ON user_key TO `{farm}_operator`
REVOKE SELECT ON task FROM `{farm}_operator`
SET ROLE `{farm}_superadmin`
SET DEFAULT ROLE `{farm}_superadmin`
CREATE USER spy
CREATE ROLE spy
DROP USER own_{farm}
DROP ROLE `{farm}_operator`
RENAME USER CURRENT_USER() TO own_{farm}
ALTER USER own_{farm} IDENTIFIED BY 'x'
ALTER USER CURRENT_USER() REQUIRE NONE
SET PASSWORD FOR own_{farm} = PASSWORD('x')
SELECT * FROM task INTO OUTFILE '/tmp/farmdesk-spy'
SELECT 'x' INTO DUMPFILE '/tmp/farmdesk-spy'
LOAD DATA INFILE '/etc/passwd' INTO TABLE command (kind)
LOAD DATA LOCAL INFILE '/etc/hostname' INTO TABLE task (name)
FLUSH PRIVILEGES
FLUSH TABLES WITH READ LOCK
FLUSH TABLES task FOR EXPORT
BACKUP STAGE START
SHUTDOWN
SET GLOBAL max_connections = 1
SET GLOBAL init_connect = 'DROP TABLE task'
SET GLOBAL event_scheduler = ON
SET GLOBAL general_log = ON
SET GLOBAL local_infile = ON
SET SESSION sql_log_bin = 0
SET STATEMENT sql_log_bin = 0 FOR INSERT INTO command (kind, body) VALUES ('x', '{}')
ANALYZE TABLE task
OPTIMIZE TABLE task
REPAIR TABLE task
ALTER TABLE task FORCE
CHANGE MASTER TO MASTER_HOST = 'spy'
CALL mysql.AddGeometryColumn('a', 'b', 'c', 'd', 1)
DO (SELECT wrapped_private FROM user_key)
SELECT (SELECT identity FROM user_account LIMIT 1)
SELECT * FROM task WHERE EXISTS (SELECT 1 FROM session)
EXPLAIN SELECT * FROM user_key
SHOW CREATE TABLE user_key
SHOW COLUMNS FROM user_key
DESCRIBE user_key
SHOW INDEX FROM user_key
CHECKSUM TABLE user_key
HANDLER user_key OPEN
PREPARE spy FROM 'SELECT * FROM user_key'
EXECUTE IMMEDIATE 'UPDATE task SET owner = ''me'''
BEGIN NOT ATOMIC SELECT * FROM user_key; END
""".strip().splitlines()  # fmt: skip


NO_RIGHT = {1044, 1045, 1142, 1143, 1227, 1370, 1698, 1959}


def refusal(shell: Shell, statement: str) -> int:
    """The number of the server's refusal; 0 when there was none."""
    try:
        shell.run(statement)
    except pymysql.MySQLError as error:
        return int(error.args[0])
    return 0


def test_what_a_shell_may_not(farm: StaffedFarm, shell: Shell) -> None:
    told = {one: refusal(shell, one.replace("{farm}", farm.name)) for one in REFUSED}
    assert {one: number for one, number in told.items() if number not in NO_RIGHT} == {}
    assert not Path("/tmp/farmdesk-spy").exists()


# ---- commands ------------------------------------------------------------------------------------


def sent(farm: StaffedFarm) -> list[tuple[object, ...]]:
    """The commands, and an empty table for the next test."""
    root = farm.root()
    rows = root.run("SELECT id, kind, issued_by, issued_at, answered_at FROM command ORDER BY id")
    root.run("DELETE FROM command")
    root.close()
    return rows


def test_the_server_says_who_sent_a_command_and_when(
    farm: StaffedFarm, shell: Shell, operator: DbLogin
) -> None:
    forge = SEND + "('k', '{}', 'root', '2001-01-01')"
    before = datetime.now(UTC).replace(tzinfo=None)
    shell.run(forge)
    for trick in ("timestamp = 1", "time_zone = '-11:00'", "time_zone = '+13:00'", "sql_mode = ''"):
        shell.run(f"SET {trick}")
        shell.run(forge)
    shell.run("SET STATEMENT timestamp = 1 FOR " + forge)
    shell.run("PREPARE forge FROM %s", forge)
    shell.run("EXECUTE forge")
    shell.run("EXECUTE IMMEDIATE %s", forge)
    shell.run(SEND + "('a', '{}', 'root', NULL), ('b', '{}', NULL, NULL)")
    after = datetime.now(UTC).replace(tzinfo=None)
    rows = sent(farm)
    assert {row[2] for row in rows} == {operator.account}
    assert [row for row in rows if not before <= row[3] <= after] == []  # type: ignore[operator]
    assert len(rows) == 10


NO_COMMAND = [
    "INSERT INTO command (id, kind, body) VALUES (9, 'k', '{}')",
    "INSERT INTO command (kind, body, answered_at) VALUES ('k', '{}', NULL)",
    "INSERT INTO command (kind, body, applied) VALUES ('k', '{}', 1)",
    "INSERT INTO command (kind, body, text) VALUES ('k', '{}', 'done')",
    "INSERT INTO command (kind, body, task_id) VALUES ('k', '{}', 1)",
    "INSERT INTO command VALUES (9, 'k', '{}', '', NULL, NULL, NULL, NULL, NULL, NULL)",
    SEND + "('k', '{}', '', NULL) ON DUPLICATE KEY UPDATE applied = 1",
    SEND + "('k', '{}', '', NULL) RETURNING (SELECT identity FROM user_account LIMIT 1)",
    "REPLACE INTO command (kind, body) VALUES ('k', '{}')",
    "SET STATEMENT insert_id = 9 FOR " + SEND + "('k', '{}', '', NULL)",
    SEND + "('k', 'no JSON', '', NULL)",
    SEND + "('k', NULL, '', NULL)",
    SEND + "(NULL, '{}', '', NULL)",
    SEND + "('k', CONCAT('[\"', REPEAT('x', 16000000), '\"]'), '', NULL)",
    "INSERT IGNORE INTO command (kind, body) VALUES (NULL, NULL), ('k', 'no JSON')",
]


def test_what_is_no_plain_command_is_refused(farm: StaffedFarm, shell: Shell) -> None:
    for trick in ("sql_mode = ''", "check_constraint_checks = 0", "foreign_key_checks = 0"):
        shell.run(f"SET {trick}")
    told = {one: refusal(shell, one) for one in NO_COMMAND}
    assert {one: number for one, number in told.items() if number not in (1142, 1143, 1644)} == {}
    assert sent(farm) == []


def test_nobody_uses_up_the_numbers_of_commands(farm: StaffedFarm, shell: Shell) -> None:
    """The highest number would be the last command of all."""
    shell.run("SET insert_id = 9223372036854775806")
    with pytest.raises(pymysql.MySQLError, match="number"):
        shell.run(SEND + "('k', '{}', '', NULL)")
    shell.run("SET insert_id = 0")
    shell.run(SEND + "('k', '{}', '', NULL)")
    assert int(str(sent(farm)[0][0])) < 10**6


def test_a_command_that_python_cannot_read_spoils_none_beside_it(
    farm: StaffedFarm, shell: Shell
) -> None:
    deep = "[" * 31 + "]" * 31
    for body in ('{"task_id": ' + "9" * 5000 + "}", deep, '"text"', '{"task_id": 1e999}', "null"):
        shell.run(SEND + "('pause_task', %s, '', NULL)", body)
    shell.run(SEND + "('pause_task', %s, '', NULL)", '{"task_id": 1}')
    with farm.database.reading() as connection:
        rows = commands.unanswered(connection, (), 100)
    assert [row.body for row in rows if "task_id" in row.body][-1] == {"task_id": 1}
    assert len(rows) == len(sent(farm)) == 6


def test_long_commands_are_read_a_few_at_a_time(
    farm: StaffedFarm, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commands, "READ_BYTES", 250)
    for _ in range(5):
        shell.run(SEND + "('k', %s, '', NULL)", '["' + "x" * 90 + '"]')
    shell.run(SEND + "('k', %s, '', NULL)", '["' + "x" * 900 + '"]')
    known, sizes = list[int](), list[int]()
    with farm.database.reading() as connection:
        while rows := commands.unanswered(connection, known, 100):
            known += [row.id for row in rows]
            sizes.append(len(rows))
    assert sizes == [2, 2, 1, 1]
    sent(farm)


def test_a_command_bears_the_login_while_the_lease_holds(farm: StaffedFarm) -> None:
    login = farm.lend("ops")
    link = DirectLink(farm.link_url(login), issued_by="root")
    number = link.send(PauseTask(1))
    link.close()

    def sender() -> str:
        with farm.database.reading() as connection:
            [row] = commands.unanswered(connection, (), 9)
        return row.issued_by

    assert sender() == "ops"  # whatever the client says
    moved = "UPDATE db_lease SET {} = %s WHERE account = %s"
    root, now = farm.root(), datetime.now(UTC).replace(tzinfo=None)
    root.run(moved.format("ended_at"), now + timedelta(minutes=1), login.account)
    assert sender() == "ops"  # sent before the end
    for column in ("ended_at", "until"):
        root.run(moved.format(column), now - timedelta(minutes=1), login.account)
        assert sender() == login.account  # which the engine refuses
        root.run(moved.format(column), now + timedelta(minutes=1), login.account)
    store = Store(farm.url, owner="engine")
    store.apply(Flush(2, outcomes=(Outcome(number, applied=True, text="yes", at=NOW),)))
    store.close()
    assert [row[2] for row in sent(farm)] == ["ops"]  # on record is a person
    root.run("UPDATE farm_counter SET flush = 1")
    root.close()


# ---- leases that are over ------------------------------------------------------------------------


def is_dead(shell: Shell) -> bool:
    try:
        shell.run("SELECT 1")
    except pymysql.OperationalError as error:
        return error.args[0] in (2006, 2013, 1927)
    return False


def end(farm: StaffedFarm, login: DbLogin, how: str) -> None:
    now = datetime.now(UTC)
    user = farm.account("ops").user_id
    with farm.database.writing() as connection:
        if how == "log out":
            leases.end_of_session(connection, b"\7" * 32, now)
        elif how == "suspended":
            leases.end_of_user(connection, user, now)
        elif how == "key revoked":
            token = b"\7" * 32
            session = Session(
                token, user, "f00d", "::1", made_at=now, seen_at=now, until=login.until
            )
            sessions.begin(connection, session)
            idle = now + HOUR  # at the gateway; he works with the database
            assert sessions.sweep(connection, now=idle, idle=HOUR / 2) == 0
            assert sessions.find(connection, token, now=idle, idle=HOUR / 2) is None
            leases.end_of_key(connection, "f00d", now)
            sessions.end(connection, token)
    assert leases.drop_ended(farm.database, login.until if how == "over" else now) >= 1


@pytest.mark.parametrize("how", ["log out", "suspended", "key revoked", "over"])
def test_a_lease_that_ends_ends_its_connections_and_its_password(
    farm: StaffedFarm, how: str
) -> None:
    login = farm.lend("ops", session=7)
    other = farm.shell(farm.lend("root"))
    shell, second = farm.shell(login), farm.shell(login)
    shell.run("SET PASSWORD = PASSWORD('mine for ever')")
    own = replace(login, password="mine for ever")
    farm.shell(own).close()  # his own password opens as long as the lease holds
    shell.run("BEGIN")
    shell.run("SELECT * FROM task FOR UPDATE")
    end(farm, login, how)
    assert is_dead(shell)
    assert is_dead(second)
    for known in (login, own):
        with pytest.raises(pymysql.OperationalError) as told:
            farm.shell(known)
        assert told.value.args[0] in (1045, 1698)
    with pytest.raises(LockedOut, match="Your login to the farm is over"):
        DirectLink(farm.link_url(login), issued_by="ops").tasks()
    assert not is_dead(other)
    names = "SELECT COUNT(*) FROM mysql.user WHERE User = %s"
    assert farm.root().run(names, login.account) == [(0,)]


def test_nothing_is_lent_to_a_customer_or_to_who_was_suspended_meanwhile(
    farm: StaffedFarm,
) -> None:
    with pytest.raises(leases.NoLease):
        farm.lend("customer")
    account = farm.account("ops")
    states = (UserState.ACTIVE, UserState.SUSPENDED)
    for wanted, state in (states, states[::-1]):
        with farm.database.writing() as connection:
            accounts.move(
                connection, "ops", wanted=(wanted,), state=state, by="root", reason="", now=NOW
            )
        if state is UserState.SUSPENDED:
            now = datetime.now(UTC)
            with pytest.raises(leases.NoLease):  # his log-in had begun before
                leases.lend(farm.database, account, token_hash=bytes(32), now=now, until=now + HOUR)
    farm.shell(farm.lend("ops")).close()


def test_a_crash_between_row_and_account_leaves_nothing(farm: StaffedFarm) -> None:
    root, now = farm.root(), datetime.now(UTC)
    user = farm.account("ops").user_id
    root.run(
        "INSERT INTO db_lease VALUES ('fl_crashed', %s, %s, %s, %s, NULL, NULL)",
        user, bytes(32), now.replace(tzinfo=None), now.replace(tzinfo=None),
    )  # fmt: skip
    assert leases.drop_ended(farm.database, now) == 1
    assert leases.drop_ended(farm.database, now) == 0
    root.close()


def test_sweepers_and_lenders_at_once_leave_no_account(farm: StaffedFarm) -> None:
    """The gateway and the engine both drop what is over, while people log in."""
    ends = datetime.now(UTC) + 2 * HOURS

    def lend(number: int) -> None:
        for _ in range(5):
            with suppress(leases.NoLease):  # swept before it was whole
                farm.lend(("ops", "root")[number % 2])

    def sweep(_: int) -> None:
        for _ in range(5):
            leases.drop_ended(farm.database, ends)

    with ThreadPoolExecutor(4) as pool:
        done = [pool.submit(work, number) for number in range(2) for work in (lend, sweep)]
    assert [job.exception() for job in done] == [None] * 4
    leases.drop_ended(farm.database, ends)
    root = farm.root()
    assert root.run("SELECT COUNT(*) FROM db_lease WHERE dropped_at IS NULL") == [(0,)]
    left = "SELECT COUNT(*) FROM mysql.user WHERE LEFT(User, 3) = 'fl_' AND is_role = 'N'"
    assert root.run(left) == [(0,)]
    root.close()


def test_one_user_cannot_take_all_connections(farm: StaffedFarm) -> None:
    """Neither with one login, nor with many."""
    login = farm.lend("ops")
    shells = [farm.shell(login) for _ in range(leases.CONNECTIONS)]
    with pytest.raises(pymysql.OperationalError) as told:
        farm.shell(login)
    assert told.value.args[0] in (1203, 1226)
    with pytest.raises(FarmUnavailable, match="Close other windows"):
        DirectLink(farm.link_url(login), issued_by="ops").tasks()
    for _ in range(leases.LEASES):
        farm.lend("ops")
    assert all(is_dead(shell) for shell in shells)
    root = farm.root()
    mine = "SELECT COUNT(*) FROM db_lease WHERE dropped_at IS NULL AND user_id = %s"
    assert root.run(mine, farm.account("ops").user_id) == [(leases.LEASES,)]
    root.close()


def test_a_session_sends_so_many_commands_an_hour(
    farm: StaffedFarm, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = leases._MAKE.replace(f"HOUR {leases.CHANGES_AN_HOUR}", "HOUR 3")
    monkeypatch.setattr(leases, "_MAKE", few)
    link = DirectLink(farm.link_url(farm.lend("ops")), issued_by="ops")
    for _ in range(3):
        link.send(PauseTask(1))
    with pytest.raises(FarmUnavailable, match="within this hour"):
        link.send(PauseTask(1))
    assert len(link.tasks()) == 1  # he still sees the farm
    link.close()
    assert len(sent(farm)) == 3


# ---- in the engine's way -------------------------------------------------------------------------


def lock_rows(shell: Shell) -> None:
    shell.run("BEGIN")
    shell.run("SELECT * FROM task, farm_counter FOR UPDATE")


def read_serializable(shell: Shell) -> None:
    shell.run("SET SESSION TRANSACTION ISOLATION LEVEL SERIALIZABLE")
    shell.run("BEGIN")
    shell.run("SELECT * FROM farm_counter")


def prepare_xa(shell: Shell) -> None:
    """Its locks outlive the connection."""
    shell.run("XA START 'spy\\'', 'x\0', 7")
    shell.run("SELECT * FROM task, farm_counter FOR UPDATE")
    shell.run(SEND + "('k', '{}', '', NULL)")
    shell.run("XA END 'spy\\'', 'x\0', 7")
    shell.run("XA PREPARE 'spy\\'', 'x\0', 7")
    shell.close()


@pytest.mark.parametrize("block", [lock_rows, read_serializable, prepare_xa])
def test_a_lock_on_rows_stops_the_engine_only_until_the_next_look(
    farm: StaffedFarm, block: Callable[[Shell], None]
) -> None:
    shell = farm.shell(farm.lend("ops"))
    block(shell)
    store = Store(farm.url, owner="engine")
    flush = Thread(target=store.apply, args=(Flush(2, tasks=(task_record(1),)),))
    flush.start()
    flush.join(0.2)
    assert flush.is_alive()
    begin = time.monotonic()
    while flush.is_alive() and time.monotonic() < begin + SOON_S:
        end_blockers(farm.database)  # as the gateway does, all the time
        flush.join(0.05)
    assert not flush.is_alive()
    root = farm.root()
    assert root.run("SELECT flush FROM farm_counter") == [(2,)]
    assert root.run("XA RECOVER") == []
    root.run("UPDATE farm_counter SET flush = 1")
    root.close()
    store.close()


def test_readers_and_senders_are_no_blockers(farm: StaffedFarm, shell: Shell) -> None:
    shell.run("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED")
    shell.run("BEGIN")
    shell.run("SELECT * FROM task, frame, node")
    shell.run(SEND + "('k', '{}', '', NULL)")
    assert end_blockers(farm.database) == []
    shell.run("COMMIT")
    sent(farm)


def test_a_named_lock_does_not_stop_a_migration(farm: StaffedFarm, shell: Shell) -> None:
    assert shell.run("SELECT GET_LOCK(%s, 0)", f"farmdesk.migrate.{farm.name}") == [(1,)]
    migrate(farm.url)
    assert is_dead(shell)


def test_a_sender_does_not_stop_others_from_sending(farm: StaffedFarm, shell: Shell) -> None:
    """With innodb_autoinc_lock_mode 1 a slow INSERT … SELECT would hold the table's counter."""
    slow = Thread(
        target=shell.run, args=(SEND.replace("VALUES", "SELECT SLEEP(1), '{}', '', NULL"),)
    )
    slow.start()
    link = DirectLink(farm.link_url(farm.lend("root")), issued_by="root")
    begin = time.monotonic()
    link.send(PauseTask(1))
    assert slow.is_alive() or time.monotonic() - begin < 1
    slow.join()
    link.close()
    assert len(sent(farm)) == 2


def test_others_are_neither_seen_nor_ended(farm: StaffedFarm, shell: Shell) -> None:
    root = farm.root()
    [[number]] = root.run("SELECT CONNECTION_ID()")
    for statement in (f"KILL {number}", f"KILL QUERY {number}"):
        assert refusal(shell, statement) == 1095
    shell.run("KILL USER farm")  # no error, and nobody ends: it looks at own connections only
    assert root.run("SELECT 1") == [(1,)]
    for statement in (
        "SELECT user FROM information_schema.processlist",
        "SELECT DISTINCT grantee FROM information_schema.user_privileges",
    ):
        [[only]] = shell.run(statement)
        assert str(only).strip("'").startswith("fl_")
    hidden = "SELECT COUNT(*) FROM information_schema.columns WHERE table_name = 'user_key'"
    assert shell.run(hidden) == [(0,)]
    assert shell.run("SELECT LOAD_FILE('/etc/hostname')") == [(None,)]
    assert str(shell.run("SHOW GRANTS")).count("GRANT") == 5 + len(READ_BY_OPERATORS)
    root.close()


def test_many_statements_at_once_have_no_other_rights(farm: StaffedFarm, operator: DbLogin) -> None:
    shell = farm.shell(operator, client_flag=pymysql.constants.CLIENT.MULTI_STATEMENTS)
    with shell.connection.cursor() as cursor:
        cursor.execute("SELECT 1; DELETE FROM task; SELECT * FROM user_key")
        with pytest.raises(pymysql.MySQLError) as told:
            cursor.nextset()
    assert told.value.args[0] == 1142
    shell.close()


# ---- TLS -----------------------------------------------------------------------------------------


def test_without_tls_a_leased_account_does_not_open(farm: StaffedFarm, operator: DbLogin) -> None:
    with pytest.raises(pymysql.OperationalError) as told:
        farm.shell(operator, ssl_disabled=True)
    assert told.value.args[0] in (1045, 1698)


def test_a_client_talks_to_its_own_farm_only(
    farm: StaffedFarm, operator: DbLogin, tmp_path: Path
) -> None:
    """A foreign authority, and a server of ours under another name; nothing is sent to either."""
    foreign = tmp_path / "ca.pem"
    foreign.write_bytes(tls.make_ca("foreign", datetime.now(UTC)).certificate)
    url = farm.link_url(operator)
    for bad in (
        url.replace(str(farm.server.ca), str(foreign)),
        url.replace("127.0.0.1", "localhost"),
        url.replace("127.0.0.1", "127.0.0.2"),
    ):
        link = DirectLink(bad, issued_by="ops")
        with pytest.raises((WrongServer, FarmUnavailable)) as told:
            link.tasks()
        assert isinstance(told.value, WrongServer) or "127.0.0.2" in bad
        assert operator.password not in str(told.value)
        link.close()
    link = DirectLink(url, issued_by="ops")
    assert [row.id for row in link.tasks()] == [1]
    link.close()


# ---- grants --------------------------------------------------------------------------------------


def test_grants_can_be_applied_again_under_load(farm: StaffedFarm, operator: DbLogin) -> None:
    """And take away what somebody gave by hand."""
    root = farm.root()
    root.run(f"GRANT SELECT ON user_key TO `{farm.name}_operator`")
    link = DirectLink(farm.link_url(operator), issued_by="ops")
    for _ in range(3):
        link.send(PauseTask(1))
        grants.apply(farm.database)
    assert {row[2] for row in sent(farm)} == {operator.account}
    shell = farm.shell(operator)
    with pytest.raises(pymysql.MySQLError):
        shell.run("SELECT * FROM user_key")
    assert SECRET.decode() not in str(shell.run("SELECT * FROM task"))
    link.close()
    shell.close()
    root.close()


def test_sqlite_lends_nothing_and_needs_no_grants(sqlite_url: str) -> None:
    database = open_database(sqlite_url)
    grants.apply(database)
    assert leases.drop_ended(database, NOW) == 0
    assert end_blockers(database) == []
    database.close()
