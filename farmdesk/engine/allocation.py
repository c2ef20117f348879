"""Which slot works for which task: asks the fleet's plan, carries it out, says why somebody waits.

Only what changed is planned: a task that came or went, a slot that fell free, and twice a second
what the tasks could use by now.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from farmdesk.dispatch.events import SlotGranted, SlotId
from farmdesk.dispatch.fleet import Plan, make_plan
from farmdesk.dispatch.wants import Bond, Want, slots_worth_loading
from farmdesk.domain.errors import FarmError
from farmdesk.domain.states import FrameState, TaskState
from farmdesk.engine.agents import Agents
from farmdesk.engine.clock import Moment
from farmdesk.engine.farm import Farm
from farmdesk.engine.reasons import Reasons
from farmdesk.engine.task_entry import TaskEntry
from farmdesk.engine.task_run import TaskRun

log = logging.getLogger(__name__)

LOOK_S = 0.5  # what tasks could use changes slowly
START_AGAIN_S = 60.0  # a queued task that could not be started is tried again

Begin = Callable[[TaskEntry, Moment], None]


@dataclass(slots=True)
class Rules:
    """How operators want the farm to be divided.

    `bonds`: their allocations, by task. `auto_start`: queued tasks start without them. `urgent`:
    tasks that were admitted as urgent. `licences`: slots that may run a tool at a time. `drained`:
    nodes that take nothing new, and who said so.
    """

    licences: Mapping[str, int] = field(default_factory=dict)
    auto_start: bool = False
    bonds: dict[int, Bond] = field(default_factory=dict)
    urgent: set[int] = field(default_factory=set)
    drained: dict[str, str] = field(default_factory=dict)


class Allocation:
    """Gives slots to tasks and takes them back. Belongs to the engine's loop."""

    def __init__(self, *, farm: Farm, agents: Agents, rules: Rules) -> None:
        self.rules = rules
        self.targets: Mapping[int, int] = {}  # slots that each task should have, by the last plan
        self._farm = farm
        self._agents = agents
        self._reasons = Reasons(farm, agents, rules.licences)
        self._seen = -1  # of the farm's changes
        self._look_at = float("-inf")
        self._start_again: dict[int, float] = {}

    def look_again(self) -> None:
        """Plan at the next turn, whatever has changed."""
        self._look_at, self.targets = float("-inf"), {}

    def settle(self, runs: Mapping[int, TaskRun], begin: Begin, now: Moment) -> None:
        """Bring the slots to the tasks, as far as something changed. `begin` starts a task."""
        seen = self._farm.changes
        if seen == self._seen and now.seconds < self._look_at:
            return
        self._seen, self._look_at = seen, now.seconds + LOOK_S
        places = self._agents.usable_places()
        wants = self._wants(runs, now)
        leaving = self._leaving(wants)
        plan = make_plan(places, wants, leaving=leaving, licences=self.rules.licences)
        self.targets = plan.targets
        self._start(plan, runs, begin, now)
        self._carry_out(plan, runs, now)
        self._reasons.tell(wants, plan, leaving, told=self._start_again)

    # ---- what there is to divide -----------------------------------------------------------------

    def _wants(self, runs: Mapping[int, TaskRun], now: Moment) -> list[Want]:
        wants = [
            self._running_want(run, now)
            for run in runs.values()
            if run.entry.task.state is TaskState.RENDERING
        ]
        if self.rules.auto_start:
            for task in self._farm.queue:
                late = self._start_again.get(task.id, now.seconds) <= now.seconds
                if task.state is TaskState.QUEUED and late and not task.waiting:
                    wants.append(self._queued_want(self._farm.tasks[task.id]))
        return wants

    def _running_want(self, run: TaskRun, now: Moment) -> Want:
        control = run.control
        frames, held = run.appetite.slots(control, now.seconds), run.staying
        worth = slots_worth_loading(control.work_s, control.load_s, frames)
        return self._want(
            run.entry,
            frames=frames,
            useful=max(worth, len(held)),  # those that it holds have loaded the scene
            held=held,
            idle=frozenset(control.idle_slots),
            barred=frozenset(run.banned),
        )

    def _queued_want(self, entry: TaskEntry) -> Want:
        frames = entry.count(FrameState.WAITING) + entry.count(FrameState.RETRYING)
        return self._want(entry, frames=frames, useful=frames)

    def _want(
        self,
        entry: TaskEntry,
        *,
        frames: int,
        useful: int,
        held: tuple[SlotId, ...] = (),
        idle: frozenset[SlotId] = frozenset(),
        barred: frozenset[SlotId] = frozenset(),
    ) -> Want:
        task = entry.task
        return Want(
            task_id=task.id,
            priority=task.priority,
            position=task.position,
            tool=task.spec.tool,
            tool_version=task.spec.tool_version,
            frames=frames,
            useful=useful,
            held=held,
            idle=idle,
            barred=barred,
            bond=self.rules.bonds.get(task.id),
            urgent=task.id in self.rules.urgent,
        )

    def _leaving(self, wants: list[Want]) -> dict[SlotId, str]:
        """Give the slots where an agent runs that works for no task any more, with its tool."""
        held = {slot for want in wants for slot in want.held}
        return {
            slot: self._farm.tasks[session.task_id].task.spec.tool
            for slot, session in self._agents.busy.items()
            if slot not in held
        }

    # ---- what follows ----------------------------------------------------------------------------

    def _start(self, plan: Plan, runs: Mapping[int, TaskRun], begin: Begin, now: Moment) -> None:
        """Start queued tasks that have a share of the farm."""
        for task_id, target in plan.targets.items():
            entry = self._farm.tasks[task_id]
            if target == 0 or task_id in runs or entry.task.state is not TaskState.QUEUED:
                continue
            self._start_again.pop(task_id, None)
            try:
                begin(entry, now)
            except FarmError as error:  # it stays in the queue and says why
                log.warning("task %s cannot be started by itself: %s", task_id, error.en)
                entry.task.reason, entry.task.reason_zh = error.en, error.zh
                self._start_again[task_id] = now.seconds + START_AGAIN_S
                self._farm.touch(entry)

    def _carry_out(self, plan: Plan, runs: Mapping[int, TaskRun], now: Moment) -> None:
        for task_id, slots in plan.revokes.items():
            log.info("task %s gives back %s", task_id, ", ".join(slots))
            runs[task_id].revoke(slots, now)
        for task_id, slots in plan.grants.items():
            run = runs.get(task_id)
            if run is not None:
                grants = [SlotGranted(slot, self._agents.slot(slot).speed) for slot in slots]
                run.feed(grants, now)
