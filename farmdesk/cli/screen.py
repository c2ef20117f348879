"""What a person reads at the terminal: tables, facts and lines, in his language.

Names, paths and what tools say are shown as they are: nothing in them is markup.
"""

import os
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from rich.console import Console
from rich.table import Table
from rich.text import Text


class Spoken(Protocol):
    """What is there in both languages: a `Said`, or an error."""

    def text(self, language: str) -> str:
        """Give it in `zh` or `en`."""
        ...


@dataclass(frozen=True, slots=True)
class Styled:
    """Words in a style of rich, like `bold red`."""

    words: Spoken | str
    style: str


Shown = str | Spoken | Styled


class Screen:
    """A terminal and the language of who sits there: what is there in both comes out in that one.

    A word too long for its column goes on in the next line: a Chinese sentence has no spaces.
    """

    def __init__(self, console: Console, language: str) -> None:
        self.console = console
        self.language = language

    def text(self, shown: Shown) -> Text:
        """Give something in this language, as rich prints it."""
        if isinstance(shown, Styled):
            return Text(self._words(shown.words), shown.style)
        return Text(self._words(shown))

    def _words(self, words: Spoken | str) -> str:
        return words if isinstance(words, str) else words.text(self.language)

    def say(self, shown: Shown) -> None:
        """Print a line; one that is too long is left to the terminal, so that it can be copied."""
        self.console.print(self.text(shown), soft_wrap=True)

    def beginning(self, shown: Shown) -> None:
        """Print as much of a line as the terminal is wide; where there is none, all of it."""
        if self.console.is_terminal:
            self.console.print(self.text(shown), no_wrap=True, overflow="ellipsis")
        else:
            self.say(shown)

    def table(
        self,
        headings: Sequence[Spoken],
        rows: Iterable[Sequence[Shown]],
        *,
        justify: Literal["left", "right"] = "left",
        whole: Container[Spoken] = (),
    ) -> None:
        """Print rows under their headings. `whole`: the headings of columns that never fold."""
        table = Table(box=None, header_style="bold", pad_edge=False)
        for heading in headings:
            table.add_column(
                self.text(heading), justify=justify, overflow="fold", no_wrap=heading in whole
            )
        for row in rows:
            table.add_row(*map(self.text, row))
        self.console.print(table)

    def facts(self, facts: Iterable[tuple[Spoken, Shown]]) -> None:
        """Print names with their values beside; one without a value is left out."""
        table = Table.grid(padding=(0, 2))
        table.add_column()
        table.add_column(overflow="fold")
        for name, value in facts:
            if text := self.text(value):
                table.add_row(self.text(Styled(name, "dim")), text)
        self.console.print(table)


def language() -> str:
    """Give `zh` where the terminal's language is Chinese, else `en`."""
    chosen = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG", "")
    return "zh" if chosen.lower().startswith("zh") else "en"
