"""Tells the staff in time that a certificate of the gateway ends: then nobody could come in."""

import logging
from collections.abc import Iterator
from datetime import datetime, timedelta

from farmdesk.db import urgent_rows
from farmdesk.db.database import Database
from farmdesk.domain.records import MessageRecord
from farmdesk.domain.said import Said
from farmdesk.domain.users import Role, User
from farmdesk.gateway.callers import Clock
from farmdesk.security.certificates import ends_soon, load_certificate

LOOK = timedelta(hours=1)
_STAFF = User("", Role.OPERATOR)
_LATEST = 1000  # messages, among which is what was told today, also by a gateway before this one

log = logging.getLogger(__name__)


class Expiry:
    """Watches what this gateway serves with, and the authority that clients pin; both PEM.

    For one thread.
    """

    def __init__(
        self, database: Database, *, certificate: bytes, authority: bytes, now: Clock
    ) -> None:
        self._database = database
        self._certificate = certificate
        self._authority = authority
        self._now = now
        self._not_before: datetime | None = None

    def tidy(self) -> None:
        """Tell operators and superadmins, and the log, once a day, from 30 days before an end."""
        now = self._now()
        if self._not_before is not None and now < self._not_before:
            return
        said = list(self._said(now))
        if said:
            self._tell(said, now)
        self._not_before = now + LOOK

    def _said(self, now: datetime) -> Iterator[Said]:
        for pem, words in (
            (self._certificate, _certificate_ends),
            (self._authority, _authority_ends),
        ):
            if ends_soon(pem, now):
                end = load_certificate(pem).not_valid_after_utc
                yield words(f"{end.astimezone():%Y-%m-%d}", max((end - now).days, 0))

    def _tell(self, said: list[Said], now: datetime) -> None:
        with self._database.writing() as connection:
            rows = urgent_rows.read_messages(connection, _STAFF, 0, _LATEST)
            told = {row.record.text for row in rows}
            new = [one for one in said if one.en not in told]  # each day has its own number
            urgent_rows.write_messages(
                connection, [MessageRecord(now, one.en, one.zh, role=_STAFF.role) for one in new]
            )
        for one in new:
            log.warning("%s", one.en)


def _certificate_ends(day: str, left: int) -> Said:
    return Said(
        f"The gateway's certificate ends on {day} (days left: {left}); then nobody comes in from "
        "elsewhere. Run farmdesk setup, or bring the new one of your authority, and start the "
        "server anew.",
        f"网关证书将于 {day} 到期（剩余 {left} 天），届时外部用户将无法登录。"
        "请运行 farmdesk setup，或放入您的 CA 签发的新证书，然后重新启动服务器。",
    )


def _authority_ends(day: str, left: int) -> Said:
    return Said(
        f"The farm's certificate authority ends on {day} (days left: {left}); then nobody comes "
        "in from elsewhere. Move the folder tls away and run farmdesk setup, or bring the files "
        "of your new authority; start the server anew, and let everybody log in with --trust.",
        f"农场的 CA 将于 {day} 到期（剩余 {left} 天），届时外部用户将无法登录。"
        "请移走 tls 文件夹并运行 farmdesk setup，或放入您的新 CA 的文件；"
        "然后重新启动服务器，并请所有用户以 --trust 登录。",
    )
