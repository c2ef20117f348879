"""What the engine does at its start: takes the nodes over, then reads what they finished.

An agent whose engine was killed goes on with the frame in hand. Its lock is taken before its
journal is read, so no frame can be published between the reading and the new division.
"""

import logging
import queue
import threading
from collections.abc import Callable, Iterable

from farmdesk.domain.states import TaskState
from farmdesk.engine.agents import Slot
from farmdesk.engine.clock import Moment
from farmdesk.engine.farm import Farm
from farmdesk.engine.reports import Reports
from farmdesk.engine.runs import Runs
from farmdesk.engine.task_entry import TaskEntry
from nodeagent.protocol import AgentReport, Close, Open, Ping, Pong

log = logging.getLogger(__name__)

_GOING_ON = {TaskState.RENDERING, TaskState.VERIFYING}

RECLAIM_S = (
    15.0  # an agent that does not answer for so long is given up; its node comes back by itself
)


def reclaim(slots: Iterable[Slot], order_for: Callable[[Slot], Open]) -> None:
    """Take every slot's lock with a short-lived agent, all at once, and wait for all of them."""
    threads = [
        threading.Thread(target=_reclaim, args=(slot, order_for(slot)), name=f"reclaim {slot.id}")
        for slot in slots
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _reclaim(slot: Slot, order: Open) -> None:
    heard: queue.SimpleQueue[AgentReport | None] = queue.SimpleQueue()
    link = slot.launcher.launch(slot.id, on_report=heard.put, on_gone=lambda _text: heard.put(None))
    link.send(order)
    link.send(Ping())
    try:
        while (report := heard.get(timeout=RECLAIM_S)) is not None:
            if isinstance(report, Pong):
                link.send(Close())
    except queue.Empty:
        log.warning("slot %s did not answer within %s s", slot.id, RECLAIM_S)
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
