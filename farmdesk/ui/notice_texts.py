"""The texts of the notice strip."""

from farmdesk.ui.texts import Phrase


class NoticeText(Phrase):
    """(zh, en); `{name}` marks what the caller fills in."""

    SHOW = ("查看", "Show")
    AND_MORE = ("{first}（另有 {count} 条）", "{first} (and {count} more)")
    TASK_COMPLETED = (
        "任务完成：{task}，{total} 帧全部校验通过。",
        "{task} is completed; {total} frames are proven.",
    )
    TASK_PARTLY_FAILED = (
        "任务部分失败：{task}，{failed} 帧失败。",
        "{task} ended with {failed} failed frames.",
    )
    TASK_FAILED = ("任务失败：{task}。", "{task} failed.")
    TASK_FAILS_OFTEN = (
        "{task} 已有 {failed} 帧失败，请查看。",
        "{task} has {failed} failed frames; have a look.",
    )
    NODE_FAULT = ("节点 {node} 故障：{reason}", "Node {node} is at fault: {reason}")
