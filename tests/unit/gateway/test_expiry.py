"""The superadmins hear in time that the gateway's certificate ends."""

from datetime import UTC, datetime, timedelta

from farmdesk.db import urgent_rows
from farmdesk.db.database import Database, open_database
from farmdesk.domain.users import Role, User
from farmdesk.gateway.expiry import Expiry
from farmdesk.security.tls import SERVER_LIFE, make_ca, make_server_certificate
from tests.gateways import TurningClock

BOSS, OPERATOR = User("boss", Role.SUPERADMIN), User("li", Role.OPERATOR)


def _told(database: Database, user: User) -> list[str]:
    with database.reading() as connection:
        rows = urgent_rows.read_messages(connection, user, 0, 100)
    return [row.record.text for row in rows]


def test_superadmins_are_told_daily_from_a_month_before_the_end(sqlite_url: str) -> None:
    database = open_database(sqlite_url)
    now = datetime.now(UTC)
    ca = make_ca("farm", now)
    server = make_server_certificate(ca, ["farm.example"], now)
    clock = TurningClock()
    expiry = Expiry(database, server.certificate, clock)
    expiry.tidy()
    clock.turn(days=SERVER_LIFE.days - 32)
    expiry.tidy()
    assert _told(database, BOSS) == []
    for count in (1, 2):
        clock.turn(days=2)
        for _ in range(3):  # each few seconds
            expiry.tidy()
        assert len(_told(database, BOSS)) == count
    end = (now + SERVER_LIFE).astimezone()
    days = {f"{end + timedelta(seconds=s):%Y-%m-%d}" for s in (-5, 5)}  # about midnight, either
    assert any(f"ends on {day}; then nobody comes in" in _told(database, BOSS)[0] for day in days)
    assert _told(database, OPERATOR) == []
    database.close()
