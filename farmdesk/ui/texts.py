"""Every text of the user interface, Chinese and English side by side.

A text is a member of `Text`; the words for states and reasons are keyed by the domain's own enums;
a test fails for a state without words.
"""

from enum import Enum

from farmdesk.domain.states import FailureReason, FrameState, NodeState, TaskState

Pair = tuple[str, str]  # (zh, en)


class Text(Enum):
    """(zh, en); `{name}` marks what the caller fills in."""

    # actions
    DISPATCH = ("派发", "Dispatch")
    PAUSE = ("暂停", "Pause")
    RESUME = ("继续", "Resume")
    STOP = ("停止…", "Stop…")
    RAISE = ("提高优先级", "Raise priority")
    LOWER = ("降低优先级", "Lower priority")
    RETRY = ("重试失败帧", "Retry failed")
    RECYCLE = ("移到回收站", "Recycle")
    RESTORE = ("还原", "Restore")
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
    WHY_PURGED = ("文件已彻底删除，不能还原", "Its files were deleted for good")
    # menus
    MENU_TASK = ("任务(&T)", "&Task")
    MENU_VIEW = ("查看(&V)", "&View")
    MENU_HELP = ("帮助(&H)", "&Help")
    MENU_THEME = ("主题", "Theme")
    MENU_LANGUAGE = ("语言", "Language")
    THEME_DARK = ("深色", "Dark")
    THEME_LIGHT = ("浅色", "Light")
    LANGUAGE_ZH = ("中文", "中文")
    LANGUAGE_EN = ("English", "English")
    DEFAULT_LAYOUT = ("恢复默认布局", "Restore default layout")
    REFRESH = ("刷新", "Refresh")
    FULL_SCREEN = ("全屏", "Full screen")
    GO_FILTER = ("筛选任务", "Filter tasks")
    GO_LOG = ("转到日志", "Go to the log")
    KEYS = ("快捷键", "Keys")
    COPY_ID = ("复制编号", "Copy ID")
    COPY_OUTPUT = ("复制输出路径", "Copy output path")
    QUIT = ("退出", "Quit")
    TOOLBAR = ("任务操作", "Task actions")
    # queue
    QUEUE = ("队列", "Queue")
    COLUMN_ORDER = ("#", "#")
    COLUMN_TASK = ("任务", "Task")
    COLUMN_OWNER = ("客户", "Customer")
    COLUMN_STATE = ("状态", "State")
    COLUMN_PRIORITY = ("优先级", "Priority")
    COLUMN_TOOL = ("工具", "Tool")
    COLUMN_PROGRESS = ("进度", "Progress")
    COLUMN_NODES = ("节点", "Nodes")
    COLUMN_REMAINING = ("剩余", "Remaining")
    PROGRESS_TIP = (
        "完成 {done} · 失败 {failed} · 渲染中 {running} · 其余 {rest}",
        "Done {done} · failed {failed} · rendering {running} · rest {rest}",
    )
    TASK_TIP = (
        "编号 {id} · {name}\n项目 {project} · 镜头 {show} · {version}\n帧 {frames}\n输出 {output}",
        "ID {id} · {name}\nProject {project} · show {show} · {version}\nFrames {frames}\n{output}",
    )
    STATE_TIP = ("{state}：{reason}", "{state}: {reason}")
    REMAINING_TIP = (
        "按已完成帧的平均耗时估算；完成 3 帧后显示",
        "Estimated from the mean frame time; shown once 3 frames are done",
    )
    FILTER_HINT = ("筛选：名称、客户、工具（Ctrl+F）", "Filter: name, customer, tool (Ctrl+F)")
    CHIP_ALL = ("全部", "All")
    CHIP_RENDERING = ("渲染中", "Rendering")
    CHIP_WAITING = ("等待", "Waiting")
    CHIP_TROUBLE = ("有失败", "Failed")
    CHIP_ENDED = ("已结束", "Ended")
    CHIP_RECYCLED = ("回收站", "Recycled")
    CHIP_TIP = ("只看：{name}（{keys}）", "Show only: {name} ({keys})")
    CHIP_COUNT = ("{name} {count}", "{name} {count}")
    EMPTY_QUEUE = (
        "队列是空的。用 farmdesk submit 提交第一个任务。",
        "The queue is empty. Submit the first task with: farmdesk submit",
    )
    COPY_COMMAND = ("复制命令", "Copy the command")
    EMPTY_FILTER = ("没有符合筛选的任务。", "No task matches the filter.")
    EMPTY_FILTER_BUTTON = ("清除筛选", "Clear filter")
    # nodes
    COLUMN_NODE = ("节点", "Node")
    COLUMN_CPU = ("CPU", "CPU")
    COLUMN_MEMORY = ("内存", "Memory")
    COLUMN_GPU = ("GPU", "GPU")
    COLUMN_HISTORY = ("5 分钟", "5 min")
    HISTORY_TIP = (
        "最近 5 分钟的 CPU 负载，从打开窗口时算起",
        "CPU load of the last 5 minutes, since this window was opened",
    )
    COLUMN_CURRENT = ("当前帧", "Current frame")
    CURRENT_FRAME = ("#{frame} · {task}", "#{frame} · {task}")
    NODE_TIP = (
        "{node} · {state}\nCPU {cpus} 核 · 内存 {memory} · 显卡 {gpus}\n磁盘剩余 {disk}",
        "{node} · {state}\n{cpus} CPU cores · {memory} memory · GPU {gpus}\n{disk} disk free",
    )
    NODE_STALE = ("{seconds} 秒没有新数据", "No fresh sample for {seconds} s")
    EMPTY_NODES = (
        "还没有节点。它们在引擎启动后出现：farmdesk server",
        "No nodes yet. They appear once the engine runs: farmdesk server",
    )
    # frames
    TAB_GRID = ("帧网格", "Frame grid")
    TAB_LIST = ("帧列表", "Frame list")
    TAB_MESSAGES = ("消息", "Messages")
    TAB_MESSAGES_COUNT = ("消息 ({count})", "Messages ({count})")
    SCROLL_LEFT = ("向左滚动", "Scroll left")
    SCROLL_RIGHT = ("向右滚动", "Scroll right")
    CELL_SIZE = ("格子大小", "Cell size")
    FIT_CELLS = ("适合", "Fit")
    FIT_CELLS_TIP = (
        "格子大小随窗口和帧数变化，尽量一屏看全",
        "Cells grow and shrink with the window, to show all frames at once",
    )
    MINIMAP = ("全任务缩略条", "Whole task")
    MINIMAP_TIP = (
        "每一行显示该段最需要注意的状态；右侧橙色越宽，失败越多",
        "Each line shows the state that most needs a look; the wider its right edge, the more fail",
    )
    STATE_COUNT = ("{state} {count}", "{state} {count}")
    LEGEND_TIP = ("在帧列表中只看“{state}”", "Show only {state} in the frame list")
    COLUMN_FRAME = ("帧", "Frame")
    COLUMN_ATTEMPTS = ("次数", "Attempts")
    COLUMN_SECONDS = ("耗时", "Time")
    COLUMN_REASON = ("原因", "Reason")
    FRAME_TIP = ("帧 {frame} · {state}", "Frame {frame} · {state}")
    FRAME_TIP_NODE = ("节点 {node}", "Node {node}")
    FRAME_TIP_SECONDS = ("耗时 {seconds} 秒 · 第 {attempt} 次", "{seconds} s · attempt {attempt}")
    FRAME_TIP_REASON = ("原因：{reason}", "Reason: {reason}")
    FRAME_LOG = ("查看日志行", "Show its log line")
    COPY_FRAMES = ("复制帧号", "Copy frame numbers")
    CONTACT = ("缩略图", "Thumbnails")
    CONTACT_NONE = ("还没有完成的帧。", "No finished frames yet.")
    CONTACT_NO_FOLDER = (
        "这台电脑打不开任务的输出文件夹，所以没有缩略图。",
        "No thumbnails: this computer cannot reach the task's output folder.",
    )
    CONTACT_TIP = ("双击打开所在文件夹", "Double-click opens the folder")
    ALL_FRAMES = ("全部帧", "All frames")
    FRAME_FILTER = ("按状态筛选帧", "Filter frames by state")
    EMPTY_FRAMES = (
        "这里显示队列中所选任务的帧。",
        "The frames of the task that is selected in the queue appear here.",
    )
    EMPTY_FRAME_LIST = ("没有符合筛选的帧。", "No frame matches the filter.")
    LOADING = ("正在读取…", "Loading…")
    # log
    LOG = ("日志", "Log")
    LOG_FOLLOW = ("跟随", "Follow")
    LOG_FOLLOW_TIP = ("新日志到来时滚动到底部", "Scroll down when lines arrive")
    LOG_ALL = ("全部级别", "All levels")
    LOG_WARNINGS = ("警告和错误", "Warnings and errors")
    LOG_ERRORS = ("仅错误", "Errors only")
    LOG_LEVEL = ("日志级别", "Log level")
    LOG_TASK = ("仅所选任务", "Selected task only")
    LOG_NO_LINE = ("日志里没有帧 {frame} 的行。", "The log holds no line about frame {frame}.")
    LOG_EMPTY = ("还没有日志。", "No log lines yet.")
    LEVEL_ERROR = ("错误", "ERROR")
    LEVEL_WARNING = ("警告", "WARNING")
    # connection
    CONNECTING = ("○ 正在连接…", "○ Connecting…")
    CONNECTED = ("● 已连接 {milliseconds} 毫秒", "● Connected {milliseconds} ms")
    OFFLINE = ("✕ 离线", "✕ Offline")
    BANNER = (
        "与农场的连接中断，显示的是 {time} 的数据；操作已停用。正在渲染的帧不受影响。",
        "The farm is away. You see the state of {time}; actions are off. Frames go on rendering.",
    )
    BANNER_NEVER = (
        "还没有连上农场；操作已停用。{reason}",
        "The farm has not been reached yet; actions are off. {reason}",
    )
    BANNER_COUNTDOWN = ("{seconds} 秒后重连", "Next try in {seconds} s")
    BANNER_TRYING = ("正在重连…", "Trying now…")
    RECONNECT = ("立即重连", "Reconnect now")
    NODE_TOTALS = ("节点 {totals}", "Nodes {totals}")
    NO_NODES = ("节点 0", "Nodes 0")
    FAILURE_RATE = ("失败率 {rate}", "Failure rate {rate}")
    FAILURE_RATE_TIP = (
        "失败帧占已结束帧的比例，队列中所有任务合计",
        "Failed frames among all ended frames of the queue",
    )
    CLOCK_TIP = ("UTC {time}", "UTC {time}")
    # outcomes and messages
    APPLIED = ("{action}：{task}", "{action}: {task}")
    APPLIED_MANY = ("{action}：{count} 个任务", "{action}: {count} tasks")
    UNDO_STOPS = ("撤销（停止渲染）", "Undo (stop it)")
    REFUSED = ("{action}没有执行：{sentence}", "{action} was refused: {sentence}")
    UNSENT = ("{action}没有送出：{sentence}", "{action} was not sent: {sentence}")
    UNANSWERED = (
        "{action}已送出，引擎还没有回应。引擎恢复后会执行。",
        "{action} was sent, but the engine has not answered yet. It will act when it is back.",
    )
    UNDONE = ("已撤销：{action}", "Undone: {action}")
    NO_SENTENCE = ("引擎没有说明原因。", "The engine gave no reason.")
    LOST = ("与农场的连接中断。", "The connection to the farm was lost.")
    BACK = ("与农场的连接已恢复。", "The connection to the farm is back.")
    FAULT = (
        "程序出错：{sentence}。其他功能不受影响；请把详情发给维护人员。",
        "An error in this program: {sentence}. The rest goes on; please send us the details.",
    )
    COPY_DETAILS = ("复制详情", "Copy details")
    CLOSE = ("关闭", "Close")
    COLUMN_TIME = ("时间", "Time")
    COLUMN_MESSAGE = ("消息", "Message")
    EMPTY_MESSAGES = (
        "还没有消息。每个操作的结果都会留在这里。",
        "No messages yet. The result of every action stays here.",
    )
    # loss dialog
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
    CANCEL = ("取消", "Cancel")
    # window
    TITLE = ("FarmDesk 操作台 — {user}", "FarmDesk operator — {user}")
    KEYS_LIST = (
        """Ctrl+F  筛选任务
Esc  清除筛选
F5  刷新
空格  暂停或继续
Enter  查看任务的帧列表
R  重试失败帧
Ctrl+↑ / Ctrl+↓  优先级
Alt+1…6  队列筛选
Ctrl+L  日志
Ctrl+Z  撤销
F11  全屏
方向键  在帧网格中移动""",
        """Ctrl+F  Filter tasks
Esc  Clear the filter
F5  Refresh
Space  Pause or resume
Enter  Frame list of the task
R  Retry failed frames
Ctrl+↑ / Ctrl+↓  Priority
Alt+1…6  Queue filter
Ctrl+L  Log
Ctrl+Z  Undo
F11  Full screen
Arrow keys  Move in the frame grid""",
    )
    # units
    DASH = ("—", "—")
    SECONDS = ("{n} 秒", "{n} s")
    MINUTES = ("{n} 分", "{n} min")
    HOURS = ("{h} 时 {m} 分", "{h} h {m} min")
    DAYS = ("{d} 天 {h} 时", "{d} d {h} h")
    ABOUT = ("约 {time}", "≈ {time}")


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
