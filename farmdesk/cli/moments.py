"""Times as people write them on a command line."""

from datetime import UTC, datetime

from farmdesk.domain.errors import Refused


def read_time(text: str) -> datetime:
    """Give a time in UTC; one without a zone is of this place. Raises Refused."""
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Refused(
            f"{text!r} is no time. Write it like 2026-02-04T20:00.",
            f"{text!r} 不是有效的时间。请写成 2026-02-04T20:00 的形式。",
        ) from None
