"""Reads a TOML table field by field, so that a wrong file is refused with the wrong place."""

import tomllib
from collections.abc import Callable
from typing import TypeVar

from farmdesk.domain.errors import Refused
from farmdesk.domain.text import quoted

T = TypeVar("T")


class BadFile(Refused):
    """A settings file that cannot be used; `place` is where in it."""

    def __init__(self, place: str, en: str, zh: str) -> None:
        self.place = place
        super().__init__(
            f"{quoted(place, 200)}: {en}. Correct the file and load it again.",
            f"{quoted(place, 200)}：{zh}。请改正文件后重新载入。",
        )


class Table:
    """One TOML table. Each field is asked for once; `end` refuses what nobody asked for."""

    def __init__(self, values: dict[str, object], place: str) -> None:
        self._left = dict(values)
        self.place = place

    @classmethod
    def parse(cls, text: str, place: str) -> "Table":
        """Read TOML text. Raises BadFile."""
        try:
            return cls(tomllib.loads(text), place)
        except (tomllib.TOMLDecodeError, RecursionError) as error:
            raise BadFile(place, f"this is not TOML ({error})", f"不是 TOML（{error}）") from error

    def wrong(self, name: str, en: str, zh: str) -> BadFile:
        """Make the error for one of its fields."""
        return BadFile(f"{self.place}.{name}", en, zh)

    def text(self, name: str, default: str | None = None) -> str:
        """Take a text; it is required when there is no default."""
        return self._take(name, str, default, ("a text", "文字"))

    def flag(self, name: str, default: bool) -> bool:
        """Take a truth value."""
        return self._take(name, bool, default, ("true or false", "true 或 false"))

    def number(self, name: str) -> int | float | None:
        """Take a number, or None."""
        value = self._left.pop(name, None)
        if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
            raise self.wrong(name, "this must be a number", "必须是数字")
        return value

    def value(self, name: str) -> object:
        """Take a value of any type, or None."""
        return self._left.pop(name, None)

    def items(self, name: str, default: list[object] | None = None) -> list[object]:
        """Take a list of anything."""
        return self._take(name, list, default, ("a list", "列表"))

    def texts(self, name: str, default: list[object] | None = None) -> tuple[str, ...]:
        """Take a list of texts."""
        found = self.items(name, default)
        texts = tuple(item for item in found if isinstance(item, str))
        if len(texts) != len(found):
            raise self.wrong(name, "this must be a list of texts", "必须是文字列表")
        return texts

    def table(self, name: str) -> "Table":
        """Take a table."""
        found: dict[str, object] = self._take(name, dict, None, ("a table", "表"))
        return Table(found, f"{self.place}.{name}")

    def tables(self, name: str) -> "list[Table]":
        """Take a list of tables; none is an empty list."""
        found = self.items(name, [])
        if not all(isinstance(item, dict) for item in found):
            raise self.wrong(name, "this must be a list of tables", "必须是表的列表")
        return [
            Table(item, f"{self.place}.{name}[{number}]")
            for number, item in enumerate(found, start=1)
            if isinstance(item, dict)
        ]

    def names(self) -> list[str]:
        """Give the names of the fields that were not taken yet."""
        return list(self._left)

    def end(self) -> None:
        """Refuse fields that nobody asked for: mostly they are misspelt."""
        for name in self._left:
            raise self.wrong(name, "this is not known here", "此处没有这一项")

    def _take(
        self, name: str, kind: Callable[..., T], default: T | None, words: tuple[str, str]
    ) -> T:
        value = self._left.pop(name, default)
        if value is None:
            raise self.wrong(name, "this is missing", "缺失")
        if type(value) is not kind:
            raise self.wrong(name, f"this must be {words[0]}", f"必须是{words[1]}")
        return value  # type: ignore[return-value]
