"""Why a free slot idles, and what would change that: one sentence."""

from collections.abc import Sequence

from farmdesk.dispatch.wants import Place, Want
from farmdesk.dispatch.why import Scene, bound_to, first_names
from farmdesk.domain.node import offers
from farmdesk.domain.said import Said


def why_idles(scene: Scene, place: Place, *, queued: int) -> Said:
    """Say why a free slot idles. `queued`: tasks that wait for an operator's start."""
    if not scene.wants:
        return _nobody_renders(queued)
    rest = scene.wants
    able = [want for want in rest if offers(place.tools, want.tool, want.tool_version)]
    if not able:
        tools = first_names(sorted({f"{want.tool} {want.tool_version}".strip() for want in rest}))
        return Said(
            f"It does not offer what the tasks need ({tools}); add it to its tools in farm.toml.",
            f"它不提供当前任务所需的软件（{tools}）；请在 farm.toml 中添加。",
        )
    lacking = [want for want in able if len(want.held) < want.frames]
    if not lacking:
        return Said(
            "Each frame that is left has a node; it works again with the next task.",
            "剩余的每一帧都已有节点；下一个任务开始时继续工作。",
        )
    free = [want for want in lacking if place in bound_to(want, [place])]
    if not free:
        numbers = first_names(str(want.task_id) for want in lacking)
        return Said(
            f"The tasks that could use it are allocated to other nodes ({numbers}); allocate it to "
            "one of them, or clear their allocation.",
            f"可使用它的任务已分配到其他节点（{numbers}）；可将它分配给其中之一，或取消手动分配。",
        )
    return _held_back(scene, place, free)


def _nobody_renders(queued: int) -> Said:
    if queued:
        return Said(
            f"No task renders; {queued} in the queue wait for an operator: farmdesk start TASK, or "
            "farmdesk auto-start on",
            f"没有正在渲染的任务；队列中有 {queued} 个任务等待派发：farmdesk start 任务号，"
            "或 farmdesk auto-start on",
        )
    return Said(
        "No task renders and none waits; submit one.", "没有正在渲染或等待的任务；请提交任务。"
    )


def _held_back(scene: Scene, place: Place, lacking: Sequence[Want]) -> Said:
    """A task could use this slot, but must not."""
    short = sorted({want.tool for want in lacking if scene.licences_used_up(want.tool)})
    if len(short) == len({want.tool for want in lacking}):
        tools = first_names(short)
        return Said(
            f"Every licence of {tools} is in use; it works when one falls free, or with more in "
            "farm.toml.",
            f"{tools} 的许可证已用完；许可证空出后继续工作，也可在 farm.toml 中增加。",
        )
    if all(place.slot in want.barred for want in lacking):
        numbers = first_names(str(want.task_id) for want in lacking)
        return Said(
            f"It failed too often for the tasks that wait ({numbers}); look at its log.",
            f"它为等待中的任务（{numbers}）渲染时失败次数过多；请查看日志。",
        )
    return Said("It starts to work at once.", "即将开始工作。")
