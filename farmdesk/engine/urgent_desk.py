"""The desk for urgent requests: opens them, and takes what people say about them.

Every step is saved with the next flush; what follows from it by itself is `urgent_course.py`.
"""

from datetime import timedelta
from functools import partial
from typing import get_args

from farmdesk.domain.errors import Refused
from farmdesk.domain.exits import ExitRule
from farmdesk.domain.said import Said
from farmdesk.domain.states import TaskState
from farmdesk.domain.urgent import OPERATORS, Consent, UrgentRequest
from farmdesk.domain.urgent_commands import (
    AnswerUrgent,
    OverruleUrgent,
    RequestUrgent,
    RequestWord,
    ReviewUrgent,
    WithdrawUrgent,
)
from farmdesk.domain.urgent_refusals import NotAsked
from farmdesk.domain.urgent_states import Answer
from farmdesk.domain.users import User
from farmdesk.engine import urgent_words as words
from farmdesk.engine.clock import Moment
from farmdesk.engine.desk import FarmAnswers, TaskAnswers
from farmdesk.engine.farm import Farm
from farmdesk.engine.interrupts import Interrupts
from farmdesk.engine.task_entry import TaskEntry
from farmdesk.engine.urgent_course import UrgentCourse
from farmdesk.engine.urgent_news import Tailored, UrgentNews


class UrgentDesk:
    """Opens requests and takes what is said about them."""

    def __init__(
        self, *, farm: Farm, interrupts: Interrupts, news: UrgentNews, course: UrgentCourse
    ) -> None:
        self._farm = farm
        self._interrupts = interrupts
        self._news = news
        self._course = course

    @property
    def about_tasks(self) -> TaskAnswers:
        """What this desk answers."""
        return {RequestUrgent: self.request}

    @property
    def about_farm(self) -> FarmAnswers:
        """What this desk answers; a request knows itself whom it asked."""
        return dict.fromkeys(get_args(RequestWord), self.word)

    def request(self, command: RequestUrgent, entry: TaskEntry, user: User, now: Moment) -> Said:
        """Open a request and ask everybody concerned. Raises Refused."""
        key = entry.task.id
        if not command.reason.strip():
            raise _refused(words.reason_needed())
        self._check_first(key)
        costs = self._interrupts.costs(entry, now)
        if entry.task.state is TaskState.RENDERING and not any(item.nodes for item in costs):
            raise Refused(
                f"Task {key} renders already on all nodes that it could get; there is nobody to "
                "interrupt.",
                f"任务 {key} 已在它可用的全部节点上渲染，没有可中断的任务。",
            )
        request = UrgentRequest(
            id=self._farm.last_urgent_id + 1,
            task_id=key,
            asked_by=user.login,
            reason=command.reason.strip(),
            asked_at=now.utc,
            deadline=now.utc + timedelta(minutes=command.answer_min),
            consents=(Consent(OPERATORS),),
            costs=costs,
        )
        request = self._news.ask_losers(request, now)
        self._farm.save_urgent(request)
        card = words.for_staff(request, entry)
        self._news.tell_staff(request, card, now)
        return card

    def _check_first(self, task_id: int) -> None:
        """Refuse a second request for a task."""
        for other in self._farm.urgents.values():
            if other.task_id == task_id:
                raise Refused(
                    f"Task {task_id} has urgent request {other.id} already; it is "
                    f"{other.state.value}.",
                    f"任务 {task_id} 已有加急申请 {other.id}。",
                )

    def word(self, command: RequestWord, user: User, now: Moment) -> tuple[int, Said]:
        """Carry out what somebody says about a request. Raises Refused."""
        request = self._farm.urgents.get(command.request_id)
        if request is None:
            raise NotAsked(command.request_id)
        said: Tailored
        match command:
            case AnswerUrgent(answer=answer):
                new = request.answered(user, Answer(answer), now.utc)
                said = self._told_answer(request, new)
            case ReviewUrgent(answer=answer, reason=reason, exit_rule=rule):
                new = request.reviewed(
                    user, Answer(answer), now.utc, words=reason.strip(), rule=ExitRule(rule)
                )
                said = self._told_answer(request, new)
            case OverruleUrgent(reason=reason, exit_rule=rule):
                if not reason.strip():
                    raise _refused(words.reason_needed())
                new = request.overruled_by(user, now.utc, words=reason.strip(), rule=ExitRule(rule))
                said = partial(words.overruled, new)
            case WithdrawUrgent():
                new = request.withdrawn(user, now.utc)
                said = self._told_over(new)
        self._farm.save_urgent(new)
        if not new.open:
            self._interrupts.dismiss(new.task_id)
            said = self._told_over(new)
        self._news.tell_all(new, said, now)
        self._course.hurry()
        return new.task_id, self._news.for_reader(said, user)

    def _told_over(self, request: UrgentRequest) -> Tailored:
        return partial(words.over, request, self._farm.tasks.get(request.task_id))

    def _told_answer(self, old: UrgentRequest, new: UrgentRequest) -> Tailored:
        changed = set(new.consents) - set(old.consents)
        (consent,) = changed
        answer = consent.answer or consent.default
        return partial(words.answered, new, consent.login, answer)


def _refused(said: Said) -> Refused:
    return Refused(said.en, said.zh)
