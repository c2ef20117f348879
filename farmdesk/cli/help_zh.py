"""The help in Chinese: each English text of it, and what stands in its place.

What is typed stays as it is: commands, options, choices. A test fails for a text without Chinese,
and for one that is used no more.
"""

from collections.abc import Mapping

from farmdesk.domain.transfers import FETCH_CONNECTIONS, UPLOAD_CONNECTIONS

_FRAME: Mapping[str, str] = {
    "usage: ": "用法: ",
    "positional arguments": "参数",
    "options": "选项",
    "commands": "命令",
    "for every command": "所有命令通用",
    "Examples:": "示例：",
    "show this help message and exit": "显示此帮助并退出",
    "show program's version number and exit": "显示版本号并退出",
    "A render farm for confidential shows.": "为保密演出服务的渲染农场。",
    "farmdesk COMMAND --help tells what a command takes.": (
        "farmdesk 命令 --help 说明某个命令的用法。"
    ),
    "The farm folder is --farm, else $FARMDESK_FARM, else the user's data folder. A farm elsewhere "
    "is reached by --server or $FARMDESK_SERVER, once you are logged in there.": (
        "农场文件夹依次取自 --farm、$FARMDESK_FARM、用户数据文件夹。其他地方的农场用 --server "
        "或 $FARMDESK_SERVER 指定，登录后即可使用。"
    ),
    "Exit code 0: done; 1: refused or failed; 2: wrong words; 3: the farm cannot be reached; 130: "
    "ended by Ctrl-C.": (
        "退出码 0：完成；1：被拒绝或失败；2：命令行有误；3：无法连接农场；130：用 Ctrl-C 结束。"
    ),
    "the folder of a farm on this machine": "本机农场的文件夹",
    "a farm elsewhere, like https://farm.example:8443": (
        "其他地方的农场，如 https://farm.example:8443"
    ),
    "who speaks, on the farm's own machine; else your account there": (
        "在农场本机上以谁的身份操作；默认为本机账户"
    ),
    "print JSON, for programs": "输出 JSON，供程序使用",
}

# What stands in the place of what somebody types himself: `farmdesk stop TASK`.
PLACES: Mapping[str, str] = {
    "COMMAND": "命令",
    "WORD": "子命令",
    "TASK": "任务号",
    "OTHER": "另一任务号",
    "SCENE": "场景",
    "FRAMES": "帧",
    "PRIORITY": "优先级",
    "KIND": "类别",
    "MODE": "方式",
    "RULE": "方式",
    "TIME": "时间",
    "MINUTES": "分钟",
    "WxH": "宽x高",
    "NAME=VALUE": "名称=值",
    "NAME": "名称",
    "TEXT": "文字",
    "FOLDER": "文件夹",
    "FILE": "文件",
    "FILE.pem": "文件.pem",
    "FILE.png": "文件.png",
    "NODE": "节点",
    "REQUEST": "申请号",
    "ANSWER": "答复",
    "LOGIN": "登录名",
    "APPLICATION": "申请号",
    "ROLE": "角色",
    "DIGITS": "指纹",
    "FINGERPRINT": "指纹",
    "SIZE": "大小",
    "UNIT": "单位",
    "ACTION": "操作",
    "NUMBER:DIGEST": "序号:摘要",
    "URL": "网址",
    "PORT": "端口",
    "N": "N",
    "+N": "+N",
    "on|off": "on|off",
}

_COMMANDS: Mapping[str, str] = {
    "run this farm's engine and gateway until told to stop": "运行农场的引擎和网关，直到要求停止",
    "open the operator's window": "打开操作员窗口",
    "queue a new task; with --package, send its scene as well": (
        "提交新任务；使用 --package 时同时上传场景"
    ),
    "send a task's scene package, sealed; again: go on with it": (
        "加密上传任务的场景包；再次执行即可续传"
    ),
    "bring a task's proven frames to this machine; again: what is lacking": (
        "将任务已校验的帧下载到本机；再次执行即补齐所缺"
    ),
    "let a queued task render": "开始渲染排队中的任务",
    "finish the frames in hand, then wait": "渲染完手中的帧后暂停",
    "end the tools now; finished frames are kept": "立即停止渲染；保留已完成的帧",
    "go on with a paused or stopped task": "继续已暂停或已停止的任务",
    "move ended or waiting tasks to the recycle queue": "将已结束或等待中的任务移入回收队列",
    "bring tasks back from the recycle queue": "从回收队列恢复任务",
    "delete the files of recycled tasks for good": "彻底删除回收队列中任务的文件",
    "render failed frames of an ended task again": "重新渲染已结束任务的失败帧",
    "give a task frames that were rendered elsewhere: each is checked as a node's is": (
        "提交在别处渲染的帧；每一帧都像节点渲染的帧一样校验"
    ),
    "copy a task's opened scene package to this machine; again: go on with it": (
        "将任务已解开的场景包复制到本机；再次执行即可继续"
    ),
    "change a task's priority": "更改任务的优先级",
    "let a task wait for another one, or for nobody any more": "让任务等待另一任务，或不再等待",
    "let a task work on the nodes that you choose, whatever the plan says": (
        "为任务指定节点，不按自动计划"
    ),
    "let queued tasks start without an operator, or not": "设置排队中的任务是否自动开始",
    "take nodes out of work, or bring them back": "停用节点或恢复使用",
    "let nodes finish their frames in hand and take no more": "节点渲染完手中的帧后不再接新帧",
    "let drained nodes work again": "让已停用的节点恢复工作",
    "ask for urgent rendering, answer, decide": "申请加急渲染、答复、裁决",
    "ask that a task be rendered before all others": "申请让任务先于其他任务渲染",
    "say allow or refuse, when you were asked": "被征询时答复同意或拒绝",
    "see what a request would cost; with an answer, decide for the staff": (
        "查看申请的代价；附上答复即代表渲染人员裁决"
    ),
    "admit a request whatever others say; it stays on record": (
        "不顾他人意见批准申请；理由会记录在案"
    ),
    "call a request off": "撤回申请",
    "list the open requests, their answers and costs": "列出待处理的申请及其答复和代价",
    "list the tasks": "列出任务",
    "show one task and its progress": "查看一个任务及其进度",
    "list the frames of a task that were tried, and how that went": "列出任务渲染过的帧及结果",
    "list the nodes and what they do": "列出节点及其当前工作",
    "show what the farm has told you": "查看农场发给您的消息",
    "show what happened": "查看日志",
    "say why a task waits, or why a node idles": "说明任务为何等待或节点为何空闲",
    "compare a task's frame times with those of its previous version": (
        "将任务的单帧用时与上一版本比较"
    ),
    "say when tasks will end, and what would change that": "预测任务何时完成，以及影响因素",
    "set up accounts and the gateway of a farm on this machine; safe to run again": (
        "在本机设置农场的账户和网关；可以重复运行"
    ),
    "look after key files": "管理密钥文件",
    "show whose keys are in a key file": "查看密钥文件属于谁",
    "change the passphrase of a key file": "更改密钥文件的口令",
    "let nobody log in with a key any more: for superadmins": (
        "吊销密钥，禁止再用它登录：供超级管理员使用"
    ),
    "look after the master key, on the farm's server": "在农场服务器上管理主密钥",
    "print the recovery copy of the master key": "输出主密钥的恢复副本",
    "make a new master key and wrap everything under it": "创建新的主密钥并用它重新加密全部内容",
    "bring the master key back from its recovery copy": "用恢复副本恢复主密钥",
    "look after accounts: for superadmins": "管理账户：供超级管理员使用",
    "list the applications that wait, and the accounts": "列出待处理的申请和所有账户",
    "show one account and its keys": "查看一个账户及其密钥",
    "give an applicant keys": "批准申请并发放密钥",
    "turn applications down": "驳回申请",
    "lock an account; all that it does ends at once": "停用账户；其所有操作立即终止",
    "let a suspended account in again": "重新启用已停用的账户",
    "set how much of the inbox somebody's packages may take": "设置某人的场景包可占用的上传空间",
    "read the audit log: for superadmins": "查看审计日志：供超级管理员使用",
    "show who did what": "查看谁做了什么",
    "find a record that was changed, removed, moved or added": (
        "查找被更改、删除、移动或添加的记录"
    ),
    "apply for an account and keys at a farm elsewhere": "向其他地方的农场申请账户和密钥",
    "collect your keys once a superadmin has approved you": "超级管理员批准后领取密钥",
    "log in to a farm elsewhere with your key file": "用密钥文件登录其他地方的农场",
    "log out of a farm elsewhere": "退出其他地方的农场",
    "see your account, or change what you tell of yourself": "查看您的账户或更改个人信息",
}

_OF_TASKS: Mapping[str, str] = {
    "the task's number: see farmdesk tasks": "任务号：见 farmdesk tasks",
    "numbers of tasks: see farmdesk tasks": "任务号，可多个：见 farmdesk tasks",
    "only this task": "仅此任务",
    "the scene file; with --package, one inside the package": (
        "场景文件；使用 --package 时为场景包内的文件"
    ),
    "send this folder, sealed; or a file: a scene that needs nothing else": (
        "加密上传此文件夹；也可以是单个场景文件"
    ),
    "like 1-100x2,150,-5-5: ranges, steps, single ones": ("如 1-100x2,150,-5-5：范围、步长、单帧"),
    "of the task; else the scene's file name": "任务名称；默认为场景的文件名",
    "what renders, like blender; else what opens such a scene": (
        "渲染软件，如 blender；默认为能打开该场景的软件"
    ),
    "of the tool, where there are several": "渲染软件的版本（有多个版本时）",
    "what the scene belongs to": "场景所属的项目",
    "the show that it is for": "所属的演出",
    "the version of the scene, like v12": "场景的版本，如 v12",
    "the camera that renders; else the scene's own": "渲染所用的摄像机；默认为场景自己的",
    "the layer that is rendered; else as in the scene": "要渲染的图层；默认与场景相同",
    "what the render staff should know": "给渲染人员的备注",
    "in pixels, like 1920x1080; else as in the scene": "像素尺寸，如 1920x1080；默认与场景相同",
    "frames a second": "每秒帧数",
    "of the frames: OPEN_EXR, TIFF, ...; else PNG, whatever the scene says": (
        "帧的格式：OPEN_EXR、TIFF 等；默认为 PNG，与场景中的设置无关"
    ),
    "one of the tool's own parameters; may be repeated": "渲染软件自己的参数；可重复使用",
    "how frames are shared out; leave range_split, unless you compare": (
        "帧的分配方式；除非用于比较，请保持 range_split"
    ),
    "0 (low) to 9 (high); else 5": "0（低）到 9（高）；默认为 5",
    "0 (low) to 9 (high)": "0（低）到 9（高）",
    "the task of the scene's previous version": "场景上一版本的任务",
    "how much differs from the previous version: new, major or minor": (
        "与上一版本的差别：new（新内容）、major（大改）或 minor（小改）"
    ),
    "wait for this task": "等待此任务",
    "the task to wait for; else nobody": "要等待的任务；不写则不再等待",
    "task: wait for the whole of it; frame: each frame for its own": (
        "task：等待整个任务；frame：逐帧等待"
    ),
    "when it must be done, like 2026-02-04T20:00; local time": (
        "必须完成的时间，如 2026-02-04T20:00；本地时间"
    ),
    "let it render at once: for the render staff": "立即开始渲染：供渲染人员使用",
    "only these, like 1-100x2,150": "仅这些帧，如 1-100x2,150",
    "those in the recycle queue instead": "改为列出回收队列中的任务",
    "stay, with a bar, until the task has ended": "持续显示进度条，直到任务结束",
    "only tries that failed, with why": "仅失败的渲染及其原因",
    "the last N messages; else 50": "最近 N 条消息；默认 50",
    "the last N lines; else 50": "最近 N 行；默认 50",
    "the last N records; else 50": "最近 N 条记录；默认 50",
    "stay and show what comes": "持续显示新内容",
    "sum the frames up in N lines, else 16; 0: a line for each frame": (
        "将各帧汇总为 N 行，默认 16；0：每帧一行"
    ),
    "as if there were N more nodes": "假设多 N 个节点",
    "as if this task were let in first": "假设此任务最先渲染",
    "why; those who lose nodes read it": "理由；失去节点的人会看到",
    "time for the answers, 5 to 1440; else 15": "答复时限（分钟），5 到 1440；默认 15",
    "its number, as farmdesk urgent list shows it": "申请号：见 farmdesk urgent list",
    "allow or refuse": "allow（同意）或 refuse（拒绝）",
    "why; it stays on record": "理由；会记录在案",
    "how nodes leave what they render: kill what has just begun (cheapest), let every frame end "
    "(lose-nothing), kill all (now)": (
        "节点如何让出：终止刚开始的帧（cheapest）、等所有帧渲染完（lose-nothing）、"
        "全部立即终止（now）"
    ),
    "those that are over, too": "也列出已结束的申请",
}

_OF_TRANSFERS: Mapping[str, str] = {
    "the package: a folder, or one file": "场景包：文件夹或单个文件",
    "end the upload; the farm deletes what has arrived": "取消上传；农场会删除已收到的内容",
    "send also what has not changed since the previous version": "上一版本以来未更改的文件也上传",
    **{
        f"so many at a time; else {number}": f"同时使用的连接数；默认 {number}"
        for number in (UPLOAD_CONNECTIONS, FETCH_CONNECTIONS)
    },
    "where to; else results-TASK, here": "保存位置；默认为当前文件夹下的 results-任务号",
    "bring each frame as soon as it is proven, until the task has ended": (
        "每帧校验完成即下载，直到任务结束"
    ),
    "where the frames lie; with --server they are sent, sealed": (
        "帧所在的文件夹；使用 --server 时加密上传"
    ),
    "FOLDER is one that the farm's server sees: nothing is sent": (
        "“文件夹”是农场服务器能看到的，无需上传"
    ),
    "where to; no file in it is overwritten": "保存位置；不会覆盖其中的文件",
}

_OF_NODES: Mapping[str, str] = {
    "names of nodes": "节点名称，可多个",
    "any nodes of this pool": "此节点池中的任意节点",
    "all nodes of this pool": "此节点池中的所有节点",
    "how many of the pool; else one": "使用池中多少个节点；默认一个",
    "give it nodes by the plan again": "恢复按计划分配节点",
    "a node, as farmdesk nodes names it": "节点名称：见 farmdesk nodes",
    "on: they start by themselves": "on：自动开始；off：不自动开始",
    "zh: Chinese, en: English; else as last time": "zh：中文，en：英文；默认与上次相同",
    "its colours; else as last time": "窗口配色：dark（深）、light（浅）；默认与上次相同",
    "save a picture of the window and end": "保存窗口截图后退出",
}

_OF_PEOPLE: Mapping[str, str] = {
    "name": "姓名",
    "department": "部门",
    "contact, like a telephone number": "联系方式，如电话号码",
    "holds your identity number; else you are asked": "含有您的证件号码；默认由程序询问",
    "the login that you wish to have": "您希望的登录名",
    "of the first superadmin": "首位超级管理员的登录名",
    "new keys for an account that you have": "为已有账户申请新密钥",
    "the certificate of the farm's authority, from the farm": "农场 CA 的证书，由农场提供",
    "of the farm's authority, as a superadmin told you; else you are asked": (
        "超级管理员告知您的农场 CA 指纹；默认由程序询问"
    ),
    "ask anew: the farm has another authority now": "重新询问：农场已更换 CA",
    "your key file; else the one that farmdesk collect wrote": (
        "您的密钥文件；默认为 farmdesk collect 保存的文件"
    ),
    "the key file, like wang.fdkey": "密钥文件，如 wang.fdkey",
    "holds the key file's passphrase; else you are asked": "含有密钥文件的口令；默认由程序询问",
    "holds the key file's passphrase; else you choose": "含有密钥文件的口令；默认由您输入",
    "holds the passphrase of now; else you are asked": "含有当前口令；默认由程序询问",
    "holds the new passphrase; else you are asked": "含有新口令；默认由程序询问",
    "where the key file is put; else in your settings": "密钥文件的保存位置；默认在您的设置文件夹",
    "where the superadmin's key file is put; else here": (
        "超级管理员密钥文件的保存位置；默认为当前文件夹"
    ),
    "the key's, as farmdesk user show LOGIN shows it": "密钥的指纹：见 farmdesk user show 登录名",
    "why; it stays in the audit log": "理由；会记入审计日志",
    "why; the person concerned reads it": "理由；当事人会看到",
    "holds the copy's lines; else they are typed": "含有恢复副本的各行；默认由您输入",
    "whose account": "账户的登录名",
    "its number, as farmdesk user list shows it": "申请号：见 farmdesk user list",
    "of a new account: customer, operator or superadmin; else customer": (
        "新账户的角色：customer（客户）、operator（操作员）或 superadmin（超级管理员）；默认为客户"
    ),
    "the fingerprint as the applicant reads it out to you, 16 digits at least": (
        "申请人向您读出的指纹，至少 16 位"
    ),
    "like 20GB, 1.5 TB, 500 MiB, or a number of bytes; 0: none": (
        "如 20GB、1.5 TB、500 MiB，或字节数；0：不得上传"
    ),
    "where SIZE has none": "单位（“大小”未含单位时）",
    "only what this person did": "仅此人的操作",
    "only this deed, like stop_task or login": "仅此类操作，如 stop_task 或 login",
    "only what was done to this task": "仅对此任务的操作",
    "only from then on, like 2026-02-04T20:00; local time": (
        "仅此时间之后，如 2026-02-04T20:00；本地时间"
    ),
    "what an earlier verify told you to note: a log that was written anew is found, too": (
        "此前 verify 让您记下的内容：可发现整个被重写的日志"
    ),
}

_OF_SETUP: Mapping[str, str] = {
    "like mysql://farmdesk@host/farm; else a file in the farm folder": (
        "如 mysql://farmdesk@host/farm；默认为农场文件夹中的文件"
    ),
    "holds the database's password; else you are asked": "含有数据库密码；默认由程序询问",
    "a name or address that clients reach this machine by; may be repeated": (
        "客户端访问本机所用的名称或地址；可重复使用"
    ),
    "where the gateway listens; else 8443": "网关监听的端口；默认 8443",
    "a certificate from elsewhere, instead of one of the farm's own": "外部证书，代替自签的证书",
    "the private key of that certificate": "该证书的私钥",
    "the authority that signed that certificate": "签发该证书的 CA",
}

HELP_ZH: Mapping[str, str] = {
    **_FRAME,
    **PLACES,
    **_COMMANDS,
    **_OF_TASKS,
    **_OF_TRANSFERS,
    **_OF_NODES,
    **_OF_PEOPLE,
    **_OF_SETUP,
}
