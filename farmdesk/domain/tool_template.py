"""Command templates: a list of arguments with `$PLACEHOLDERS`, filled to a list, never to a string.

A nested list is an optional group: it is dropped when one of its values is None. The farm fills
what the submission knows; what only the node knows stays for the agent.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from farmdesk.domain.errors import Refused
from farmdesk.domain.task_commands import Parameter
from farmdesk.domain.text import is_one_line, quoted

PLACEHOLDER = re.compile(r"\$([A-Z][A-Z0-9_]*)")

NODE_SIDE = frozenset(
    {
        "PROGRAM",  # path of the tool
        "AGENT_DIR",  # where the agent and its tool scripts lie
        "OUTPUT_DIR",  # scratch folder that the tool writes to
        "SCENE",
        "START_FRAME",
        "END_FRAME",
        "STEP",
        "FRAME",
        "CPU",  # how many CPUs the slot may use
    }
)
FARM_SIDE: Mapping[str, bool] = MappingProxyType(
    {
        "FORMAT": True,
        "EXTENSION": True,
        "PATTERN": True,
        "CAMERA": False,
        "LAYER": False,
        "WIDTH": False,
        "HEIGHT": False,
        "FPS": False,
    }
)
"""What the farm fills for every tool, and whether there always is a value."""

Value = Parameter | None


class BadTemplate(Refused):
    """A template that cannot be filled, and what is wrong in it."""


class UnfitValue(Refused):
    """A value that must not get into a command line."""

    def __init__(self, name: str, value: str) -> None:
        self.name = name
        self.value = value
        super().__init__(
            f"The value {quoted(value)} of {name} cannot be handed to the tool: it must not begin "
            "with '-' or '@', hold control characters or something like $NAME. Choose another.",
            f"{name} 的值 {quoted(value)} 不能传给渲染软件：不能以 - 或 @ 开头，"
            "也不能含有控制字符或 $NAME 之类的内容。请换一个值。",
        )


@dataclass(frozen=True, slots=True)
class Template:
    """Arguments in groups; `optional` groups may be dropped."""

    groups: tuple[tuple[bool, tuple[str, ...]], ...]  # (optional, arguments)

    @classmethod
    def read(cls, items: Iterable[object], known: Mapping[str, bool]) -> "Template":
        """Make a template of texts and lists of texts.

        `known`: the tool's own placeholders, and whether there always is a value. Raises
        BadTemplate for what is unknown, and for what may be missing outside an optional group.
        """
        names = {**dict.fromkeys(NODE_SIDE, True), **FARM_SIDE, **known}
        groups: list[tuple[bool, tuple[str, ...]]] = []
        for item in items:
            optional = isinstance(item, list)
            arguments = tuple(item) if isinstance(item, list) else (item,)
            for argument in arguments:
                _check_argument(argument, names, optional=optional)
            groups.append((optional, arguments))
        if not groups or groups[0][0]:
            raise BadTemplate("the program must come first", "首先必须是程序")
        return cls(tuple(groups))

    def fill(self, values: Mapping[str, Value]) -> list[str]:
        """Give the argv with all but the node's placeholders filled. Raises UnfitValue."""
        argv: list[str] = []
        for optional, arguments in self.groups:
            names = {name for argument in arguments for name in PLACEHOLDER.findall(argument)}
            missing = [name for name in names - NODE_SIDE if values.get(name) is None]
            if optional and missing:
                continue
            argv += [_filled(argument, values) for argument in arguments]
        return argv


def _check_argument(argument: object, names: Mapping[str, bool], *, optional: bool) -> None:
    if not isinstance(argument, str):
        raise BadTemplate(
            "an argument must be a text or a list of texts", "参数必须是文字或文字列表"
        )
    shown = quoted(argument)
    if not is_one_line(argument):
        raise BadTemplate(f"control characters in {shown}", f"{shown} 含有控制字符")
    for name in PLACEHOLDER.findall(argument):
        if name not in names:
            raise BadTemplate(
                f"unknown placeholder ${name} in {shown}", f"{shown} 中的占位符 ${name} 未知"
            )
        if not (optional or names[name]):
            raise BadTemplate(
                f"${name} may have no value; put {shown} into a list of its own",
                f"${name} 可能没有值；请将 {shown} 放入单独的列表",
            )


def _filled(argument: str, values: Mapping[str, Value]) -> str:
    """Fill one argument in a single pass, so that no value is read as a template."""

    def fill(match: re.Match[str]) -> str:
        name = match[1]
        return match[0] if name in NODE_SIDE else _as_text(name, values.get(name), match.start())

    return PLACEHOLDER.sub(fill, argument)


def _as_text(name: str, value: Value, at: int) -> str:
    """Write a value as a part of an argument; no `$NAME` in it, for the agent fills after us."""
    if value is None:
        raise ValueError(f"no value for ${name}")
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, str):
        option = at == 0 and value.startswith(("-", "@"))
        if option or PLACEHOLDER.search(value) or not is_one_line(value):
            raise UnfitValue(name.lower(), value)
        return value
    return str(value)
