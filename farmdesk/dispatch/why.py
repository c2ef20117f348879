"""Why a task waits for nodes, why a node idles, and what would change that: one sentence each."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from farmdesk.dispatch.events import SlotId
from farmdesk.dispatch.fleet import Plan
from farmdesk.dispatch.wants import Place, Want
from farmdesk.domain.node import offers
from farmdesk.domain.text import quoted

NAMED = 3  # nodes or tasks that a sentence names


@dataclass(frozen=True, slots=True)
class Why:
    """A sentence in English and Chinese."""

    en: str = ""
    zh: str = ""


@dataclass(frozen=True, slots=True)
class Scene:
    """All that reasons are drawn from.

    `places`: every slot of the farm. `out`: nodes that cannot work now, and why. `leaving`: slots
    whose agent is on its way out, with its tool.
    """

    places: Sequence[Place]
    wants: Sequence[Want]
    plan: Plan
    out: Mapping[str, Why] = field(default_factory=dict)
    leaving: Mapping[SlotId, str] = field(default_factory=dict)
    licences: Mapping[str, int] = field(default_factory=dict)
    # what was found out for one task holds for all of its tool
    _fitting: dict[tuple[str, str], list[Place]] = field(default_factory=dict)
    _ahead: dict[tuple[str, str], str] = field(default_factory=dict)
    _using: Counter[str] = field(default_factory=Counter)

    def fitting(self, want: Want) -> list[Place]:
        """Give the places whose node offers the task's tool."""
        key = (want.tool, want.tool_version)
        if key not in self._fitting:
            self._fitting[key] = [place for place in self.places if offers(place.tools, *key)]
        return self._fitting[key]

    def licences_used_up(self, tool: str) -> bool:
        """Say whether every licence of a tool is in use."""
        limit = self.licences.get(tool)
        if limit is None:
            return False
        if not self._using:
            for want in self.wants:
                self._using[want.tool] += len(want.held)
            self._using.update(self.leaving.values())
        return self._using[tool] >= limit

    def ahead_on(self, want: Want, places: Sequence[Place]) -> str:
        """Name the tasks that work on these places, where the task could."""
        key = (want.tool, want.tool_version)
        if want.bond is None and key in self._ahead:
            return self._ahead[key]
        slots = {place.slot for place in places}
        found = [other for other in self.wants if slots.intersection(other.held)]
        names = _list(str(other.task_id) for other in sorted(found, key=lambda item: item.rank))
        if want.bond is None:
            self._ahead[key] = names
        return names


def why_waits(scene: Scene, want: Want) -> Why:
    """Say why a task has no node."""
    title = f"{want.tool} {want.tool_version}".strip()
    fitting = scene.fitting(want)
    if not fitting:
        return Why(
            f"No node of this farm offers {title}; add it to a node's tools in farm.toml.",
            f"没有节点提供 {title}；请在 farm.toml 中为节点添加该软件。",
        )
    if want.frames <= 0:
        return Why(
            "None of its frames can be rendered yet; it gets nodes when their sources are proven.",
            "目前没有可渲染的帧；所依赖的帧通过校验后会自动分配节点。",
        )
    if want.bond is not None:
        fitting = _bound(want, fitting)
    clear = f"farmdesk allocate {want.task_id} --clear"
    if not fitting:
        return Why(
            f"None of its allocated nodes offers {title}; give it back to the plan: {clear}",
            f"分配给它的节点均不提供 {title}；可取消手动分配：{clear}",
        )
    up = [place for place in fitting if place.node not in scene.out] if scene.out else fitting
    if not up:
        return _all_out(scene, want, fitting, clear)
    if want.barred and want.barred.issuperset(place.slot for place in up):
        return Why(
            "It failed too often on every node that could render it; look at its log, then stop "
            "and resume it.",
            "它在所有可用节点上失败次数过多；请查看日志，然后停止并重新继续该任务。",
        )
    if scene.licences_used_up(want.tool):
        limit = scene.licences[want.tool]
        return Why(
            f"All {limit} licences of {want.tool} are in use; it gets one when a task that uses "
            "them ends or is paused.",
            f"{want.tool} 的 {limit} 个许可证均在使用中；使用许可证的任务结束或暂停后即可分配。",
        )
    return _behind(scene, want, up)


def _bound(want: Want, fitting: Sequence[Place]) -> list[Place]:
    bond = want.bond
    if bond is None:
        return list(fitting)
    if bond.pool:
        return [place for place in fitting if place.pool == bond.pool]
    return [place for place in fitting if place.node in bond.nodes]


def _all_out(scene: Scene, want: Want, fitting: Sequence[Place], clear: str) -> Why:
    """Every node that could render it is out of action: the first one's reason stands for all."""
    node = fitting[0].node
    why = scene.out[node]
    if want.bond is not None:
        return Why(
            f"Its allocated nodes cannot work now ({node}: {why.en}); it starts when one is back, "
            f"or on other nodes after: {clear}",
            f"分配给它的节点目前不可用（{node}：{why.zh}）；节点恢复后开始，"
            f"或取消手动分配以使用其他节点：{clear}",
        )
    return Why(
        f"No node that offers {want.tool} can work now ({node}: {why.en}); it starts when one is "
        "back.",
        f"提供 {want.tool} 的节点目前均不可用（{node}：{why.zh}）；节点恢复后自动开始。",
    )


def _behind(scene: Scene, want: Want, up: Sequence[Place]) -> Why:
    """Others have the nodes: it gets one soon, or it has to wait for its turn."""
    if scene.plan.targets.get(want.task_id, 0) > 0:
        return Why(
            "A node comes to it as soon as its present frame is finished.",
            "有节点在完成当前帧后即分配给它。",
        )
    names, number = scene.ahead_on(want, up), want.task_id
    return Why(
        f"Every node works for tasks before it ({names}); it gets one when they need fewer, or "
        f"with a higher priority: farmdesk priority {number} 9",
        f"所有节点都在为排在它之前的任务（{names}）工作；这些任务需要的节点减少后即可分配，"
        f"也可提高优先级：farmdesk priority {number} 9",
    )


def why_idles(scene: Scene, place: Place, *, queued: int) -> Why:
    """Say why a free slot idles. `queued`: tasks that wait for an operator's start."""
    if not scene.wants:
        return _nobody_renders(queued)
    rest = scene.wants
    able = [want for want in rest if offers(place.tools, want.tool, want.tool_version)]
    if not able:
        tools = _list(sorted({f"{want.tool} {want.tool_version}".strip() for want in rest}))
        return Why(
            f"It does not offer what the tasks need ({tools}); add it to its tools in farm.toml.",
            f"它不提供当前任务所需的软件（{tools}）；请在 farm.toml 中添加。",
        )
    lacking = [want for want in able if len(want.held) < want.frames]
    if not lacking:
        return Why(
            "Each frame that is left has a node; it works again with the next task.",
            "剩余的每一帧都已有节点；下一个任务开始时继续工作。",
        )
    free = [want for want in lacking if place in _bound(want, [place])]
    if not free:
        numbers = _list(str(want.task_id) for want in lacking)
        return Why(
            f"The tasks that could use it are allocated to other nodes ({numbers}); allocate it to "
            "one of them, or clear their allocation.",
            f"可使用它的任务已分配到其他节点（{numbers}）；可将它分配给其中之一，或取消手动分配。",
        )
    return _held_back(scene, place, free)


def _nobody_renders(queued: int) -> Why:
    if queued:
        return Why(
            f"No task renders; {queued} in the queue wait for an operator: farmdesk start TASK, or "
            "farmdesk auto-start on",
            f"没有正在渲染的任务；队列中有 {queued} 个任务等待派发：farmdesk start TASK，"
            "或 farmdesk auto-start on",
        )
    return Why(
        "No task renders and none waits; submit one.", "没有正在渲染或等待的任务；请提交任务。"
    )


def _held_back(scene: Scene, place: Place, lacking: Sequence[Want]) -> Why:
    """A task could use this slot, but must not."""
    short = sorted({want.tool for want in lacking if scene.licences_used_up(want.tool)})
    if len(short) == len({want.tool for want in lacking}):
        tools = _list(short)
        return Why(
            f"Every licence of {tools} is in use; it works when one falls free, or with more in "
            "farm.toml.",
            f"{tools} 的许可证已用完；许可证空出后继续工作，也可在 farm.toml 中增加。",
        )
    if all(place.slot in want.barred for want in lacking):
        numbers = _list(str(want.task_id) for want in lacking)
        return Why(
            f"It failed too often for the tasks that wait ({numbers}); look at its log.",
            f"它为等待中的任务（{numbers}）渲染时失败次数过多；请查看日志。",
        )
    return Why("It starts to work at once.", "即将开始工作。")


def node_is_out(node: str, state: str, reason: Why) -> Why:
    """Say in a few words why a node cannot work."""
    words = {
        "offline": Why("it is offline", "已离线"),
        "fault": Why("it is at fault", "发生故障"),
        "draining": Why("it is drained", "正在排空"),
        "maintenance": Why("it is in maintenance", "正在维护"),
    }
    found = words.get(state, Why(f"{quoted(node)} rests", f"{quoted(node)} 暂停使用"))
    en = f"{found.en}, {reason.en}" if reason.en else found.en
    return Why(en, f"{found.zh}，{reason.zh}" if reason.zh else found.zh)


def _list(names: Iterable[str]) -> str:
    """Name the first few."""
    all_names = list(names)
    more = f" +{len(all_names) - NAMED}" if len(all_names) > NAMED else ""
    return ", ".join(all_names[:NAMED]) + more
