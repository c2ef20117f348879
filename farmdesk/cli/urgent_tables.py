"""What `farmdesk urgent list`, `urgent review` and `farmdesk messages` show."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from farmdesk.cli.headings import DECIDED, STATE, named
from farmdesk.cli.screen import Screen
from farmdesk.domain.exits import ExitCost
from farmdesk.domain.rows import MessageRow, UrgentRow
from farmdesk.domain.said import Said
from farmdesk.domain.state_words import ANSWERS, EXITS, URGENT_STATES
from farmdesk.domain.urgent import Consent, UrgentRequest

STAFF = Said("render staff", "渲染人员")


def print_urgents(screen: Screen, rows: Sequence[UrgentRow]) -> None:
    """Print each request with its answers and what it would cost."""
    if not rows:
        screen.say(
            Said(
                "No such urgent request. Those that are over: farmdesk urgent list --all",
                "没有这样的加急申请。查看已结束的：farmdesk urgent list --all",
            )
        )
    for row in rows:
        screen.facts(_facts(row))


def _facts(row: UrgentRow) -> list[tuple[Said, Said | str]]:
    request = row.request
    number, task = request.id, request.task_id
    state = named(request.state, URGENT_STATES)
    overruled = Said(", overruled", "（强制批准）") if request.overruled else Said()
    who, at = request.asked_by, _time(request.asked_at)
    return [
        (
            Said("Urgent request", "加急申请"),
            Said(
                f"{number}  task {task}  {row.task_name}",
                f"{number}  任务 {task}  {row.task_name}",
            ),
        ),
        (STATE, state + overruled),
        (
            Said("Asked", "申请"),
            Said(f"by {who}, {at}: {request.reason}", f"{who}，{at}：{request.reason}"),
        ),
        (Said("Answer until", "答复期限"), _time(request.deadline) if request.open else ""),
        (Said("Answers", "答复"), _lines(map(_answer, request.consents))),
        (Said("Would cost", "代价"), _lines(map(_cost, request.costs))),
        (DECIDED, _decided(request)),
        (Said("Ended because", "结束原因"), request.ending),
    ]


def print_messages(screen: Screen, rows: Sequence[MessageRow]) -> None:
    """Print messages, oldest first."""
    for row in rows:
        screen.say(f"{_time(row.record.at)}  {row.sentence(screen.language)}")
    if not rows:
        screen.say(Said("No messages.", "没有消息。"))


def _lines(items: Iterable[Said]) -> Said:
    told = list(items)
    return Said("\n".join(item.en for item in told), "\n".join(item.zh for item in told))


def _answer(consent: Consent) -> Said:
    who = Said(consent.login) if consent.login else STAFF
    if consent.answer is None:
        default = consent.default
        return who + Said(
            f": open; no answer counts as {default.value}",
            f"：未答复，逾期视为{ANSWERS[default].zh}",
        )
    how = Said()
    if not consent.by:
        how = Said(" by default", "（默认）")
    elif consent.by != who.en:
        how = Said(f" by {consent.by}", f"（{consent.by}）")
    return who + Said(": ", "：") + named(consent.answer, ANSWERS) + how


def _cost(cost: ExitCost) -> Said:
    tasks = ", ".join(f"task {loss.task_id} loses {loss.nodes} nodes" for loss in cost.tasks)
    tasks_zh = "、".join(f"任务 {loss.task_id} 让出 {loss.nodes} 个节点" for loss in cost.tasks)
    wait, lost, reload = f"{cost.wait_s:.0f}", f"{cost.seconds:.0f}", f"{cost.reload_s:.0f}"
    return named(cost.rule, EXITS) + Said(
        f": {tasks or 'nothing'}; all free in {wait} s, {cost.frames} frames ({lost} s) lost, "
        f"{reload} s of scene loads",
        f"：{tasks_zh or '没有任务失去节点'}；{wait} 秒内全部腾出，作废 {cost.frames} 帧"
        f"（{lost} 秒），重新载入 {reload} 秒",
    )


def _decided(request: UrgentRequest) -> Said:
    if request.decided_at is None:
        return Said()
    by, at = request.decided_by, _time(request.decided_at)
    who = Said(f"by {by}, ", f"{by}，") if by else Said()
    why = Said(f": {request.decision}", f"：{request.decision}") if request.decision else Said()
    return who + Said(at) + why


def _time(at: datetime) -> str:
    moment = at.astimezone()
    today = datetime.now(UTC).astimezone().date() == moment.date()
    return f"{moment:%H:%M:%S}" if today else f"{moment:%Y-%m-%d %H:%M}"
