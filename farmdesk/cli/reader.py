"""How a command line is read: commands, words behind them, and what every command takes."""

import argparse
from collections.abc import Callable
from typing import Protocol

from farmdesk.cli.call import Call


class AddVerb(Protocol):
    """Adds a verb to the command line, with its line of help and what carries it out."""

    def __call__(
        self, name: str, text: str, carry_out: Callable[[Call], int]
    ) -> argparse.ArgumentParser:
        """Give the verb's parser, for its own words."""
        ...


def first_words(top: argparse.ArgumentParser) -> AddVerb:
    """Let the command line have verbs; `verb` names the chosen one."""
    return _words(top, "verb", "COMMAND")


def second_words(verb: argparse.ArgumentParser) -> AddVerb:
    """Let a verb have words of its own, like `urgent list`; `word` names the chosen one."""
    return _words(verb, "word", "WORD")


def _words(before: argparse.ArgumentParser, place: str, metavar: str) -> AddVerb:
    words = before.add_subparsers(dest=place, required=True, metavar=metavar)

    def add(name: str, text: str, carry_out: Callable[[Call], int]) -> argparse.ArgumentParser:
        made = words.add_parser(name, help=text, description=text)
        add_common_words(made)
        made.set_defaults(carry_out=carry_out)
        return made

    return add


def add_common_words(place: argparse.ArgumentParser) -> None:
    """Let what every command takes stand here.

    It may stand before a command's name, behind it and behind its second word. Unsaid it leaves no
    trace, so that no place takes back what was said at an earlier one; see `unsaid_words`.
    """
    common = place.add_argument_group("for every command")
    for name, metavar, text in (
        ("--farm", "FOLDER", "the farm folder"),
        ("--server", "URL", "a farm elsewhere, by its gateway"),
    ):
        common.add_argument(name, metavar=metavar, default=argparse.SUPPRESS, help=text)
    common.add_argument(
        "--as",
        dest="login_as",
        metavar="LOGIN",
        default=argparse.SUPPRESS,
        help="act for this login; else as on this machine",
    )
    common.add_argument(
        "--json", action="store_true", default=argparse.SUPPRESS, help="print JSON for programs"
    )


def unsaid_words() -> argparse.Namespace:
    """Give what counts where a common word is said nowhere."""
    return argparse.Namespace(farm=None, server=None, login_as=None, json=False)
