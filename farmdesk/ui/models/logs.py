"""The newest log lines, capped; the view shows them as text, filtered by level."""

from collections import deque
from collections.abc import Iterable
from enum import Enum

from farmdesk.domain.rows import LogRow
from farmdesk.ui.texts import Text
from farmdesk.ui.wording import Wording, local_clock

CAPACITY = 5000  # lines kept; older ones are in the task's log files


class LogFilter(Enum):
    """Which lines are shown."""

    ALL = Text.LOG_ALL
    WARNINGS = Text.LOG_WARNINGS
    ERRORS = Text.LOG_ERRORS


_LEVELS: dict[LogFilter, tuple[str, ...]] = {
    LogFilter.WARNINGS: ("warning", "error"),
    LogFilter.ERRORS: ("error",),
}
_LEVEL_WORDS = {"error": Text.LEVEL_ERROR, "warning": Text.LEVEL_WARNING}


class LogBuffer:
    """Keeps the last `CAPACITY` rows, each once."""

    def __init__(self) -> None:
        self._rows: deque[LogRow] = deque(maxlen=CAPACITY)

    def __len__(self) -> int:
        return len(self._rows)

    def clear(self) -> None:
        """Forget all lines."""
        self._rows.clear()

    def add(self, rows: Iterable[LogRow]) -> list[LogRow]:
        """Keep rows that are newer than all kept ones, and give those back."""
        newest = self._rows[-1].id if self._rows else -1
        fresh = [row for row in rows if row.id > newest]
        self._rows.extend(fresh)
        return fresh

    def shown(self, chosen: LogFilter) -> list[LogRow]:
        """Give the kept rows that pass the filter, oldest first."""
        return [row for row in self._rows if passes(row, chosen)]


def passes(row: LogRow, chosen: LogFilter) -> bool:
    """Tell whether a filter shows this row."""
    return chosen is LogFilter.ALL or row.record.level in _LEVELS[chosen]


def line(row: LogRow, words: Wording) -> str:
    """Give the row as one line; what the tool wrote never breaks it into more."""
    record = row.record
    parts = [local_clock(record.at)]
    if record.level in _LEVEL_WORDS:
        parts.append(words(_LEVEL_WORDS[record.level]))
    if record.node:
        parts.append(f"[{record.node}]")
    if record.frame is not None:
        parts.append(f"#{record.frame}")
    return " ".join((*parts, " ⏎ ".join(record.text.splitlines())))
