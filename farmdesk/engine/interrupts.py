"""Takes nodes from tasks for an urgent one, and lets the interrupted tasks go on.

It looks at what is, never at what was asked for before: an urgent task that lacks nodes gets them,
whether it has just been admitted, lost a node, or the engine was killed in between.
"""

import logging
from collections import defaultdict
from collections.abc import Iterable, Sequence

from farmdesk.dispatch.events import SlotId
from farmdesk.dispatch.preempt import BusySlot, SlotExit, choose_exits, cost_of
from farmdesk.dispatch.wants import Place
from farmdesk.domain.exits import ExitCost, ExitRule
from farmdesk.domain.node import offers
from farmdesk.domain.states import FrameState, TaskState
from farmdesk.engine.agents import Agents
from farmdesk.engine.allocation import Allocation
from farmdesk.engine.clock import Moment
from farmdesk.engine.farm import Farm
from farmdesk.engine.runs import Runs
from farmdesk.engine.task_entry import TaskEntry

log = logging.getLogger(__name__)


class Interrupts:
    """What urgent tasks need, what it costs the others, and how it is done."""

    def __init__(self, *, farm: Farm, runs: Runs, agents: Agents, allocation: Allocation) -> None:
        self._farm = farm
        self._runs = runs
        self._agents = agents
        self._allocation = allocation

    def admit(self, entry: TaskEntry, now: Moment) -> None:
        """Put a task before all others, and let it begin. Raises Refused when it cannot."""
        match entry.task.state:
            case TaskState.PREEMPTED:
                self._runs.resume(entry, now)
            case TaskState.QUEUED | TaskState.PAUSED:
                self._runs.begin(entry, now)
            case _:
                pass
        self.favour(entry.task.id)

    def favour(self, task_id: int) -> None:
        """From now on a task goes before all others."""
        self._allocation.rules.urgent.add(task_id)
        self._allocation.look_again()

    def dismiss(self, task_id: int) -> None:
        """From now on a task waits its turn like others."""
        self._allocation.rules.urgent.discard(task_id)
        self._allocation.look_again()

    def costs(self, entry: TaskEntry, now: Moment) -> tuple[ExitCost, ...]:
        """Give what each way to interrupt others for this task would cost now."""
        return tuple(cost_of(self._exits(entry, rule, now), rule) for rule in ExitRule)

    def take(self, entry: TaskEntry, rule: ExitRule, now: Moment) -> list[TaskEntry]:
        """Let nodes leave other tasks as far as this one lacks them.

        Gives the tasks that lost all their nodes and are interrupted now.
        """
        by_task: dict[int, list[SlotExit]] = defaultdict(list)
        for way in self._exits(entry, rule, now):
            by_task[way.busy.task_id].append(way)
        interrupted = []
        for task_id, ways in by_task.items():
            other = self._farm.tasks[task_id]
            log.info("task %s gives %s to urgent task %s", task_id, _names(ways), entry.task.id)
            if self._take_from(other, ways, urgent=entry.task.id, now=now):
                interrupted.append(other)
        return interrupted

    def _take_from(
        self, other: TaskEntry, ways: Sequence[SlotExit], *, urgent: int, now: Moment
    ) -> bool:
        run = self._runs.run_of(other.task.id)
        if run is None:
            return False
        killed = [way.busy.slot for way in ways if way.kill]
        if len(ways) < len(run.staying):
            run.revoke(killed, now, kill=True)
            run.revoke([way.busy.slot for way in ways if not way.kill], now)
            return False
        self._runs.interrupt(other, killed, urgent=urgent, now=now)
        return True

    def resume(self, entry: TaskEntry, now: Moment) -> None:
        """Let an interrupted task go on. Raises Refused when its folders cannot be written."""
        self._runs.resume(entry, now)

    def has_room(self, entry: TaskEntry) -> bool:
        """Say whether an interrupted task could get a node that no urgent one holds."""
        urgent = self._urgent_slots()
        if not urgent and not self._agents.held:  # what is held may be an urgent task's
            return True
        return any(place.slot not in urgent for place in self._places(entry))

    def is_served(self, entry: TaskEntry) -> bool:
        """Say whether an urgent task has all the nodes that it can use."""
        run = self._runs.run_of(entry.task.id)
        if run is None or entry.task.state is not TaskState.RENDERING:
            return True
        return len(run.staying) >= self._need(entry)

    # ---- what is needed, and who has it ----------------------------------------------------------

    def _need(self, entry: TaskEntry) -> int:
        """Give how many slots a task could use: as the fleet plans, else as its frames say."""
        target = self._allocation.targets.get(entry.task.id)
        if target is not None and entry.task.id in self._allocation.rules.urgent:
            return target
        frames = entry.count(FrameState.WAITING) + entry.count(FrameState.RETRYING)
        return min(frames, len(self._places(entry)))

    def _places(self, entry: TaskEntry) -> list[Place]:
        """Give the places where a task could render."""
        spec, bond = entry.task.spec, self._allocation.rules.bonds.get(entry.task.id)
        run = self._runs.run_of(entry.task.id)
        barred = run.banned if run is not None else frozenset[SlotId]()
        return [
            place
            for place in self._agents.usable_places()
            if offers(place.tools, spec.tool, spec.tool_version)
            and place.slot not in barred
            and (
                bond is None or place.node in bond.nodes or (bond.pool and place.pool == bond.pool)
            )
        ]

    def _exits(self, entry: TaskEntry, rule: ExitRule, now: Moment) -> list[SlotExit]:
        """Choose who leaves for a task; empty when what is free or coming is enough."""
        run = self._runs.run_of(entry.task.id)
        held = set(run.staying) if run is not None else set()
        lack = self._need(entry) - len(held)
        if lack <= 0:
            return []
        usable = {place.slot for place in self._places(entry)} - held
        busy = {slot.slot: slot for slot in self._busy(entry.task.id, now)}
        taken = self._urgent_slots()
        lack -= len(usable - busy.keys() - taken)
        ways = choose_exits([busy[slot] for slot in usable & busy.keys()], len(busy), rule=rule)
        return self._as_licensed(entry, ways)[: max(lack, 0)]

    def _busy(self, task_id: int, now: Moment) -> Iterable[BusySlot]:
        """Give the slots that could be taken: of tasks that render and are not urgent."""
        for run in self._runs.rendering():
            other = run.entry.task.id
            if other == task_id or other in self._allocation.rules.urgent:
                continue
            for slot in run.staying:
                elapsed, residual = run.control.in_hand_s(slot, now.seconds)
                yield BusySlot(slot, other, elapsed, residual, run.control.load_s)

    def _urgent_slots(self) -> set[SlotId]:
        urgent = self._allocation.rules.urgent
        runs = [run for run in self._runs.rendering() if run.entry.task.id in urgent]
        return {slot for run in runs for slot in run.staying}

    def _as_licensed(self, entry: TaskEntry, ways: Sequence[SlotExit]) -> list[SlotExit]:
        """Drop exits that would free a node, but no licence to use it."""
        tool = entry.task.spec.tool
        limit = self._allocation.rules.licences.get(tool)
        if limit is None:
            return list(ways)
        sessions = self._agents.busy.values()
        used = sum(self._tool(session.task_id) == tool for session in sessions)
        chosen = []
        for way in ways:
            if self._tool(way.busy.task_id) != tool:
                if used >= limit:
                    continue
                used += 1
            chosen.append(way)
        return chosen

    def _tool(self, task_id: int) -> str:
        return self._farm.tasks[task_id].task.spec.tool


def _names(ways: Iterable[SlotExit]) -> str:
    return ", ".join(f"{way.busy.slot}{' (killed)' if way.kill else ''}" for way in ways)
