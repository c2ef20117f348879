"""The fields of commands: what type and what rule each one has. Bodies come from outside."""

import re
from collections.abc import Callable
from datetime import datetime
from math import isfinite
from types import UnionType
from typing import Any, get_args, get_origin

from farmdesk.domain.errors import Refused
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


class BadField(Refused):
    """A field of a command that is missing, unknown or outside its rule."""

    def __init__(self, name: str, en: str, zh: str) -> None:
        self.name = name
        super().__init__(f"The field {quoted(name)} {en}.", f"字段 {quoted(name)} {zh}。")


def checked_field(name: str, value: object, hint: Any) -> object:
    """Hold a value to its field's type and rule. Raises BadField.

    Whole numbers become decimals where those are asked for.
    """
    if not _fits(value, hint):
        en, zh = _TYPE_WORDS[_plain(hint)]
        raise BadField(name, f"must be {en}", f"必须是{zh}")
    rule = _RULES.get(name)
    if value is not None and rule is not None:
        rule(name, value)
    if _plain(hint) is tuple:
        return tuple(value)  # type: ignore[arg-type]  # JSON knows lists only
    return float(value) if isinstance(value, int) and _plain(hint) is float else value


def _plain(hint: Any) -> type:
    """The type of a field without its `| None`; dict for any mapping."""
    inner = [choice for choice in get_args(hint) if choice is not type(None)]
    plain = inner[0] if get_origin(hint) is UnionType else hint
    kind: type = get_origin(plain) or plain
    return kind


def _fits(value: object, hint: Any) -> bool:
    """Say whether a JSON value is what a type hint says; a truth value is never a number."""
    origin, inner = get_origin(hint), get_args(hint)
    if origin is UnionType:
        return any(_fits(value, choice) for choice in inner)
    if origin is dict:
        return isinstance(value, dict) and all(
            isinstance(name, str) and _fits(item, inner[1]) for name, item in value.items()
        )
    if origin is tuple:
        return isinstance(value, list | tuple) and all(_fits(item, inner[0]) for item in value)
    if isinstance(value, bool):
        return hint is bool
    if hint is float:
        return isinstance(value, int | float) and abs(value) < 1e15 and isfinite(value)
    return isinstance(value, hint)


_TYPE_WORDS: dict[type, tuple[str, str]] = {
    str: ("text", "文字"),
    int: ("a whole number", "整数"),
    float: ("a number", "数字"),
    bool: ("true or false", "true 或 false"),
    tuple: ("a list of texts", "文字列表"),
    dict: ("names with texts, numbers or truth values", "名称与文字、数字或真假值的对应"),
}


def _between(low: float, high: float) -> Callable[[str, Any], None]:
    def check(name: str, value: Any) -> None:
        if not low <= value <= high:
            raise BadField(
                name, f"must lie between {low:,} and {high:,}", f"必须在 {low:,} 到 {high:,} 之间"
            )

    return check


def _one_of(choices: tuple[str, ...]) -> Callable[[str, Any], None]:
    def check(name: str, value: Any) -> None:
        if value not in choices:
            raise BadField(
                name,
                f"must be one of: {', '.join(choices)}",
                f"必须是其中之一：{'、'.join(choices)}",
            )

    return check


def _line(most: int, *, least: int = 0) -> Callable[[str, Any], None]:
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

    return check


def _check_transfer(name: str, value: Any) -> None:
    if not re.fullmatch(r"[0-9a-f]{32}", value):
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
    _line(MAX_NOTE)(name, value.translate(dict.fromkeys(map(ord, "\r\n\t"), " ")))


def _check_parameters(name: str, value: Any) -> None:
    if len(value) > MAX_PARAMETERS:
        raise BadField(
            name, f"must have {MAX_PARAMETERS} entries at most", f"最多有 {MAX_PARAMETERS} 项"
        )
    for key, item in value.items():
        _line(MAX_NAME, least=1)(name, key)
        if isinstance(item, str):
            _line(MAX_PATH)(key, item)
        elif isinstance(item, int):
            _between(-MAX_ID, MAX_ID)(key, item)


def _check_nodes(name: str, value: Any) -> None:
    if len(value) > MAX_NODES:
        raise BadField(name, f"must have {MAX_NODES:,} entries at most", f"最多有 {MAX_NODES:,} 项")
    for item in value:
        _line(MAX_NAME, least=1)(name, item)


def _check_quota(name: str, value: int) -> None:
    low, high = QUOTA_BYTES
    if value and not low <= value <= high:
        en, zh = f"{size_text(low)} to {size_text(high)}", f"{size_text(low)} 到 {size_text(high)}"
        raise BadField(name, f"must be 0 or {en}, like 20GB", f"必须是 0 或 {zh}，例如 20GB")


_RULES: dict[str, Callable[[str, Any], None]] = {
    "task_id": _between(1, MAX_ID),
    "previous_task": _between(1, MAX_ID),
    "after": _between(1, MAX_ID),
    "after_mode": _one_of(AFTER_MODES),
    "due": _check_time,
    "priority": _between(0, 9),
    "width": _between(1, MAX_PIXELS),
    "height": _between(1, MAX_PIXELS),
    "fps": _between(0.001, 1000),
    "policy": _one_of(POLICIES),
    "change": _one_of(CHANGES),
    "name": _line(MAX_NAME, least=1),
    "tool": _line(MAX_NAME, least=1),
    "tool_version": _line(MAX_NAME),
    "project": _line(MAX_NAME),
    "show": _line(MAX_NAME),
    "version": _line(MAX_NAME),
    "camera": _line(MAX_NAME, least=1),
    "layer": _line(MAX_NAME, least=1),
    "output_format": _line(MAX_NAME, least=1),
    "scene": _line(MAX_PATH, least=1),
    "folder": _line(MAX_PATH, least=1),
    "nodes": _check_nodes,
    "pool": _line(MAX_NAME),
    "count": _between(1, MAX_NODES),
    "note": _check_note,
    "request_id": _between(1, MAX_ID),
    "reason": _line(MAX_REASON),
    "answer": _one_of(ANSWERS),
    "answer_min": _between(*ANSWER_MIN),
    "exit_rule": _one_of(EXIT_RULES),
    "application_id": _between(1, MAX_ID),
    "role": _one_of(ROLES),
    "handover": _line(MAX_NAME),
    "login": _line(MAX_NAME, least=1),
    "fingerprint": _line(MAX_NAME, least=1),
    "transfer": _check_transfer,
    "quota_bytes": _check_quota,
    "parameters": _check_parameters,
}
