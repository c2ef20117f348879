"""Tells the superadmins in time that the gateway's certificate ends: then nobody could come in."""

from datetime import datetime, timedelta

from farmdesk.db import urgent_rows
from farmdesk.db.database import Database
from farmdesk.domain.records import MessageRecord
from farmdesk.domain.users import Role
from farmdesk.gateway.callers import Clock
from farmdesk.security.tls import ends_soon, load_certificate

AGAIN = timedelta(days=1)


class Expiry:
    """Watches the certificate (PEM) that this gateway serves with. For one thread."""

    def __init__(self, database: Database, certificate: bytes, now: Clock) -> None:
        self._database = database
        self._certificate = certificate
        self._now = now
        self._not_before: datetime | None = None

    def tidy(self) -> None:
        """Tell them once a day, from 30 days before its end."""
        now = self._now()
        if self._not_before is not None and now < self._not_before:
            return
        if ends_soon(self._certificate, now):
            with self._database.writing() as connection:
                urgent_rows.write_messages(connection, [_ends(self._certificate, now)])
        self._not_before = now + AGAIN


def _ends(certificate: bytes, now: datetime) -> MessageRecord:
    day = f"{load_certificate(certificate).not_valid_after_utc.astimezone():%Y-%m-%d}"
    return MessageRecord(
        now,
        f"The gateway's certificate ends on {day}; then nobody comes in from elsewhere. Run "
        "farmdesk setup, or bring the new one of your authority, and start the server anew.",
        f"网关证书将于 {day} 到期，届时外部用户将无法登录。请运行 farmdesk setup，"
        "或放入您的 CA 签发的新证书，然后重新启动服务器。",
        role=Role.SUPERADMIN,
    )
