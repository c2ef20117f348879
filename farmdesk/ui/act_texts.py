"""The texts about acts on tasks and nodes: names, what they do, why one cannot be used."""

from farmdesk.ui.texts import Phrase


class ActText(Phrase):
    """(zh, en); `{name}` marks what the caller fills in."""

    DISPATCH = ("派发", "Dispatch")
    PAUSE = ("暂停", "Pause")
    RESUME = ("继续", "Resume")
    STOP = ("停止…", "Stop…")
    RAISE = ("提高优先级", "Raise priority")
    LOWER = ("降低优先级", "Lower priority")
    RETRY = ("重试失败帧", "Retry failed")
    RECYCLE = ("移到回收站", "Recycle")
    RESTORE = ("还原", "Restore")
    PURGE = ("彻底删除…", "Delete for good…")
    ALLOCATE = ("分配节点…", "Allocate…")
    URGENT = ("申请加急…", "Urgent…")
    DRAIN = ("排空节点", "Drain")
    WAKE = ("恢复节点", "Bring back")
    UNDO = ("撤销", "Undo")
    DISPATCH_TIP = (
        "把节点交给所选任务，开始渲染",
        "Give nodes to the selected tasks and start rendering",
    )
    PAUSE_TIP = ("跑完手上的帧，不再开始新帧", "Finish the frames in hand, start nothing new")
    RESUME_TIP = (
        "从停下的地方继续；已完成的帧不会重渲",
        "Go on where it ended; finished frames are kept",
    )
    STOP_TIP = ("立即结束渲染进程；已完成的帧保留", "Kill the tools now; finished frames are kept")
    RAISE_TIP = ("优先级加一（最高 9）", "One priority step up (9 is the top)")
    LOWER_TIP = ("优先级减一（最低 0）", "One priority step down (0 is the bottom)")
    RETRY_TIP = ("再次渲染失败的帧", "Render the failed frames again")
    RECYCLE_TIP = (
        "移出队列；可以还原，文件不删除",
        "Take it off the queue; it can be restored, no file is deleted",
    )
    RESTORE_TIP = ("从回收站放回队列", "Bring it back from the recycle queue")
    PURGE_TIP = ("删除帧文件和日志，不能还原", "Delete frames and logs; nothing brings them back")
    ALLOCATE_TIP = (
        "指定哪些节点为所选任务工作",
        "Choose the nodes that work for the selected task",
    )
    URGENT_TIP = (
        "申请先于其他任务渲染；会征求受影响者的意见",
        "Ask to render it before all others; those who lose nodes are asked",
    )
    DRAIN_TIP = ("跑完手上的帧，不再接收新帧", "Finish the frame in hand, take no more")
    WAKE_TIP = ("让排空的节点重新工作", "Let drained nodes work again")
    WITH_COUNT = ("{action}（{count}）", "{action} ({count})")
    RETRY_COUNT = ("重试 {count} 帧", "Retry {count} frames")
    # why an action cannot be used
    WHY_NOTHING = ("先在队列中选择任务", "Select a task in the queue first")
    WHY_AWAY = ("与农场的连接中断，恢复后可用", "The farm is away; usable when it is back")
    WHY_STATE = (
        "“{state}”的任务不能{action}",
        "{action} is not possible while the task is {state}",
    )
    WHY_NO_FAILED = ("所选任务没有失败的帧", "The selected tasks have no failed frames")
    WHY_RUNNING = (
        "任务结束后才能重试失败帧",
        "Failed frames can be retried when the task has ended",
    )
    WHY_TOP = ("优先级已经最高（9）", "The priority is already the highest (9)")
    WHY_BOTTOM = ("优先级已经最低（0）", "The priority is already the lowest (0)")
    WHY_RECYCLED = ("任务在回收站里，先还原", "The task is in the recycle queue; restore it first")
    WHY_NOT_RECYCLED = ("任务不在回收站里", "The task is not in the recycle queue")
    WHY_ALONE = ("一次只能选择一个任务", "Select one task alone")
    WHY_DRAINED = ("所选节点已排空", "The selected nodes are drained already")
    WHY_NOT_DRAINED = ("所选节点均未排空", "None of the selected nodes is drained")
    WHY_PURGED = ("文件已彻底删除，不能还原", "Its files were deleted for good")
