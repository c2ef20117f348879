"""Fixtures of the integration tests: a farm's gateway with users, and a client of it."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from farmdesk.domain.accounts import DbLogin
    from tests.gateway_room import Room
    from tests.gateways import RunningGateway
    from tests.integration.staffed_farm import Shell, StaffedFarm
    from tests.servers import DatabaseServer


@pytest.fixture
def room(sqlite_url: str, gateway: "RunningGateway") -> Iterator["Room"]:
    """A gateway with ann and bob, customers, an operator and a superadmin, on SQLite."""
    from tests.gateway_room import Room

    with Room(sqlite_url, gateway) as made:
        yield made


@pytest.fixture(scope="session")
def staffed(db_server: "DatabaseServer") -> Iterator["StaffedFarm"]:
    """A farm on a server with a task, staff, and accounts to lend them."""
    from tests.integration.staffed_farm import staffed_farm

    with staffed_farm(db_server) as made:
        yield made


@pytest.fixture
def lent(staffed: "StaffedFarm") -> "DbLogin":
    """An operator's leased database account."""
    return staffed.lend("ops")


@pytest.fixture
def shell(staffed: "StaffedFarm", lent: "DbLogin") -> Iterator["Shell"]:
    """A mysql shell with that account."""
    opened = staffed.shell(lent)
    yield opened
    opened.close()
