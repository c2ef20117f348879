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
from farmdesk.security.secret_file import read_secret

PROFILE_FIELDS = (
    ("name", "Name", "姓名"),
    ("department", "Department", "部门"),
    ("contact", "Contact, like a telephone number", "联系方式"),
)
_IDENTITY = ("Identity number", "证件号码")


class NobodyAnswers(Refused):
    """A question with nobody there to answer it."""

    def __init__(self, question: str) -> None:
        super().__init__(
            f"Nobody answered: {question}. Give it as an option, or use a terminal.",
            f"没有得到回答：{question}。请使用相应的选项，或在终端中运行。",
        )


class UnlikePassphrases(Refused):
    """Two entries of a new passphrase that differ."""

    def __init__(self) -> None:
        super().__init__(
            "The two passphrases differ. Try again.",
            "两次输入的口令不一致。请重试。",
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
    """Give a new passphrase, typed twice unless a file has it. Raises as `ask_secret`."""
    first = ask_secret("New passphrase of the key file", "密钥文件的新口令", file)
    if file is None and ask_secret("The same again", "再次输入") != first:
        raise UnlikePassphrases
    return first


def ask_profile(words: argparse.Namespace) -> Profile:
    """Give who somebody is: of the options, else asked for. Raises as `ask_secret`."""
    fields = {name: getattr(words, name) or ask(en, zh) for name, en, zh in PROFILE_FIELDS}
    if words.identity_file:
        return Profile(**fields, identity=ask_secret(*_IDENTITY, words.identity_file))
    return Profile(**fields, identity=ask(*_IDENTITY))
