"""The fields of commands: what type and what rule each one has. Bodies come from outside."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from farmdesk.domain.errors import Refused
from farmdesk.domain.field_types import fits, plain_type, type_schema, type_words
from farmdesk.domain.field_words import FIELDS
from farmdesk.domain.said import Said
from farmdesk.domain.sizes import size_text
from farmdesk.domain.text import is_one_line, quoted

POLICIES = ("static", "dynamic", "sampled", "version", "range_split", "range_split_contiguous")
CHANGES = ("new", "minor", "major")
AFTER_MODES = ("task", "frame")
ANSWERS = ("allow", "refuse")
ROLES = ("customer", "operator", "superadmin")
EXIT_RULES = ("cheapest", "lose_nothing", "now")
MAX_NAME = 200  # characters
MAX_PATH = 4096
MAX_NOTE = 4000
MAX_REASON = 500
ANSWER_MIN = (5, 1440)  # minutes: nobody can decide faster, or needs to think for longer
MAX_PARAMETERS = 200
QUOTA_BYTES = (10**6, 10**15)  # less holds no scene; who typed 20 may have meant gigabytes
MAX_NODES = 10_000  # that one command may name
MAX_ID = 2**63 - 1  # of the database's BIGINT
MAX_PIXELS = 65_536  # a side; the largest size that the common renderers take
_TRANSFER = "[0-9a-f]{32}"
# What programs are told of `is_one_line`; hidden marks of Unicode are refused too.
_ONE_LINE = r"^[^\x00-\x1F\x7F-\x9F\u2028\u2029]*$"
_SOME_LINES = r"^[^\x00-\x08\x0B\x0C\x0E-\x1F\x7F-\x9F\u2028\u2029]*$"


class BadField(Refused):
    """A field of a command that is missing, unknown or outside its rule."""

    def __init__(self, name: str, en: str, zh: str) -> None:
        self.name = name
        word = FIELDS.get(name, Said(f"field {quoted(name)}", f"字段 {quoted(name)} "))
        super().__init__(f"The {word.en} {en}.", f"{word.zh}{zh}。")


@dataclass(frozen=True, slots=True)
class Rule:
    """What a field must be beside its type: `check` raises BadField, `schema` says it to programs.

    `schema`: keywords of JSON Schema 2020-12.
    """

    check: Callable[[str, Any], None]
    schema: dict[str, Any]


def checked_field(name: str, value: object, hint: Any) -> object:
    """Hold a value to its field's type and rule. Raises BadField.

    Whole numbers become decimals where those are asked for.
    """
    if not fits(value, hint):
        words = type_words(hint)
        raise BadField(name, f"must be {words.en}", f"必须是{words.zh}")
    rule = _RULES.get(name)
    if value is not None and rule is not None:
        rule.check(name, value)
    if plain_type(hint) is tuple:
        return tuple(value)  # type: ignore[arg-type]  # JSON knows lists only
    return float(value) if isinstance(value, int) and plain_type(hint) is float else value


def field_schema(name: str, hint: Any) -> dict[str, Any]:
    """Give the JSON Schema of the values that `checked_field` takes."""
    rule, schema = _RULES.get(name), type_schema(hint)
    return schema if rule is None else schema | rule.schema


def _between(low: float, high: float) -> Rule:
    def check(name: str, value: Any) -> None:
        if not low <= value <= high:
            raise BadField(
                name, f"must lie between {low:,} and {high:,}", f"必须在 {low:,} 到 {high:,} 之间"
            )

    return Rule(check, {"minimum": low, "maximum": high})


def _one_of(choices: tuple[str, ...]) -> Rule:
    def check(name: str, value: Any) -> None:
        if value not in choices:
            raise BadField(
                name,
                f"must be one of: {', '.join(choices)}",
                f"必须是其中之一：{'、'.join(choices)}",
            )

    return Rule(check, {"enum": choices})


def _line(most: int, *, least: int = 0) -> Rule:
    def check(name: str, value: Any) -> None:
        if not least <= len(value) <= most:
            raise BadField(
                name,
                f"must have {least} to {most:,} characters",
                f"必须有 {least} 到 {most:,} 个字符",
            )
        if not is_one_line(value):
            raise BadField(
                name, "must not hold line breaks or control characters", "不能含有换行或控制字符"
            )

    return Rule(check, {"minLength": least, "maxLength": most, "pattern": _ONE_LINE})


_NAME, _NOTE = _line(MAX_NAME, least=1), _line(MAX_NOTE)
_VALUE, _WHOLE = _line(MAX_PATH), _between(-MAX_ID, MAX_ID)  # of a parameter
_VALUES = [
    type_schema(str) | _VALUE.schema,
    type_schema(int) | _WHOLE.schema,
    type_schema(float),
    type_schema(bool),
]


def _check_transfer(name: str, value: Any) -> None:
    if not re.fullmatch(_TRANSFER, value):
        raise BadField(name, "must be 32 hex digits", "必须是 32 位十六进制数字")


def _check_time(name: str, value: Any) -> None:
    try:
        zone = datetime.fromisoformat(value).tzinfo
    except ValueError:
        zone = None
    if zone is None:
        raise BadField(
            name,
            "must be a time with its zone, like 2026-02-04T20:00+08:00",
            "必须是带时区的时间，例如 2026-02-04T20:00+08:00",
        )


def _check_note(name: str, value: Any) -> None:
    _NOTE.check(name, value.translate(dict.fromkeys(map(ord, "\r\n\t"), " ")))


def _check_parameters(name: str, value: Any) -> None:
    if len(value) > MAX_PARAMETERS:
        raise BadField(
            name, f"must have {MAX_PARAMETERS} entries at most", f"最多有 {MAX_PARAMETERS} 项"
        )
    for key, item in value.items():
        _NAME.check(name, key)
        if isinstance(item, str):
            _VALUE.check(f"{name}.{key}", item)
        elif isinstance(item, int):
            _WHOLE.check(f"{name}.{key}", item)


def _check_nodes(name: str, value: Any) -> None:
    if len(value) > MAX_NODES:
        raise BadField(name, f"must have {MAX_NODES:,} entries at most", f"最多有 {MAX_NODES:,} 项")
    for item in value:
        _NAME.check(name, item)


def _check_quota(name: str, value: int) -> None:
    low, high = QUOTA_BYTES
    if value and not low <= value <= high:
        en, zh = f"{size_text(low)} to {size_text(high)}", f"{size_text(low)} 到 {size_text(high)}"
        raise BadField(name, f"must be 0 or {en}, like 20GB", f"必须是 0 或 {zh}，例如 20GB")


_RULES: dict[str, Rule] = {
    "task_id": _between(1, MAX_ID),
    "previous_task": _between(1, MAX_ID),
    "after": _between(1, MAX_ID),
    "after_mode": _one_of(AFTER_MODES),
    "due": Rule(_check_time, {"format": "date-time"}),
    "priority": _between(0, 9),
    "width": _between(1, MAX_PIXELS),
    "height": _between(1, MAX_PIXELS),
    "fps": _between(0.001, 1000),
    "policy": _one_of(POLICIES),
    "change": _one_of(CHANGES),
    "name": _NAME,
    "tool": _NAME,
    "tool_version": _line(MAX_NAME),
    "project": _line(MAX_NAME),
    "show": _line(MAX_NAME),
    "version": _line(MAX_NAME),
    "camera": _NAME,
    "layer": _NAME,
    "output_format": _NAME,
    "scene": _line(MAX_PATH, least=1),
    "folder": _line(MAX_PATH, least=1),
    "nodes": Rule(_check_nodes, {"maxItems": MAX_NODES, "items": type_schema(str) | _NAME.schema}),
    "pool": _line(MAX_NAME),
    "count": _between(1, MAX_NODES),
    "note": Rule(_check_note, _NOTE.schema | {"pattern": _SOME_LINES}),
    "request_id": _between(1, MAX_ID),
    "reason": _line(MAX_REASON),
    "answer": _one_of(ANSWERS),
    "answer_min": _between(*ANSWER_MIN),
    "exit_rule": _one_of(EXIT_RULES),
    "application_id": _between(1, MAX_ID),
    "role": _one_of(ROLES),
    "handover": _line(MAX_NAME),
    "login": _NAME,
    "fingerprint": _NAME,
    "transfer": Rule(_check_transfer, {"pattern": f"^{_TRANSFER}$"}),
    "quota_bytes": Rule(
        _check_quota,
        {"anyOf": [{"const": 0}, {"minimum": QUOTA_BYTES[0], "maximum": QUOTA_BYTES[1]}]},
    ),
    "parameters": Rule(
        _check_parameters,
        {
            "maxProperties": MAX_PARAMETERS,
            "propertyNames": _NAME.schema,
            "additionalProperties": {"anyOf": _VALUES},
        },
    ),
}
