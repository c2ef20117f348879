"""Real servers that tests start for themselves, on a free port and in a folder of their own."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import ClassVar, Self
from urllib.parse import quote

from sqlalchemy import URL, NullPool, create_engine
from sqlalchemy.exc import OperationalError

from farmdesk.security.authority import make_ca, make_server_certificate
from tests.ports import free_port

START_S = 60
_STOP_S = 30
_USER, _PASSWORD = (
    "farm",
    "s3cret:@/%密",
)  # an awkward one: it must survive the URL and never be shown
_MYSQLD = "FARMDESK_TEST_MYSQLD"  # a program of MySQL, in MariaDB's place


class DatabaseServer(ABC):
    """A private server with its own data folder; a context manager that ends it whatever happens.

    `stop` and `start` take it away and bring it back on the same port, data kept. It speaks TLS to
    whoever wants it, with a certificate for 127.0.0.1 by the authority in file `ca`.
    `FARM_RIGHTS`: what a farm's own account needs on all schemas, see docs/operations.md.
    `READ_ONLY`: the setting that stops that account from writing.
    """

    NAME: ClassVar[str]
    FARM_RIGHTS: ClassVar[str]
    READ_ONLY: ClassVar[str]

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="fd-db-"))  # short: it holds a socket
        self._data = self._folder / "data"
        self.ca = self._folder / "ca.pem"
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._databases = 0
        # A server that starts deletes what servers left in their folder for temporary tables.
        self._environment = {**os.environ, "TMPDIR": str(self._folder)}

    @staticmethod
    @abstractmethod
    def missing() -> str:
        """Say what is missing on this machine to run it; empty when nothing is."""

    @abstractmethod
    def _install(self) -> list[str]:
        """Give the command that fills the data folder."""

    @abstractmethod
    def _command(self) -> list[str]:
        """Give the command that starts the server, to which the settings of both are added."""

    def __enter__(self) -> Self:
        try:
            self._prepare()
            self.start()
        except BaseException:
            self._remove()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._remove()

    def start(self) -> None:
        """Start the server and wait until it answers. Raises RuntimeError with its log."""
        log = self._folder / "error.log"
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [*_dies_with_us(), *self._command(), *self._settings()],
                stdout=output,
                stderr=output,
                env=self._environment,
            )
        end = time.monotonic() + START_S
        while time.monotonic() < end and self._process.poll() is None:
            try:
                self.run("SELECT 1")
                return
            except OperationalError:
                time.sleep(0.02)  # nothing tells when it listens
        raise RuntimeError(f"the database server does not answer:\n{log.read_text()[-2000:]}")

    def stop(self, *, kill: bool = False) -> None:
        """End the server in good order, or as a power cut would; it is gone when this returns."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL if kill else signal.SIGTERM)
            self._process.wait(_STOP_S)
            self._process = None

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Let the server hang, its connections open, inside the `with`."""
        if self._process is None:
            raise RuntimeError("the server does not run")
        self._process.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, self._process.pid, os.WSTOPPED)  # a busy thread may take its time
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)

    @contextmanager
    def reading_only(self) -> Iterator[None]:
        """Let no farm write inside the `with`."""
        self.run(f"SET GLOBAL {self.READ_ONLY} = ON")
        try:
            yield
        finally:
            self.run("SET GLOBAL read_only = OFF")  # that of MySQL's `super_read_only` too

    def new_database(self) -> str:
        """Make an empty database, of a bad character set on purpose, and give its URL."""
        self._databases += 1
        name = f"farm_{self._databases}"
        self.run(f"CREATE DATABASE {name} CHARACTER SET latin1")
        return self.url(name)

    def url(self, database: str) -> str:
        """Give the URL of a database of this server."""
        return f"mysql://{_USER}:{quote(_PASSWORD, safe='')}@127.0.0.1:{self.port}/{database}"

    def farm_account(self, database: str) -> str:
        """Make the account that a farm needs, with no right more, and give its URL, over TLS."""
        name = f"own_{database}"
        self.run(
            f"CREATE USER IF NOT EXISTS '{name}'@'%%' IDENTIFIED BY 'farm' REQUIRE SSL",
            f"GRANT ALL ON {database}.* TO '{name}'@'%%' WITH GRANT OPTION",
            f"GRANT {self.FARM_RIGHTS} ON *.* TO '{name}'@'%%'",
        )
        place = f"127.0.0.1:{self.port}/{database}"
        return f"mysql://{name}:farm@{place}?ssl_ca={quote(str(self.ca))}"

    def run(self, *statements: str, database: str | None = None) -> None:
        """Run statements in one transaction, as a user who may do anything."""
        place = URL.create(
            "mysql+pymysql", _USER, host="127.0.0.1", port=self.port, database=database
        )
        login = {"password": _PASSWORD.encode()}
        with create_engine(place, poolclass=NullPool, connect_args=login).begin() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)

    def _prepare(self) -> None:
        done = subprocess.run(
            self._install(), env=self._environment, capture_output=True, text=True
        )
        if done.returncode:
            raise RuntimeError(f"no data folder could be made:\n{done.stdout}{done.stderr}")
        self._certify()
        (self._folder / "init.sql").write_text(
            f"CREATE USER IF NOT EXISTS '{_USER}'@'%' IDENTIFIED BY '{_PASSWORD}';\n"
            f"GRANT ALL ON *.* TO '{_USER}'@'%' WITH GRANT OPTION;\n",
            encoding="utf-8",
        )

    def _certify(self) -> None:
        now = datetime.now(UTC)
        authority = make_ca("test", now)
        server = make_server_certificate(authority, ["127.0.0.1"], now)
        self.ca.write_bytes(authority.certificate)
        (self._folder / "server.pem").write_bytes(server.certificate)
        (self._folder / "server.key").write_bytes(server.key)

    def _settings(self) -> list[str]:
        return [
            *_as_root(),
            f"--datadir={self._data}",
            f"--socket={self._folder / 'sock'}",
            f"--pid-file={self._folder / 'pid'}",
            f"--init-file={self._folder / 'init.sql'}",
            f"--port={self.port}",
            "--bind-address=127.0.0.1",
            "--skip-name-resolve",
            "--character-set-server=utf8mb4",
            "--innodb-buffer-pool-size=128M",
            "--innodb-flush-log-at-trx-commit=1",
            "--innodb-autoinc-lock-mode=2",
            f"--ssl-ca={self.ca}",
            f"--ssl-cert={self._folder / 'server.pem'}",
            f"--ssl-key={self._folder / 'server.key'}",
        ]

    def _remove(self) -> None:
        self.stop(kill=True)
        shutil.rmtree(self._folder, ignore_errors=True)


class MariaDb(DatabaseServer):
    """MariaDB, as this machine has it."""

    NAME = "mariadb"
    FARM_RIGHTS = "CREATE USER, PROCESS, CONNECTION ADMIN"
    READ_ONLY = "read_only"

    @staticmethod
    def missing() -> str:
        """Say which of its programs are missing."""
        gone = [name for name in ("mariadbd", "mariadb-install-db") if _program(name) is None]
        return f"{' and '.join(gone)} not found: apt install mariadb-server" if gone else ""

    def _install(self) -> list[str]:
        install = _program("mariadb-install-db") or ""
        folder = f"--datadir={self._data}"
        return [install, "--no-defaults", "--skip-test-db", folder, *_as_root()]

    def _command(self) -> list[str]:
        return [_program("mariadbd") or "", "--no-defaults", "--innodb-log-file-size=64M"]


class MySql(DatabaseServer):
    """MySQL 8.0.30 or newer: the program that the environment names."""

    NAME = "mysql"
    FARM_RIGHTS = "CREATE USER, ROLE_ADMIN, PROCESS, CONNECTION_ADMIN, XA_RECOVER_ADMIN"
    READ_ONLY = "super_read_only"

    @staticmethod
    def missing() -> str:
        """Say nothing: who names a program wants it, and is told when it does not run."""
        return ""

    def _install(self) -> list[str]:
        install = [os.environ[_MYSQLD], "--no-defaults", "--initialize-insecure"]
        return [*install, f"--datadir={self._data}", *_as_root()]

    def _command(self) -> list[str]:
        return [
            os.environ[_MYSQLD],
            "--no-defaults",
            "--innodb-redo-log-capacity=128M",
            "--log-bin-trust-function-creators=1",
            "--secure-file-priv=",  # files are for the grants to refuse, as on MariaDB
            "--local-infile=1",
            "--mysqlx=OFF",
        ]


SERVERS: dict[str, type[DatabaseServer]] = {kind.NAME: kind for kind in (MariaDb, MySql)}


def database_server() -> DatabaseServer:
    """Give the server on which tests run, not started: MariaDB, unless the environment says so."""
    return MySql() if os.environ.get(_MYSQLD) else MariaDb()


def _program(name: str) -> str | None:
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


def _as_root() -> list[str]:
    return ["--user=root"] if os.geteuid() == 0 else []


def _dies_with_us() -> list[str]:
    """Let the kernel end the server when the test process is killed."""
    setpriv = _program("setpriv")
    return [setpriv, "--pdeathsig", "KILL"] if setpriv else []
