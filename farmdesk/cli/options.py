"""The words of the command line: families of verbs, a module each, put together."""

import argparse
import re
from collections.abc import Callable, Sequence

from farmdesk import __version__
from farmdesk.cli import (
    audit,
    by_hand,
    door,
    download,
    keys,
    looks,
    nodes,
    outlooks,
    plans,
    programs,
    setup,
    submission,
    upload,
    urgent,
    users,
    wishes,
)
from farmdesk.cli.common_words import add_common_words, unsaid_words
from farmdesk.cli.help_text import HelpFormatter
from farmdesk.cli.reader import AddVerb, Reader, first_words

FAMILIES: tuple[Callable[[AddVerb], None], ...] = (
    programs.add_verbs,
    submission.add_verbs,
    upload.add_verbs,
    download.add_verbs,
    wishes.add_verbs,
    by_hand.add_verbs,
    plans.add_verbs,
    nodes.add_verbs,
    urgent.add_verbs,
    looks.add_verbs,
    outlooks.add_verbs,
    setup.add_verbs,
    keys.add_verbs,
    users.add_verbs,
    audit.add_verbs,
    door.add_verbs,
)
EPILOG = """\
farmdesk COMMAND --help tells what a command takes.
The farm folder is --farm, else $FARMDESK_FARM, else the user's data folder. A farm elsewhere is \
reached by --server or $FARMDESK_SERVER, once you are logged in there.
Exit code 0: done; 1: refused or failed; 2: wrong words; 3: the farm cannot be reached; \
130: ended by Ctrl-C.
"""


def read_words(argv: Sequence[str]) -> argparse.Namespace:
    """Read a command line; `carry_out` does what it says. Wrong words end the program with 2.

    `--frames -5-5` is meant as it stands, though argparse takes what begins with a dash for an
    option.
    """
    given = list(argv)
    for place, word in enumerate(given[:-1]):
        if word == "--frames" and re.match(r"-[0-9]", given[place + 1]):
            given[place : place + 2] = [f"{word}={given[place + 1]}"]
    words = unsaid_words()
    parser().parse_args(given, words)
    return words


def parser() -> Reader:
    """Give the parser of all verbs; `verb` names the chosen one."""
    top = Reader(
        prog="farmdesk",
        description="A render farm for confidential shows.",
        epilog=EPILOG,
        formatter_class=HelpFormatter,
    )
    top.add_argument("--version", action="version", version=f"FarmDesk {__version__}")
    add = first_words(top)
    add_common_words(top)
    for add_verbs in FAMILIES:
        add_verbs(add)
    return top
