"""How a command line is read: commands, the words behind them, and what to say of wrong ones."""

import argparse
import sys
from collections.abc import Callable, Sequence
from typing import Any, NoReturn, Protocol

from farmdesk.cli.call import Call
from farmdesk.cli.common_words import add_common_words
from farmdesk.cli.help_text import HelpFormatter
from farmdesk.cli.numbers import number
from farmdesk.cli.screen import language
from farmdesk.cli.wrong_words import sentence_for, unknown_choice, unknown_words
from farmdesk.domain.said import Said

TASK = "the task's number: see farmdesk tasks"
AFTER_MODE = "task: wait for the whole of it; frame: each frame for its own"


class Reader(argparse.ArgumentParser):
    """Reads the words of the program, of a command, or of a command's second word."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong, in place of argparse's words, and end the program with 2."""
        self._refuse(sentence_for(message))

    def parse_known_args(  # type: ignore[override]  # argparse has a form for each namespace
        self, args: Sequence[str] | None = None, namespace: Any = None
    ) -> tuple[Any, list[str]]:
        """Read words, and refuse those that nothing takes.

        An option that is none is told before one that is missing: it may be that one, mistyped.
        """
        if self._subparsers is None:
            for word in args or ():
                if word == "--":
                    break
                if word.startswith("--") and " " not in word and not self._is_option(word):
                    self._refuse(unknown_words([word], self._options()))
        found, strange = super().parse_known_args(args, namespace)
        if strange:
            self._refuse(unknown_words(strange, self._options()))
        return found, strange

    def _refuse(self, said: Said) -> NoReturn:
        """Say what is wrong and where help is, and end the program."""
        self.print_usage(sys.stderr)
        see = Said(f" See: {self.prog} --help", f"参见：{self.prog} --help")
        self.exit(2, f"{(said + see).text(language())}\n")

    def _is_option(self, word: str) -> bool:
        name = word.partition("=")[0]
        return any(option.startswith(name) for option in self._options())

    def _options(self) -> list[str]:
        return [name for name in self._option_string_actions if name.startswith("--")]

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        if action.choices is not None and value not in action.choices:
            name = "/".join(action.option_strings) or str(action.metavar or action.dest)
            self._refuse(unknown_choice(name, str(value), action.choices))


class AddVerb(Protocol):
    """Adds a verb to the command line, with its line of help and what carries it out."""

    def __call__(
        self, name: str, text: str, carry_out: Callable[[Call], int], *, example: str = ""
    ) -> argparse.ArgumentParser:
        """Give the verb's parser, for its own words. `example`: lines that somebody may type."""
        ...


def first_words(top: argparse.ArgumentParser) -> AddVerb:
    """Let the command line have verbs; `verb` names the chosen one."""
    return _words(top, "verb", "COMMAND")


def second_words(verb: argparse.ArgumentParser) -> AddVerb:
    """Let a verb have words of its own, like `urgent list`; `word` names the chosen one."""
    return _words(verb, "word", "WORD")


def _words(before: argparse.ArgumentParser, place: str, metavar: str) -> AddVerb:
    words = before.add_subparsers(dest=place, required=True, metavar=metavar, title="commands")

    def add(
        name: str, text: str, carry_out: Callable[[Call], int], *, example: str = ""
    ) -> argparse.ArgumentParser:
        made = words.add_parser(
            name,
            help=text,
            description=text,
            epilog=example and _examples(example),
            formatter_class=HelpFormatter,
        )
        add_common_words(made)
        made.set_defaults(carry_out=carry_out)
        return made

    return add


def add_task(verb: argparse.ArgumentParser) -> None:
    """Let a verb be about one task."""
    verb.add_argument("task", metavar="TASK", type=number, help=TASK)


def _examples(text: str) -> str:
    return "\n".join(["Examples:", *(f"  {line}" for line in text.splitlines())])
