"""What somebody with a mysql shell and a leased staff account tries, on a real server with TLS.

He knows the account's name and password: they are in his client's memory.
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pymysql
import pytest

from farmdesk.db.models import Base
from farmdesk.db.store import Store
from farmdesk.db.unanswered import Unanswered
from farmdesk.domain.accounts import DbLogin
from farmdesk.domain.records import Flush, Outcome
from farmdesk.domain.task_commands import PauseTask
from farmdesk.link.direct import DirectLink
from farmdesk.security.audit_chain import digest_of
from tests.integration.forbidden import hinted, no_commands, refused
from tests.integration.staffed_farm import SEND, Shell, StaffedFarm
from tests.samples import NOW

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
    ("application", "network"),
    ("application", "pickup_hash"),
    ("session", "token_hash"),
    ("db_lease", "token_hash"),
}


def reads(shell: Shell, what: str) -> bool:
    try:
        shell.run(what)
    except pymysql.MySQLError as error:
        if error.args[0] not in (1142, 1143):
            raise
        return False
    return True


def test_each_table_is_read_by_those_who_may(staffed: StaffedFarm, shell: Shell) -> None:
    """A new table is read by nobody until somebody decides."""
    tables = {table.name for table in Base.metadata.sorted_tables} | {"alembic_version"}
    assert {name for name in tables if reads(shell, f"SELECT * FROM `{name}`")} == READ_BY_OPERATORS
    chief = staffed.shell(staffed.lend("root"))
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


def test_nobody_changes_anything_but_by_a_command(staffed: StaffedFarm) -> None:
    before = staffed.everything()
    for login in ("ops", "root"):
        shell = staffed.shell(staffed.lend(login))
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
    after = staffed.everything()
    # the two logged in, and what they were lent is on record; the oldest of many leases ends
    for name in ("session", "db_lease", "audit_head"):
        assert before.pop(name) != after.pop(name)
    known, noted = before.pop("audit"), after.pop("audit")
    assert noted[: len(known)] == known
    deeds = [row[3] for row in noted[len(known) :] if row[3] != "drop_database_account"]
    assert deeds == ["lend_database_account"] * 2
    assert after == before


NO_RIGHT = {1044, 1045, 1142, 1143, 1227, 1370, 1698, 1959, 3530}
NO_JSON = 3140  # MySQL's own word


def test_what_a_shell_may_not(staffed: StaffedFarm, shell: Shell) -> None:
    told = {one: shell.refusal(one) for one in refused(staffed.server.NAME, staffed.name)}
    assert {one: number for one, number in told.items() if number not in NO_RIGHT} == {}
    assert not Path("/tmp/farmdesk-spy").exists()


# ---- commands ------------------------------------------------------------------------------------


def test_the_server_says_who_sent_a_command_and_when(
    staffed: StaffedFarm, shell: Shell, lent: DbLogin
) -> None:
    forge = SEND + "('k', '{}', 'root', '2001-01-01')"
    before = datetime.now(UTC).replace(tzinfo=None)
    shell.run(forge)
    for trick in ("timestamp = 1", "time_zone = '-11:00'", "time_zone = '+13:00'", "sql_mode = ''"):
        shell.run(f"SET {trick}")
        shell.run(forge)
    shell.run("PREPARE forge FROM %s", forge)
    shell.run("EXECUTE forge")
    if staffed.server.NAME == "mariadb":
        shell.run("SET STATEMENT timestamp = 1 FOR " + forge)
        shell.run("EXECUTE IMMEDIATE %s", forge)
    else:
        shell.run(hinted("timestamp = 1", forge))
        shell.run(hinted("time_zone = '-11:00'", forge))
    shell.run(SEND + "('a', '{}', 'root', NULL), ('b', '{}', NULL, NULL)")
    after = datetime.now(UTC).replace(tzinfo=None)
    rows = staffed.sent()
    assert {row[2] for row in rows} == {lent.account}
    assert [row for row in rows if not before <= row[3] <= after] == []  # type: ignore[operator]
    assert len(rows) == 10


def test_what_is_no_plain_command_is_refused(staffed: StaffedFarm, shell: Shell) -> None:
    shell.run("SET sql_mode = '', foreign_key_checks = 0")
    if staffed.server.NAME == "mariadb":
        shell.run("SET check_constraint_checks = 0")
    told = {one: shell.refusal(one) for one in no_commands(staffed.server.NAME)}
    refusals = (1142, 1143, 1644, NO_JSON)
    assert {one: number for one, number in told.items() if number not in refusals} == {}
    assert staffed.sent() == []


def test_nobody_uses_up_the_numbers_of_commands(staffed: StaffedFarm, shell: Shell) -> None:
    """The highest number would be the last command of all."""
    shell.run("SET insert_id = 9223372036854775806")
    with pytest.raises(pymysql.MySQLError, match="number"):
        shell.run(SEND + "('k', '{}', '', NULL)")
    shell.run("SET insert_id = 0")  # which MySQL takes for a number
    shell.refusal(SEND + "('k', '{}', '', NULL)")
    shell.run(SEND + "('k', '{}', '', NULL)")
    assert 0 < int(str(staffed.sent()[0][0])) < 10**6


def test_a_command_that_python_cannot_read_spoils_none_beside_it(
    staffed: StaffedFarm, shell: Shell
) -> None:
    sent, deep = SEND + "('pause_task', %s, '', NULL)", "[" * 31 + "]" * 31
    told = [
        shell.refusal(sent, body)
        for body in ('{"task_id": ' + "9" * 5000 + "}", '{"task_id": 1e999}', deep, '"t"', "null")
    ]
    assert told[2:] == [0] * 3
    assert set(told) <= {0, NO_JSON}
    shell.run(sent, '{"task_id": 1}')
    rows = Unanswered().fresh(staffed.database, ())
    assert [row.body for row in rows if "task_id" in row.body][-1] == {"task_id": 1}
    assert len(rows) == len(staffed.sent()) == told.count(0) + 1


def test_a_command_bears_the_login_while_the_lease_holds(staffed: StaffedFarm) -> None:
    login = staffed.lend("ops")
    link = DirectLink(staffed.link_url(login), issued_by="root")
    number = link.send(PauseTask(1))
    link.close()

    def sender() -> str:
        [row] = Unanswered().fresh(staffed.database, ())
        return row.issued_by

    assert sender() == "ops"  # whatever the client says
    moved = "UPDATE db_lease SET {} = %s WHERE account = %s"
    root, now = staffed.root(), datetime.now(UTC).replace(tzinfo=None)
    root.run(moved.format("ended_at"), now + timedelta(minutes=1), login.account)
    assert sender() == "ops"  # sent before the end
    for column in ("ended_at", "until"):
        root.run(moved.format(column), now - timedelta(minutes=1), login.account)
        assert sender() == login.account  # which the engine refuses
        root.run(moved.format(column), now + timedelta(minutes=1), login.account)
    store = Store(staffed.url, owner="engine", chain=digest_of)
    store.apply(Flush(2, outcomes=(Outcome(number, applied=True, text="yes", at=NOW),)))
    store.close()
    assert [row[2] for row in staffed.sent()] == ["ops"]  # on record is a person
    root.run("UPDATE farm_counter SET flush = 1")
    root.close()


# ---- other people ------------------------------------------------------------------------------


def test_others_are_neither_seen_nor_ended(staffed: StaffedFarm, shell: Shell) -> None:
    root = staffed.root()
    [[number]] = root.run("SELECT CONNECTION_ID()")
    for statement in (f"KILL {number}", f"KILL QUERY {number}"):
        assert shell.refusal(statement) == 1095
    assert shell.refusal("KILL USER farm") in (0, 1064)  # of MariaDB: looks at own connections only
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
    assert str(shell.run("SHOW GRANTS")).count("GRANT SELECT") == 2 + len(READ_BY_OPERATORS)
    root.close()


def test_many_statements_at_once_have_no_other_rights(staffed: StaffedFarm, lent: DbLogin) -> None:
    shell = staffed.shell(lent, client_flag=pymysql.constants.CLIENT.MULTI_STATEMENTS)
    with shell.connection.cursor() as cursor:
        cursor.execute("SELECT 1; DELETE FROM task; SELECT * FROM user_key")
        with pytest.raises(pymysql.MySQLError) as told:
            cursor.nextset()
    assert told.value.args[0] == 1142
    shell.close()
