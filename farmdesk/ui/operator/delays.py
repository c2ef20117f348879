"""Whose end a what-if moves, in one line. No Qt."""

from collections.abc import Sequence

from farmdesk.link.ahead import ForecastRow
from farmdesk.ui.texts import Text
from farmdesk.ui.wording import Wording

MOST_NAMED = 4  # tasks that are named in a line
NOTEWORTHY_S = 60.0  # a smaller delay is not told


def delays_text(rows: Sequence[ForecastRow], words: Wording) -> str:
    """Say which tasks end how much later, the most delayed first; nothing when there are none."""
    later = [row for row in rows if (row.moved_s or 0.0) >= NOTEWORTHY_S]
    later.sort(key=lambda row: -(row.moved_s or 0.0))
    told = [words(Text.DELAY, task=row.name, time=words.duration(row.moved_s)) for row in later]
    return words(Text.DELAYS, tasks=listed(told)) if told else ""


def listed(names: Sequence[str]) -> str:
    """Give the first names in a line, with a mark when there are more."""
    rest = ["…"] if len(names) > MOST_NAMED else []
    return " · ".join([*names[:MOST_NAMED], *rest])
