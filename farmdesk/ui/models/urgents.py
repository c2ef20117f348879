"""Urgent requests as rows: those that are open first, by deadline; and what a user may say now."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from PyQt5.QtGui import QIcon

from farmdesk.domain.rows import UrgentRow
from farmdesk.domain.urgent import OPERATORS, UrgentRequest
from farmdesk.domain.urgent_states import UrgentState
from farmdesk.ui.appearance import Appearance
from farmdesk.ui.glyphs import urgent_icon
from farmdesk.ui.models.keyed_rows import Column, KeyedRows
from farmdesk.ui.texts import Text
from farmdesk.ui.urgent_texts import UrgentText


@dataclass(frozen=True, slots=True)
class Choices:
    """What the render staff's `login` may say about a request now."""

    answer: bool = False  # as a customer whose task would lose nodes
    review: bool = False  # for the staff
    overrule: bool = False
    withdraw: bool = False


def choices(request: UrgentRequest, login: str, now: datetime) -> Choices:
    """Find what may be said; the engine checks it again."""
    asking = request.state is UrgentState.ASKING and not request.overruled
    in_time = asking and now < request.deadline
    silent = {item.login for item in request.consents if item.answer is None}
    return Choices(
        answer=in_time and login != OPERATORS and login in silent,
        review=in_time and OPERATORS in silent,
        overrule=asking,
        withdraw=request.open,
    )


class UrgentsModel(KeyedRows[int, UrgentRow]):
    """One line a request, also those that are over. `now` is asked for the time left."""

    def __init__(
        self, appearance: Appearance, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self.now = now
        super().__init__(appearance)

    def make_columns(self) -> tuple[Column[UrgentRow], ...]:
        """Give the columns; the first one sorts by what needs a person."""
        return (
            Column(
                "state",
                Text.COLUMN_STATE,
                lambda r: self.appearance.words.urgent_state(r.request.state),
                _urgency,
                icon=self._icon,
            ),
            Column("task", Text.COLUMN_TASK, lambda r: r.task_name, lambda r: r.task_name),
            Column("left", UrgentText.COLUMN_LEFT, self.left, lambda r: r.request.deadline),
            Column("answers", UrgentText.COLUMN_ANSWERS, self._answers, _given),
        )

    def key(self, row: UrgentRow) -> int:
        """Give the request's number."""
        return row.request.id

    def passes(self, row: UrgentRow) -> bool:  # noqa: ARG002 every request is shown
        """Show every request."""
        return True

    def open(self) -> list[UrgentRow]:
        """Give the requests that are not over."""
        return [row for row in self._rows.values() if row.request.open]

    def asking(self) -> list[UrgentRow]:
        """Give the requests that wait for answers, the first deadline first."""
        rows = [row for row in self._rows.values() if row.request.state is UrgentState.ASKING]
        return sorted(rows, key=lambda row: row.request.deadline)

    def left(self, row: UrgentRow) -> str:
        """Say how much time is left for answers."""
        words = self.appearance.words
        if row.request.state is not UrgentState.ASKING:
            return words(Text.DASH)
        return words.countdown((row.request.deadline - self.now()).total_seconds())

    def _answers(self, row: UrgentRow) -> str:
        return self.appearance.words(
            UrgentText.ANSWERED, given=_given(row), asked=len(row.request.consents)
        )

    def _icon(self, row: UrgentRow) -> QIcon:
        return urgent_icon(row.request.state, self.appearance.theme)


def _urgency(row: UrgentRow) -> tuple[int, float]:
    """Sort key: asking ones by deadline, then admitted ones, then those that are over, newest."""
    request = row.request
    if request.state is UrgentState.ASKING:
        return 0, request.deadline.timestamp()
    if request.state is UrgentState.ADMITTED:
        return 1, request.asked_at.timestamp()
    return 2, -request.asked_at.timestamp()


def _given(row: UrgentRow) -> int:
    return sum(item.answer is not None for item in row.request.consents)
