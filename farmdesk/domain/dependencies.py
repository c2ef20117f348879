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
_STANDS: dict[TaskState, str] = {
    TaskState.UPLOADING: "is being uploaded",
    TaskState.QUEUED: "is queued",
    TaskState.PAUSED: "is paused: resume it",
    TaskState.PREEMPTED: "was interrupted by an urgent task and resumes by itself",
    TaskState.STOPPED: "was stopped: resume it",
    TaskState.PARTLY_FAILED: "has failed frames: retry them",
    TaskState.FAILED: "has failed: remove the cause and retry it",
    TaskState.REJECTED: "was rejected",
}
_GO_ON = "or let this task go on without it"


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
    chain = [task_id, int(key)]
    while chain[-1] != task_id and (further := source_of(chain[-1])) is not None:
        chain.append(further)
    if chain[-1] == task_id:
        told = " → ".join(map(str, chain))
        raise DependencyRefused(
            key,
            f"Task {task_id} cannot wait for task {key}: they would wait for each other ({told}). "
            "Take one of these waits away first.",
            f"任务 {task_id} 不能等待任务 {key}：它们会互相等待（{told}）。请先取消其中一个等待。",
        )
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


def wait_reason(source: RenderTask, mode: str, failed: FrameSet) -> str:
    """Give the sentence that a waiting task shows. `failed`: frames that failed in the source."""
    key = f"task {source.id} ({source.spec.name})"
    if source.purged:
        return f"Waits for {key}, whose frames are gone: stop this task, {_GO_ON}."
    if source.recycled:
        return f"Waits for {key}, which lies in the recycle queue: restore it, {_GO_ON}."
    stands = _STANDS.get(source.state)
    reason = f" ({source.reason.rstrip('.')})" if stands and source.reason else ""
    state = f", which {stands}{reason}" if stands else ""
    if mode == AfterMode.TASK:
        if source.state in _RETRIABLE:
            return f"Waits for {key}{state}, {_GO_ON}."
        return f"Waits for {key}{state or ' to be completed'}."
    if failed:
        return (
            f"Frames {_shown(failed)} failed in {key} and hold the same frames of this task back: "
            f"retry them there, {_GO_ON}."
        )
    return f"Its frames follow those of {key}{state}."


_RETRIABLE = frozenset(
    {TaskState.STOPPED, TaskState.PARTLY_FAILED, TaskState.FAILED, TaskState.REJECTED}
)


def _shown(frames: FrameSet) -> str:
    text = str(frames)
    return text if len(text) <= SHOWN_FRAMES else f"{text[:SHOWN_FRAMES]}… ({len(frames)})"
