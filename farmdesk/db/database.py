"""Opens the farm's database: MySQL 8, MariaDB, or SQLite when one machine is the whole farm."""

import json
import sqlite3
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from time import monotonic, sleep

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine import URL
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import ConnectionPoolEntry

from farmdesk.db.faults import translated
from farmdesk.db.literals import bind_many_quickly
from farmdesk.domain.errors import Refused
from farmdesk.domain.system_words import why_system

SERVERS = ("mysql", "mariadb")
CONNECT_S = 5  # a vanished server is noticed within this
ANSWER_S = 15  # and one that hangs within this
LEASED_CONNECTIONS = 4  # of one client; see `farmdesk.db.leases`
SQLITE_WAIT_S = 10  # a writer waits this long for another one
_OPTIONS = {"ssl_ca", "role"}
_STRICT = "STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION,NO_ZERO_DATE,NO_ZERO_IN_DATE"


class Database:
    """An open database: transactions on connections from a pool; safe to use from several threads.

    `place` names it for people, without the password; `name` is that of the database, or its file.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.is_server = engine.dialect.name in SERVERS
        self.name = str(engine.url.database)
        shown = engine.url.render_as_string(hide_password=True)
        self.place = shown if self.is_server else str(engine.url.database)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give a connection for reading. On SQLite all its reads see one moment."""
        with translated(self.place), self._engine.connect() as connection:
            yield connection

    @contextmanager
    def glancing(self) -> Iterator[Connection]:
        """Give a connection that on a server sees what is not committed yet, for one transaction.

        To step over a million rows of somebody's statement that is under way takes it seconds.
        """
        with self.reading() as connection:
            if self.is_server:
                connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL READ UNCOMMITTED")
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Give a connection in a transaction: committed at the end, rolled back on any error."""
        with translated(self.place), self._engine.connect() as connection:
            connection = connection.execution_options(writes=True)
            with connection.begin():
                yield connection

    @contextmanager
    def at_once(self) -> Iterator[Connection]:
        """Give a connection whose statements each stand alone: for accounts, grants and kills."""
        with translated(self.place), self._engine.connect() as connection:
            yield connection.execution_options(isolation_level="AUTOCOMMIT")

    def close(self) -> None:
        """Close the connections of the pool."""
        self._engine.dispose()


class NoAuthority(Refused):
    """A file that shall hold the certificate of a database server's authority, and does not."""

    def __init__(self, path: str, error: OSError) -> None:
        why = why_system(error)
        super().__init__(
            f"{path} holds no certificate of the database's authority: {why.en}. Bring the file "
            "back, or correct ssl_ca in the database's address.",
            f"{path} 中没有数据库 CA 的证书：{why.zh}。请恢复该文件，或修改数据库地址中的 ssl_ca。",
        )


def open_database(url: str, *, answer_s: int = ANSWER_S, make: bool = False) -> Database:
    """Give the database at a URL like `sqlite:////path/farm.db` or `mysql://user:password@host/farm`.

    A server's URL may end in `?ssl_ca=FILE`: then only TLS will do, with a certificate of that
    authority for that host; and in `role=NAME` for a leased account. Connects only when it is used.
    `make`: an SQLite file that does not exist is made. Raises Refused when the URL is none or names
    another kind, and NoAuthority.
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise _bad_url() from None  # its text may hold the password
    kind = parsed.get_backend_name()
    if kind in SERVERS and set(parsed.query) <= _OPTIONS:
        return Database(_open_server(parsed, answer_s))
    if kind == "sqlite" and parsed.database not in (None, "", ":memory:"):
        return Database(_open_sqlite(parsed, "rwc" if make else "rw"))
    raise _bad_url()


def _bad_url() -> Refused:
    return Refused(
        "This is no database that FarmDesk knows. Write it like sqlite:////path/farm.db or "
        "mysql://user:password@host/farm.",
        "FarmDesk 不认识这个数据库地址。请写成 sqlite:////path/farm.db 或 mysql://user:password@host/farm。",
    )


_to_json = partial(json.dumps, ensure_ascii=False, allow_nan=False)


def _open_server(url: URL, answer_s: int) -> Engine:
    role = _option(url, "role")
    engine = create_engine(
        url.set(drivername="mysql+pymysql", query={"charset": "utf8mb4"}),
        isolation_level="READ COMMITTED",
        pool_pre_ping=True,
        pool_recycle=1800,
        pool_timeout=CONNECT_S,
        pool_size=LEASED_CONNECTIONS if role else 5,
        max_overflow=0 if role else 10,
        hide_parameters=True,
        json_serializer=_to_json,
        connect_args={
            "connect_timeout": CONNECT_S,
            "read_timeout": answer_s,
            "write_timeout": answer_s,
            "sql_mode": _STRICT,
            **_password(url),
            **_tls(url),
            **({"database": None} if role else {}),
        },
    )
    if role:
        event.listen(engine, "connect", partial(_take_role, role, str(url.database)), insert=True)
    bind_many_quickly(engine)
    return engine


def _option(url: URL, name: str) -> str:
    """Give an option of the URL; empty when it is not there."""
    value = url.query.get(name, "")
    return value if isinstance(value, str) else value[-1]


def _tls(url: URL) -> dict[str, object]:
    """Given the authority alone, PyMySQL would take any of its certificates for any host."""
    ca = _option(url, "ssl_ca")
    if not ca:
        return {}
    try:
        ssl.create_default_context(cafile=ca)
    except OSError as error:  # the driver would raise it as it is, at the first connection
        raise NoAuthority(ca, error) from error
    return {"ssl_ca": ca, "ssl_verify_cert": True, "ssl_verify_identity": True}


def _take_role(
    role: str, database: str, connection: DBAPIConnection, _entry: ConnectionPoolEntry
) -> None:
    """Take up a role; before that, a leased account may not even enter the database."""
    cursor = connection.cursor()
    for word, name in (("SET ROLE", role), ("USE", database)):
        cursor.execute(f"{word} `{name.replace('`', '``')}`")
    cursor.close()


def _password(url: URL) -> dict[str, bytes]:
    """Give the password as the servers keep it; left to itself PyMySQL allows Latin-1 only."""
    return {} if url.password is None else {"password": str(url.password).encode()}


def _open_sqlite(url: URL, mode: str) -> Engine:
    place = f"{Path(str(url.database)).absolute().as_uri()}?mode={mode}"
    engine = create_engine(
        url.set(drivername="sqlite+pysqlite"),
        hide_parameters=True,
        json_serializer=_to_json,
        creator=lambda: sqlite3.connect(
            place, uri=True, timeout=SQLITE_WAIT_S, check_same_thread=False
        ),
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    """Durable commits beside readers that never wait. Source: sqlite.org/pragma.html."""
    if not isinstance(connection, sqlite3.Connection):
        raise TypeError("SQLite needs Python's own driver")
    connection.isolation_level = None  # we say BEGIN ourselves, see `_begin_sqlite`
    _keep_log_ahead(connection)
    for pragma in ("synchronous = FULL", "foreign_keys = ON"):
        connection.execute(f"PRAGMA {pragma}").close()


def _keep_log_ahead(connection: sqlite3.Connection) -> None:
    """Let a database write ahead. Where two begin with a new one, SQLite refuses one at once.

    Its own wait is not for a lock that grows from reading to writing. Source: btree.c of SQLite,
    sqlite3BtreeBeginTrans.
    """
    end = monotonic() + SQLITE_WAIT_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL").close()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or monotonic() > end:
                raise
            sleep(0.01)
        else:
            return


def _begin_sqlite(connection: Connection) -> None:
    """Take the write lock at once: a reader that turns writer later would fail, not wait."""
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
