"""What the command line asks a person for: lines, and passphrases that no screen shows.

For programs, secrets come from files of mode 0600; never from the command line, which all can see.
"""

import argparse
import getpass
import sys
from pathlib import Path

from farmdesk.cli.screen import language
from farmdesk.domain.accounts import Profile
from farmdesk.domain.errors import Refused
from farmdesk.domain.said import Said
from farmdesk.security.secret_file import read_secret

PROFILE_FIELDS = (
    ("name", "Name", "姓名"),
    ("department", "Department", "部门"),
    ("contact", "Contact, like a telephone number", "联系方式"),
)
_IDENTITY = ("Identity number", "证件号码")
_NEW_PASSPHRASE = ("New passphrase of the key file", "密钥文件的新口令")
_UNLIKE = Said(
    "The two passphrases differ. Type both again.", "两次输入的口令不一致。请重新输入两次。"
)


class NobodyAnswers(Refused):
    """A question with nobody there to answer it."""

    def __init__(self, question: str) -> None:
        super().__init__(
            f"Nobody answered: {question}. Give it as an option, or use a terminal.",
            f"没有得到回答：{question}。请使用相应的选项，或在终端中运行。",
        )


def ask(en: str, zh: str) -> str:
    """Give what a person typed on one line. Raises NobodyAnswers at the end of the input."""
    question = zh if language() == "zh" else en
    print(f"{question}: ", end="", file=sys.stderr, flush=True)  # what is printed may be JSON
    try:
        return input().strip()
    except EOFError:
        raise NobodyAnswers(question) from None


def ask_secret(en: str, zh: str, file: str | None = None) -> str:
    """Give a secret: the first line of a file, else typed unseen.

    Raises OpenToOthers for a file that others may read, NoSecretFile or NobodyAnswers.
    """
    question = zh if language() == "zh" else en
    try:
        if file is not None:
            return read_secret(Path(file)).decode().split("\n", 1)[0].removesuffix("\r")
        return getpass.getpass(f"{question}: ")
    except (EOFError, UnicodeDecodeError):
        raise NobodyAnswers(question) from None


def ask_new_passphrase(file: str | None = None) -> str:
    """Give a new passphrase; one that is typed is typed twice, until both are the same.

    Raises as `ask_secret`.
    """
    if file is not None:
        return ask_secret(*_NEW_PASSPHRASE, file)
    while True:
        first = ask_secret(*_NEW_PASSPHRASE)
        if ask_secret("The same again", "再次输入") == first:
            return first
        print(_UNLIKE.text(language()), file=sys.stderr)


def ask_profile(words: argparse.Namespace) -> Profile:
    """Give who somebody is: of the options, else asked for. Raises as `ask_secret`."""
    fields = {name: getattr(words, name) or ask(en, zh) for name, en, zh in PROFILE_FIELDS}
    if words.identity_file:
        return Profile(**fields, identity=ask_secret(*_IDENTITY, words.identity_file))
    return Profile(**fields, identity=ask(*_IDENTITY))
