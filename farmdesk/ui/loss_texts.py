"""The texts of dialogs that ask before a loss."""

from farmdesk.ui.texts import Phrase


class LossText(Phrase):
    """(zh, en); `{name}` marks what the caller fills in."""

    STOP_TITLE = ("停止任务", "Stop tasks")
    STOP_LOSS = (
        "停止 {tasks} 个任务？正在渲染的 {frames} 帧会丢失，约 {time}的渲染作废。",
        "Stop {tasks} tasks? {frames} frames in hand are lost, about {time} of rendering.",
    )
    STOP_LOSS_NOTHING = (
        "停止 {tasks} 个任务？现在没有正在渲染的帧。",
        "Stop {tasks} tasks? No frame is being rendered right now.",
    )
    STOP_ITEM = (
        "{name} · 完成 {done}/{total} · 渲染中 {running} 帧",
        "{name} · {done}/{total} done · {running} frames in hand",
    )
    STOP_KEPT = (
        "已完成的帧会保留，任务之后可以继续。",
        "Finished frames are kept; the tasks can be resumed later.",
    )
    STOP_VERB = ("停止 {tasks} 个任务", "Stop {tasks} tasks")
    STOP_TYPE = ("输入数字 {tasks} 以确认：", "Type {tasks} to confirm:")
    PURGE_TITLE = ("彻底删除任务", "Delete tasks for good")
    PURGE_LOSS = (
        "彻底删除 {tasks} 个任务？{frames} 个完成的帧（{time}的渲染）将永远丢失。",
        "Delete {tasks} tasks for good? {frames} finished frames, {time} of rendering, are lost.",
    )
    PURGE_KEPT = (
        "只保留任务的记录；帧、日志和临时文件无法恢复。",
        "Only the record of the tasks stays; frames, logs and scratch cannot be brought back.",
    )
    PURGE_VERB = ("彻底删除 {tasks} 个任务", "Delete {tasks} tasks for good")
