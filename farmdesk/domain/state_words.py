"""The words for states, reasons and answers, keyed by the enums themselves.

Window, command line and messages all take them from here. A test fails for a state without words.
"""

from collections.abc import Mapping

from farmdesk.domain.exits import ExitRule
from farmdesk.domain.said import Said
from farmdesk.domain.states import FailureReason, FrameState, NodeState, TaskState
from farmdesk.domain.transfers import TransferState
from farmdesk.domain.urgent_states import Answer, UrgentState

TASK_STATES: Mapping[TaskState, Said] = {
    TaskState.UPLOADING: Said("Uploading", "上传中"),
    TaskState.VERIFYING: Said("Verifying", "校验中"),
    TaskState.REJECTED: Said("Rejected", "校验未通过"),
    TaskState.QUEUED: Said("Queued", "排队中"),
    TaskState.RENDERING: Said("Rendering", "渲染中"),
    TaskState.PAUSED: Said("Paused", "已暂停"),
    TaskState.PREEMPTED: Said("Preempted", "让位中断"),
    TaskState.PARTLY_FAILED: Said("Partly failed", "部分失败"),
    TaskState.FAILED: Said("Failed", "失败"),
    TaskState.COMPLETED: Said("Completed", "已完成"),
    TaskState.STOPPED: Said("Stopped", "已停止"),
    TaskState.EXPIRED: Said("Expired", "已过期"),
}

FRAME_STATES: Mapping[FrameState, Said] = {
    FrameState.WAITING: Said("Waiting", "等待"),
    FrameState.ASSIGNED: Said("Assigned", "已分配"),
    FrameState.RENDERING: Said("Rendering", "渲染中"),
    FrameState.CHECKING: Said("Checking", "校验中"),
    FrameState.DONE: Said("Done", "完成"),
    FrameState.FAILED: Said("Failed", "失败"),
    FrameState.RETRYING: Said("Retrying", "重试中"),
    FrameState.PAUSED: Said("Paused", "已暂停"),
    FrameState.SKIPPED: Said("Skipped", "已跳过"),
}

NODE_STATES: Mapping[NodeState, Said] = {
    NodeState.IDLE: Said("Idle", "空闲"),
    NodeState.RENDERING: Said("Rendering", "渲染中"),
    NodeState.DRAINING: Said("Draining", "排空中"),
    NodeState.MAINTENANCE: Said("Maintenance", "维护"),
    NodeState.OFFLINE: Said("Offline", "离线"),
    NodeState.FAULT: Said("Fault", "故障"),
}

REASONS: Mapping[FailureReason, Said] = {
    FailureReason.LICENCE: Said("No licence free", "没有可用许可证"),
    FailureReason.SCENE_LOAD: Said("The scene does not load", "场景无法载入"),
    FailureReason.MISSING_ASSET: Said("An asset is missing", "缺少素材"),
    FailureReason.BAD_ARGUMENT: Said("The tool refused a parameter", "参数不被工具接受"),
    FailureReason.OUTPUT_WRITE: Said("The output cannot be written", "无法写出结果"),
    FailureReason.OUT_OF_MEMORY: Said("Out of memory", "内存不足"),
    FailureReason.GPU: Said("GPU fault", "显卡故障"),
    FailureReason.CRASH: Said("The tool crashed", "工具崩溃"),
    FailureReason.STALL: Said("No progress for too long", "长时间没有进展"),
    FailureReason.BAD_IMAGE: Said("The image is missing or damaged", "图像缺失或损坏"),
    FailureReason.CANCELLED: Said("Cancelled", "被取消"),
    FailureReason.NODE_LOST: Said("The node was lost", "节点失联"),
}

TRANSFER_STATES: Mapping[TransferState, Said] = {
    TransferState.OPEN: Said("Open", "传输中"),
    TransferState.COMPLETE: Said("Complete", "已送达"),
    TransferState.TAKEN_IN: Said("Taken in", "已接收"),
    TransferState.REFUSED: Said("Refused", "未被接受"),
    TransferState.CANCELLED: Said("Cancelled", "已取消"),
}

URGENT_STATES: Mapping[UrgentState, Said] = {
    UrgentState.ASKING: Said("Pending", "待批"),
    UrgentState.ADMITTED: Said("Approved", "已批准"),
    UrgentState.REFUSED: Said("Refused", "未批准"),
    UrgentState.WITHDRAWN: Said("Withdrawn", "已撤回"),
    UrgentState.ENDED: Said("Ended", "已结束"),
}

ANSWERS: Mapping[Answer, Said] = {
    Answer.ALLOW: Said("Allow", "同意"),
    Answer.REFUSE: Said("Refuse", "拒绝"),
}

EXITS: Mapping[ExitRule, Said] = {
    ExitRule.CHEAPEST: Said("Cheapest", "代价最小"),
    ExitRule.LOSE_NOTHING: Said("Lose nothing", "不丢帧"),
    ExitRule.NOW: Said("Now", "立即"),
}
