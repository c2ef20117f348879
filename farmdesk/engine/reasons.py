"""Keeps the reasons in the tables true: why a task has no node, why a node idles."""

from collections.abc import Container, Iterable, Mapping, Sequence

from farmdesk.dispatch.events import SlotId
from farmdesk.dispatch.fleet import Plan
from farmdesk.dispatch.wants import Place, Want
from farmdesk.dispatch.why import Scene, node_is_out
from farmdesk.dispatch.why_idles import why_idles
from farmdesk.dispatch.why_waits import why_waits
from farmdesk.domain.node import RenderNode
from farmdesk.domain.said import Said
from farmdesk.domain.states import NodeState, TaskState
from farmdesk.engine.agents import Agents
from farmdesk.engine.farm import Farm
from farmdesk.engine.task_entry import TaskEntry

NOTHING = Said()
STILL_AT_WORK = Said(
    "It finishes what it had in hand when the engine was restarted.",
    "正在完成引擎重启前开始的帧。",
)


class Reasons:
    """Writes a reason only when it changed: what is not written costs no flush."""

    def __init__(self, farm: Farm, agents: Agents, licences: Mapping[str, int]) -> None:
        self._farm = farm
        self._agents = agents
        self._licences = licences
        self._told: dict[str, tuple[NodeState, Said]] = {}
        self._slots: dict[str, list[Place]] = {}
        for place in agents.places:
            self._slots.setdefault(place.node, []).append(place)

    def tell(
        self,
        wants: Sequence[Want],
        plan: Plan,
        leaving: Mapping[SlotId, str],
        *,
        told: Container[int] = (),
    ) -> None:
        """Say why those who have nothing have nothing; `told`: tasks that say so already."""
        nodes = self._agents.nodes.by_name.values()
        out = {
            node.name: node_is_out(node.name, node.state, Said(node.reason, node.reason_zh))
            for node in nodes
            if not self._agents.nodes.usable(node.name)
        }
        scene = Scene(self._agents.places, wants, plan, out, leaving, self._licences)
        asked = {want.task_id for want in wants}
        for want in wants:
            if want.task_id in told:
                continue
            self._tell_task(want.task_id, NOTHING if want.held else why_waits(scene, want))
        queued = [task for task in self._farm.queue if task.state is TaskState.QUEUED]
        for task in queued:
            if task.id not in asked and task.id not in told:
                self._tell_task(task.id, _waits_for_start(task.id))
        self._tell_nodes(scene, nodes, len(queued))

    def _tell_task(self, task_id: int, why: Said) -> None:
        entry: TaskEntry = self._farm.tasks[task_id]
        task = entry.task
        if task.waiting or task.state not in (TaskState.QUEUED, TaskState.RENDERING):
            return  # it waits for another task, and says so itself
        if (task.reason, task.reason_zh) != (why.en, why.zh):
            task.reason, task.reason_zh = why.en, why.zh
            self._farm.touch(entry)

    def _tell_nodes(self, scene: Scene, nodes: Iterable[RenderNode], queued: int) -> None:
        known: dict[tuple[object, ...], Said] = {}  # many nodes idle for the same reason
        granted = {slot for slots in scene.plan.grants.values() for slot in slots}
        for node in nodes:
            if node.state not in (NodeState.IDLE, NodeState.RENDERING):
                self._told.pop(node.name, None)
                continue
            places = self._slots[node.name]
            taken = {*self._agents.busy, *self._agents.held, *granted}
            free = [place for place in places if place.slot not in taken]
            why = NOTHING
            if free:
                barred = any(free[0].slot in want.barred for want in scene.wants)
                key = (free[0].tools, free[0].pool, free[0].node if barred or _bound(scene) else "")
                if key not in known:
                    known[key] = why_idles(scene, free[0], queued=queued)
                why = known[key]
            if not free and any(place.slot in self._agents.held for place in places):
                why = STILL_AT_WORK
            elif len(places) > 1 and len(free) < len(places):
                why = self._of_several(places, len(free), why)
            if self._told.get(node.name) != (node.state, why):
                self._told[node.name] = (node.state, why)
                self._farm.set_node(node.name, reason=why.en, reason_zh=why.zh)

    def _of_several(self, places: Sequence[Place], free: int, idle: Said) -> Said:
        """Sum up a node with several slots, of which some work."""
        sessions = (self._agents.busy.get(place.slot) for place in places)
        tasks = sorted({session.task_id for session in sessions if session is not None})
        count, all_tasks = len(places), ", ".join(map(str, tasks))
        at_work = count - free
        en = f"{at_work} of {count} slots work (tasks {all_tasks})."
        zh = f"{count} 个槽位中有 {at_work} 个在工作（任务 {all_tasks}）。"
        return Said(f"{en} {idle.en}".strip(), zh + idle.zh)


def _bound(scene: Scene) -> bool:
    return any(want.bond is not None for want in scene.wants)


def _waits_for_start(task_id: int) -> Said:
    return Said(
        f"Waits for an operator: farmdesk start {task_id}, or farmdesk auto-start on",
        f"等待操作员派发：farmdesk start {task_id}，或 farmdesk auto-start on",
    )
