"""What the command line asks a person for: lines, and passphrases that no screen shows.

For programs, secrets come from files of mode 0600; never from the command line, which all can see.
"""

import argparse
import getpass
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeVar

from farmdesk.cli.screen import Spoken, language
from farmdesk.domain.accounts import Profile, check_login, check_profile_field
from farmdesk.domain.errors import Refused
from farmdesk.domain.said import Said
from farmdesk.security.key_file import MIN_PASSPHRASE, check_passphrase
from farmdesk.security.secret_file import read_secret

PROFILE_FIELDS = (
    ("name", "Name", "姓名"),
    ("department", "Department", "部门"),
    ("contact", "Contact, like a telephone number", "联系方式"),
)
_IDENTITY = ("Identity number", "证件号码")
_NEW_PASSPHRASE = (
    f"New passphrase of the key file, {MIN_PASSPHRASE} characters at least",
    f"密钥文件的新口令（至少 {MIN_PASSPHRASE} 个字符）",
)
_UNLIKE = Said(
    "The two passphrases differ. Type both again.", "两次输入的口令不一致。请重新输入两次。"
)

Given = TypeVar("Given")


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


def ask_until_good(
    ask_once: Callable[[], str],
    check: Callable[[str], Given],
    refusal: type[Refused] = Refused,
) -> Given:
    """Give what the check makes of an answer; told why it is refused, the person is asked again.

    `refusal`: what another answer may put right. Raises NobodyAnswers, and what else is refused.
    """
    while True:
        answer = ask_once()
        try:
            return check(answer)
        except refusal as refused:
            _tell(refused)


def ask_new_passphrase(file: str | None = None) -> str:
    """Give a new passphrase; one that is typed is typed twice, until both are the same.

    Raises as `ask_secret`; ShortPassphrase for that of a file.
    """
    if file is not None:
        return check_passphrase(ask_secret(*_NEW_PASSPHRASE, file))
    while True:
        first = ask_until_good(lambda: ask_secret(*_NEW_PASSPHRASE), check_passphrase)
        if ask_secret("The same again", "再次输入") == first:
            return first
        _tell(_UNLIKE)


def ask_login(words: argparse.Namespace, en: str, zh: str) -> str:
    """Give a login that may be chosen: of the option, else asked for. Raises as `ask_profile`."""
    if words.login is not None:
        return check_login(words.login)
    return ask_until_good(lambda: ask(en, zh), check_login)


def ask_profile(words: argparse.Namespace) -> Profile:
    """Give who somebody is: of the options, else asked for.

    Raises as `ask_secret`; BadAccountField for an option that cannot be taken.
    """
    fields = {}
    for name, en, zh in PROFILE_FIELDS:
        said = getattr(words, name)
        is_said = said is not None
        fields[name] = check_profile_field(name, said) if is_said else _ask_field(name, en, zh)
    return Profile(**fields, identity=_said_identity(words) or _ask_field("identity", *_IDENTITY))


def check_said(words: argparse.Namespace) -> None:
    """Refuse what was said of somebody by options, before the first question. Raises Refused."""
    said = vars(words)
    if said.get("login") is not None:
        check_login(words.login)
    for name, *_ in PROFILE_FIELDS:
        if said.get(name) is not None:
            check_profile_field(name, said[name])
    _said_identity(words)
    if said.get("passphrase_file") is not None:
        ask_new_passphrase(words.passphrase_file)


def _said_identity(words: argparse.Namespace) -> str | None:
    """Give the identity number of the file that was named; None: none was."""
    file = vars(words).get("identity_file")
    return None if file is None else check_profile_field("identity", ask_secret(*_IDENTITY, file))


def _ask_field(name: str, en: str, zh: str) -> str:
    return ask_until_good(lambda: ask(en, zh), partial(check_profile_field, name))


def _tell(sentence: Spoken) -> None:
    """Say it where questions stand: what is printed may be JSON."""
    print(sentence.text(language()), file=sys.stderr)
