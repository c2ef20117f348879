"""Leased database accounts: when they end, what they may use up, and TLS; on a real server."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pymysql
import pytest

from farmdesk.db import accounts, audit, grants, leases, sessions
from farmdesk.db.blockers import end_blockers
from farmdesk.db.database import open_database
from farmdesk.db.faults import LockedOut, WrongServer
from farmdesk.domain.accounts import DbLogin, UserState
from farmdesk.domain.errors import FarmUnavailable
from farmdesk.domain.task_commands import PauseTask
from farmdesk.link.direct import DirectLink
from farmdesk.security import authority
from farmdesk.security.audit_chain import digest_of
from tests.integration.staffed_farm import SECRET, StaffedFarm
from tests.samples import NOW

HOUR = timedelta(hours=1)


def end(staffed: StaffedFarm, login: DbLogin, how: str) -> None:
    now = datetime.now(UTC)
    user, token = staffed.account("ops").user_id, staffed.token("ops", 7)
    with staffed.database.writing() as connection:
        if how == "log out":
            leases.end_of_sessions(connection, (token,), now)
        elif how == "suspended":
            leases.end_of_user(connection, user, now)
        elif how == "key revoked":
            ended = sessions.end_of_key(connection, f"{user:064x}")
            assert token in ended
            leases.end_of_sessions(connection, (token,), now)
        elif how == "idle":
            sessions.touch(connection, staffed.token("root", 1), now + HOUR)
            ended = sessions.sweep(connection, now=now + HOUR, idle=HOUR / 2)
            assert token in ended
            leases.end_of_sessions(connection, ended, now)
    assert (
        leases.drop_ended(staffed.database, login.until if how == "over" else now, digest_of) >= 1
    )


@pytest.mark.parametrize("how", ["log out", "suspended", "key revoked", "idle", "over"])
def test_a_lease_that_ends_ends_its_connections_and_its_password(
    staffed: StaffedFarm, how: str
) -> None:
    login = staffed.lend("ops", session=7)
    other = staffed.shell(staffed.lend("root"))
    shell, second = staffed.shell(login), staffed.shell(login)
    word = {"mariadb": "PASSWORD('{}')", "mysql": "'{}'"}[staffed.server.NAME]
    shell.run("SET PASSWORD = " + word.format("mine for ever"))
    own = replace(login, password="mine for ever")
    staffed.shell(own).close()  # his own password opens as long as the lease holds
    shell.run("BEGIN")
    shell.run("SELECT * FROM task LOCK IN SHARE MODE")
    end(staffed, login, how)
    assert shell.is_dead()
    assert second.is_dead()
    for known in (login, own):
        with pytest.raises(pymysql.OperationalError) as told:
            staffed.shell(known)
        assert told.value.args[0] in (1045, 1698)
    with pytest.raises(LockedOut, match="Your login to the farm is over"):
        DirectLink(staffed.link_url(login), issued_by="ops").tasks()
    assert not other.is_dead()
    names = "SELECT COUNT(*) FROM mysql.user WHERE User = %s"
    assert staffed.root().run(names, login.account) == [(0,)]


def test_a_session_is_in_use_while_its_account_is(staffed: StaffedFarm) -> None:
    """Who works with the database alone says nothing to the gateway."""
    login, quiet = staffed.lend("ops", session=7), timedelta(minutes=29)
    other = staffed.lend("root", session=7)
    tokens = {name: staffed.token(name, 7) for name in ("ops", "root")}
    later = datetime.now(UTC) + timedelta(minutes=31)

    def swept(now: datetime) -> set[str]:
        with staffed.database.writing() as connection:
            over = sessions.sweep(connection, now=now, idle=timedelta(minutes=30))
            leases.end_of_sessions(connection, over, now)
        leases.drop_ended(staffed.database, now, digest_of)
        return {name for name, token in tokens.items() if token in over}

    shell = staffed.shell(login)  # his window is open
    leases.note_use(staffed.database, now=later, quiet=quiet)
    assert swept(later) == {"root"}
    assert not shell.is_dead()
    with pytest.raises(pymysql.OperationalError):
        staffed.shell(other)
    leases.note_use(staffed.database, now=later + quiet, quiet=timedelta(0))  # it sleeps
    assert swept(later + quiet) == set()  # half an hour since it was used
    assert swept(later + HOUR) == {"ops"}
    assert shell.is_dead()


def test_what_is_lent_and_taken_back_is_on_record(staffed: StaffedFarm) -> None:
    login = staffed.lend("root", session=9)
    with staffed.database.writing() as connection:
        leases.end_of_sessions(connection, (staffed.token("root", 9),), datetime.now(UTC))
    leases.drop_ended(staffed.database, datetime.now(UTC), digest_of)
    with staffed.database.reading() as connection:
        records = [row for row in audit.read(connection) if row.subject == login.account]
    lent, dropped = records
    assert (lent.actor, lent.action) == ("root", "lend_database_account")
    assert login.role in lent.detail
    assert (dropped.actor, dropped.action) == ("farm", "drop_database_account")
    assert dropped.detail == "root"
    assert login.password not in repr(records)


def test_nothing_is_lent_to_a_customer_or_to_who_was_suspended_meanwhile(
    staffed: StaffedFarm,
) -> None:
    with pytest.raises(leases.NoLease):
        staffed.lend("customer")
    account = staffed.account("ops")
    states = (UserState.ACTIVE, UserState.SUSPENDED)
    for wanted, state in (states, states[::-1]):
        with staffed.database.writing() as connection:
            accounts.move(
                connection, "ops", wanted=(wanted,), state=state, by="root", reason="", now=NOW
            )
        if state is UserState.SUSPENDED:
            now = datetime.now(UTC)
            with pytest.raises(leases.NoLease):  # his log-in had begun before
                leases.lend(
                    staffed.database,
                    account,
                    token_hash=bytes(32),
                    now=now,
                    until=now + HOUR,
                    chain=digest_of,
                )
    staffed.shell(staffed.lend("ops")).close()


def test_a_server_that_wants_all_kinds_of_characters_gets_them(
    staffed: StaffedFarm, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("secrets.token_urlsafe", "x".__mul__)  # chance may leave kinds out
    plugin = {
        "mariadb": "INSTALL SONAME 'simple_password_check'",
        "mysql": "INSTALL COMPONENT 'file://component_validate_password'",
    }[staffed.server.NAME]
    root = staffed.root()
    root.run(plugin)
    try:
        staffed.shell(staffed.lend("ops")).close()
    finally:
        root.run("UN" + plugin)
        root.close()


def test_a_crash_between_row_and_account_leaves_nothing(staffed: StaffedFarm) -> None:
    root, now = staffed.root(), datetime.now(UTC)
    user = staffed.account("ops").user_id
    root.run(
        "INSERT INTO db_lease VALUES ('fl_crashed', %s, %s, %s, %s, NULL, NULL)",
        user, bytes(32), now.replace(tzinfo=None), now.replace(tzinfo=None),
    )  # fmt: skip
    assert leases.drop_ended(staffed.database, now, digest_of) == 1
    assert leases.drop_ended(staffed.database, now, digest_of) == 0
    root.close()


def test_sweepers_and_lenders_at_once_leave_no_account(staffed: StaffedFarm) -> None:
    """The gateway and the engine both drop what is over, while people log in."""
    ends = datetime.now(UTC) + 9 * HOUR

    def lend(number: int) -> None:
        for _ in range(5):
            with suppress(leases.NoLease):  # swept before it was whole
                staffed.lend(("ops", "root")[number % 2])

    def sweep(_: int) -> None:
        for _ in range(5):
            leases.drop_ended(staffed.database, ends, digest_of)

    with ThreadPoolExecutor(4) as pool:
        done = [pool.submit(work, number) for number in range(2) for work in (lend, sweep)]
    assert [job.exception() for job in done] == [None] * 4
    leases.drop_ended(staffed.database, ends, digest_of)
    root = staffed.root()
    assert root.run("SELECT COUNT(*) FROM db_lease WHERE dropped_at IS NULL") == [(0,)]
    left = "SELECT COUNT(*) FROM mysql.user JOIN db_lease ON db_lease.account = mysql.user.User"
    assert root.run(left) == [(0,)]
    root.close()


def test_one_user_cannot_take_all_connections(staffed: StaffedFarm) -> None:
    """Neither with one login, nor with many; and nobody else's ends for it."""
    other, login = staffed.shell(staffed.lend("root")), staffed.lend("ops")
    shells = [staffed.shell(login) for _ in range(leases.CONNECTIONS)]
    with pytest.raises(pymysql.OperationalError) as told:
        staffed.shell(login)
    assert told.value.args[0] in (1203, 1226)
    with pytest.raises(FarmUnavailable, match="Close other windows"):
        DirectLink(staffed.link_url(login), issued_by="ops").tasks()
    for _ in range(leases.LEASES):
        staffed.lend("ops")
    assert all(shell.is_dead() for shell in shells)
    assert not other.is_dead()
    other.close()
    root = staffed.root()
    mine = "SELECT COUNT(*) FROM db_lease WHERE dropped_at IS NULL AND user_id = %s"
    assert root.run(mine, staffed.account("ops").user_id) == [(leases.LEASES,)]
    root.close()


def test_a_session_sends_so_many_commands_an_hour(
    staffed: StaffedFarm, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = leases._MAKE.replace(f"HOUR {leases.CHANGES_AN_HOUR}", "HOUR 3")
    monkeypatch.setattr(leases, "_MAKE", few)
    link = DirectLink(staffed.link_url(staffed.lend("ops")), issued_by="ops")
    for _ in range(3):
        link.send(PauseTask(1))
    with pytest.raises(FarmUnavailable, match="within this hour"):
        link.send(PauseTask(1))
    assert len(link.tasks()) == 1  # he still sees the farm
    link.close()
    assert len(staffed.sent()) == 3


# ---- TLS -----------------------------------------------------------------------------------------


def test_without_tls_a_leased_account_does_not_open(staffed: StaffedFarm, lent: DbLogin) -> None:
    with pytest.raises(pymysql.OperationalError) as told:
        staffed.shell(lent, ssl_disabled=True)
    assert told.value.args[0] in (1045, 1698)


def test_a_client_talks_to_its_own_farm_only(
    staffed: StaffedFarm, lent: DbLogin, tmp_path: Path
) -> None:
    """A foreign authority, and a server of ours under another name; nothing is sent to either."""
    foreign = tmp_path / "ca.pem"
    foreign.write_bytes(authority.make_ca("foreign", datetime.now(UTC)).certificate)
    url = staffed.link_url(lent)
    for bad in (
        url.replace(str(staffed.server.ca), str(foreign)),
        url.replace("127.0.0.1", "localhost"),
        url.replace("127.0.0.1", "127.0.0.2"),
    ):
        link = DirectLink(bad, issued_by="ops")
        with pytest.raises((WrongServer, FarmUnavailable)) as told:
            link.tasks()
        assert isinstance(told.value, WrongServer) or "127.0.0.2" in bad
        assert lent.password not in str(told.value)
        link.close()
    link = DirectLink(url, issued_by="ops")
    assert [row.id for row in link.tasks()] == [1]
    link.close()


# ---- grants --------------------------------------------------------------------------------------


def test_grants_can_be_applied_again_under_load(staffed: StaffedFarm, lent: DbLogin) -> None:
    """And take away what somebody gave by hand."""
    root = staffed.root()
    root.run(f"GRANT SELECT ON user_key TO `{staffed.name}_operator`")
    link = DirectLink(staffed.link_url(lent), issued_by="ops")
    for _ in range(3):
        link.send(PauseTask(1))
        grants.apply(staffed.database)
    assert {row[2] for row in staffed.sent()} == {lent.account}
    shell = staffed.shell(lent)
    with pytest.raises(pymysql.MySQLError):
        shell.run("SELECT * FROM user_key")
    assert SECRET.decode() not in str(shell.run("SELECT * FROM task"))
    link.close()
    shell.close()
    root.close()


def test_without_the_guard_on_commands_nobody_may_send_any(
    staffed: StaffedFarm, lent: DbLogin
) -> None:
    root, own = staffed.root(), f"{staffed.name}.* {{}} own_{staffed.name}"
    root.run("REVOKE TRIGGER ON " + own.format("FROM"))
    try:
        with closing(open_database(staffed.url)) as database, pytest.raises(LockedOut):
            grants.apply(database)
        with pytest.raises(pymysql.OperationalError):
            staffed.shell(lent)  # not even into the farm
    finally:
        root.run("GRANT TRIGGER ON " + own.format("TO"))
        grants.apply(staffed.database)
    staffed.shell(lent).close()
    root.close()


def test_sqlite_lends_nothing_and_needs_no_grants(sqlite_url: str) -> None:
    database = open_database(sqlite_url)
    grants.apply(database)
    assert leases.drop_ended(database, NOW, digest_of) == 0
    assert end_blockers(database) == []
    database.close()
