"""An urgent request: who is asked, what they answered, and what follows from it.

A request is a value; each step gives the next one or refuses and changes nothing. Everybody who
would lose nodes is asked, and the operators; an answer that has not come by the deadline is the
default that stands on the request. All allow, or an operator overrules: admitted. Somebody refused
and nobody overruled him by the deadline: refused. Times are UTC.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from farmdesk.domain.exits import ExitCost, ExitRule
from farmdesk.domain.said import UNSAID, Said
from farmdesk.domain.urgent_refusals import AnsweredBefore, Decided, NotAsked, TooLate
from farmdesk.domain.urgent_states import Answer, UrgentState
from farmdesk.domain.users import Role, User

OPERATORS = ""  # the login of a consent that any of the render staff may give


@dataclass(frozen=True, slots=True)
class Consent:
    """One answer that is needed: a customer's, or, as OPERATORS, the render staff's."""

    login: str
    default: Answer = Answer.ALLOW  # without it a person asleep would stop the farm all night
    answer: Answer | None = None  # None: open
    by: str = ""  # who gave it; empty: it was the default
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class UrgentRequest:
    """Somebody wants a task to be rendered before all others."""

    id: int
    task_id: int
    asked_by: str
    reason: str
    asked_at: datetime
    deadline: datetime  # of the answers
    consents: tuple[Consent, ...]  # by login
    state: UrgentState = UrgentState.ASKING
    rule: ExitRule = ExitRule.CHEAPEST
    decided_by: str = ""  # the operator who reviewed or overruled, or who called it off
    decided_at: datetime | None = None
    decision: str = ""  # his words
    ending: Said = UNSAID  # why it ended by itself
    overruled: bool = False
    costs: tuple[ExitCost, ...] = ()  # one a rule, as of the last look

    @property
    def open(self) -> bool:
        """Whether anything may still change."""
        return self.state in (UrgentState.ASKING, UrgentState.ADMITTED)

    @property
    def asked(self) -> frozenset[str]:
        """Everybody whose answer is needed."""
        return frozenset(consent.login for consent in self.consents)

    @property
    def refused_by(self) -> list[str]:
        """Whose answer is a refusal."""
        return [item.login for item in self.consents if item.answer is Answer.REFUSE]

    @property
    def agreed(self) -> bool:
        """Whether it may be admitted: all who were asked allow it, or an operator overruled."""
        allowed = all(item.answer is Answer.ALLOW for item in self.consents)
        return self.state is UrgentState.ASKING and (allowed or self.overruled)

    @property
    def cost(self) -> ExitCost | None:
        """What the chosen rule would cost; None before the first look."""
        return next((item for item in self.costs if item.rule is self.rule), None)

    # ---- what people do --------------------------------------------------------------------------

    def answered(self, user: User, answer: Answer, now: datetime) -> "UrgentRequest":
        """Take an answer: the user's own, else, of the staff, the operators'.

        Raises NotAsked, Decided, TooLate or AnsweredBefore.
        """
        if user.login in self.asked - {OPERATORS}:
            return self._with_answer(user.login, user, answer, now)
        if user.role is Role.CUSTOMER:
            raise NotAsked(self.id)
        return self.reviewed(user, answer, now)

    def reviewed(
        self,
        user: User,
        answer: Answer,
        now: datetime,
        *,
        words: str = "",
        rule: ExitRule = ExitRule.CHEAPEST,
    ) -> "UrgentRequest":
        """Take the operators' answer; their refusal is the end.

        Raises Decided, TooLate or AnsweredBefore.
        """
        told = self._with_answer(OPERATORS, user, answer, now)
        told = replace(told, rule=rule, decided_by=user.login, decided_at=now, decision=words)
        return replace(told, state=UrgentState.REFUSED) if answer is Answer.REFUSE else told

    def overruled_by(
        self, user: User, now: datetime, *, words: str, rule: ExitRule = ExitRule.CHEAPEST
    ) -> "UrgentRequest":
        """Let it be admitted whatever others say; the words are on record. Raises Decided."""
        self._check_asking()
        return replace(
            self, overruled=True, rule=rule, decided_by=user.login, decided_at=now, decision=words
        )

    def withdrawn(self, user: User, now: datetime) -> "UrgentRequest":
        """Call it off, also while its task renders. Raises NotAsked or Decided."""
        if user.role is Role.CUSTOMER and user.login != self.asked_by:
            raise NotAsked(self.id)
        if not self.open:
            raise Decided(self.id, self.state)
        return replace(self, state=UrgentState.WITHDRAWN, decided_by=user.login, decided_at=now)

    # ---- what the farm does ----------------------------------------------------------------------

    def asking(self, logins: Iterable[str], now: datetime) -> "UrgentRequest":
        """Ask more people, who get as much time as the first ones had."""
        fresh = [Consent(login) for login in set(logins) - self.asked]
        if not fresh:
            return self
        deadline = max(self.deadline, now + (self.deadline - self.asked_at))
        consents = sorted([*self.consents, *fresh], key=lambda item: item.login)
        return replace(self, consents=tuple(consents), deadline=deadline)

    def lapsed(self, now: datetime) -> "UrgentRequest":
        """Apply the defaults when the deadline has come; a refusal that still stands counts."""
        if self.state is not UrgentState.ASKING or self.overruled or now < self.deadline:
            return self
        consents = tuple(
            replace(item, answer=item.default, at=now) if item.answer is None else item
            for item in self.consents
        )
        told = replace(self, consents=consents)
        return told if told.agreed else told.ended(UrgentState.REFUSED, now)

    def admitted(self) -> "UrgentRequest":
        """Let its task go before all others. Raises ValueError while it is not agreed."""
        if not self.agreed:
            raise ValueError(f"urgent request {self.id} is not agreed")
        return replace(self, state=UrgentState.ADMITTED)

    def ended(self, state: UrgentState, now: datetime, why: Said = UNSAID) -> "UrgentRequest":
        """End it by itself: its task has ended, was stopped, or could not begin."""
        return replace(self, state=state, decided_at=now, ending=why)

    # ---- inside ----------------------------------------------------------------------------------

    def _check_asking(self) -> None:
        if self.state is not UrgentState.ASKING:
            raise Decided(self.id, self.state)

    def _with_answer(
        self, login: str, user: User, answer: Answer, now: datetime
    ) -> "UrgentRequest":
        self._check_asking()
        if now >= self.deadline:
            raise TooLate(self.id, self.deadline)
        place = next(k for k, item in enumerate(self.consents) if item.login == login)
        old = self.consents[place]
        if old.answer is not None:
            raise AnsweredBefore(self.id, old.answer, old.by)
        new = replace(old, answer=answer, by=user.login, at=now)
        return replace(self, consents=(*self.consents[:place], new, *self.consents[place + 1 :]))
