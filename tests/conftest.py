"""Fixtures that all tests share: a database server for each worker, empty farms on each kind."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis.internal.conjecture import providers
from sqlalchemy import update

from farmdesk.db.database import open_database
from farmdesk.db.migrate import migrate
from farmdesk.db.models import AuditHead, Base, EngineLease, FarmCounter
from tests.empty_farm import new_farm
from tests.servers import DatabaseServer, database_server

if TYPE_CHECKING:
    from tests.gateways import RunningGateway  # the web framework takes a while to load


def pytest_configure() -> None:
    """Hear Ctrl-C, and let processes hear it that tests start, also behind a shell's `&`.

    Hypothesis takes constants of all modules that are loaded by then into its examples: these would
    be others in each run, as no process of tests is given the same tests in the same order twice.
    """
    providers._get_local_constants = lambda: providers._local_constants  # none
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def db_server() -> Iterator[DatabaseServer]:
    """A running MariaDB, or MySQL: see docs/operations.md; whoever stops it starts it again."""
    chosen = database_server()
    missing = chosen.missing()
    if missing:
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    with chosen as server:
        yield server


@pytest.fixture(params=["sqlite", "server"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database, once on SQLite and once on a server."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'farm.db'}"
    server: DatabaseServer = request.getfixturevalue("db_server")
    return server.new_database()


@pytest.fixture(params=["sqlite_url", "server_url"])
def farm_url(request: pytest.FixtureRequest) -> str:
    """The URL of a farm without tasks, once on SQLite and once on a server."""
    url: str = request.getfixturevalue(request.param)
    return url


@pytest.fixture
def gateway(_gateway: "RunningGateway") -> Iterator["RunningGateway"]:
    """A gateway that serves whichever farm a test puts behind it, as its own document says."""
    yield _gateway
    assert _gateway.misfits() == []


@pytest.fixture(scope="session")
def _gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator["RunningGateway"]:
    from tests.gateways import running_gateway

    with running_gateway(tmp_path_factory.mktemp("gateway")) as running:
        yield running


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """The URL of a farm without tasks on SQLite."""
    return new_farm(tmp_path / "farm.db")


@pytest.fixture(scope="session")
def _server_farm(db_server: DatabaseServer) -> str:
    url = db_server.new_database()
    migrate(url)
    return url


@pytest.fixture
def server_url(_server_farm: str) -> str:
    """The URL of a farm without tasks on a server: tables emptied, as making them takes longer."""
    database = open_database(_server_farm)
    with database.writing() as connection:
        for table in reversed(Base.metadata.sorted_tables):
            if table.name not in ("engine_lease", "farm_counter", "audit_head"):
                connection.execute(table.delete())
        connection.execute(update(EngineLease).values(owner=None, until=None))
        connection.execute(update(FarmCounter).values(rev=0, flush=0))
        connection.execute(update(AuditHead).values(last=0, digest=bytes(32)))
    database.close()
    return _server_farm
