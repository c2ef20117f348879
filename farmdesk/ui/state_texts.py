"""The words for states, reasons and answers, keyed by the domain's own enums.

A test fails for a state without words.
"""

from farmdesk.domain.exits import ExitRule
from farmdesk.domain.states import FailureReason, FrameState, NodeState, TaskState
from farmdesk.domain.urgent_states import Answer, UrgentState
from farmdesk.ui.texts import Pair

TASK_STATES: dict[TaskState, Pair] = {
    TaskState.UPLOADING: ("上传中", "Uploading"),
    TaskState.VERIFYING: ("校验中", "Verifying"),
    TaskState.REJECTED: ("校验未通过", "Rejected"),
    TaskState.QUEUED: ("排队中", "Queued"),
    TaskState.RENDERING: ("渲染中", "Rendering"),
    TaskState.PAUSED: ("已暂停", "Paused"),
    TaskState.PREEMPTED: ("让位中断", "Preempted"),
    TaskState.PARTLY_FAILED: ("部分失败", "Partly failed"),
    TaskState.FAILED: ("失败", "Failed"),
    TaskState.COMPLETED: ("已完成", "Completed"),
    TaskState.STOPPED: ("已停止", "Stopped"),
    TaskState.EXPIRED: ("已过期", "Expired"),
}

FRAME_STATES: dict[FrameState, Pair] = {
    FrameState.WAITING: ("等待", "Waiting"),
    FrameState.ASSIGNED: ("已分配", "Assigned"),
    FrameState.RENDERING: ("渲染中", "Rendering"),
    FrameState.CHECKING: ("校验中", "Checking"),
    FrameState.DONE: ("完成", "Done"),
    FrameState.FAILED: ("失败", "Failed"),
    FrameState.RETRYING: ("重试中", "Retrying"),
    FrameState.PAUSED: ("已暂停", "Paused"),
    FrameState.SKIPPED: ("已跳过", "Skipped"),
}

NODE_STATES: dict[NodeState, Pair] = {
    NodeState.IDLE: ("空闲", "Idle"),
    NodeState.RENDERING: ("渲染中", "Rendering"),
    NodeState.DRAINING: ("排空中", "Draining"),
    NodeState.MAINTENANCE: ("维护", "Maintenance"),
    NodeState.OFFLINE: ("离线", "Offline"),
    NodeState.FAULT: ("故障", "Fault"),
}

REASONS: dict[FailureReason, Pair] = {
    FailureReason.LICENCE: ("没有可用许可证", "No licence free"),
    FailureReason.SCENE_LOAD: ("场景无法载入", "The scene does not load"),
    FailureReason.MISSING_ASSET: ("缺少素材", "An asset is missing"),
    FailureReason.BAD_ARGUMENT: ("参数不被工具接受", "The tool refused a parameter"),
    FailureReason.OUTPUT_WRITE: ("无法写出结果", "The output cannot be written"),
    FailureReason.OUT_OF_MEMORY: ("内存不足", "Out of memory"),
    FailureReason.GPU: ("显卡故障", "GPU fault"),
    FailureReason.CRASH: ("工具崩溃", "The tool crashed"),
    FailureReason.STALL: ("长时间没有进展", "No progress for too long"),
    FailureReason.BAD_IMAGE: ("图像缺失或损坏", "The image is missing or damaged"),
    FailureReason.CANCELLED: ("被取消", "Cancelled"),
    FailureReason.NODE_LOST: ("节点失联", "The node was lost"),
}

URGENT_STATES: dict[UrgentState, Pair] = {
    UrgentState.ASKING: ("待批", "Pending"),
    UrgentState.ADMITTED: ("已批准", "Approved"),
    UrgentState.REFUSED: ("未批准", "Refused"),
    UrgentState.WITHDRAWN: ("已撤回", "Withdrawn"),
    UrgentState.ENDED: ("已结束", "Ended"),
}

ANSWERS: dict[Answer, Pair] = {
    Answer.ALLOW: ("同意", "Allow"),
    Answer.REFUSE: ("拒绝", "Refuse"),
}

EXITS: dict[ExitRule, Pair] = {
    ExitRule.CHEAPEST: ("代价最小", "Cheapest"),
    ExitRule.LOSE_NOTHING: ("不丢帧", "Lose nothing"),
    ExitRule.NOW: ("立即", "Now"),
}
