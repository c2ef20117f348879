"""The desk for commands about nodes: take them out of work and bring them back."""

from farmdesk.domain.errors import Refused
from farmdesk.domain.node import UnknownNode
from farmdesk.domain.node_commands import DrainNodes, WakeNodes
from farmdesk.domain.said import Said
from farmdesk.domain.text import quoted
from farmdesk.domain.users import User
from farmdesk.engine.agents import Agents
from farmdesk.engine.allocation import Rules
from farmdesk.engine.clock import Moment
from farmdesk.engine.desk import FarmAnswers
from farmdesk.engine.runs import Runs


class NodeDesk:
    """Drains and wakes nodes; who is drained lies in `rules`, by whom, and outlives the engine."""

    def __init__(self, *, agents: Agents, runs: Runs, rules: Rules) -> None:
        self._agents = agents
        self._runs = runs
        self._rules = rules
        for node in rules.drained.keys() & agents.nodes.by_name.keys():
            agents.drain(node, rules.drained[node])

    @property
    def about_farm(self) -> FarmAnswers:
        """What this desk answers."""
        return {DrainNodes: self.drain, WakeNodes: self.wake}

    def drain(self, command: DrainNodes, user: User, now: Moment) -> tuple[None, Said]:
        """Let nodes finish their frames in hand and take no more. Raises Refused."""
        fresh = [name for name in self._named(command) if name not in self._rules.drained]
        if not fresh:
            raise Refused(
                "These nodes are drained already. Bring them back with: farmdesk node wake NAME",
                "这些节点已排空。恢复使用请运行：farmdesk node wake 节点名",
            )
        for name in fresh:
            self._rules.drained[name] = user.login
            self._agents.drain(name, user.login)
        for run in self._runs.at_work():
            slots = [slot for slot, item in run.sessions.items() if item.node in fresh]
            run.revoke(slots, now)
        names = ", ".join(fresh)
        return None, Said(
            f"Drained: {names}. What is in hand is finished, and nothing new begins there.",
            f"已排空：{names}。当前帧完成后不再接收新帧。",
        )

    def wake(self, command: WakeNodes, _user: User, _now: Moment) -> tuple[None, Said]:
        """Let drained nodes work again. Raises Refused."""
        drained = [name for name in self._named(command) if name in self._rules.drained]
        if not drained:
            raise Refused(
                "None of these nodes is drained; there is nothing to bring back.",
                "这些节点均未排空，无需恢复。",
            )
        for name in drained:
            del self._rules.drained[name]
            self._agents.bring_back(name)
        names = ", ".join(drained)
        return None, Said(f"Back at work: {names}.", f"已恢复使用：{names}。")

    def _named(self, command: DrainNodes | WakeNodes) -> list[str]:
        """Give the nodes that a command means, in order. Raises Refused."""
        if bool(command.nodes) == bool(command.pool):
            raise Refused(
                "Name nodes, or one pool: one of the two.",
                "请指定节点，或指定一个节点池：二者选一。",
            )
        for name in command.nodes:
            if name not in self._agents.nodes.by_name:
                raise UnknownNode(name)
        members = {place.node for place in self._agents.places if place.pool == command.pool}
        if command.pool and not members:
            raise Refused(
                f"There is no pool {quoted(command.pool)}. See `farmdesk nodes`.",
                f"没有节点池 {quoted(command.pool)}。请用 `farmdesk nodes` 查看。",
            )
        return sorted(members if command.pool else set(command.nodes))
