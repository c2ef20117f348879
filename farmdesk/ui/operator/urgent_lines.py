"""The lines of an urgent request's card, in words. No Qt."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from farmdesk.domain.exits import ExitRule
from farmdesk.domain.rows import UrgentRow
from farmdesk.domain.urgent import Consent, UrgentRequest
from farmdesk.domain.urgent_states import Answer, UrgentState
from farmdesk.ui.operator.delays import listed
from farmdesk.ui.urgent_texts import UrgentText
from farmdesk.ui.wording import Wording, local_moment

_MARKS = {None: "○", Answer.ALLOW: "✓", Answer.REFUSE: "✕"}


@dataclass(frozen=True, slots=True)
class UrgentLines:
    """Says what the card shows, `now`; `task_name` gives an empty name for an unknown task."""

    words: Wording
    now: datetime
    task_name: Callable[[int], str]

    def title(self, row: UrgentRow) -> str:
        """Name the task, and where its request stands."""
        state = self.words.urgent_state(row.request.state)
        return f"{row.task_name or self._name(row.request.task_id)} · {state}"

    def asked(self, request: UrgentRequest) -> str:
        """Say who asks, when, and why."""
        at = local_moment(request.asked_at, self.now)
        return self.words(UrgentText.ASKED, who=request.asked_by, at=at, reason=request.reason)

    def deadline(self, request: UrgentRequest) -> str:
        """Say how much time is left for answers, or how it ended."""
        words, at = self.words, local_moment(request.deadline, self.now)
        if request.state is UrgentState.ADMITTED:
            return words(UrgentText.ADMITTED)
        if request.state is UrgentState.ASKING:
            left_s = (request.deadline - self.now).total_seconds()
            if left_s <= 0.0:
                return words(UrgentText.LAPSED, at=at)
            return words(UrgentText.LEFT, left=words.countdown(left_s), at=at)
        ended = local_moment(request.decided_at or request.deadline, self.now)
        text = words(UrgentText.OVER, state=words.urgent_state(request.state), at=ended)
        lines = [text, request.ending.text(words.language)]
        if request.decision:
            who = request.decided_by or request.asked_by
            lines.append(words(UrgentText.DECIDED_BY, who=who, words=request.decision))
        return "\n".join(filter(None, lines))

    def answer(self, consent: Consent) -> str:
        """Say who was asked and what he said, or what counts if he says nothing."""
        words = self.words
        if consent.answer is None:
            said = words(UrgentText.OPEN, default=words.answer(consent.default))
        elif not consent.by:
            said = words(UrgentText.BY_DEFAULT, answer=words.answer(consent.answer))
        elif consent.by == consent.login:
            said = words.answer(consent.answer)
        else:
            said = words(UrgentText.GIVEN, answer=words.answer(consent.answer), by=consent.by)
        who = consent.login or words(UrgentText.STAFF)
        return f"{_MARKS[consent.answer]} {words(UrgentText.DECIDED_BY, who=who, words=said)}"

    def losers(self, request: UrgentRequest, rule: ExitRule) -> str:
        """Say which tasks give up nodes, and how many."""
        cost = next((item for item in request.costs if item.rule is rule), None)
        if cost is None:
            return self.words(UrgentText.NO_COST)
        if not cost.tasks:
            return self.words(UrgentText.NOBODY_LOSES)
        losses = [
            self.words(UrgentText.LOSER, task=self._name(loss.task_id), nodes=loss.nodes)
            for loss in cost.tasks
        ]
        return self.words(UrgentText.LOSERS, tasks=listed(losses))

    def _name(self, task_id: int) -> str:
        return self.task_name(task_id) or self.words(UrgentText.TASK_NUMBER, id=task_id)
