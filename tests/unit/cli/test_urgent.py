"""`farmdesk urgent`: words become commands, and a request is shown with all that decides it."""

import io
import re

import pytest
from rich.console import Console

from farmdesk.cli.options import read_words
from farmdesk.cli.screen import Screen
from farmdesk.cli.urgent import chosen, urgent_command
from farmdesk.cli.urgent_tables import print_urgents
from farmdesk.domain.commands import Command
from farmdesk.domain.rows import UrgentRow
from farmdesk.domain.said import Said
from farmdesk.domain.urgent_commands import (
    AnswerUrgent,
    OverruleUrgent,
    RequestUrgent,
    ReviewUrgent,
    WithdrawUrgent,
)
from farmdesk.domain.urgent_states import Answer, UrgentState
from farmdesk.domain.users import Role, User
from tests.samples import NOW, urgent_request


@pytest.mark.parametrize(
    ("words", "command"),
    [
        ("request 7 --reason now", RequestUrgent(7, "now", 15)),
        ("request 7 --reason now --within 60", RequestUrgent(7, "now", 60)),
        ("answer 1 refuse", AnswerUrgent(1, "refuse")),
        ("review 1", None),
        (
            "review 1 allow --exit lose-nothing",
            ReviewUrgent(1, "allow", "", "lose_nothing"),
        ),
        ("overrule 1 --reason show", OverruleUrgent(1, "show", "cheapest")),
        ("withdraw 1", WithdrawUrgent(1)),
        ("list", None),
    ],
)
def test_words_are_read_as_commands(words: str, command: Command | None) -> None:
    assert urgent_command(read_words(["urgent", *words.split()])) == command


@pytest.mark.parametrize(
    "words",
    ["", "request 7", "answer 1", "answer 1 maybe", "overrule 1", "review 1 allow --exit x"],
)
def test_wrong_words_end_with_2(words: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        read_words(["urgent", *words.split()])
    assert ended.value.code == 2


def test_a_request_shows_answers_defaults_and_costs() -> None:
    request = urgent_request(1).answered(User("ann", Role.CUSTOMER), Answer.REFUSE, NOW)
    over = urgent_request(2).withdrawn(User("director", Role.CUSTOMER), NOW)
    rows = [UrgentRow(1, request, "开幕式"), UrgentRow(1, over)]
    assert chosen(read_words(["urgent", "list"]), rows) == rows[:1]
    assert chosen(read_words(["urgent", "list", "--all"]), rows) == rows
    assert chosen(read_words(["urgent", "review", "2"]), rows) == rows[1:]
    text = io.StringIO()
    print_urgents(Screen(Console(file=text, width=200), "en"), rows)
    said = text.getvalue()
    for part in (
        "开幕式",
        "总导演改了结尾",
        "ann: refuse",
        "render staff: open; no answer counts as allow",
        "now: task 7 loses 2 nodes; all free in 2 s, 1 frames (3 s) lost, 9 s of scene loads",
        "withdrawn",
    ):
        assert part in said


@pytest.mark.parametrize(
    ("language", "told"),
    [("en", "Ended because  its task has ended"), ("zh", "结束原因  其任务已结束")],
)
def test_what_ended_by_itself_says_why_in_the_readers_language(language: str, told: str) -> None:
    why = Said("its task has ended", "其任务已结束")
    overruled = urgent_request().overruled_by(User("bo", Role.OPERATOR), NOW, words="the show")
    row = UrgentRow(1, overruled.ended(UrgentState.ENDED, NOW, why))
    text = io.StringIO()
    print_urgents(Screen(Console(file=text, width=200), language), [row])
    lines = [line.rstrip() for line in text.getvalue().splitlines()]
    assert told in [re.sub(" {2,}", "  ", line) for line in lines]
    assert any("bo" in line and line.endswith("the show") for line in lines)
