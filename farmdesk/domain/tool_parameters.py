"""A tool's own parameters: named, typed, asked for at submission, and held to what is allowed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from math import isfinite

from farmdesk.domain.errors import Refused
from farmdesk.domain.task_commands import Parameter
from farmdesk.domain.text import is_one_line, quoted
from farmdesk.domain.toml_table import Table

MAX_TEXT = 1000  # characters of a text parameter


class Kind(StrEnum):
    """What a parameter's value is."""

    TEXT = "text"
    INTEGER = "integer"
    DECIMAL = "decimal"
    SWITCH = "switch"
    CHOICE = "choice"


class WrongParameter(Refused):
    """A parameter that is unknown, missing or not allowed; says its name and what is allowed."""

    def __init__(self, name: str, en: str, zh: str) -> None:
        self.name = name
        super().__init__(f"The parameter {quoted(name)} {en}.", f"参数 {quoted(name)} {zh}。")


@dataclass(frozen=True, slots=True)
class ToolParameter:
    """One parameter. `default` None and not required: the tool is told nothing about it."""

    name: str
    kind: Kind
    required: bool = False
    default: Parameter | None = None
    minimum: float | None = None  # of numbers, both ends included
    maximum: float | None = None
    choices: tuple[str, ...] = ()  # of a choice
    label_en: str = ""
    label_zh: str = ""

    @property
    def placeholder(self) -> str:
        """Its name inside command templates, without the `$`."""
        return self.name.upper()

    @property
    def has_value(self) -> bool:
        """Whether every task has a value for it."""
        return self.required or self.default is not None

    @classmethod
    def read(cls, table: Table) -> "ToolParameter":
        """Make one from its TOML table. Raises BadFile."""
        name = table.text("name")
        if not (name.isidentifier() and name.isascii() and name.islower()):
            raise table.wrong(
                "name", "a name has small letters a-z, digits and _", "名称只能用小写字母、数字和 _"
            )
        try:
            kind = Kind(table.text("kind"))
        except ValueError:
            known = ", ".join(Kind)
            raise table.wrong(
                "kind", f"this must be one of {known}", f"必须是 {known} 之一"
            ) from None
        default = table.value("default")
        made = cls(
            name=name,
            kind=kind,
            required=table.flag("required", False),
            minimum=table.number("minimum"),
            maximum=table.number("maximum"),
            choices=table.texts("choices", []),
            label_en=table.text("label_en", name),
            label_zh=table.text("label_zh", name),
        )
        table.end()
        if (kind is Kind.CHOICE) != bool(made.choices):
            raise table.wrong(
                "choices", "a choice, and only a choice, has them", "只有 choice 类型才有，且必须有"
            )
        if made.minimum is not None and made.maximum is not None and made.minimum > made.maximum:
            raise table.wrong("minimum", "this is greater than the maximum", "大于最大值")
        return made if default is None else made.with_default(default, table)

    def with_default(self, default: object, table: Table) -> "ToolParameter":
        """Give the same parameter with a default that its own rules allow. Raises BadFile."""
        try:
            value = self.check(default)
        except WrongParameter as error:
            raise table.wrong("default", error.en, error.zh) from error
        return replace(self, default=value)

    def check(self, value: object) -> Parameter:
        """Give the value in the parameter's own type. Raises WrongParameter."""
        checked = self._typed(value)
        if checked is None or not self._allowed(checked):
            en, zh = self._allowance()
            raise WrongParameter(self.name, f"must be {en}", f"必须是{zh}")
        return checked

    def _typed(self, value: object) -> Parameter | None:
        """The value in the right type, or None; a whole number is a decimal too, a flag is not."""
        if isinstance(value, bool):
            return value if self.kind is Kind.SWITCH else None
        if isinstance(value, str):
            return value if self.kind in (Kind.TEXT, Kind.CHOICE) else None
        if isinstance(value, int) and self.kind is Kind.INTEGER:
            return value
        if isinstance(value, int | float) and self.kind is Kind.DECIMAL:
            return float(value) if abs(value) < 1e300 and isfinite(value) else None
        return None

    def _allowed(self, value: Parameter) -> bool:
        if isinstance(value, bool):
            return True
        if isinstance(value, str):
            fits = len(value) <= MAX_TEXT and is_one_line(value)
            return fits and (self.kind is Kind.TEXT or value in self.choices)
        low = self.minimum is None or value >= self.minimum
        return low and (self.maximum is None or value <= self.maximum)

    def _allowance(self) -> tuple[str, str]:
        """What is allowed, in English and Chinese."""
        if self.kind is Kind.SWITCH:
            return "true or false", " true 或 false"
        if self.kind is Kind.CHOICE:
            return f"one of: {', '.join(self.choices)}", f"其中之一：{'、'.join(self.choices)}"
        if self.kind is Kind.TEXT:
            return (
                f"one line of at most {MAX_TEXT:,} characters",
                f"不超过 {MAX_TEXT:,} 个字符的一行文字",
            )
        en, zh = ("a whole number", "整数") if self.kind is Kind.INTEGER else ("a number", "数字")
        if self.minimum is not None:
            en, zh = f"{en} from {self.minimum:,}", f"{zh}，最小 {self.minimum:,}"
        if self.maximum is not None:
            en, zh = f"{en} up to {self.maximum:,}", f"{zh}，最大 {self.maximum:,}"
        return en, zh


def check_all(
    parameters: Sequence[ToolParameter], given: Mapping[str, object]
) -> dict[str, Parameter | None]:
    """Give every parameter the given value, else its default. Raises WrongParameter."""
    known = {parameter.name for parameter in parameters}
    for name in given:
        if name not in known:
            names = ", ".join(sorted(known)) or "none"
            raise WrongParameter(
                name,
                f"is not known to this tool; known are: {names}",
                f"不属于此软件；可用的有：{names}",
            )
    values: dict[str, Parameter | None] = {}
    for parameter in parameters:
        if parameter.name in given:
            values[parameter.name] = parameter.check(given[parameter.name])
        elif parameter.has_value and parameter.default is None:
            raise WrongParameter(parameter.name, "is required", "必须填写")
        else:
            values[parameter.name] = parameter.default
    return values
