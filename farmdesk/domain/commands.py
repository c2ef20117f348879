"""What people ask of the farm. People never change state: they send one of these.

A command is a frozen dataclass, in `task_commands`, `node_commands`, `urgent_commands` or
`account_commands`; the engine answers it. `to_body` and `from_body` turn commands into JSON-like
values and back, so that they can lie in table `command` and travel over HTTPS.
"""

import re
from collections.abc import Mapping
from dataclasses import MISSING, Field, asdict, fields
from typing import Any, get_args, get_type_hints

from farmdesk.domain.account_commands import AccountCommand
from farmdesk.domain.command_fields import BadField, checked_field
from farmdesk.domain.errors import Refused
from farmdesk.domain.node_commands import NodeCommand
from farmdesk.domain.task_commands import TaskCommand
from farmdesk.domain.text import quoted
from farmdesk.domain.urgent_commands import UrgentCommand

Command = TaskCommand | NodeCommand | UrgentCommand | AccountCommand

KINDS: Mapping[str, type[Command]] = {
    re.sub(r"(?<!^)(?=[A-Z])", "_", command.__name__).lower(): command
    for command in get_args(Command)
}
HINTS = {command: get_type_hints(command) for command in KINDS.values()}
_NAMES = {command: kind for kind, command in KINDS.items()}


class UnknownKind(Refused):
    """A command that this farm does not know."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        super().__init__(
            f"This farm knows no command {quoted(kind)}; the program that sent it may be newer "
            "than the farm.",
            f"本渲染农场不认识命令 {quoted(kind)}；发送它的程序可能比农场新。",
        )


def kind_of(command: Command) -> str:
    """Give the name of a command in tables and messages: `submit_task`."""
    return _NAMES[type(command)]


def is_required(wanted: "Field[object]") -> bool:
    """Say whether a body must hold a field of a command."""
    return wanted.default is MISSING and wanted.default_factory is MISSING


def to_body(command: Command) -> dict[str, object]:
    """Give a command's fields as JSON-like values."""
    return asdict(command)


def from_body(kind: str, body: Mapping[str, object]) -> Command:
    """Make the command that `to_body` was given. Raises UnknownKind or BadField."""
    command = KINDS.get(kind)
    if command is None:
        raise UnknownKind(kind)
    hints = HINTS[command]
    for name in body:
        if name not in hints:
            raise BadField(str(name), "is not known to this command", "不属于此命令")
    for wanted in fields(command):
        if is_required(wanted) and wanted.name not in body:
            raise BadField(wanted.name, f"is missing ({wanted.name})", f"缺失（{wanted.name}）")
    values: dict[str, Any] = {
        name: checked_field(name, value, hints[name]) for name, value in body.items()
    }
    return command(**values)
