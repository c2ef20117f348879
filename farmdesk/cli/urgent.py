"""`farmdesk urgent`: words, commands and tables; and the table of `farmdesk messages`."""

import argparse
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial

from rich.console import Console
from rich.table import Table
from rich.text import Text

from farmdesk.cli.call import AddVerb, Call, second_words
from farmdesk.domain.command_fields import ANSWER_MIN, ANSWERS, EXIT_RULES
from farmdesk.domain.commands import Command
from farmdesk.domain.exits import ExitCost
from farmdesk.domain.rows import MessageRow, UrgentRow
from farmdesk.domain.urgent import Consent
from farmdesk.domain.urgent_commands import (
    AnswerUrgent,
    OverruleUrgent,
    RequestUrgent,
    ReviewUrgent,
    WithdrawUrgent,
)

STAFF = "render staff"
_RULES = tuple(rule.replace("_", "-") for rule in EXIT_RULES)


def add_verbs(verb: AddVerb) -> None:
    """Add `urgent` with the words behind it."""
    urgent = verb("urgent", "ask for urgent rendering, answer, decide", _carry_out)
    word = partial(second_words(urgent), carry_out=_carry_out)
    request = word("request", "ask that a task be rendered before all others")
    request.add_argument("task", type=int)
    request.add_argument("--reason", required=True, help="those who lose nodes will read it")
    request.add_argument(
        "--within",
        type=int,
        default=15,
        metavar="MINUTES",
        help=f"time for the answers, {ANSWER_MIN[0]} to {ANSWER_MIN[1]}; 15 if not given",
    )
    answer = word("answer", "say allow or refuse, when you were asked")
    answer.add_argument("request", type=int)
    answer.add_argument("answer", choices=ANSWERS)
    review = word("review", "see what a request would cost; with an answer, decide for the staff")
    review.add_argument("request", type=int)
    review.add_argument("answer", choices=ANSWERS, nargs="?")
    review.add_argument("--reason", default="")
    overrule = word("overrule", "admit a request whatever others say; it stays on record")
    overrule.add_argument("request", type=int)
    overrule.add_argument("--reason", required=True)
    for made in (review, overrule):
        made.add_argument(
            "--exit", choices=_RULES, default=_RULES[0], help="how nodes leave what they render"
        )
    word("withdraw", "call a request off").add_argument("request", type=int)
    word("list", "list the requests").add_argument(
        "--all", action="store_true", help="those that are over, too"
    )


def _carry_out(call: Call) -> int:
    command = urgent_command(call.words)
    if command is not None:
        return call.send([command])
    rows = chosen(call.words, call.link.urgent_requests())
    return call.show(rows, lambda: print_urgents(call.console, rows))


def urgent_command(words: argparse.Namespace) -> Command | None:
    """Give the command that the words mean; None: they only ask to see something."""
    match words.word:
        case "request":
            return RequestUrgent(words.task, words.reason, words.within)
        case "answer":
            return AnswerUrgent(words.request, words.answer)
        case "review" if words.answer is not None:
            return ReviewUrgent(words.request, words.answer, words.reason, _rule(words))
        case "overrule":
            return OverruleUrgent(words.request, words.reason, _rule(words))
        case "withdraw":
            return WithdrawUrgent(words.request)
        case _:
            return None


def _rule(words: argparse.Namespace) -> str:
    return str(words.exit).replace("-", "_")


def chosen(words: argparse.Namespace, rows: Sequence[UrgentRow]) -> list[UrgentRow]:
    """Give the rows that the words ask to see."""
    if words.word == "review":
        return [row for row in rows if row.request.id == words.request]
    return [row for row in rows if words.all or row.request.open]


def print_urgents(console: Console, rows: Sequence[UrgentRow]) -> None:
    """Print each request with its answers and what it would cost."""
    if not rows:
        console.print("No such urgent request. Those that are over: farmdesk urgent list --all")
    for row in rows:
        request = row.request
        table = Table.grid(padding=(0, 2))
        lines = {
            "Urgent request": f"{request.id}  task {request.task_id}  {row.task_name}",
            "State": request.state.value + (", overruled" if request.overruled else ""),
            "Asked": f"by {request.asked_by}, {_time(request.asked_at)}: {request.reason}",
            "Answer until": _time(request.deadline) if request.open else "",
            "Answers": "\n".join(map(_answer, request.consents)),
            "Would cost": "\n".join(map(_cost, request.costs)),
            "Decided": _decided(row),
        }
        for name, value in lines.items():
            if value:
                table.add_row(Text(name, "dim"), Text(value))
        console.print(table)


def print_messages(console: Console, rows: Sequence[MessageRow], language: str) -> None:
    """Print messages, oldest first."""
    for row in rows:
        line = f"{_time(row.record.at)}  {row.sentence(language)}"
        console.print(Text(line), soft_wrap=True)
    if not rows:
        console.print("No messages.")


def _answer(consent: Consent) -> str:
    who = consent.login or STAFF
    if consent.answer is None:
        return f"{who}: open; no answer counts as {consent.default.value}"
    how = "by default" if not consent.by else f"by {consent.by}" if consent.by != who else ""
    return f"{who}: {consent.answer.value} {how}".rstrip()


def _cost(cost: ExitCost) -> str:
    tasks = ", ".join(f"task {loss.task_id} loses {loss.nodes} nodes" for loss in cost.tasks)
    return (
        f"{cost.rule.value.replace('_', ' ')}: {tasks or 'nothing'}; all free in "
        f"{cost.wait_s:.0f} s, {cost.frames} frames ({cost.seconds:.0f} s) lost, "
        f"{cost.reload_s:.0f} s of scene loads"
    )


def _decided(row: UrgentRow) -> str:
    request = row.request
    if request.decided_at is None:
        return ""
    by = f"by {request.decided_by}, " if request.decided_by else ""
    return f"{by}{_time(request.decided_at)}{': ' * bool(request.decision)}{request.decision}"


def _time(at: datetime) -> str:
    moment = at.astimezone()
    today = datetime.now(UTC).astimezone().date() == moment.date()
    return f"{moment:%H:%M:%S}" if today else f"{moment:%Y-%m-%d %H:%M}"
