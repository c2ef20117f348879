"""The desk for operators' allocations; `standing.py` finds them again after a restart."""

from farmdesk.dispatch.wants import Bond, Place
from farmdesk.dispatch.why import node_is_out
from farmdesk.domain.errors import Refused
from farmdesk.domain.node import UnknownNode, offers
from farmdesk.domain.node_commands import AllocateNodes, SetAutoStart
from farmdesk.domain.said import Said
from farmdesk.domain.text import quoted
from farmdesk.domain.users import User
from farmdesk.engine.agents import Agents
from farmdesk.engine.allocation import Rules
from farmdesk.engine.clock import Moment
from farmdesk.engine.desk import FarmAnswers, TaskAnswers
from farmdesk.engine.farm import Farm
from farmdesk.engine.task_entry import TaskEntry


class Bonds:
    """Binds tasks to nodes in `rules`. Everything it refuses changes nothing."""

    def __init__(self, farm: Farm, agents: Agents, rules: Rules) -> None:
        self._farm = farm
        self._agents = agents
        self._rules = rules

    @property
    def about_tasks(self) -> TaskAnswers:
        """What this desk answers."""
        return {AllocateNodes: self.allocate}

    @property
    def about_farm(self) -> FarmAnswers:
        """What this desk answers."""
        return {SetAutoStart: self.set_auto_start}

    def set_auto_start(self, command: SetAutoStart, _user: User, _now: Moment) -> tuple[None, Said]:
        """Let queued tasks start without an operator, or not any more."""
        self._rules.auto_start = command.on
        self._farm.changes += 1
        if command.on:
            return None, Said("Queued tasks start by themselves.", "排队中的任务将自动开始。")
        return None, Said("Queued tasks wait for an operator.", "排队中的任务将等待操作员派发。")

    def allocate(self, command: AllocateNodes, entry: TaskEntry, _user: User, _now: Moment) -> Said:
        """Bind a task to nodes, or give it back to the plan. Raises Refused."""
        key = entry.task.id
        if command.clear == bool(command.nodes or command.pool or command.count):
            raise Refused(
                "Name nodes, or a pool and how many of its nodes, or clear: one of the three.",
                "请指定节点，或指定节点池及数量，或取消分配：三者选一。",
            )
        if command.clear:
            self._rules.bonds.pop(key, None)
            self._farm.changes += 1
            return Said(
                f"Task {key} gets its nodes by the plan again.", f"任务 {key} 恢复自动分配节点。"
            )
        if command.nodes:
            bond = self._named(entry, command)
            names = ", ".join(sorted(bond.nodes))
            said = Said(f"Task {key} gets {names}.", f"任务 {key} 分配到 {names}。")
        else:
            bond = self._of_pool(entry, command)
            count, pool = bond.count, bond.pool
            said = Said(
                f"Task {key} gets {count} nodes of pool {pool}.",
                f"任务 {key} 分配到节点池 {pool} 的 {count} 个节点。",
            )
        self._rules.bonds[key] = bond
        self._farm.changes += 1
        return said

    def _named(self, entry: TaskEntry, command: AllocateNodes) -> Bond:
        if command.count:
            raise Refused(
                "A count belongs to a pool; named nodes are all allocated.",
                "数量只能与节点池一起使用；指定名称的节点会全部分配。",
            )
        for node in command.nodes:
            self._check_node(entry, node, command.pool)
        return Bond(nodes=frozenset(command.nodes))

    def _of_pool(self, entry: TaskEntry, command: AllocateNodes) -> Bond:
        pool, count = command.pool, command.count or 1
        members = {place.node for place in self._agents.places if pool and place.pool == pool}
        if not members:
            pools = ", ".join(sorted({p.pool for p in self._agents.places if p.pool})) or "-"
            raise Refused(
                f"There is no pool {quoted(pool)}; known are: {pools}.",
                f"没有节点池 {quoted(pool)}；现有：{pools}。",
            )
        places = [place for place in self._agents.places if place.pool == pool]
        nodes = self._agents.nodes
        fit = {p.node for p in places if self._offers(p, entry) and nodes.usable(p.node)}
        if count > len(fit):
            tool = _tool_of(entry)
            raise Refused(
                f"Pool {pool} has {len(members)} nodes, of which {len(fit)} offer {tool} and can "
                f"work now; allocate so many at most.",
                f"节点池 {pool} 有 {len(members)} 个节点，其中 {len(fit)} 个提供 {tool} 且可用；"
                "最多只能分配这么多。",
            )
        return Bond(pool=pool, count=count)

    def _check_node(self, entry: TaskEntry, name: str, pool: str) -> None:
        """Refuse a node that could not work for this task."""
        place = next((place for place in self._agents.places if place.node == name), None)
        node, shown = self._agents.nodes.by_name.get(name), quoted(name)
        if place is None or node is None:
            raise UnknownNode(name)
        if pool and place.pool != pool:
            raise Refused(
                f"Node {shown} is not of pool {quoted(pool)} but of {place.pool or 'none'}. Choose "
                "another node, or leave the pool out.",
                f"节点 {shown} 不属于节点池 {quoted(pool)}，而属于 {place.pool or '无'}。"
                "请另选节点，或不指定节点池。",
            )
        if not self._agents.nodes.usable(name):
            why = node_is_out(name, node.state, Said(node.reason, node.reason_zh))
            raise Refused(
                f"Node {shown} cannot be allocated: {why.en}. Choose another one, or wait until it "
                "is back.",
                f"节点 {shown} 无法分配：{why.zh}。请另选节点，或等待其恢复。",
            )
        if not self._offers(place, entry):
            tool = _tool_of(entry)
            raise Refused(
                f"Node {shown} does not offer {tool}, which task {entry.task.id} needs. Choose "
                "another node.",
                f"节点 {shown} 不提供任务 {entry.task.id} 所需的 {tool}。请另选节点。",
            )
        self._check_not_taken(entry, name)

    def _check_not_taken(self, entry: TaskEntry, name: str) -> None:
        for task_id, bond in self._rules.bonds.items():
            other = self._farm.tasks.get(task_id)
            if task_id == entry.task.id or other is None or other.task.ended:
                continue
            if name in bond.nodes:
                raise Refused(
                    f"Node {quoted(name)} is allocated to task {task_id}. Clear that first: "
                    f"farmdesk allocate {task_id} --clear",
                    f"节点 {quoted(name)} 已分配给任务 {task_id}。请先取消："
                    f"farmdesk allocate {task_id} --clear",
                )

    @staticmethod
    def _offers(place: Place, entry: TaskEntry) -> bool:
        return offers(place.tools, entry.task.spec.tool, entry.task.spec.tool_version)


def _tool_of(entry: TaskEntry) -> str:
    return f"{entry.task.spec.tool} {entry.task.spec.tool_version}".strip()
