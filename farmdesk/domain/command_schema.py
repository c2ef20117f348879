"""Commands for programs of other makers: the JSON Schema of what `commands.from_body` takes.

It is made of the same dataclasses and rules, so it cannot name a field that no command has.
"""

from collections.abc import Mapping
from dataclasses import MISSING, fields
from inspect import getdoc
from typing import Any

from farmdesk.domain.command_fields import field_schema
from farmdesk.domain.commands import HINTS, KINDS, Command, is_required


def command_schemas() -> Mapping[str, dict[str, Any]]:
    """Give the schema of each command as it travels, `{"kind": …, "body": {…}}`, by its kind."""
    return {
        kind: {
            "type": "object",
            "title": command.__name__,
            "description": getdoc(command),
            "properties": {"kind": {"type": "string", "const": kind}, "body": _body(command)},
            "required": ["kind", "body"],
            "additionalProperties": False,
        }
        for kind, command in KINDS.items()
    }


def _body(command: type[Command]) -> dict[str, Any]:
    known = fields(command)
    schemas = {one.name: field_schema(one.name, HINTS[command][one.name]) for one in known}
    for one in known:
        if one.default is not MISSING:
            schemas[one.name]["default"] = one.default
    return {
        "type": "object",
        "properties": schemas,
        "required": [one.name for one in known if is_required(one)],
        "additionalProperties": False,
    }
