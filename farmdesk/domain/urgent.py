"""An urgent request: who is asked, what they answered, and what follows from it.

A request is a value; each step gives the next one or refuses and changes nothing. Everybody who
would lose nodes is asked, and the operators; an answer that has not come by the deadline is the
default that stands on the request. All allow, or an operator overrules: admitted. Somebody refused
and nobody overruled him by the deadline: refused. Times are UTC.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from farmdesk.domain.errors import Refused
from farmdesk.domain.users import Role, User

OPERATORS = ""  # the login of a consent that any of the render staff may give


class UrgentState(StrEnum):
    """Where an urgent request stands."""

    ASKING = "asking"  # answers are open, or an operator may still overrule a refusal
    ADMITTED = "admitted"  # its task goes before all others
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"  # called off by who asked, or by the staff
    ENDED = "ended"  # its task has ended; the nodes are back


class Answer(StrEnum):
    """What somebody who was asked says."""

    ALLOW = "allow"
    REFUSE = "refuse"


class ExitRule(StrEnum):
    """How nodes leave what they render; `dispatch/preempt.py` chooses them."""

    CHEAPEST = "cheapest"  # kill young frames, let old ones end
    LOSE_NOTHING = "lose_nothing"  # every node ends its frame
    NOW = "now"  # kill all, the youngest frames first


@dataclass(frozen=True, slots=True)
class TaskLoss:
    """What one task would lose: nodes, frames killed in hand, seconds of work in them."""

    task_id: int
    nodes: int
    frames: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Forecast:
    """What an interruption by this rule would cost now, and when its last node would be free."""

    rule: ExitRule
    nodes: int
    wait_s: float
    frames: int  # killed in hand
    seconds: float  # of work in them
    reload_s: float  # of scene loads when the tasks go on
    tasks: tuple[TaskLoss, ...] = ()


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
    decision: str = ""  # his words, or why it ended by itself
    overruled: bool = False
    forecasts: tuple[Forecast, ...] = ()  # one a rule, as of the last look

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
    def forecast(self) -> Forecast | None:
        """What the chosen rule would cost; None before the first look."""
        return next((item for item in self.forecasts if item.rule is self.rule), None)

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
            raise Decided(self)
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

    def ended(self, state: UrgentState, now: datetime, words: str = "") -> "UrgentRequest":
        """End it by itself: its task has ended, was stopped, or could not begin."""
        return replace(self, state=state, decided_at=now, decision=words or self.decision)

    # ---- inside ----------------------------------------------------------------------------------

    def _check_asking(self) -> None:
        if self.state is not UrgentState.ASKING:
            raise Decided(self)

    def _with_answer(
        self, login: str, user: User, answer: Answer, now: datetime
    ) -> "UrgentRequest":
        self._check_asking()
        if now >= self.deadline:
            raise TooLate(self)
        place = next(k for k, item in enumerate(self.consents) if item.login == login)
        old = self.consents[place]
        if old.answer is not None:
            raise AnsweredBefore(self, old)
        new = replace(old, answer=answer, by=user.login, at=now)
        return replace(self, consents=(*self.consents[:place], new, *self.consents[place + 1 :]))


class NotAsked(Refused):
    """An answer of somebody who was not asked; also for a request that does not exist."""

    def __init__(self, request_id: int) -> None:
        self.request_id = request_id
        super().__init__(
            f"You were not asked about an urgent request {request_id}. Those that concern you are "
            "listed by `farmdesk urgent list`.",
            f"没有向您征求过加急申请 {request_id} 的意见。"
            "`farmdesk urgent list` 可列出与您有关的申请。",
        )


class Decided(Refused):
    """A word on a request that is over, or admitted."""

    def __init__(self, request: UrgentRequest) -> None:
        self.request_id = request.id
        self.state = request.state
        super().__init__(
            f"Urgent request {request.id} is {request.state.value} already; nothing was changed. "
            "Ask anew if it is still needed.",
            f"加急申请 {request.id} 的状态已是{STATE_ZH[request.state]}，未作任何更改。"
            "如仍需要，请重新申请。",
        )


class TooLate(Refused):
    """An answer after the deadline: the default counts."""

    def __init__(self, request: UrgentRequest) -> None:
        self.request_id = request.id
        at = f"{request.deadline:%H:%M}"
        super().__init__(
            f"The time to answer urgent request {request.id} was over at {at} UTC; the default "
            "that stood on it counts. An operator can still overrule or withdraw it.",
            f"加急申请 {request.id} 的答复时间已于 {at}（UTC）截止，按所示默认答复处理。"
            "操作员仍可强制决定或撤回。",
        )


class AnsweredBefore(Refused):
    """A second answer to the same question."""

    def __init__(self, request: UrgentRequest, consent: Consent) -> None:
        self.request_id = request.id
        by, answer = consent.by, consent.answer
        super().__init__(
            f"Urgent request {request.id} was answered before, by {by}: {answer}. The first answer "
            "counts; an operator can overrule or withdraw the request.",
            f"加急申请 {request.id} 已由 {by} 答复：{ANSWER_ZH[answer or consent.default]}。"
            "以首次答复为准；操作员可以强制决定或撤回该申请。",
        )


STATE_ZH = {
    UrgentState.ASKING: "待批",
    UrgentState.ADMITTED: "已批准",
    UrgentState.REFUSED: "未批准",
    UrgentState.WITHDRAWN: "已撤回",
    UrgentState.ENDED: "已结束",
}
ANSWER_ZH = {Answer.ALLOW: "同意", Answer.REFUSE: "拒绝"}
