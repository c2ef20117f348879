"""A modeling tool is data: how it is called, what it takes, what it writes, how its output reads.

So a new tool, version or parameter needs no new program. `resources/tools/*.toml` hold them.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from farmdesk.domain.errors import Refused
from farmdesk.domain.states import FailureReason
from farmdesk.domain.task_commands import Parameter
from farmdesk.domain.text import quoted
from farmdesk.domain.toml_table import Table
from farmdesk.domain.tool_parameters import ToolParameter, check_all
from farmdesk.domain.tool_template import FARM_SIDE, NODE_SIDE, BadTemplate, Template, Value

SETTINGS = frozenset({"camera", "layer", "size", "fps"})
"""What every tool is asked whether it can be told."""


class UnknownTool(Refused):
    """No such tool, or not in this version."""

    def __init__(self, name: str, version: str, known: Iterable[str]) -> None:
        self.name = name
        self.version = version
        names = ", ".join(known) or "-"
        super().__init__(
            f"Unknown tool or version {quoted(name)} {quoted(version)}; known are: {names}.",
            f"未知的软件或版本 {quoted(name)} {quoted(version)}；可用的有：{names}。",
        )


class WrongScene(Refused):
    """A scene file that this tool cannot open."""

    def __init__(self, scene: str, tool: str, suffixes: Iterable[str]) -> None:
        self.scene = scene
        names = ", ".join(suffixes)
        super().__init__(
            f"{tool} cannot open {quoted(scene)}; its scenes end in {names}.",
            f"{tool} 无法打开 {quoted(scene)}；其场景文件的后缀为 {names}。",
        )


class WrongFormat(Refused):
    """An output format that this tool cannot write."""

    def __init__(self, output_format: str, known: Iterable[str]) -> None:
        self.output_format = output_format
        names = ", ".join(known)
        super().__init__(
            f"The output format {quoted(output_format)} is not known here; known are: {names}.",
            f"未知的输出格式 {quoted(output_format)}；可用的有：{names}。",
        )


class LogKind(StrEnum):
    """What a line of the tool's output says."""

    FRAME_STARTED = "frame_started"  # group `frame`
    FRAME_DONE = "frame_done"  # group `path`
    FAILURE = "failure"


@dataclass(frozen=True, slots=True)
class LogRule:
    """A line that matches says this; `reason` goes with a failure, and only with one."""

    kind: LogKind
    pattern: re.Pattern[str]
    reason: FailureReason | None = None

    @classmethod
    def read(cls, table: Table) -> "LogRule":
        """Make one from its TOML table. Raises BadFile."""
        try:
            kind = LogKind(table.text("kind"))
            reason = table.text("reason", "")
            made = cls(
                kind,
                re.compile(table.text("pattern"), re.IGNORECASE),
                FailureReason(reason) if reason else None,
            )
        except (ValueError, re.error) as error:
            raise table.wrong(
                "kind, pattern or reason", str(error), f"不是有效的规则（{error}）"
            ) from error
        if (made.kind is LogKind.FAILURE) != (made.reason is not None):
            raise table.wrong(
                "reason", "a failure, and only a failure, has one", "只有失败才有，且必须有"
            )
        table.end()
        return made


@dataclass(frozen=True, slots=True)
class OutputRule:
    """How frame files are named: `pattern` has one run of `#`; formats have their extensions."""

    pattern: str
    formats: Mapping[str, str]  # PNG -> .png

    @classmethod
    def read(cls, table: Table) -> "OutputRule":
        """Make one from its TOML table. Raises BadFile."""
        pattern = table.text("pattern")
        if not re.fullmatch(r"[A-Za-z0-9._-]*#+[A-Za-z0-9._-]*", pattern):
            raise table.wrong(
                "pattern", "this must be a file name with one run of #", "必须是含一串 # 的文件名"
            )
        names = table.table("formats")
        formats = {name: names.text(name) for name in names.names()}
        for name, extension in formats.items():
            if not re.fullmatch(r"\.[a-z0-9]+", extension):
                raise names.wrong(name, "an extension is like .png", "扩展名应形如 .png")
        table.end()
        return cls(pattern, MappingProxyType(formats))

    def extension(self, output_format: str) -> str:
        """Give the extension of a format, `.png`. Raises WrongFormat."""
        if output_format not in self.formats:
            raise WrongFormat(output_format, self.formats)
        return self.formats[output_format]

    def file_pattern(self, output_format: str) -> str:
        """Give the name of a frame's file with `#` for its number: `frame_####.png`."""
        return self.pattern + self.extension(output_format)


@dataclass(frozen=True, slots=True)
class ModelingTool:
    """One version of one tool."""

    name: str
    version: str
    suffixes: tuple[str, ...]  # of scene files, small letters, with the dot
    cold: Template  # starts the tool for a range of frames
    warm: Template | None  # starts a session that keeps the scene; None where the tool cannot
    output: OutputRule
    settings: frozenset[str] = frozenset()  # of SETTINGS: what it can be told
    parameters: tuple[ToolParameter, ...] = ()
    log_rules: tuple[LogRule, ...] = ()

    @classmethod
    def from_toml(cls, text: str, place: str = "tool") -> "ModelingTool":
        """Read a tool file; `place` names it in errors. Raises BadFile."""
        table = Table.parse(text, place)
        parameters = tuple(ToolParameter.read(item) for item in table.tables("parameter"))
        known = {item.placeholder: item.has_value for item in parameters}
        if len(known) != len(parameters) or known.keys() & (NODE_SIDE | FARM_SIDE.keys()):
            raise table.wrong("parameter", "a name is taken already", "名称已被占用")
        warm = table.items("warm", [])
        made = cls(
            name=table.text("name"),
            version=table.text("version"),
            suffixes=table.texts("suffixes"),
            cold=_template(table, "cold", table.items("cold"), known),
            warm=_template(table, "warm", warm, known) if warm else None,
            output=OutputRule.read(table.table("output")),
            settings=frozenset(table.texts("settings", [])),
            parameters=parameters,
            log_rules=tuple(LogRule.read(item) for item in table.tables("log")),
        )
        if made.settings - SETTINGS:
            known_settings = ", ".join(sorted(SETTINGS))
            raise table.wrong(
                "settings", f"only these are known: {known_settings}", f"只能是 {known_settings}"
            )
        table.end()
        return made

    @property
    def title(self) -> str:
        """Name and version, for people."""
        return f"{self.name} {self.version}"

    def check_scene(self, scene: str) -> None:
        """Refuse a scene of another tool. Raises WrongScene."""
        if not scene.lower().endswith(self.suffixes):
            raise WrongScene(scene, self.title, self.suffixes)

    def check_parameters(self, given: Mapping[str, object]) -> dict[str, Parameter | None]:
        """Give every parameter its value, defaults filled in. Raises WrongParameter."""
        return check_all(self.parameters, given)

    def values(self, settings: Mapping[str, Value]) -> dict[str, Value]:
        """Give what the farm fills into templates, from a task's settings. Raises WrongFormat."""
        output_format = str(settings["format"])
        return {
            **{name.upper(): value for name, value in settings.items()},
            "PATTERN": self.output.pattern,
            "EXTENSION": self.output.extension(output_format),
        }


def _template(table: Table, name: str, items: list[object], known: Mapping[str, bool]) -> Template:
    try:
        return Template.read(items, known)
    except BadTemplate as error:
        raise table.wrong(name, error.en, error.zh) from error


class Tools:
    """The tools that this farm knows, by name and version."""

    def __init__(self, tools: Iterable[ModelingTool]) -> None:
        self._tools = {(tool.name, tool.version): tool for tool in tools}

    def __iter__(self) -> Iterator[ModelingTool]:
        return iter(self._tools.values())

    def find(self, name: str, version: str) -> ModelingTool:
        """Give a tool; an empty version means the only one there is. Raises UnknownTool."""
        if not version:
            versions = [tool for tool in self if tool.name == name]
            if len(versions) == 1:
                return versions[0]
        tool = self._tools.get((name, version))
        if tool is None:
            raise UnknownTool(name, version, [tool.title for tool in self])
        return tool
