"""A farm on a server with accounts, and staff who hold leased database accounts of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pymysql

from farmdesk.db import accounts, grants, leases, sessions, user_keys
from farmdesk.db.database import Database, open_database
from farmdesk.db.migrate import migrate
from farmdesk.db.store import Store
from farmdesk.domain.accounts import (
    Account,
    DbLogin,
    KeyRecord,
    KeyState,
    Profile,
    Session,
    UserState,
)
from farmdesk.domain.records import Flush, LogRecord
from farmdesk.domain.users import Role
from farmdesk.security.audit_chain import digest_of
from tests.samples import NOW, frame_record, new_task, node_record, task_record
from tests.servers import DatabaseServer

HOURS = timedelta(hours=8)
SEND = "INSERT INTO command (kind, body, issued_by, issued_at) VALUES "
SECRET = b"wrapped \0 secret"


@dataclass(frozen=True)
class StaffedFarm:
    """A farm with one task and users `ops`, `root` and `customer`, opened by its own account."""

    server: DatabaseServer
    database: Database
    url: str
    name: str

    def account(self, login: str) -> Account:
        with self.database.reading() as connection:
            return accounts.active(connection, login)

    def lend(self, login: str = "ops", *, hours: timedelta = HOURS, session: int = 1) -> DbLogin:
        """Log in without a gateway; one who is logged in under this number is out."""
        now, account, token = datetime.now(UTC), self.account(login), self.token(login, session)
        key = _key(account.user_id).fingerprint
        with self.database.writing() as connection:
            sessions.end(connection, token)
            begun = Session(
                token, account.user_id, key, "::1", made_at=now, seen_at=now, until=now + hours
            )
            sessions.begin(connection, begun)
        return leases.lend(
            self.database, account, token_hash=token, now=now, until=now + hours, chain=digest_of
        )

    def token(self, login: str, session: int) -> bytes:
        """Give the hash of a session's token."""
        return bytes([self.account(login).user_id, session]) * 16

    def link_url(self, login: DbLogin) -> str:
        """What a client opens."""
        place = f"127.0.0.1:{self.server.port}/{self.name}"
        options = f"ssl_ca={self.server.ca}&role={login.role}"
        return f"mysql://{login.account}:{login.password}@{place}?{options}"

    def shell(self, login: DbLogin, **options: Any) -> "Shell":
        """A mysql shell with the leased account's name and password, its role taken up."""
        shell = Shell(
            pymysql.connect(
                **{
                    "host": "127.0.0.1",
                    "port": self.server.port,
                    "user": login.account,
                    "password": login.password,
                    "autocommit": True,
                    "local_infile": True,
                    "read_timeout": 60,
                    "ssl_ca": str(self.server.ca),
                    "ssl_verify_cert": True,
                    "ssl_verify_identity": True,
                    **options,
                }
            )
        )
        shell.run(f"SET ROLE `{login.role}`")
        shell.run(f"USE {self.name}")
        return shell

    def root(self) -> "Shell":
        """A shell that may do anything."""
        return Shell(
            pymysql.connect(
                host="127.0.0.1",
                port=self.server.port,
                user="farm",
                password="s3cret:@/%密".encode(),
                database=self.name,
                autocommit=True,
            )
        )

    def sent(self) -> list[tuple[object, ...]]:
        """Give the commands, and leave an empty table for the next test."""
        root = self.root()
        columns = "id, kind, issued_by, issued_at, answered_at"
        rows = root.run(f"SELECT {columns} FROM command ORDER BY id")
        root.run("DELETE FROM command")
        root.close()
        return rows

    def everything(self) -> dict[str, list[tuple[object, ...]]]:
        """All rows of the farm."""
        root = self.root()
        tables = [str(row[0]) for row in root.run("SHOW TABLES")]
        return {table: root.run(f"SELECT * FROM `{table}`") for table in tables}


@dataclass(frozen=True)
class Shell:
    """Runs statements and gives what they give."""

    connection: "pymysql.Connection[Any]"

    def run(self, statement: str, *values: object) -> list[tuple[object, ...]]:
        with self.connection.cursor() as cursor:
            cursor.execute(statement, values or None)
            return list(cursor.fetchall())

    def refusal(self, statement: str, *values: object) -> int:
        """Give the number of the server's refusal; 0 when there was none."""
        try:
            self.run(statement, *values)
        except pymysql.MySQLError as error:
            return int(error.args[0])
        return 0

    def is_dead(self) -> bool:
        """Whether the server has ended the connection."""
        return self.refusal("SELECT 1") in (2006, 2013, 1927)

    def close(self) -> None:
        self.connection.close()


@contextmanager
def staffed_farm(server: DatabaseServer) -> Iterator[StaffedFarm]:
    """Make a farm as `farmdesk setup` does, by an account with no right more than it needs."""
    name = server.new_database().rpartition("/")[2]
    url = server.farm_account(name)
    migrate(url)
    database = open_database(url)
    grants.apply(database)
    with database.writing() as connection:
        for login, role in (
            ("ops", Role.OPERATOR),
            ("root", Role.SUPERADMIN),
            ("customer", Role.CUSTOMER),
        ):
            account = accounts.add(
                connection,
                login,
                Profile(login, "Stage", "x@example.org", identity="1"),
                role=role,
                state=UserState.ACTIVE,
                quota_bytes=1,
                now=NOW,
                wrap=lambda _user, _identity: SECRET,
            )
            user_keys.add(connection, _key(account.user_id))
    store = Store(url, owner="engine", chain=digest_of)
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
    yield StaffedFarm(server, database, url, name)
    database.close()


def _key(user_id: int) -> KeyRecord:
    return KeyRecord(
        user_id=user_id,
        version=1,
        fingerprint=f"{user_id:064x}",
        public_pem="-----BEGIN PUBLIC KEY-----",
        wrapped_private=SECRET,
        wrapped_user_key=SECRET,
        state=KeyState.ACTIVE,
        made_at=NOW,
    )
