"""What follows from urgent requests by itself: deadlines, admission, interruption, resumption.

Each turn looks only at what is saved: an engine that was killed in any phase goes on from there.
"""

import logging
from dataclasses import replace
from functools import partial

from farmdesk.domain.errors import FarmError
from farmdesk.domain.said import Said
from farmdesk.domain.states import FrameState, TaskState
from farmdesk.domain.urgent import UrgentRequest
from farmdesk.domain.urgent_states import UrgentState
from farmdesk.engine import urgent_words as words
from farmdesk.engine.clock import Moment
from farmdesk.engine.farm import Farm
from farmdesk.engine.interrupts import Interrupts
from farmdesk.engine.task_entry import TaskEntry
from farmdesk.engine.urgent_news import UrgentNews

log = logging.getLogger(__name__)

LOOK_S = 0.2  # how often nodes are looked at for urgent tasks
REFRESH_S = 15.0  # how often the costs of an open request are reckoned anew


class UrgentCourse:
    """Takes every open request one step further, as far as it is due."""

    def __init__(self, *, farm: Farm, interrupts: Interrupts, news: UrgentNews) -> None:
        self._farm = farm
        self._interrupts = interrupts
        self._news = news
        self._interrupted = {
            key for key, entry in farm.tasks.items() if entry.task.state is TaskState.PREEMPTED
        }
        self._look_at = self._refresh_at = float("-inf")
        for request in farm.urgents.values():
            entry = farm.tasks.get(request.task_id)
            if request.state is UrgentState.ADMITTED and entry is not None:
                interrupts.favour(request.task_id)

    def hurry(self) -> None:
        """Look at the nodes with the next turn: somebody said something."""
        self._look_at = float("-inf")

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
            self._news.tell_all(new, partial(words.over, new, entry), now)
        elif new.agreed:
            self._admit(new, entry, now)
        elif now.seconds >= self._refresh_at:
            self._refresh_at = now.seconds + REFRESH_S
            fresh = replace(new, costs=self._interrupts.costs(entry, now))
            if fresh != new:
                self._farm.save_urgent(fresh)

    def _admit(self, request: UrgentRequest, entry: TaskEntry, now: Moment) -> None:
        if entry.task.state is TaskState.VERIFYING:
            return  # it is rendered; most likely it ends now
        request = replace(request, costs=self._interrupts.costs(entry, now))
        if not request.overruled:
            asked = self._news.ask_losers(request, now)
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
        self._farm.put_on_record(entry, "admit_urgent", f"request {request.id}", now.utc)
        self._farm.touch(entry, states=True)
        self._news.tell_all(new, partial(words.admitted, new, entry), now)
        self._look_at = float("-inf")

    def _end_if_over(self, request: UrgentRequest, now: Moment) -> None:
        entry = self._farm.tasks.get(request.task_id)
        if entry is None or entry.task.ended or entry.task.recycled:
            self._end(request, UrgentState.ENDED, words.TASK_OVER, now)

    def _end(self, request: UrgentRequest, state: UrgentState, why: Said, now: Moment) -> None:
        new = request.ended(state, now.utc, why)
        self._farm.save_urgent(new)
        self._interrupts.dismiss(request.task_id)
        entry = self._farm.tasks.get(request.task_id)
        self._news.tell_all(new, partial(words.over, new, entry), now)
        self._look_at = float("-inf")

    def _serve(self, request: UrgentRequest, now: Moment) -> bool:
        """Get an urgent task the nodes that it lacks; give whether it has all by now."""
        entry = self._farm.tasks[request.task_id]
        if self._interrupts.is_served(entry):
            return True
        for other in self._interrupts.take(entry, request.rule, now):
            self._interrupted.add(other.task.id)
            said = words.interrupted(other, entry, other.count(FrameState.DONE))
            self._news.tell_about(other, said, now, request.id)
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
            self._news.tell_about(entry, words.resumed(entry), now, None)
