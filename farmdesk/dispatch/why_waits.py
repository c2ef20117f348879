"""Why a task waits for nodes, and what would change that: one sentence."""

from collections.abc import Sequence

from farmdesk.dispatch.wants import Place, Want
from farmdesk.dispatch.why import Scene, bound_to
from farmdesk.domain.said import Said


def why_waits(scene: Scene, want: Want) -> Said:
    """Say why a task has no node."""
    title = f"{want.tool} {want.tool_version}".strip()
    fitting = scene.fitting(want)
    if not fitting:
        return Said(
            f"No node of this farm offers {title}; add it to a node's tools in farm.toml.",
            f"没有节点提供 {title}；请在 farm.toml 中为节点添加该软件。",
        )
    if want.frames <= 0:
        return Said(
            "None of its frames can be rendered yet; it gets nodes when their sources are proven.",
            "目前没有可渲染的帧；所依赖的帧通过校验后会自动分配节点。",
        )
    if want.bond is not None:
        fitting = bound_to(want, fitting)
    clear = f"farmdesk allocate {want.task_id} --clear"
    if not fitting:
        return Said(
            f"None of its allocated nodes offers {title}; give it back to the plan: {clear}",
            f"分配给它的节点均不提供 {title}；可取消手动分配：{clear}",
        )
    up = [place for place in fitting if place.node not in scene.out] if scene.out else fitting
    if not up:
        return _all_out(scene, want, fitting, clear)
    if want.barred and want.barred.issuperset(place.slot for place in up):
        return Said(
            "It failed too often on every node that could render it; look at its log, then stop "
            "and resume it.",
            "它在所有可用节点上失败次数过多；请查看日志，然后停止并重新继续该任务。",
        )
    if scene.licences_used_up(want.tool):
        limit = scene.licences[want.tool]
        return Said(
            f"All {limit} licences of {want.tool} are in use; it gets one when a task that uses "
            "them ends or is paused.",
            f"{want.tool} 的 {limit} 个许可证均在使用中；使用许可证的任务结束或暂停后即可分配。",
        )
    return _behind(scene, want, up)


def _all_out(scene: Scene, want: Want, fitting: Sequence[Place], clear: str) -> Said:
    """Every node that could render it is out of action: the first one's reason stands for all."""
    node = fitting[0].node
    why = scene.out[node]
    if want.bond is not None:
        return Said(
            f"Its allocated nodes cannot work now ({node}: {why.en}); it starts when one is back, "
            f"or on other nodes after: {clear}",
            f"分配给它的节点目前不可用（{node}：{why.zh}）；节点恢复后开始，"
            f"或取消手动分配以使用其他节点：{clear}",
        )
    return Said(
        f"No node that offers {want.tool} can work now ({node}: {why.en}); it starts when one is "
        "back.",
        f"提供 {want.tool} 的节点目前均不可用（{node}：{why.zh}）；节点恢复后自动开始。",
    )


def _behind(scene: Scene, want: Want, up: Sequence[Place]) -> Said:
    """Others have the nodes: it gets one soon, or it has to wait for its turn."""
    if scene.plan.targets.get(want.task_id, 0) > 0:
        return Said(
            "A node comes to it as soon as its present frame is finished.",
            "有节点在完成当前帧后即分配给它。",
        )
    names, number = scene.ahead_on(want, up), want.task_id
    return Said(
        f"Every node works for tasks before it ({names}); it gets one when they need fewer, or "
        f"with a higher priority: farmdesk priority {number} 9",
        f"所有节点都在为排在它之前的任务（{names}）工作；这些任务需要的节点减少后即可分配，"
        f"也可提高优先级：farmdesk priority {number} 9",
    )
