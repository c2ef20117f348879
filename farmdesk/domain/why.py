"""Why a task waits or a node idles: one sentence for a person, in two languages.

The engine keeps the reasons in the tables; where none is needed, the state itself is the answer.
"""

from farmdesk.domain.rows import NodeRow, TaskRow
from farmdesk.domain.states import NodeState, TaskState

_TASK: dict[TaskState, tuple[str, str]] = {
    TaskState.UPLOADING: ("Its scene is on its way.", "场景正在上传。"),
    TaskState.VERIFYING: (
        "Its frames are being checked; it ends after that.",
        "正在校验帧序列，校验后结束。",
    ),
    TaskState.QUEUED: (
        "It was queued just now; the engine has not looked at it yet: is it running?",
        "刚刚加入队列，引擎尚未处理：请确认引擎正在运行。",
    ),
    TaskState.PAUSED: (
        "A person paused it; it goes on as soon as somebody resumes it.",
        "已被人工暂停；有人选择“继续”后接着渲染。",
    ),
    TaskState.PREEMPTED: (
        "It gave its nodes to an urgent task and goes on by itself after that.",
        "它已为加急任务让出节点，之后会自动继续。",
    ),
    TaskState.STOPPED: (
        "A person stopped it; it goes on as soon as somebody resumes it.",
        "已被人工停止；有人选择“继续”后接着渲染。",
    ),
    TaskState.COMPLETED: ("It is completed and waits for nothing.", "任务已完成，无需等待。"),
}
_NODE: dict[NodeState, tuple[str, str]] = {
    NodeState.IDLE: ("It idles; the engine has not said why yet.", "空闲；引擎尚未说明原因。"),
    NodeState.DRAINING: (
        "It finishes its frame and takes no more.",
        "完成当前帧后不再接收新帧。",
    ),
    NodeState.MAINTENANCE: ("It is in maintenance.", "正在维护。"),
    NodeState.OFFLINE: ("It is offline: switch it on.", "已离线：请开机。"),
    NodeState.FAULT: ("It is at fault: look at its log.", "发生故障：请查看日志。"),
}


def why_task(row: TaskRow, language: str) -> str:
    """Give one sentence about a task in `zh` or `en`."""
    if reason := row.sentence(language):
        return reason
    if row.state is TaskState.RENDERING:
        count = row.nodes
        if count:
            en, zh = f"It renders on {count} nodes.", f"正在 {count} 个节点上渲染。"
        else:
            en, zh = "Its first node is about to start.", "第一个节点即将开始。"
        return zh if language == "zh" else en
    word = row.state.value.replace("_", " ")
    en, zh = _TASK.get(row.state, (f"It is {word} and waits for nothing.", "任务已结束。"))
    return zh if language == "zh" else en


def why_node(row: NodeRow, language: str) -> str:
    """Give one sentence about a node in `zh` or `en`."""
    record = row.record
    if reason := record.sentence(language):
        return reason
    if record.state is NodeState.RENDERING:
        frame = "" if record.frame is None else f" #{record.frame}"
        en = f"It works for task {record.task_id}{frame}."
        zh = f"正在为任务 {record.task_id}{frame} 工作。"
    else:
        en, zh = _NODE[record.state]
    return zh if language == "zh" else en
