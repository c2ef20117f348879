"""Every table and fact of the command line, in Chinese without an English word.

Names, paths, units and what programs said stay as they are: they stand in KNOWN.
"""

import io
import re

import pytest
from rich.cells import cell_len
from rich.console import Console

from farmdesk.cli.screen import Screen
from farmdesk.cli.task_tables import print_task, print_tasks
from farmdesk.domain.deed_words import action_word, subject_word
from farmdesk.domain.states import TaskState
from tests.cli_samples import SHOWN, printed, task

KNOWN = re.compile(
    r"farmdesk [a-z]+( [a-z]+)?|--[a-z]+|\[bold\]|blender|director|ann|boss|CPU|GPU|GB|MB|stop_task"
    r"|range_split|/srv/work/1/frames|exit code 11|farm\.toml|stall_s"
    r"|a line of the log|([0-9a-f]{4} ?){4,}"
)


@pytest.mark.parametrize("name", SHOWN)
def test_no_english_word_is_left_in_chinese(name: str) -> None:
    told = printed(name, "zh")
    assert re.search("[一-鿿]", told)
    assert re.findall("[A-Za-z]{2,}", KNOWN.sub("", told)) == []


@pytest.mark.parametrize("name", SHOWN)
def test_english_stays_english(name: str) -> None:
    told = printed(name, "en")
    for chinese in ("开幕式", "甲", "安娜", "舞美", "已离开", "总导演改了结尾", "开幕在即"):
        told = told.replace(chinese, "")
    assert re.findall("[一-鿿，。：；（）]", told) == []


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("no_tasks", "No tasks. Queue one with: farmdesk submit SCENE --frames 1-100; "),
        ("tasks", "#  Task           State          Priority  Progress"),
        ("show", "Owner      "),
        ("tasks", "████████░░░░░░░░░░░░ 4/10 1 failed"),
        ("show", "After       task 7, frame by frame"),
        ("show", "9 of 10 frames proven in 2.0 s, 1920x1080, 5 MB; given up: 7"),
        ("frames", "Out of memory: exit code 11\n"),
        ("frames", "\nOut of memory. Allocate nodes with more memory and retry, or make"),
        ("logs", " task 3 甲 #7         a line of the log"),
        ("urgents", "asking\n"),
        ("urgents", "withdrawn, overruled"),
        ("urgents", "ann: open; no answer counts as refuse"),
        ("urgents", "ann: allow\n"),
        ("urgents", "ann: refuse by boss"),
        ("urgents", "render staff: allow by default"),
        ("urgents", "lose nothing: task 7 loses 2 nodes, task 8 loses 1 nodes; all free in 2 s"),
        ("forecast", "开幕式 (if started now)  not as the farm stands"),
        ("people", "an account"),
        ("one_account", "ann  customer, suspended"),
        ("audit", "#  Time                 Who   What       To      Detail"),
        ("verdicts", "2 records, none changed, removed or moved."),
    ],
)
def test_english_is_worded_as_ever(name: str, line: str) -> None:
    assert line in printed(name, "en")


def test_the_audit_log_names_in_chinese_what_was_done_and_to_what() -> None:
    assert "停止任务 stop_task  任务 7" in printed("audit", "zh")
    for strange in ("nobody_knows_it", "任务", "", "stop_task "):
        assert action_word(strange).text("zh") == strange
    for login in ("task", "wang", "", "tasks 7"):
        assert subject_word(login).text("zh") == login


def test_columns_line_up_though_chinese_letters_are_wide() -> None:
    heading, *rows = printed("tasks", "zh").partition("\n任务 ")[0].splitlines()
    place = cell_len(heading[: heading.index("优先级")])
    assert {cell_len(row[: row.index(" 5 ") + 1]) for row in rows} == {place}
    with_task, without, bare = printed("logs", "zh").splitlines()
    places = {cell_len(row[: row.index("a line")]) for row in (with_task, without, bare)}
    assert len(places) == 1


def test_a_sentence_without_spaces_is_told_to_its_end_in_a_narrow_terminal() -> None:
    text, sentence = io.StringIO(), "等待许可证释放，" * 20
    screen = Screen(Console(file=text, width=60), "zh")
    print_task(screen, task(TaskState.QUEUED, reason_zh=sentence), None)
    told = "".join(re.findall("[等待许可证释放，]", text.getvalue()))
    assert sentence in told
    assert "…" not in text.getvalue()


@pytest.mark.parametrize("language", ["en", "zh"])
def test_in_a_narrow_terminal_bars_are_whole_and_each_reason_has_a_line(language: str) -> None:
    text, pipe = io.StringIO(), io.StringIO()
    why = {"reason": "It waits, because. " * 12, "reason_zh": "等待许可证释放，" * 12}
    rows = [task(TaskState.RENDERING), task(TaskState.QUEUED, **why)]
    console = Console(file=text, width=80, force_terminal=True, color_system=None)
    print_tasks(Screen(console, language), rows)
    _heading, *lines = text.getvalue().splitlines()
    assert ["███░░░░░ 4/10" in line for line in lines] == [True, True, False, False]
    assert max(map(cell_len, lines)) <= 80
    assert [line[-1] for line in lines[2:]] == [".。"[language == "zh"], "…"]
    print_tasks(Screen(Console(file=pipe, width=80), language), rows)
    assert (
        pipe.getvalue()
        .rstrip()
        .endswith(why["reason_zh" if language == "zh" else "reason"].rstrip())
    )


def test_a_name_is_no_markup() -> None:
    assert "开幕式 [bold]" in printed("tasks", "en")
    assert "开幕式 [bold]" in printed("show", "en")
