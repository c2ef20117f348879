"""What people read about urgent requests, in English and Chinese.

`to` is the customer who will read it, or STAFF. A customer reads no other customer's name, and of
tasks only the names of those that he or she asked for or owns.
"""

from collections.abc import Sequence
from datetime import datetime

from farmdesk.domain.exits import ExitCost, ExitRule
from farmdesk.domain.said import Said
from farmdesk.domain.state_words import ANSWERS
from farmdesk.domain.text import quoted
from farmdesk.domain.urgent import OPERATORS, Consent, UrgentRequest
from farmdesk.domain.urgent_states import Answer, UrgentState
from farmdesk.engine.task_entry import TaskEntry

_RULES = {
    ExitRule.CHEAPEST: ("cheapest exit", "代价最小"),
    ExitRule.LOSE_NOTHING: ("lose nothing", "不丢帧"),
    ExitRule.NOW: ("now", "立即"),
}


STAFF = ""
TASK_OVER = Said("its task has ended", "其任务已结束")
_VOID = Said("is void", "已失效")


def cost(exit_cost: ExitCost) -> Said:
    """Say what an interruption would cost."""
    en, zh = _RULES[exit_cost.rule]
    if exit_cost.nodes == 0:
        return Said(f"{en}: no task loses a node", f"{zh}：没有任务失去节点")
    tasks = ", ".join(f"task {loss.task_id} loses {loss.nodes}" for loss in exit_cost.tasks)
    tasks_zh = "、".join(f"任务 {loss.task_id} 失去 {loss.nodes} 个" for loss in exit_cost.tasks)
    return Said(
        f"{en}: {_count(exit_cost.nodes, 'node')} free within about {exit_cost.wait_s:.0f} s "
        f"({tasks}), {_count(exit_cost.frames, 'frame')} lost in hand "
        f"({exit_cost.seconds:.0f} s of work), {exit_cost.reload_s:.0f} s of scene loads later",
        f"{zh}：约 {exit_cost.wait_s:.0f} 秒内腾出 {exit_cost.nodes} 个节点（{tasks_zh}），"
        f"丢弃在渲 {exit_cost.frames} 帧（{exit_cost.seconds:.0f} 秒），"
        f"之后重新加载场景 {exit_cost.reload_s:.0f} 秒",
    )


def costs(items: Sequence[ExitCost]) -> Said:
    """Say what each way to interrupt would cost."""
    told = [cost(item) for item in items]
    return Said("; ".join(item.en for item in told), "；".join(item.zh for item in told))


def for_staff(request: UrgentRequest, entry: TaskEntry) -> Said:
    """The card that operators decide by."""
    name, told, at = _name(entry), costs(request.costs), _clock(request.deadline)
    reason = quoted(request.reason, 200)
    default = _default(request, OPERATORS)
    return Said(
        f"Urgent request {request.id}: {request.asked_by} wants {name.en} rendered before all "
        f"others: {reason}. {told.en}. Decide until {at} UTC with `farmdesk urgent review "
        f"{request.id}`; no answer counts as {default.value}.",
        f"加急申请 {request.id}：{request.asked_by} 希望优先渲染{name.zh}：{reason}。{told.zh}。"
        f"请在 {at}（UTC）前用 `farmdesk urgent review {request.id}` 决定；"
        f"逾期未答复视为{ANSWERS[default].zh}。",
    )


def for_loser(request: UrgentRequest, mine: Sequence[TaskEntry], login: str) -> Said:
    """The card of a customer whose tasks would lose nodes; nobody else's task is named."""
    tasks = ", ".join(_name(item).en for item in mine)
    tasks_zh = "、".join(_name(item).zh for item in mine)
    default, at = _default(request, login), _clock(request.deadline)
    reason = quoted(request.reason, 200)
    return Said(
        f"Urgent request {request.id}: somebody asks for nodes of {tasks}: {reason}. "
        "Finished frames are kept and it goes on by itself afterwards. Answer until "
        f"{at} UTC with `farmdesk urgent answer {request.id} allow` or `refuse`; no answer counts "
        f"as {default.value}.",
        f"加急申请 {request.id}：有人申请占用{tasks_zh}的节点：{reason}。"
        f"已完成的帧会保留，之后自动继续。请在 {at}（UTC）前用 `farmdesk urgent answer "
        f"{request.id} allow` 或 `refuse` 答复；逾期未答复视为{ANSWERS[default].zh}。",
    )


def answered(request: UrgentRequest, login: str, answer: Answer, *, to: str) -> Said:
    """Somebody has answered."""
    who = _who(login, to)
    verb = "allows" if answer is Answer.ALLOW else "refuses"
    en = f"Urgent request {request.id}: {who.en} {verb} it"
    zh = f"加急申请 {request.id}：{who.zh}{ANSWERS[answer].zh}"
    left = sum(item.answer is None for item in request.consents)
    if request.refused_by and request.state is UrgentState.ASKING:
        at = _clock(request.deadline)
        return Said(
            f"{en}. It ends as refused at {at} UTC unless an operator overrules this.",
            f"{zh}。如操作员未强制决定，将于 {at}（UTC）按拒绝处理。",
        )
    if request.state is not UrgentState.ASKING or left == 0:
        return Said(f"{en}.", f"{zh}。")
    return Said(f"{en}; {_count(left, 'answer')} to come.", f"{zh}；还有 {left} 个答复未到。")


def overruled(request: UrgentRequest, *, to: str) -> Said:  # noqa: ARG001  # one for all
    """An operator has decided against others."""
    by, why = request.decided_by, quoted(request.decision, 200)
    return Said(
        f"Urgent request {request.id}: {by} overrules all answers: {why}.",
        f"加急申请 {request.id}：{by} 强制批准：{why}。",
    )


def over(request: UrgentRequest, entry: TaskEntry | None, *, to: str) -> Said:
    """A request has ended, and how: by itself, or as somebody decided, with his words."""
    name = _wanted(request, entry, to)
    own = quoted(request.decision, 200)
    why = request.ending if request.ending.en else Said(own, own)
    told = _ending(request, to)
    return Said(
        f"Urgent request {request.id} for {name.en} {told.en}{': ' * bool(why.en)}{why.en}.",
        f"加急申请 {request.id}（{name.zh}）{told.zh}{'：' * bool(why.zh)}{why.zh}。",
    )


def _ending(request: UrgentRequest, to: str) -> Said:
    by = "" if to not in (STAFF, request.asked_by) else request.decided_by
    match request.state:
        case UrgentState.WITHDRAWN if request.decided_by and not by:
            return Said("is withdrawn", "已撤回")
        case UrgentState.WITHDRAWN:
            return Said(f"is withdrawn by {by}", f"已由 {by} 撤回") if by else _VOID
        case UrgentState.REFUSED if request.refused_by:
            who = list(dict.fromkeys(_who(login, to) for login in request.refused_by))
            names, names_zh = ", ".join(w.en for w in who), "、".join(w.zh for w in who)
            return Said(f"is refused by {names}", f"被{names_zh}拒绝")
        case UrgentState.REFUSED:
            return Said("is refused", "未获批准")
        case _:
            return Said("is over", "已结束")


def admitted(request: UrgentRequest, entry: TaskEntry, *, to: str) -> Said:
    """The urgent task goes first from now on."""
    name, rule = _wanted(request, entry, to), _RULES[request.rule]
    return Said(
        f"Urgent request {request.id} is admitted: {name.en} is rendered before all others "
        f"({rule[0]}).",
        f"加急申请 {request.id} 已批准：{name.zh}优先渲染（{rule[1]}）。",
    )


def interrupted(entry: TaskEntry, urgent: TaskEntry, done: int) -> Said:
    """A task has given all its nodes."""
    name = _name(entry)
    return Said(
        f"{_capital(name.en)} was interrupted for an urgent task. {_count(done, 'finished frame')} "
        f"of {len(entry.frames)} kept; it goes on by itself after task {urgent.task.id}.",
        f"{name.zh}因加急任务让位中断。已完成的 {done} 帧（共 {len(entry.frames)} 帧）均保留；"
        f"任务 {urgent.task.id} 之后自动继续。",
    )


def resumed(entry: TaskEntry) -> Said:
    """An interrupted task renders again."""
    name = _name(entry)
    return Said(
        f"{_capital(name.en)} goes on; nothing that was finished is rendered again.",
        f"{name.zh}继续渲染；已完成的帧不会重新渲染。",
    )


def reason_needed() -> Said:
    """A request or an overruling without a reason."""
    return Said(
        "A reason is needed: others lose nodes for it and will read it. Add one and send it again.",
        "需要填写理由：其他人会因此失去节点并会看到该理由。请补充后重新发送。",
    )


def _who(login: str, to: str) -> Said:
    """Name who was asked; one customer is not named to another."""
    if not login:
        return Said("the render staff", "渲染人员")
    return Said(login, login) if to in (STAFF, login) else Said("another customer", "另一位客户")


def _wanted(request: UrgentRequest, entry: TaskEntry | None, to: str) -> Said:
    """Name the task that is asked for, to those who may know it."""
    if entry is None:
        return Said("its task", "其任务")
    if to in (STAFF, request.asked_by, entry.task.owner):
        return _name(entry)
    return Said("another task", "其他任务")


def _name(entry: TaskEntry) -> Said:
    name = quoted(entry.task.spec.name)
    return Said(f"task {entry.task.id} “{name}”", f"任务 {entry.task.id}“{name}”")


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _default(request: UrgentRequest, login: str) -> Answer:
    consent = next((item for item in request.consents if item.login == login), Consent(login))
    return consent.default


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"


def _clock(moment: datetime) -> str:
    return f"{moment:%H:%M}"
