"""What people read is there in English and Chinese: looked for in the program's text itself."""

import ast
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import get_args

import pytest

from farmdesk.domain.commands import Command, kind_of
from farmdesk.domain.deed_words import ACTIONS
from farmdesk.gateway.packages import DEED

ROOT = Path(__file__).resolve().parents[2] / "farmdesk"
NOTING = {"Deed", "put_on_record", "noted", "_noted", "note", "_note", "_deed", "begin"}
NO_ACTIONS = {"farm", "info", "warning", "error"}  # who notes, and the levels of the log's lines
USED = {"use_master_key", "use_authority", "use_certificate"}  # keys of a mapping in `setup`

# These take a sentence and its twin, or what holds both.
SPOKEN = {"Said", "Refused", "FarmUnavailable", "__init__", "_wrong", "say", "complain", "print"}
CHINESE = re.compile("[一-鿿，。：；（）、]")
ENGLISH = re.compile("[a-z]{2,}")
ENGLISH_VALUE = re.compile(r"\.(value|state|kind|role|strerror|en)$")


def text_of(node: ast.expr) -> str | None:
    """Give what a text says, `{}` where something is filled in; None for all but texts."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=parts):
            return "".join(text_of(part) or "{}" for part in parts)
        case _:
            return None


def without_twin(call: ast.Call) -> Iterator[str]:
    """Give the English sentences of a call that no Chinese one follows."""
    texts = [text_of(value) for value in call.args]
    for text, twin in pairwise([*texts, ""]):
        alone = twin is not None and not CHINESE.search(twin)
        if text and not CHINESE.search(text) and ENGLISH.search(text) and alone:
            yield text


def english_within(text: ast.JoinedStr) -> Iterator[str]:
    """Give what a Chinese sentence fills in that is English: a state's name, the system's words."""
    if CHINESE.search(text_of(text) or ""):
        for part in text.values:
            if isinstance(part, ast.FormattedValue):
                filled = ast.unparse(part.value)
                if ENGLISH_VALUE.search(filled):
                    yield filled


def one_sided(source: str) -> list[str]:
    """Give what a person would read in English whatever his language is."""
    found: list[str] = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.JoinedStr):
            found += english_within(node)
        elif isinstance(node, ast.Call) and called(node) in SPOKEN:
            found += without_twin(node)
    return found


def called(call: ast.Call) -> str:
    """Give the last word of what is called."""
    return ast.unparse(call.func).rpartition(".")[2]


def calls(*rooms: str) -> Iterator[tuple[str, ast.Call]]:
    """Give each call in these rooms, with the last word of what is called."""
    for room in rooms:
        for file in sorted((ROOT / room).rglob("*.py")):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call):
                    yield called(node), node


def noted() -> Iterator[str]:
    """Give each action that the program's text has noted by name."""
    for name, call in calls("cli", "db", "engine", "gateway", "setup"):
        values = list(call.args) if name in NOTING else []
        if name != "add_argument":
            values += [word.value for word in call.keywords if word.arg == "action"]
        words = (value.value for value in values if isinstance(value, ast.Constant))
        for word in words:
            if isinstance(word, str) and re.fullmatch("[a-z]+(_[a-z]+)*", word):
                yield word


def test_each_action_of_the_audit_log_has_a_word_and_each_word_an_action() -> None:
    kinds = {kind_of(object.__new__(command)) for command in get_args(Command)}
    assert set(ACTIONS) == kinds | (set(noted()) - NO_ACTIONS) | USED | {DEED}
    assert all(re.search("[一-鿿]", word) for word in ACTIONS.values())
    assert len(set(ACTIONS.values())) == len(ACTIONS), "two actions have one word"


FILES = [file.relative_to(ROOT) for file in sorted(ROOT.rglob("*.py"))]


@pytest.mark.parametrize("file", FILES, ids=str)
def test_no_sentence_is_there_in_english_alone(file: Path) -> None:
    assert one_sided((ROOT / file).read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ('Said("Ask again.")', ["Ask again."]),
        ('Said(f"Task {key} is away.", "gone")', ["Task {} is away.", "gone"]),
        ('raise Refused("Not now.", "Not now.")', ["Not now.", "Not now."]),
        ('super().__init__(f"{path} is gone.")', ["{} is gone."]),
        ('screen.say("All is well.")', ["All is well."]),
        ('zh = f"任务 {task.state}。"', ["task.state"]),
        ('zh = f"任务 {transfer.state.value}。"', ["transfer.state.value"]),
        ('zh = f"无法读取（{error.strerror}）"', ["error.strerror"]),
        ('zh = f"无法读取（{why.en}）"', ["why.en"]),
        ('Said("Ask again.", "请重试。")', []),
        ("Said(login)", []),
        ('Said("GPU")', []),
        ('Said("Task", word)', []),
        ('en = f"task {task.state}"', []),
    ],
)
def test_what_is_in_english_alone_would_be_found(source: str, told: list[str]) -> None:
    assert one_sided(source) == told
