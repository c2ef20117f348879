"""`--help` of every command: whole, true, in both languages, and no wider than a terminal."""

import argparse
import re
import shlex
from collections.abc import Iterator

import pytest
from rich.cells import cell_len

from farmdesk.cli.help_text import wrapped
from farmdesk.cli.help_zh import HELP_ZH
from farmdesk.cli.options import parser, read_words

# What is typed stays English: commands, options, choices, examples; and what has one name.
TYPED = re.compile(
    r"^  farmdesk .*$|farmdesk( [a-z]+)*|\.p(em|ng)|--?[a-z-]+|\$?FARMDESK_[A-Z]+|[a-z]+\|[a-z]+"
    r"|\{[a-z,-]+\}|Ctrl-C|OPEN_EXR|TIFF|GB|TB|CA|https?://\S+|mysql://\S+|range_split|results-|wang\.fdkey|blender|stop_task"
    r"|PNG|JSON|MiB|(?<![a-z])(zh|en|on|off|task|frame|new|major|minor|allow|refuse|now|dark|light)"
    r"|cheapest|lose-nothing|customer|operator|superadmin|verify|login|^    [a-z-]+",
    re.MULTILINE,
)


def readers(top: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    """Give the reader of the program, and those of its commands and their second words."""
    yield top
    for action in top._actions:
        if isinstance(action, argparse._SubParsersAction):
            for reader in action.choices.values():
                yield from readers(reader)


PROGRAMS = [reader.prog for reader in readers(parser())]


def _help(program: str) -> str:
    [reader] = [reader for reader in readers(parser()) if reader.prog == program]
    return reader.format_help()


def _texts(reader: argparse.ArgumentParser) -> Iterator[str | None]:
    """Give each text that somebody wrote for a help."""
    yield reader.description
    yield from (line for line in (reader.epilog or "").splitlines() if line[0] != " ")
    yield from (group.title for group in reader._action_groups if group._group_actions)
    for action in reader._actions:
        if isinstance(action, argparse._SubParsersAction):
            yield from (choice.help for choice in action._choices_actions)
        elif action.help != argparse.SUPPRESS:
            yield action.help
        if isinstance(action.metavar, str):
            yield action.metavar


def test_each_command_option_and_word_has_its_help_and_each_help_its_chinese() -> None:
    for reader in readers(parser()):
        for text in _texts(reader):
            assert text, reader.prog
            assert text in HELP_ZH, reader.prog


def test_no_chinese_stands_for_a_text_that_is_gone() -> None:
    texts = {text for reader in readers(parser()) for text in _texts(reader)}
    assert set(HELP_ZH) - texts == {"usage: "}


@pytest.mark.parametrize("language", ["en_US.UTF-8", "zh_CN.UTF-8"])
@pytest.mark.parametrize("program", PROGRAMS)
def test_help_is_in_the_terminal_s_language_and_fits_it(
    program: str, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("LC_ALL", language)
    told = _help(program)
    assert max(map(cell_len, told.splitlines())) <= 80
    assert "%(" not in told
    usage, _, rest = told.partition("\n\n")
    assert usage.startswith("usage: " if language[0] == "e" else "用法: ")
    assert usage.count("--json") == 0  # what every command takes has a section of its own
    assert rest.count("--json ") == 1
    if language[0] == "e":
        assert not re.search("[一-鿿]", told)
    else:
        assert re.findall("[A-Za-z]{2,}", TYPED.sub("", rest)) == []


@pytest.mark.parametrize(
    "line",
    [
        line.strip()
        for reader in readers(parser())
        for line in (reader.epilog or "").splitlines()
        if line.startswith("  farmdesk ")
    ],
)
def test_each_example_may_be_typed(line: str) -> None:
    assert read_words(shlex.split(line)[1:]).carry_out


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", [""]),
        ("one two three", ["one two", "three"]),
        ("averyveryverylongword x", ["averyveryverylongword", "x"]),
        ("一二三四五六", ["一二三四", "五六"]),
        ("一二三四。五", ["一二三", "四。五"]),  # what closes never begins a line
        ("一二 one-two", ["一二", "one-two"]),
        ("（一二三四）", ["（一二三", "四）"]),
    ],
)
def test_lines_are_as_wide_as_their_cells(text: str, lines: list[str]) -> None:
    assert wrapped(text, 8) == lines
