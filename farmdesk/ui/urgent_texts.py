"""The texts about urgent requests: the card, the list, the dialog that asks for one."""

from farmdesk.ui.texts import Phrase


class UrgentText(Phrase):
    """(zh, en); `{name}` marks what the caller fills in."""

    TAB = ("加急", "Urgent")
    TAB_COUNT = ("加急 ({count})", "Urgent ({count})")
    LIST = ("加急申请", "Urgent requests")
    EMPTY = (
        "没有加急申请。在队列中右键任务可以申请加急。",
        "No urgent requests. Ask for one in the queue's menu.",
    )
    # list
    COLUMN_LEFT = ("剩余时间", "Time left")
    COLUMN_ANSWERS = ("答复", "Answers")
    ANSWERED = ("{given} / {asked}", "{given} / {asked}")
    # card
    ASKED = ("{who} 于 {at} 申请：{reason}", "{who} asks, {at}: {reason}")
    LEFT = (
        "还剩 {left}（到 {at}）。逾期未答复按默认处理。",
        "{left} left (until {at}). Silence counts as the default.",
    )
    LAPSED = ("答复时间已于 {at} 截止。", "The time for answers was over at {at}.")
    ADMITTED = (
        "已批准：该任务先于其他任务渲染，结束后节点自动归还。",
        "Approved: it goes before all others; the nodes come back by themselves.",
    )
    OVER = ("{state}（{at}）", "{state} ({at})")
    DECIDED_BY = ("{who}：{words}", "{who}: {words}")
    STAFF = ("渲染人员", "Render staff")
    OPEN = ("未答复，默认{default}", "open; by default {default}")
    GIVEN = ("{answer}（{by}）", "{answer} ({by})")
    BY_DEFAULT = ("{answer}（默认）", "{answer} (by default)")
    EXIT = ("如何让出节点", "How nodes are freed")
    FREE_IN = ("腾出用时", "All free in")
    LOST = ("作废", "Lost")
    LOST_FRAMES = ("{frames} 帧 · {time}", "{frames} frames · {time}")
    RELOAD = ("重新载入", "Reloads")
    NO_COST = ("代价正在计算，稍后可以批准。", "The cost is being worked out.")
    NOBODY_LOSES = ("没有任务失去节点。", "No task loses a node.")
    LOSERS = ("让出节点：{tasks}", "Give up nodes: {tasks}")
    LOSER = ("{task} {nodes} 个", "{task} {nodes}")
    TASK_NUMBER = ("任务 {id}", "task {id}")
    REASON = ("理由（强制批准时必填，会记录在案）", "Reason (needed to overrule; on record)")
    APPROVE = ("批准", "Approve")
    REJECT = ("驳回", "Reject")
    ALLOW = ("同意让位", "Allow")
    REFUSE = ("拒绝让位", "Refuse")
    OVERRULE = ("强制批准", "Overrule")
    WITHDRAW = ("撤回申请", "Withdraw")
    APPROVE_TIP = ("以渲染人员的身份批准", "Approve it for the render staff")
    REJECT_TIP = ("以渲染人员的身份驳回，申请随即结束", "Refuse it for the staff; that ends it")
    ALLOW_TIP = ("同意您的任务让出节点", "Let your task give up its nodes")
    REFUSE_TIP = ("不同意您的任务让出节点", "Keep your task's nodes")
    OVERRULE_TIP = ("不等其他人答复，立即批准", "Approve it now, whatever others say")
    OVERRULE_NEEDS = ("先写明理由", "Write the reason first")
    WITHDRAW_TIP = (
        "取消申请；已批准的任务按原来的顺序继续",
        "Call it off; a task that was approved goes on in its turn",
    )
    # dialog
    REQUEST_TITLE = ("申请加急", "Request urgent")
    REQUEST_INTRO = (
        "请求先于其他任务渲染“{task}”。渲染人员和将失去节点的客户会看到您的理由。",
        "“{task}” goes before all others. The staff and customers who lose nodes read the reason.",
    )
    REQUEST_REASON = ("理由", "Reason")
    REQUEST_WITHIN = ("答复时限", "Time for answers")
    REQUEST_MINUTES = (" 分钟", " min")
    REQUEST_VERB = ("申请加急", "Request urgent")
    # notice
    ARRIVED = (
        "{who} 为“{task}”申请加急：{reason}（{at} 前答复）",
        "{who} asks for urgent rendering of {task}: {reason} (answer until {at})",
    )
