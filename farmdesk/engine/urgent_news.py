"""Who is asked and told about urgent requests: owners, those who would lose nodes, the staff."""

import logging
from collections.abc import Callable, Iterable
from typing import Protocol

from farmdesk.domain.records import MessageRecord
from farmdesk.domain.said import Said
from farmdesk.domain.urgent import OPERATORS, UrgentRequest
from farmdesk.domain.users import Role, User
from farmdesk.engine import urgent_words as words
from farmdesk.engine.clock import Moment
from farmdesk.engine.farm import Farm
from farmdesk.engine.task_entry import TaskEntry

log = logging.getLogger(__name__)


class Tailored(Protocol):
    """A sentence that knows how much each reader may know."""

    def __call__(self, *, to: str) -> Said:
        """Give it for a customer, by login, or for `words.STAFF`."""
        ...


class UrgentNews:
    """Puts messages into the farm. `user_of` tells what role a login has."""

    def __init__(self, farm: Farm, user_of: Callable[[str], User]) -> None:
        self._farm = farm
        self._user_of = user_of

    def ask_losers(self, request: UrgentRequest, now: Moment) -> UrgentRequest:
        """Ask each customer whose running task would lose nodes, but not who asks himself."""
        losing: dict[str, list[TaskEntry]] = {}
        for task_id in {loss.task_id for item in request.costs for loss in item.tasks}:
            entry = self._farm.tasks[task_id]
            losing.setdefault(entry.task.owner, []).append(entry)
        losing.pop(request.asked_by, None)
        new = request.asking(losing, now.utc)
        for login in sorted(new.asked - request.asked):
            card = words.for_loser(new, losing[login], login)
            self._tell(card, now, user=login, task_id=losing[login][0].task.id, about=new.id)
        return new

    def tell_all(self, request: UrgentRequest, sentence: Tailored, now: Moment) -> None:
        """Tell everybody concerned: who asked, whose task it is, who was asked, the staff."""
        entry = self._farm.tasks.get(request.task_id)
        owner = {entry.task.owner} if entry is not None else set()
        self._tell_users({request.asked_by, *owner, *request.asked}, request, sentence, now)
        self.tell_staff(request, sentence(to=words.STAFF), now)

    def for_reader(self, sentence: Tailored, user: User) -> Said:
        """Give what a user may read."""
        return sentence(to=user.login if user.role is Role.CUSTOMER else words.STAFF)

    def tell_staff(self, request: UrgentRequest, said: Said, now: Moment) -> None:
        """Tell the render staff."""
        self._tell(said, now, role=Role.OPERATOR, task_id=request.task_id, about=request.id)

    def tell_about(self, entry: TaskEntry, said: Said, now: Moment, about: int | None) -> None:
        """Tell a task's owner and the staff."""
        owner = entry.task.owner
        if self._user_of(owner).role is Role.CUSTOMER:
            self._tell(said, now, user=owner, task_id=entry.task.id, about=about)
        self._tell(said, now, role=Role.OPERATOR, task_id=entry.task.id, about=about)

    def _tell_users(
        self, logins: Iterable[str], request: UrgentRequest, sentence: Tailored, now: Moment
    ) -> None:
        for login in sorted(set(logins) - {OPERATORS}):
            if self._user_of(login).role is Role.CUSTOMER:  # the staff reads it as staff
                said = sentence(to=login)
                self._tell(said, now, user=login, task_id=request.task_id, about=request.id)

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
