"""What every command takes: which farm it is about, who speaks, and that a program reads on."""

import argparse

TITLE = "for every command"


def add_common_words(place: argparse.ArgumentParser) -> None:
    """Let what every command takes stand here.

    It may stand before a command's name, behind it and behind its second word. Unsaid it leaves no
    trace, so that no place takes back what was said at an earlier one; see `unsaid_words`.
    """
    common = place.add_argument_group(TITLE)
    for name, metavar, text in (
        ("--farm", "FOLDER", "the folder of a farm on this machine"),
        ("--server", "URL", "a farm elsewhere, like https://farm.example:8443"),
    ):
        common.add_argument(name, metavar=metavar, default=argparse.SUPPRESS, help=text)
    common.add_argument(
        "--as",
        dest="login_as",
        metavar="LOGIN",
        default=argparse.SUPPRESS,
        help="who speaks, on the farm's own machine; else your account there",
    )
    common.add_argument(
        "--json",
        action="store_true",
        default=argparse.SUPPRESS,
        help="print JSON, for programs",
    )


def unsaid_words() -> argparse.Namespace:
    """Give what counts where a common word is said nowhere."""
    return argparse.Namespace(farm=None, server=None, login_as=None, json=False)
