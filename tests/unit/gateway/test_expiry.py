"""The staff hear in time that a certificate of the gateway ends."""

import asyncio
import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from farmdesk.db import urgent_rows
from farmdesk.db.database import Database, open_database
from farmdesk.domain.users import Role, User
from farmdesk.gateway.app import make_app
from farmdesk.gateway.expiry import Expiry
from farmdesk.gateway.server import make_parts
from farmdesk.security.authority import CA_LIFE, SERVER_LIFE, make_ca, make_server_certificate
from tests.gateway_settings import farm_config, gateway_files
from tests.gateways import TurningClock
from tests.samples import NOW

STAFF = [User("boss", Role.SUPERADMIN), User("li", Role.OPERATOR)]
CUSTOMER = User("ann", Role.CUSTOMER)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


class Gateway:
    """What watches the certificates of a gateway, at any time."""

    def __init__(self, database: Database, ca_from: datetime, server_from: datetime) -> None:
        self.database = database
        self.now = server_from
        self._ca = make_ca("farm", ca_from)
        self._server = make_server_certificate(self._ca, ["farm.example"], server_from)
        self.start()

    def start(self) -> None:
        """Start anew: whatever was known in memory is gone."""
        self._expiry = Expiry(
            self.database,
            certificate=self._server.certificate,
            authority=self._ca.certificate,
            now=lambda: self.now,
        )

    def look(self, at: datetime) -> None:
        """Let a round of housekeeping come."""
        self.now = at
        self._expiry.tidy()

    def told(self, user: User = STAFF[0]) -> list[str]:
        """Give what somebody reads."""
        return _told(self.database, user, "en")


def _told(database: Database, user: User, language: str) -> list[str]:
    with database.reading() as connection:
        rows = urgent_rows.read_messages(connection, user, 0, 100)
    return [row.sentence(language) for row in rows]


@pytest.fixture
def database(sqlite_url: str) -> Iterator[Database]:
    opened = open_database(sqlite_url)
    yield opened
    opened.close()


def test_the_staff_are_told_daily_from_a_month_before_the_end(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    gateway = Gateway(database, NOW, NOW)
    end = NOW + SERVER_LIFE
    gateway.look(end - 30 * DAY - HOUR)
    assert gateway.told() == []
    gateway.look(end - 30 * DAY + HOUR)
    assert "certificate ends on" in gateway.told()[0]
    assert f"{end.astimezone():%Y-%m-%d} (days left: 29)" in gateway.told()[0]
    for hours in range(2, 24):
        gateway.look(end - 30 * DAY + hours * HOUR)
    assert len(gateway.told()) == 1
    gateway.look(end - 29 * DAY + HOUR)
    assert len(gateway.told()) == 2
    assert [gateway.told(user) for user in STAFF] == [gateway.told()] * 2
    assert [record.getMessage() for record in caplog.records] == gateway.told()
    assert gateway.told(CUSTOMER) == []


def test_a_new_start_tells_nothing_twice_and_an_end_that_is_past_is_told_once(
    database: Database,
) -> None:
    gateway = Gateway(database, NOW, NOW)
    end = NOW + SERVER_LIFE
    for at in (end - DAY - HOUR, end - HOUR, end + HOUR, end + 3 * DAY):
        for _ in range(3):
            gateway.start()
            gateway.look(at)
    assert [text.partition("left: ")[2][0] for text in gateway.told()] == ["1", "0"]


def test_the_end_of_the_authority_is_told_with_what_it_means(database: Database) -> None:
    gateway = Gateway(database, NOW, NOW + CA_LIFE - 90 * DAY)
    gateway.look(NOW + CA_LIFE - 40 * DAY)
    assert gateway.told() == []
    gateway.look(NOW + CA_LIFE - 21 * DAY + HOUR)
    [text], [chinese] = gateway.told(), _told(database, STAFF[1], "zh")
    for words in ("authority ends on", "days left: 20", "tls", "farmdesk setup", "--trust"):
        assert words in text
    for words in ("CA 将于", "剩余 20 天", "tls", "farmdesk setup", "--trust"):
        assert words in chinese


def test_a_gateway_that_runs_looks_by_itself(
    database: Database, sqlite_url: str, tmp_path: Path
) -> None:
    settings, clock = gateway_files(tmp_path / "gateway"), TurningClock()
    clock.turn(days=SERVER_LIFE.days - 3)
    parts = make_parts(farm_config(tmp_path / "gateway", sqlite_url, settings), settings, clock)

    async def run() -> None:
        app = make_app(parts)
        async with app.router.lifespan_context(app):
            while not _told(database, STAFF[1], "en"):
                await asyncio.sleep(0.01)

    asyncio.run(run())
    parts.database.close()
