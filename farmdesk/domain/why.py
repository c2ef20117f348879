"""Why a task waits or a node idles: one sentence for a person, in two languages.

The engine keeps the reasons in the tables; where none is needed, the state itself is the answer.
"""

from farmdesk.domain.records import NodeRecord
from farmdesk.domain.rows import NodeRow, TaskRow
from farmdesk.domain.said import Said
from farmdesk.domain.states import NodeState, TaskState

_TASK: dict[TaskState, Said] = {
    TaskState.UPLOADING: Said("Its scene is on its way.", "场景正在上传。"),
    TaskState.VERIFYING: Said(
        "Its frames are being checked; it ends after that.",
        "正在校验帧序列，校验后结束。",
    ),
    TaskState.QUEUED: Said(
        "It was queued just now; the engine has not looked at it yet: is it running?",
        "刚刚加入队列，引擎尚未处理：请确认引擎正在运行。",
    ),
    TaskState.PAUSED: Said(
        "A person paused it; it goes on as soon as somebody resumes it.",
        "已被人工暂停；有人选择“继续”后接着渲染。",
    ),
    TaskState.PREEMPTED: Said(
        "It gave its nodes to an urgent task and goes on by itself after that.",
        "它已为加急任务让出节点，之后会自动继续。",
    ),
    TaskState.STOPPED: Said(
        "A person stopped it; it goes on as soon as somebody resumes it.",
        "已被人工停止；有人选择“继续”后接着渲染。",
    ),
    TaskState.COMPLETED: Said("It is completed and waits for nothing.", "任务已完成，无需等待。"),
}
_NODE: dict[NodeState, Said] = {
    NodeState.IDLE: Said("It idles; the engine has not said why yet.", "空闲；引擎尚未说明原因。"),
    NodeState.DRAINING: Said(
        "It finishes its frame and takes no more.",
        "完成当前帧后不再接收新帧。",
    ),
    NodeState.MAINTENANCE: Said("It is in maintenance.", "正在维护。"),
    NodeState.OFFLINE: Said("It is offline: switch it on.", "已离线：请开机。"),
    NodeState.FAULT: Said("It is at fault: look at its log.", "发生故障：请查看日志。"),
}


def why_task(row: TaskRow, language: str) -> str:
    """Give one sentence about a task in `zh` or `en`."""
    return row.sentence(language) or _of_task(row).text(language)


def why_node(row: NodeRow, language: str) -> str:
    """Give one sentence about a node in `zh` or `en`."""
    return row.record.sentence(language) or _of_node(row.record).text(language)


def _of_task(row: TaskRow) -> Said:
    if row.state is TaskState.RENDERING:
        if row.nodes:
            return Said(f"It renders on {row.nodes} nodes.", f"正在 {row.nodes} 个节点上渲染。")
        return Said("Its first node is about to start.", "第一个节点即将开始。")
    word = row.state.value.replace("_", " ")
    return _TASK.get(row.state, Said(f"It is {word} and waits for nothing.", "任务已结束。"))


def _of_node(record: NodeRecord) -> Said:
    if record.state is not NodeState.RENDERING:
        return _NODE[record.state]
    frame = "" if record.frame is None else f" #{record.frame}"
    return Said(
        f"It works for task {record.task_id}{frame}.", f"正在为任务 {record.task_id}{frame} 工作。"
    )
