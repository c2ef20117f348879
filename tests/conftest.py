"""Fixtures that all tests share: a MariaDB for each worker, empty farms on each database."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from farmdesk.db.migrate import migrate
from farmdesk.db.models import Base
from tests.servers import MariaDb

if TYPE_CHECKING:
    from tests.gateways import RunningGateway  # the web framework takes a while to load


@pytest.fixture(scope="session")
def mariadb() -> Iterator[MariaDb]:
    """A running MariaDB; whoever stops it starts it again."""
    missing = MariaDb.missing()
    if missing:
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    with MariaDb() as server:
        yield server


@pytest.fixture(params=["sqlite", "mariadb"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database, once on SQLite and once on MariaDB."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'farm.db'}"
    server: MariaDb = request.getfixturevalue("mariadb")
    return server.new_database()


@pytest.fixture(params=["sqlite_url", "mariadb_url"])
def farm_url(request: pytest.FixtureRequest) -> str:
    """The URL of a farm without tasks, once on SQLite and once on MariaDB."""
    url: str = request.getfixturevalue(request.param)
    return url


@pytest.fixture(scope="session")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator["RunningGateway"]:
    """A gateway that serves whichever farm a test puts behind it."""
    from tests.gateways import running_gateway

    with running_gateway(tmp_path_factory.mktemp("gateway")) as running:
        yield running


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """The URL of a farm without tasks on SQLite."""
    url = f"sqlite:///{tmp_path / 'farm.db'}"
    migrate(url)
    return url


@pytest.fixture(scope="session")
def _mariadb_farm(mariadb: MariaDb) -> str:
    url = mariadb.new_database()
    migrate(url)
    return url


@pytest.fixture
def mariadb_url(mariadb: MariaDb, _mariadb_farm: str) -> str:
    """The URL of a farm without tasks on MariaDB: tables emptied, as making them takes longer."""
    tables = [table.name for table in reversed(Base.metadata.sorted_tables)]
    filled = [n for n in tables if n not in ("engine_lease", "farm_counter", "audit_head")]
    mariadb.run(
        *(f"DELETE FROM `{name}`" for name in filled),
        "UPDATE engine_lease SET owner = NULL, until = NULL",
        "UPDATE farm_counter SET rev = 0, flush = 0",
        "UPDATE audit_head SET last = 0, digest = REPEAT(CHAR(0), 32)",
        database=_mariadb_farm.rpartition("/")[2],
    )
    return _mariadb_farm
