"""What people read is there in English and Chinese: looked for in the program's text itself."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

from farmdesk.domain.commands import Command, kind_of
from farmdesk.domain.deed_words import ACTIONS
from farmdesk.gateway.packages import DEED

ROOT = Path(__file__).resolve().parents[2] / "farmdesk"
NOTING = {"Deed", "put_on_record", "noted", "_noted", "note", "_note", "_deed", "begin"}
NO_ACTIONS = {"farm", "info", "warning", "error"}  # who notes, and the levels of the log's lines
USED = {"use_master_key", "use_authority", "use_certificate"}  # keys of a mapping in `setup`


def calls(*rooms: str) -> Iterator[tuple[str, ast.Call]]:
    """Give each call in these rooms, with the last word of what is called."""
    for room in rooms:
        for file in sorted((ROOT / room).rglob("*.py")):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call):
                    yield ast.unparse(node.func).rpartition(".")[2], node


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
