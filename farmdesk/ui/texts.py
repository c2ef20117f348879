"""The texts of the user interface, Chinese and English side by side.

Those of one screen alone stand beside it, as another `Phrase`; words for states:
`domain.state_words`.
"""

from enum import Enum

Pair = tuple[str, str]  # (zh, en)


class Phrase(Enum):
    """What a text of any screen is: (zh, en); `{name}` marks what the caller fills in."""


class Text(Phrase):
    """The texts that several parts of the window share."""

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
    LARGER_TEXT = ("放大文字", "Larger text")
    SMALLER_TEXT = ("缩小文字", "Smaller text")
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
    COLUMN_ENDS = ("预计结束", "Ends")
    COLUMN_DUE = ("截止", "Due")
    PROGRESS_TIP = (
        "完成 {done} · 失败 {failed} · 渲染中 {running} · 其余 {rest}",
        "Done {done} · failed {failed} · rendering {running} · rest {rest}",
    )
    TASK_TIP = (
        "编号 {id} · {name}\n项目 {project} · 镜头 {show} · {version}\n帧 {frames}\n输出 {output}",
        "ID {id} · {name}\nProject {project} · show {show} · {version}\nFrames {frames}\n{output}",
    )
    STATE_TIP = ("{state}：{reason}", "{state}: {reason}")
    FLAG_PENDING = ("加急待批", "urgent?")
    FLAG_URGENT = ("加急", "urgent")
    FLAG_AFTER = ("等 #{task}", "after #{task}")
    TASK_WHY = ("#{id} {name}：{why}", "#{id} {name}: {why}")
    NODE_WHY = ("{node}：{why}", "{node}: {why}")
    ENDS = ("{at} ±{range}", "{at} ±{range}")
    ENDS_OR_LATER = ("{at} 或更晚", "{at} or later")
    ENDS_IF_STARTED = ("（{ends}）", "({ends})")
    ENDS_NEVER = ("目前无法完成", "not as it stands")
    ENDS_TIP = (
        "预计 {at} 结束，还需 {rest}\n八成可能在 {low} 到 {high} 之间",
        "Expected end {at}, in {rest}\nBetween {low} and {high} with 80 %",
    )
    ENDS_QUEUED_TIP = ("前提是现在派发", "If it is dispatched now")
    ENDS_NONE_TIP = (
        "完成 3 帧、或已知上一版本的耗时后显示预测",
        "Foretold once 3 frames are done, or when a previous version tells",
    )
    WILL_BE_LATE = ("将逾期 {ends}", "late {ends}")
    DUE_TIP = ("截止 {at}", "Due {at}")
    LATE_TIP = ("截止 {at}；逾期的可能性 {share}", "Due {at}; late with {share}")
    DELAYS = ("预计推迟：{tasks}", "Will end later: {tasks}")
    DELAY = ("{task} +{time}", "{task} +{time}")
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
A  分配节点
U  申请加急
Ctrl+↑ / Ctrl+↓  优先级
Alt+1…6  队列筛选
Ctrl+L  日志
Ctrl+Z  撤销
Ctrl++ / Ctrl+-  文字大小
F11  全屏
方向键  在帧网格中移动""",
        """Ctrl+F  Filter tasks
Esc  Clear the filter
F5  Refresh
Space  Pause or resume
Enter  Frame list of the task
R  Retry failed frames
A  Allocate nodes
U  Request urgent
Ctrl+↑ / Ctrl+↓  Priority
Alt+1…6  Queue filter
Ctrl+L  Log
Ctrl+Z  Undo
Ctrl++ / Ctrl+-  Size of text
F11  Full screen
Arrow keys  Move in the frame grid""",
    )
    # units
    DASH = ("—", "—")
    SECONDS = ("{n} 秒", "{n} s")
    MINUTES = ("{n} 分", "{n} min")
    MINUTES_SECONDS = ("{m} 分 {s:02d} 秒", "{m} min {s:02d} s")
    HOURS = ("{h} 时 {m} 分", "{h} h {m} min")
    DAYS = ("{d} 天 {h} 时", "{d} d {h} h")
