"""`farmdesk urgent`: its words, and the commands that they mean."""

import argparse
from collections.abc import Sequence

from farmdesk.cli.call import Call
from farmdesk.cli.numbers import number
from farmdesk.cli.reader import AddVerb, add_task, second_words
from farmdesk.cli.urgent_tables import print_urgents
from farmdesk.domain.command_fields import ANSWER_MIN, ANSWERS, EXIT_RULES
from farmdesk.domain.commands import Command
from farmdesk.domain.rows import UrgentRow
from farmdesk.domain.urgent_commands import (
    AnswerUrgent,
    OverruleUrgent,
    RequestUrgent,
    ReviewUrgent,
    WithdrawUrgent,
)

_ANSWER = "allow or refuse"
_REASON = "why; it stays on record"
_RULES = tuple(rule.replace("_", "-") for rule in EXIT_RULES)


def add_verbs(verb: AddVerb) -> None:
    """Add `urgent` with the words behind it."""
    word = second_words(verb("urgent", "ask for urgent rendering, answer, decide", _carry_out))
    _add_request(word)
    _add_answer(word)
    _add_decisions(word)
    _add_number(word("withdraw", "call a request off", _carry_out))
    word("list", "list the open requests, their answers and costs", _carry_out).add_argument(
        "--all", action="store_true", help="those that are over, too"
    )


def _add_request(word: AddVerb) -> None:
    request = word(
        "request",
        "ask that a task be rendered before all others",
        _carry_out,
        example='farmdesk urgent request 7 --reason "the director changed the ending"',
    )
    add_task(request)
    request.add_argument(
        "--reason", metavar="TEXT", required=True, help="why; those who lose nodes read it"
    )
    request.add_argument(
        "--within",
        type=int,
        default=15,
        metavar="MINUTES",
        help=f"time for the answers, {ANSWER_MIN[0]} to {ANSWER_MIN[1]}; else 15",
    )


def _add_answer(word: AddVerb) -> None:
    answer = word(
        "answer",
        "say allow or refuse, when you were asked",
        _carry_out,
        example="farmdesk urgent answer 3 allow",
    )
    _add_number(answer)
    answer.add_argument("answer", metavar="ANSWER", choices=ANSWERS, help=_ANSWER)


def _add_decisions(word: AddVerb) -> None:
    """Add what the staff decides."""
    review = word(
        "review",
        "see what a request would cost; with an answer, decide for the staff",
        _carry_out,
        example="farmdesk urgent review 3\nfarmdesk urgent review 3 allow",
    )
    _add_number(review)
    review.add_argument("answer", metavar="ANSWER", choices=ANSWERS, nargs="?", help=_ANSWER)
    review.add_argument("--reason", metavar="TEXT", default="", help=_REASON)
    overrule = word(
        "overrule", "admit a request whatever others say; it stays on record", _carry_out
    )
    _add_number(overrule)
    overrule.add_argument("--reason", metavar="TEXT", required=True, help=_REASON)
    for made in (review, overrule):
        made.add_argument(
            "--exit",
            metavar="RULE",
            choices=_RULES,
            default=_RULES[0],
            help="how nodes leave what they render: kill what has just begun (cheapest), let "
            "every frame end (lose-nothing), kill all (now)",
        )


def _add_number(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "request",
        metavar="REQUEST",
        type=number,
        help="its number, as farmdesk urgent list shows it",
    )


def _carry_out(call: Call) -> int:
    command = urgent_command(call.words)
    if command is not None:
        return call.send([command])
    rows = chosen(call.words, call.link.urgent_requests())
    return call.show(rows, lambda: print_urgents(call.screen, rows))


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
