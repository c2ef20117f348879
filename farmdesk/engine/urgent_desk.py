"""The urgent workflow at work: commands about requests, and what follows from them by itself.

Every step is saved with the next flush, and each turn looks only at what is saved: an engine that
was killed in any phase goes on where it stood.
"""

import logging
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import timedelta

from farmdesk.domain.commands import (
    AnswerUrgent,
    OverruleUrgent,
    RequestUrgent,
    RequestWord,
    ReviewUrgent,
    WithdrawUrgent,
)
from farmdesk.domain.errors import FarmError, Refused
from farmdesk.domain.records import MessageRecord
from farmdesk.domain.states import FrameState, TaskState
from farmdesk.domain.urgent import (
    OPERATORS,
    Answer,
    Consent,
    ExitRule,
    NotAsked,
    UrgentRequest,
    UrgentState,
)
from farmdesk.domain.users import Role, User
from farmdesk.engine import urgent_words as words
from farmdesk.engine.clock import Moment
from farmdesk.engine.farm import Farm, TaskEntry
from farmdesk.engine.interrupts import Interrupts
from farmdesk.engine.said import Said

log = logging.getLogger(__name__)

LOOK_S = 0.2  # how often nodes are looked at for urgent tasks
REFRESH_S = 15.0  # how often the forecast of an open request is made anew


class UrgentDesk:
    """`user_of` tells what role a login has."""

    def __init__(
        self, *, farm: Farm, interrupts: Interrupts, user_of: Callable[[str], User]
    ) -> None:
        self._farm = farm
        self._interrupts = interrupts
        self._user_of = user_of
        self._interrupted = {
            key for key, entry in farm.tasks.items() if entry.task.state is TaskState.PREEMPTED
        }
        self._look_at = self._refresh_at = float("-inf")
        for request in farm.urgents.values():
            entry = farm.tasks.get(request.task_id)
            if request.state is UrgentState.ADMITTED and entry is not None:
                interrupts.favour(request.task_id)

    # ---- what people ask for ---------------------------------------------------------------------

    def request(
        self, command: RequestUrgent, entry: TaskEntry, user: User, now: Moment
    ) -> tuple[int, Said]:
        """Open a request and ask everybody concerned. Raises Refused."""
        key = entry.task.id
        if not command.reason.strip():
            raise _refused(words.reason_needed())
        for other in self._farm.urgents.values():
            if other.task_id == key:
                raise Refused(
                    f"Task {key} has urgent request {other.id} already; it is {other.state.value}.",
                    f"任务 {key} 已有加急申请 {other.id}。",
                )
        forecasts = self._interrupts.forecasts(entry, now)
        if entry.task.state is TaskState.RENDERING and not any(item.nodes for item in forecasts):
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
            forecasts=forecasts,
        )
        request = self._ask_losers(request, now)
        self._farm.save_urgent(request)
        card = words.for_staff(request, entry)
        self._tell_staff(request, card, now)
        return key, card

    def word(self, command: RequestWord, user: User, now: Moment) -> tuple[int, Said]:
        """Carry out what somebody says about a request. Raises Refused."""
        request = self._farm.urgents.get(command.request_id)
        if request is None:
            raise NotAsked(command.request_id)
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
                said = words.overruled(new)
            case WithdrawUrgent():
                new = request.withdrawn(user, now.utc)
                said = words.over(new, self._farm.tasks.get(new.task_id))
        self._farm.save_urgent(new)
        if not new.open:
            self._interrupts.dismiss(new.task_id)
            said = words.over(new, self._farm.tasks.get(new.task_id))
        self._tell_all(new, said, now)
        self._look_at = float("-inf")
        return new.task_id, said

    def _told_answer(self, old: UrgentRequest, new: UrgentRequest) -> Said:
        changed = set(new.consents) - set(old.consents)
        (consent,) = changed
        return words.answered(new, consent.login, consent.answer or consent.default)

    # ---- what follows by itself ------------------------------------------------------------------

    def settle(self, now: Moment) -> None:
        """Apply deadlines, admit, interrupt, resume: whatever is due now."""
        if not self._farm.urgents and not self._interrupted:
            return
        for request in list(self._farm.urgents.values()):
            if request.state is UrgentState.ASKING:
                self._settle_asking(request, now)
            else:
                self._end_if_over(request, now)
        if now.seconds < self._look_at:
            return
        self._look_at = now.seconds + LOOK_S
        served = [self._serve(request, now) for request in self._admitted()]
        if all(served):
            self._resume_all(now)

    def _admitted(self) -> list[UrgentRequest]:
        """Give the requests that were admitted, the first one first."""
        urgents = self._farm.urgents.values()
        found = [item for item in urgents if item.state is UrgentState.ADMITTED]
        return sorted(found, key=lambda item: item.id)

    def _settle_asking(self, request: UrgentRequest, now: Moment) -> None:
        entry = self._farm.tasks.get(request.task_id)
        if entry is None or entry.task.ended or entry.task.recycled:
            self._end(request, UrgentState.WITHDRAWN, words.TASK_OVER, now)
            return
        new = request.lapsed(now.utc)
        if new is not request:
            self._farm.save_urgent(new)
        if not new.open:
            self._tell_all(new, words.over(new, entry), now)
        elif new.agreed:
            self._admit(new, entry, now)
        elif now.seconds >= self._refresh_at:
            self._refresh_at = now.seconds + REFRESH_S
            fresh = replace(new, forecasts=self._interrupts.forecasts(entry, now))
            if fresh != new:
                self._farm.save_urgent(fresh)

    def _admit(self, request: UrgentRequest, entry: TaskEntry, now: Moment) -> None:
        if entry.task.state is TaskState.VERIFYING:
            return  # it is rendered; most likely it ends now
        request = replace(request, forecasts=self._interrupts.forecasts(entry, now))
        if not request.overruled:
            asked = self._ask_losers(request, now)
            if asked != request:  # a task of somebody else began meanwhile
                self._farm.save_urgent(asked)
                return
        try:
            self._interrupts.admit(entry, now)
        except FarmError as error:
            self._end(request, UrgentState.REFUSED, Said(error.en, error.zh), now)
            return
        self._interrupted.discard(entry.task.id)
        new = request.admitted()
        self._farm.save_urgent(new)
        self._farm.touch(entry, states=True)
        self._tell_all(new, words.admitted(new, entry), now)
        self._look_at = float("-inf")

    def _end_if_over(self, request: UrgentRequest, now: Moment) -> None:
        entry = self._farm.tasks.get(request.task_id)
        if entry is None or entry.task.ended or entry.task.recycled:
            self._end(request, UrgentState.ENDED, words.TASK_OVER, now)

    def _end(self, request: UrgentRequest, state: UrgentState, why: Said, now: Moment) -> None:
        new = request.ended(state, now.utc, why.en)
        self._farm.save_urgent(new)
        self._interrupts.dismiss(request.task_id)
        self._tell_all(new, words.over(new, self._farm.tasks.get(request.task_id), why), now)
        self._look_at = float("-inf")

    def _serve(self, request: UrgentRequest, now: Moment) -> bool:
        """Get an urgent task the nodes that it lacks; give whether it has all by now."""
        entry = self._farm.tasks[request.task_id]
        if self._interrupts.is_served(entry):
            return True
        for other in self._interrupts.take(entry, request.rule, now):
            self._interrupted.add(other.task.id)
            said = words.interrupted(other, entry, other.count(FrameState.DONE))
            self._tell_about(other, said, now, request.id)
        return False

    def _resume_all(self, now: Moment) -> None:
        """Let interrupted tasks go on, in the order of the queue; a person may have been faster."""
        waiting = [task for task in self._farm.queue if task.state is TaskState.PREEMPTED]
        self._interrupted = {task.id for task in waiting}
        for task in waiting:
            entry = self._farm.tasks[task.id]
            if not self._interrupts.has_room(entry):
                continue
            try:
                self._interrupts.resume(entry, now)
            except FarmError as error:
                log.warning("task %s cannot go on: %s", task.id, error.en)
                continue
            self._interrupted.discard(task.id)
            self._tell_about(entry, words.resumed(entry), now, None)

    # ---- who is asked and told -------------------------------------------------------------------

    def _ask_losers(self, request: UrgentRequest, now: Moment) -> UrgentRequest:
        """Ask each customer whose running task would lose nodes, but not who asks himself."""
        losing: dict[str, list[TaskEntry]] = {}
        for task_id in {loss.task_id for item in request.forecasts for loss in item.tasks}:
            entry = self._farm.tasks[task_id]
            losing.setdefault(entry.task.owner, []).append(entry)
        losing.pop(request.asked_by, None)
        new = request.asking(losing, now.utc)
        for login in sorted(new.asked - request.asked):
            card = words.for_loser(new, losing[login], login)
            self._tell(card, now, user=login, task_id=losing[login][0].task.id, about=new.id)
        return new

    def _tell_all(self, request: UrgentRequest, said: Said, now: Moment) -> None:
        """Tell everybody concerned: who asked, whose task it is, who was asked, the staff."""
        entry = self._farm.tasks.get(request.task_id)
        owner = {entry.task.owner} if entry is not None else set()
        self._tell_users({request.asked_by, *owner, *request.asked}, request, said, now)
        self._tell_staff(request, said, now)

    def _tell_users(
        self, logins: Iterable[str], request: UrgentRequest, said: Said, now: Moment
    ) -> None:
        for login in sorted(set(logins) - {OPERATORS}):
            if self._user_of(login).role is Role.CUSTOMER:  # the staff reads it as staff
                self._tell(said, now, user=login, task_id=request.task_id, about=request.id)

    def _tell_staff(self, request: UrgentRequest, said: Said, now: Moment) -> None:
        self._tell(said, now, role=Role.OPERATOR, task_id=request.task_id, about=request.id)

    def _tell_about(self, entry: TaskEntry, said: Said, now: Moment, about: int | None) -> None:
        """Tell a task's owner and the staff."""
        owner = entry.task.owner
        if self._user_of(owner).role is Role.CUSTOMER:
            self._tell(said, now, user=owner, task_id=entry.task.id, about=about)
        self._tell(said, now, role=Role.OPERATOR, task_id=entry.task.id, about=about)

    def _tell(
        self,
        said: Said,
        now: Moment,
        *,
        task_id: int,
        about: int | None,
        user: str = "",
        role: Role | None = None,
    ) -> None:
        log.info("to %s: %s", user or role, said.en)
        self._farm.tell(
            MessageRecord(
                at=now.utc,
                text=said.en,
                text_zh=said.zh,
                user=user,
                role=role,
                task_id=task_id,
                request_id=about,
            )
        )


def _refused(said: Said) -> Refused:
    return Refused(said.en, said.zh)
