"""What the engine does at its start: takes the nodes over, then reads what they finished.

An agent whose engine was killed goes on with the frame in hand. Its lock is taken before its
journal is read, so no frame can be published between the reading and the new division; where it
still renders, the new agent says which frames, and these wait (`lingerers.py`).
"""

import logging
import queue
import threading
import time
from collections.abc import Callable, Iterable

from farmdesk.domain.errors import FarmError
from farmdesk.domain.frames import FrameSet
from farmdesk.domain.states import TaskState
from farmdesk.engine.agents import Slot
from farmdesk.engine.clock import Moment
from farmdesk.engine.farm import Farm
from farmdesk.engine.lingerers import Lingering
from farmdesk.engine.posts import SlotFreed
from farmdesk.engine.reports import Reports
from farmdesk.engine.runs import Runs
from farmdesk.engine.session import PING_S
from farmdesk.engine.task_entry import TaskEntry
from nodeagent.orders import Close, Open, Ping
from nodeagent.reports import AgentReport, Pong, Waiting

log = logging.getLogger(__name__)

_GOING_ON = {TaskState.RENDERING, TaskState.VERIFYING}

RECLAIM_S = (
    15.0  # an agent that does not answer for so long is given up; its node comes back by itself
)


def reclaim(
    slots: Iterable[Slot], order_for: Callable[[Slot], Open], post: Callable[[SlotFreed], None]
) -> list[Lingering]:
    """Take every slot's lock with a short-lived agent, all at once, and wait for their answers.

    Gives the slots where an agent still finishes a frame; `post` tells later of their end.
    """
    claims = [_Claim(slot, order_for(slot), post) for slot in slots]
    for claim in claims:
        claim.start()
    for claim in claims:
        claim.answered.wait()
    return [claim.held for claim in claims if claim.held is not None]


class _Claim(threading.Thread):
    """Takes one slot's lock; `held` says who was there first, once it is `answered`."""

    def __init__(self, slot: Slot, order: Open, post: Callable[[SlotFreed], None]) -> None:
        super().__init__(name=f"reclaim {slot.id}", daemon=True)
        self.answered = threading.Event()
        self.held: Lingering | None = None
        self._slot = slot
        self._order = order
        self._post = post

    def run(self) -> None:
        """Wait until the slot is free, or its agent does not answer any more."""
        try:
            self._take()
        except FarmError as error:
            log.warning("slot %s could not be taken over: %s", self._slot.id, error.en)
        finally:
            self.answered.set()
            if self.held is not None:
                self._post(SlotFreed(self._slot.id))

    def _take(self) -> None:
        heard: queue.SimpleQueue[AgentReport | None] = queue.SimpleQueue()
        link = self._slot.launcher.launch(
            self._slot.id, on_report=heard.put, on_gone=lambda _text: heard.put(None)
        )
        link.send(self._order)
        link.send(Ping())
        heard_at = time.monotonic()
        while time.monotonic() - heard_at < RECLAIM_S:
            try:
                report = heard.get(timeout=PING_S)
            except queue.Empty:
                link.send(Ping())
                continue
            heard_at = time.monotonic()
            match report:
                case None:
                    return
                case Pong():
                    link.send(Close())
                case Waiting(task=task, frames=frames):
                    if self.held is None:
                        place = (self._slot.id, self._slot.node)
                        self.held = Lingering(*place, task, FrameSet.of(frames))
                    self.answered.set()
                case _:
                    pass
        log.warning("slot %s did not answer within %s s", self._slot.id, RECLAIM_S)
        link.kill()


def interrupted(farm: Farm) -> list[TaskEntry]:
    """Give the tasks that were at work when the engine ended, or whose last frames ended then."""
    at_work = _GOING_ON | {TaskState.PAUSED, TaskState.PREEMPTED}
    return [entry for entry in farm.tasks.values() if entry.task.state in at_work]


def go_on(farm: Farm, runs: Runs, reports: Reports, now: Moment) -> None:
    """Take up the interrupted tasks with all that the nodes finished meanwhile.

    A stopped task too may have frames that nobody heard of, and be resumed later.
    """
    stopped = [entry for entry in farm.tasks.values() if entry.task.state is TaskState.STOPPED]
    for entry in [*interrupted(farm), *stopped]:
        found = reports.read_journals(entry, now)
        log.info("task %s: %s frames found in journals", entry.task.id, found)
        if entry.task.state in _GOING_ON:
            runs.go_on(entry, now)
