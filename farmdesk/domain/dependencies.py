"""Tasks that wait for other tasks: which waits are allowed, what they release, what they say.

A task waits for at most one other, its source, whole or frame by frame. In frame mode a frame is
released when the frame of the same number is proven in the source. What was released stays so:
a source frame that is rejected later takes nothing back.
"""

from collections.abc import Callable
from enum import StrEnum

from farmdesk.domain.errors import Refused
from farmdesk.domain.frames import FrameSet
from farmdesk.domain.states import TaskState
from farmdesk.domain.task import RenderTask

SHOWN_FRAMES = 60  # characters of a list of frames in a sentence


class AfterMode(StrEnum):
    """How a task waits for its source."""

    TASK = "task"  # all its frames are released when the source is completed
    FRAME = "frame"  # each frame when the same frame of the source is proven


COMPLETE = frozenset({TaskState.COMPLETED, TaskState.EXPIRED})
_NEVER = frozenset({TaskState.REJECTED, TaskState.EXPIRED})  # nothing more comes of these

# What a person reads of a source that does not get on by itself, and what may be done about it.
_STANDS: dict[TaskState, tuple[str, str]] = {
    TaskState.UPLOADING: ("is being uploaded", "正在上传"),
    TaskState.QUEUED: ("is queued", "正在排队"),
    TaskState.PAUSED: ("is paused: resume it", "已暂停：请继续它"),
    TaskState.PREEMPTED: (
        "was interrupted by an urgent task and resumes by itself",
        "已为加急任务让位，会自动继续",
    ),
    TaskState.STOPPED: ("was stopped: resume it", "已停止：请继续它"),
    TaskState.PARTLY_FAILED: ("has failed frames: retry them", "有失败帧：请重试"),
    TaskState.FAILED: (
        "has failed: remove the cause and retry it",
        "已失败：请排除原因后重试",
    ),
    TaskState.REJECTED: ("was rejected", "已被驳回"),
}
_STUCK = frozenset(
    {TaskState.STOPPED, TaskState.PARTLY_FAILED, TaskState.FAILED, TaskState.REJECTED}
)
_GO_ON = ("or let this task go on without it", "或让本任务不再等待它")


class DependencyRefused(Refused):
    """A wait that could never end, or that nobody could explain."""

    def __init__(self, source_id: int, en: str, zh: str) -> None:
        self.source_id = source_id
        super().__init__(en, zh)


def check_wait(
    task_id: int,
    frames: FrameSet,
    source: RenderTask,
    *,
    mode: str,
    source_of: Callable[[int], int | None],
) -> None:
    """Refuse a wait of a task with these frames for `source`. Raises DependencyRefused.

    `source_of` gives the number of the task that another task waits for, None: for nobody.
    """
    key = source.id
    _check_circle(task_id, int(key), source_of)
    if source.recycled or source.purged or source.state in _NEVER:
        raise DependencyRefused(
            key,
            f"Task {key} lies in the recycle queue, was rejected or has expired; no task can wait "
            "for it. Name another one, or restore it first.",
            f"任务 {key} 在回收队列中、已被驳回或已过期，不能等待它。请指定其他任务，或先恢复它。",
        )
    if mode == AfterMode.FRAME and (strange := frames - source.spec.frames):
        raise DependencyRefused(
            key,
            f"Task {key} does not render the frames {_shown(strange)}, so they would wait for "
            "ever. Leave them out, or wait for the whole task.",
            f"任务 {key} 不渲染帧 {_shown(strange)}，这些帧将永远等待。"
            "请去掉它们，或等待整个任务。",
        )


def _check_circle(task_id: int, source_id: int, source_of: Callable[[int], int | None]) -> None:
    """Refuse a wait with which tasks would wait for each other."""
    chain = [task_id, source_id]
    while chain[-1] != task_id and (further := source_of(chain[-1])) is not None:
        chain.append(further)
    if chain[-1] == task_id:
        told = " → ".join(map(str, chain))
        raise DependencyRefused(
            source_id,
            f"Task {task_id} cannot wait for task {source_id}: they would wait for each other "
            f"({told}). Take one of these waits away first.",
            f"任务 {task_id} 不能等待任务 {source_id}：它们会互相等待（{told}）。"
            "请先取消其中一个等待。",
        )


def unknown_source(source_id: int) -> DependencyRefused:
    """Give the refusal of a wait for a task that there is not."""
    return DependencyRefused(
        source_id,
        f"There is no task {source_id} to wait for. See `farmdesk tasks` for those there are.",
        f"没有可等待的任务 {source_id}。请用 `farmdesk tasks` 查看现有任务。",
    )


def releases_all(source: RenderTask, mode: str) -> bool:
    """Say whether the source releases every frame by its state alone."""
    return mode == AfterMode.TASK and source.state in COMPLETE and not source.purged


def wait_reason(source: RenderTask, mode: str, failed: FrameSet) -> tuple[str, str]:
    """Give the sentence that a waiting task shows, in English and Chinese.

    `failed`: frames that failed for good in the source.
    """
    key, key_zh = (
        f"task {source.id} ({source.spec.name})",
        f"任务 {source.id}（{source.spec.name}）",
    )
    go_on, go_on_zh = _GO_ON
    if source.purged:
        return (
            f"Waits for {key}, whose frames are gone: stop this task, {go_on}.",
            f"等待{key_zh}，但其帧已被删除：请停止本任务，{go_on_zh}。",
        )
    if source.recycled:
        return (
            f"Waits for {key}, which lies in the recycle queue: restore it, {go_on}.",
            f"等待{key_zh}，它在回收队列中：请恢复它，{go_on_zh}。",
        )
    if mode == AfterMode.FRAME and failed:
        frames = _shown(failed)
        en = f"Frames {frames} failed in {key} and hold the same frames of this task back: "
        zh = f"帧 {frames} 在{key_zh}中失败，本任务的相同帧无法开始："
        return f"{en}retry them there, {go_on}.", f"{zh}请在那里重试，{go_on_zh}。"
    state, state_zh = _state_of(source)
    if mode == AfterMode.FRAME:
        return f"Its frames follow those of {key}{state}.", f"各帧跟随{key_zh}的帧{state_zh}。"
    if source.state in _STUCK:
        return f"Waits for {key}{state}, {go_on}.", f"等待{key_zh}{state_zh}，{go_on_zh}。"
    return f"Waits for {key}{state or ' to be completed'}.", f"等待{key_zh}完成{state_zh}。"


def _state_of(source: RenderTask) -> tuple[str, str]:
    """Say how the source stands when it does not get on by itself; else nothing."""
    if source.state not in _STANDS:
        return "", ""
    stands, stands_zh = _STANDS[source.state]
    told, told_zh = source.reason.rstrip("."), (source.reason_zh or source.reason).rstrip(".。")
    return (
        f", which {stands}" + (f" ({told})" if told else ""),
        f"，它{stands_zh}" + (f"（{told_zh}）" if told_zh else ""),
    )


def _shown(frames: FrameSet) -> str:
    text = str(frames)
    return text if len(text) <= SHOWN_FRAMES else f"{text[:SHOWN_FRAMES]}… ({len(frames)})"
