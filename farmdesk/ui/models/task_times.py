"""When tasks will end and are due, in words: the forecast that lies beside the queue's rows."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from PyQt5.QtGui import QIcon

from farmdesk.domain.rows import TaskRow
from farmdesk.domain.states import FrameState
from farmdesk.domain.task import ENDED
from farmdesk.link.ahead import ForecastRow
from farmdesk.ui.appearance import Appearance
from farmdesk.ui.glyphs import Glyph, glyph_icon
from farmdesk.ui.texts import Text
from farmdesk.ui.wording import local_moment

MIN_FRAMES_FOR_ESTIMATE = 3  # before that, "—", unless a previous version tells more
LATEST = datetime.max.replace(tzinfo=UTC)


class TaskTimes:
    """The newest forecast, by task. `now` is asked for the present day and hour."""

    def __init__(self, appearance: Appearance, now: Callable[[], datetime]) -> None:
        self._appearance = appearance
        self._now = now
        self._ahead: dict[int, ForecastRow] = {}

    def take(self, rows: Iterable[ForecastRow]) -> list[int]:
        """Take a new forecast and give the tasks of which it says something else."""
        old, self._ahead = self._ahead, {row.task_id: row for row in rows}
        return [k for k in old.keys() | self._ahead.keys() if old.get(k) != self._ahead.get(k)]

    def ends(self, row: TaskRow) -> str:
        """Say when it is expected to end, how sure that is, and whether that is too late."""
        words, found = self._appearance.words, self._known_ahead(row)
        if found is None:
            return words(Text.DASH)
        if found.expected is None or found.low is None:
            return words(Text.ENDS_NEVER)
        at = local_moment(found.expected, self._now())
        if found.high is None:
            return words(Text.ENDS_OR_LATER, at=at)
        half = (found.high - found.low).total_seconds() / 2
        text = words(Text.ENDS, at=at, range=words.duration(half))
        text = words(Text.ENDS_IF_STARTED, ends=text) if found.queued else text
        return words(Text.WILL_BE_LATE, ends=text) if found.will_be_late else text

    def ends_order(self, row: TaskRow) -> datetime:
        """Give what the column of ends sorts by."""
        found = self._known_ahead(row)
        return LATEST if found is None or found.expected is None else found.expected

    def ends_tip(self, row: TaskRow) -> str:
        """Say the range of its end, and what it depends on."""
        words, found = self._appearance.words, self._known_ahead(row)
        if found is None or found.expected is None:
            return words(Text.ENDS_NONE_TIP)
        low, at, high = (
            words(Text.DASH) if moment is None else local_moment(moment, self._now())
            for moment in (found.low, found.expected, found.high)
        )
        rest = words.duration((found.expected - self._now()).total_seconds())
        lines = [words(Text.ENDS_TIP, at=at, rest=rest, low=low, high=high)]
        if found.queued:
            lines.append(words(Text.ENDS_QUEUED_TIP))
        if row.due is not None:
            lines.append(self.due_tip(row))
        return "\n".join(lines)

    def due(self, row: TaskRow) -> str:
        """Say when it is due."""
        due = _due(row)
        return "" if due is None else local_moment(due, self._now())

    def due_order(self, row: TaskRow) -> datetime:
        """Give what the column of due times sorts by."""
        return _due(row) or LATEST

    def due_tip(self, row: TaskRow) -> str:
        """Say how likely it misses its due time."""
        due, found = _due(row), self._known_ahead(row)
        if due is None:
            return ""
        words, at = self._appearance.words, local_moment(due, self._now())
        if found is None:
            return words(Text.DUE_TIP, at=at)
        return words(Text.LATE_TIP, at=at, share=f"{found.late:.0%}")

    def late_icon(self, row: TaskRow) -> QIcon | None:
        """Give the mark of a task that will probably be late."""
        found = self._known_ahead(row)
        if found is None or not found.will_be_late:
            return None
        theme = self._appearance.theme
        return glyph_icon(Glyph.CLOCK, theme.frames[FrameState.FAILED])

    def _known_ahead(self, row: TaskRow) -> ForecastRow | None:
        """Give the forecast of a task of which enough is known."""
        known = row.done >= MIN_FRAMES_FOR_ESTIMATE or row.previous_task is not None
        return self._ahead.get(row.id) if known and row.state not in ENDED else None


def _due(row: TaskRow) -> datetime | None:
    return None if row.due is None else datetime.fromisoformat(row.due)
