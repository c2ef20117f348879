"""A render task: who owns it, what it renders, and how its state may move."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import NewType

from farmdesk.domain.commands import Command
from farmdesk.domain.errors import Refused
from farmdesk.domain.node_commands import AllocateNodes
from farmdesk.domain.said import UNSAID, Said
from farmdesk.domain.states import TaskState
from farmdesk.domain.task_commands import (
    PauseTask,
    PurgeTask,
    RecycleTask,
    RestoreTask,
    ResumeTask,
    RetryFailed,
    SetAfter,
    SetPriority,
    StartRender,
    StopTask,
    TakeFrames,
    TakePackage,
    TakeSentFrames,
)
from farmdesk.domain.task_spec import TaskSpec
from farmdesk.domain.urgent_commands import RequestUrgent

TaskId = NewType("TaskId", int)

ENDED = frozenset(
    {
        TaskState.REJECTED,
        TaskState.PARTLY_FAILED,
        TaskState.FAILED,
        TaskState.COMPLETED,
        TaskState.STOPPED,
        TaskState.EXPIRED,
    }
)
"""States in which nobody works for a task, and nothing begins by itself."""

RECYCLABLE = ENDED | {TaskState.QUEUED, TaskState.UPLOADING}

_TO_STOPPED = frozenset({TaskState.STOPPED})
# A paused or interrupted task finishes the frames in hand: it may still get to its check or fail.
_WHILE_FRAMES_END = _TO_STOPPED | {TaskState.RENDERING, TaskState.VERIFYING, TaskState.FAILED}
_AGAIN = frozenset({TaskState.RENDERING})

MOVES: Mapping[TaskState, frozenset[TaskState]] = MappingProxyType(
    {
        TaskState.UPLOADING: frozenset({TaskState.QUEUED, TaskState.REJECTED}),
        TaskState.REJECTED: frozenset(),
        TaskState.QUEUED: _AGAIN | _TO_STOPPED,
        TaskState.RENDERING: _TO_STOPPED
        | {TaskState.PAUSED, TaskState.PREEMPTED, TaskState.VERIFYING, TaskState.FAILED},
        TaskState.PAUSED: _WHILE_FRAMES_END,
        TaskState.PREEMPTED: _WHILE_FRAMES_END | {TaskState.PAUSED},
        # back to rendering when the check found bad frames
        TaskState.VERIFYING: _AGAIN
        | _TO_STOPPED
        | {TaskState.COMPLETED, TaskState.PARTLY_FAILED, TaskState.FAILED},
        TaskState.PARTLY_FAILED: _AGAIN,
        TaskState.FAILED: _AGAIN,
        TaskState.STOPPED: _AGAIN,
        TaskState.COMPLETED: frozenset(),
        TaskState.EXPIRED: frozenset(),
    }
)
"""Where a task may go from each state."""

_TAKES_FRAMES = frozenset(
    {
        TaskState.QUEUED,
        TaskState.PAUSED,
        TaskState.STOPPED,
        TaskState.PARTLY_FAILED,
        TaskState.FAILED,
    }
)

WISHES: Mapping[type[Command], frozenset[TaskState]] = MappingProxyType(
    {
        TakePackage: frozenset({TaskState.UPLOADING}),
        TakeFrames: _TAKES_FRAMES,
        TakeSentFrames: _TAKES_FRAMES,
        StartRender: frozenset({TaskState.QUEUED, TaskState.STOPPED, TaskState.PAUSED}),
        PauseTask: frozenset({TaskState.RENDERING, TaskState.PREEMPTED}),
        StopTask: frozenset(state for state, moves in MOVES.items() if moves >= _TO_STOPPED),
        ResumeTask: frozenset({TaskState.PAUSED, TaskState.STOPPED, TaskState.PREEMPTED}),
        RetryFailed: frozenset({TaskState.PARTLY_FAILED, TaskState.FAILED, TaskState.STOPPED}),
        SetPriority: frozenset(TaskState) - ENDED | {TaskState.STOPPED},
        AllocateNodes: frozenset(TaskState) - ENDED | {TaskState.STOPPED},
        SetAfter: frozenset(TaskState)
        - {TaskState.COMPLETED, TaskState.REJECTED, TaskState.EXPIRED, TaskState.VERIFYING},
        RequestUrgent: frozenset(
            {TaskState.QUEUED, TaskState.RENDERING, TaskState.PAUSED, TaskState.PREEMPTED}
        ),
        RecycleTask: RECYCLABLE,
        RestoreTask: RECYCLABLE,
        PurgeTask: RECYCLABLE,
    }
)
"""In which states people may ask for what. A start does not retry failed frames; a retry does."""

# The verbs of `cannot be ...` for wishes and for moves, in English and Chinese.
_VERBS: Mapping[object, tuple[str, str]] = MappingProxyType(
    {
        TakePackage: ("given a package", "接收场景包"),
        TakeFrames: ("given frames by hand", "手工接收帧"),
        TakeSentFrames: ("given frames by hand", "手工接收帧"),
        StartRender: ("started", "派发"),
        PauseTask: ("paused", "暂停"),
        StopTask: ("stopped", "停止"),
        ResumeTask: ("resumed", "继续"),
        RetryFailed: ("retried", "重试失败帧"),
        SetPriority: ("given another priority", "更改优先级"),
        AllocateNodes: ("given nodes", "分配节点"),
        SetAfter: ("given another task to wait for", "更改所等待的任务"),
        RequestUrgent: ("made urgent", "加急"),
        RecycleTask: ("moved to the recycle queue", "移入回收队列"),
        RestoreTask: ("restored", "恢复"),
        PurgeTask: ("purged", "彻底删除"),
        TaskState.UPLOADING: ("uploaded", "上传"),
        TaskState.VERIFYING: ("verified", "校验"),
        TaskState.REJECTED: ("rejected", "驳回"),
        TaskState.QUEUED: ("queued", "排队"),
        TaskState.RENDERING: ("rendered", "渲染"),
        TaskState.PAUSED: ("paused", "暂停"),
        TaskState.PREEMPTED: ("interrupted", "让位"),
        TaskState.PARTLY_FAILED: ("ended with failed frames", "以部分失败结束"),
        TaskState.FAILED: ("given up", "放弃"),
        TaskState.COMPLETED: ("completed", "完成"),
        TaskState.STOPPED: ("stopped", "停止"),
        TaskState.EXPIRED: ("expired", "作过期处理"),
    }
)

# What a person may do instead, in each state.
_INSTEAD: Mapping[TaskState, tuple[str, str, str]] = MappingProxyType(
    {
        TaskState.UPLOADING: (
            "上传中",
            "Wait until its scene has arrived.",
            "请等待场景上传完毕。",
        ),
        TaskState.VERIFYING: (
            "校验中",
            "Wait until its frames are checked, or stop it.",
            "请等待校验结束，或停止它。",
        ),
        TaskState.REJECTED: ("校验未通过", "Submit it again.", "请重新提交。"),
        TaskState.QUEUED: ("排队中", "Start it first.", "请先派发它。"),
        TaskState.RENDERING: ("渲染中", "Pause or stop it first.", "请先暂停或停止它。"),
        TaskState.PAUSED: ("已暂停", "Resume or stop it first.", "请先继续或停止它。"),
        TaskState.PREEMPTED: (
            "让位中断",
            "It resumes by itself after the urgent task; resume or stop it to decide now.",
            "加急任务之后它会自动继续；也可以现在继续或停止它。",
        ),
        TaskState.PARTLY_FAILED: (
            "部分失败",
            "Retry its failed frames or submit it again.",
            "请重试失败帧或重新提交。",
        ),
        TaskState.FAILED: (
            "失败",
            "Remove the cause, then retry its failed frames or submit it again.",
            "请排除原因，然后重试失败帧或重新提交。",
        ),
        TaskState.COMPLETED: (
            "已完成",
            "Submit it again to render it anew.",
            "如需重新渲染，请重新提交。",
        ),
        TaskState.STOPPED: ("已停止", "Resume it or submit it again.", "请继续它或重新提交。"),
        TaskState.EXPIRED: ("已过期", "Submit it again.", "请重新提交。"),
    }
)


class IllegalTransition(Refused):
    """A move or a wish that a task's present state does not allow."""

    def __init__(
        self, task_id: TaskId, state: TaskState, wanted: TaskState | type[Command]
    ) -> None:
        self.task_id = task_id
        self.state = state
        self.wanted = wanted
        done_en, verb_zh = _VERBS[wanted]
        state_zh, en, zh = _INSTEAD[state]
        super().__init__(
            f"Task {task_id} is {state.value.replace('_', ' ')} and cannot be {done_en}. {en}",
            f"任务 {task_id} {state_zh}，不能{verb_zh}。{zh}",
        )


class WrongQueue(Refused):
    """A move of a task that lies in the recycle queue, or that should lie there and does not."""

    def __init__(self, task_id: TaskId, *, recycled: bool, purged: bool) -> None:
        self.task_id = task_id
        if purged:
            en = f"Task {task_id} was purged; its frames are gone. Submit it again."
            zh = f"任务 {task_id} 已被彻底删除，其帧已不存在。请重新提交。"
        elif recycled:
            en = f"Task {task_id} lies in the recycle queue. Restore it first."
            zh = f"任务 {task_id} 在回收队列中。请先恢复它。"
        else:
            en = f"Task {task_id} is not in the recycle queue. Move it there first."
            zh = f"任务 {task_id} 不在回收队列中。请先将它移入回收队列。"
        super().__init__(en, zh)


@dataclass(slots=True)
class RenderTask:
    """A task as the engine holds it. One customer owns it; only `move` changes its state."""

    id: TaskId
    spec: TaskSpec
    owner: str
    state: TaskState = TaskState.QUEUED
    reason: str = ""  # why it is in this state, for people
    reason_zh: str = ""  # the same in Chinese; empty where nobody said it
    priority: int = 5
    position: int = 0  # order in its queue, ascending
    recycled: bool = False
    purged: bool = False  # its frames, logs and scratch are gone
    after: int | None = None  # the task that it waits for
    after_mode: str = "task"  # whole, or frame by frame: see `AfterMode`
    waiting: bool = False  # its reason says what it waits for

    @property
    def ended(self) -> bool:
        """Whether nobody works for it any more."""
        return self.state in ENDED

    def check(self, command: Command) -> None:
        """Refuse a person's wish that does not fit. Raises WrongQueue or IllegalTransition."""
        wish = type(command)
        is_in_its_queue = self.recycled == (wish in (RestoreTask, PurgeTask))
        if self.purged or not (is_in_its_queue or wish is TakePackage):  # it waits with its task
            raise WrongQueue(self.id, recycled=self.recycled, purged=self.purged)
        if self.state not in WISHES[wish]:
            raise IllegalTransition(self.id, self.state, wish)

    def move(self, to: TaskState, why: Said = UNSAID) -> None:
        """Change the state, and why. Raises WrongQueue or IllegalTransition."""
        if self.recycled:
            raise WrongQueue(self.id, recycled=True, purged=self.purged)
        if to not in MOVES[self.state]:
            raise IllegalTransition(self.id, self.state, to)
        self.state, self.reason, self.reason_zh = to, why.en, why.zh
