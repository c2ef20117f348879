"""Commands about urgent requests. See `commands` for what a command is."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RequestUrgent:
    """Ask that a task be rendered before all others; `answer_min`: minutes for the answers."""

    task_id: int
    reason: str
    answer_min: int = 15


@dataclass(frozen=True, slots=True)
class AnswerUrgent:
    """Say `allow` or `refuse` to an urgent request, as somebody who was asked."""

    request_id: int
    answer: str


@dataclass(frozen=True, slots=True)
class ReviewUrgent:
    """The operators' answer; `exit_rule` says how nodes leave what they render."""

    request_id: int
    answer: str
    reason: str = ""
    exit_rule: str = "cheapest"


@dataclass(frozen=True, slots=True)
class OverruleUrgent:
    """Admit an urgent request whatever those who were asked say; the reason is on record."""

    request_id: int
    reason: str
    exit_rule: str = "cheapest"


@dataclass(frozen=True, slots=True)
class WithdrawUrgent:
    """Call an urgent request off; a task that renders already goes on in its turn."""

    request_id: int


RequestWord = AnswerUrgent | ReviewUrgent | OverruleUrgent | WithdrawUrgent
"""Commands about an urgent request, not about a task."""

UrgentCommand = RequestUrgent | RequestWord
