"""What the document says of commands, against what is taken: value by value, in every field."""

from dataclasses import fields
from typing import Any

import pytest
from jsonschema_rs import Draft202012Validator

from farmdesk.domain.command_schema import command_schemas
from farmdesk.domain.commands import KINDS, from_body, is_required
from farmdesk.domain.errors import Refused

SCHEMAS = command_schemas()
GOOD: dict[str, object] = {
    "name": "开幕式",
    "tool": "blender",
    "tool_version": "",
    "scene": "/snow.blend",
    "frames": "1-9",
    "reason": "",
    "answer": "allow",
    "on": True,
    "login": "wang.li",
    "fingerprint": "a0",
    "transfer": "0f" * 16,
    "folder": "/elsewhere",
    "quota_bytes": 10**9,
}
NUMBERS = [-(2**63), -1, 0, 1, 4, 5, 9, 10, 200, 1000, 1001, 1440, 10_001, 65_536, 65_537, 10**6]
NUMBERS += [10**15, 10**15 + 1, 2**63 - 1, 2**63, 10**30]
DECIMALS = [0.0005, 0.5, 999.5, -1e14, 1.5e15 + 0.5, 1e300]  # no JSON parser tells 7.0 from 7
LENGTHS = [1, 200, 201, 500, 501, 4000, 4001, 4096, 4097]
TEXTS = ["", *("x" * length for length in LENGTHS), "a\nb", "a\tb", "a\x7f", "a\u2028", "下\n"]
TEXTS += ["version", "major", "frame", "refuse", "operator", "now", "0F" * 16, "0f" * 16 + "\n"]
TEXTS += ["2026-02-04T20:00:00+08:00", "2026-02-04T20:00:00", "2026-02-34T20:00:00Z"]
LISTS: list[object] = [[], ["n1", ""], ["n" * 201], ["a\nb"], [1], ["n"] * 10_000, ["n"] * 10_001]
PLAIN: list[object] = [None, True, False, *NUMBERS, *DECIMALS, *TEXTS, *LISTS]
NAMES = {200: {str(n): n for n in range(200)}, 201: {str(n): n for n in range(201)}}
VALUES = [*PLAIN, {}, {"": 1}, {"a" * 201: 1}, *NAMES.values(), *({"a": one} for one in PLAIN)]


def sent(kind: str, **more: object) -> dict[str, Any]:
    """Give a message with the fields that its command must have, and others."""
    needed = [one.name for one in fields(KINDS[kind]) if is_required(one)]
    return {"kind": kind, "body": {name: GOOD.get(name, 7) for name in needed} | more}


def is_taken(message: dict[str, Any]) -> bool:
    """Say whether the farm makes a command of a message."""
    try:
        from_body(message["kind"], message["body"])
    except Refused:
        return False
    return True


@pytest.mark.parametrize("kind", KINDS)
def test_what_the_schema_takes_the_farm_takes_and_nothing_else(kind: str) -> None:
    schema = Draft202012Validator(SCHEMAS[kind], validate_formats=True)
    assert schema.is_valid(sent(kind))
    wrong = [
        (field.name, value)
        for field in fields(KINDS[kind])
        for value in VALUES
        if (message := sent(kind, **{field.name: value}))
        and schema.is_valid(message) is not is_taken(message)
    ]
    assert wrong == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_field_that_lacks_or_is_strange_fits_no_schema(kind: str) -> None:
    schema, whole = Draft202012Validator(SCHEMAS[kind]), sent(kind)
    lacking = [
        {"kind": kind, "body": {name: one for name, one in whole["body"].items() if name != left}}
        for left in whole["body"]
    ]
    for message in [*lacking, sent(kind, when=2), whole | {"kind": "other"}, {"kind": kind}]:
        assert not schema.is_valid(message)
