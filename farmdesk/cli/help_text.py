"""How `--help` looks: in the terminal's language, no line wider than the terminal."""

import argparse
import re
from collections.abc import Callable, Iterable

from rich.cells import cell_len

from farmdesk.cli.common_words import unsaid_words
from farmdesk.cli.help_zh import HELP_ZH
from farmdesk.cli.screen import language

# A word, or one Chinese character, with the blanks before it; what closes never begins a line.
_OPENS, _CLOSES = "一-鿿“（《", "，。；：、？！）》”"
_PIECE = re.compile(rf"\s*(?:[{_OPENS}]|[^\s{_OPENS}{_CLOSES}]+|\S)[{_CLOSES}]*")
_FILL = "\0"  # stands behind a wide text, for as long as argparse lays help out


def in_language(text: str) -> str:
    """Give a text of the help in the terminal's language; in English where there is no other."""
    return HELP_ZH.get(text, text) if language() == "zh" else text


def wrapped(text: str, width: int) -> list[str]:
    """Break a text into lines of so many cells; a Chinese character takes two."""
    lines = [""]
    for piece in _PIECE.findall(" ".join(text.split())):
        if lines[-1] and cell_len(lines[-1] + piece) > width:
            lines.append(piece.lstrip())
        else:
            lines[-1] += piece
    return lines


def _padded(text: str) -> str:
    """Give a text with as many letters as it has cells: argparse counts letters."""
    return text + _FILL * (cell_len(text) - len(text))


class HelpFormatter(argparse.HelpFormatter):
    """Lays help out. Usage is that of the command alone, without what every command takes.

    The methods that are replaced are those that argparse's own formatters replace.
    """

    def add_usage(
        self,
        usage: str | None,
        actions: Iterable[argparse.Action],
        groups: Iterable[argparse._MutuallyExclusiveGroup],
        prefix: str | None = None,
    ) -> None:
        """Show the usage without the words of every command: they have a section of their own."""
        own = [action for action in actions if action.dest not in unsaid_words()]
        usual = in_language("usage: ") if prefix is None else prefix
        super().add_usage(usage, own, groups, usual)

    def start_section(self, heading: str | None) -> None:
        """Begin a section under its heading."""
        super().start_section(heading and in_language(heading))

    def format_help(self) -> str:
        """Give what was laid out."""
        return super().format_help().replace(_FILL, "")

    def _metavar_formatter(
        self, action: argparse.Action, default_metavar: str
    ) -> Callable[[int], tuple[str, ...]]:
        """Give what stands in the place of a value, in the terminal's language."""
        places = super()._metavar_formatter(action, default_metavar)
        return lambda count: tuple(_padded(in_language(place)) for place in places(count))

    def _get_help_string(self, action: argparse.Action) -> str | None:
        return action.help and in_language(action.help)

    def _split_lines(self, text: str, width: int) -> list[str]:
        return wrapped(text, width)

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        """Wrap each paragraph; a line that is indented is one to type, and stays as it is."""
        lines = list[str]()
        for line in text.splitlines():
            is_typed = line.startswith(" ")
            lines += [line] if is_typed else wrapped(in_language(line), width - len(indent))
        return "\n".join(indent + line for line in lines)
