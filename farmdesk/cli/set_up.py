"""Carries out `farmdesk setup`: asks what it must know, and shows what was made."""

import argparse
import shlex
from dataclasses import asdict
from functools import partial
from pathlib import Path
from urllib.parse import SplitResult, quote, urlsplit

from rich.cells import set_cell_size

from farmdesk.cli.asking import (
    ask_login,
    ask_new_passphrase,
    ask_profile,
    ask_secret,
    ask_until_good,
    check_said,
)
from farmdesk.cli.call import Call
from farmdesk.config import farm_folder
from farmdesk.db.database import open_database
from farmdesk.db.faults import LockedOut
from farmdesk.domain.errors import Refused
from farmdesk.domain.said import Said
from farmdesk.farm_toml import read_config
from farmdesk.security.certificates import fingerprint_text
from farmdesk.security.master_key import MasterKey
from farmdesk.security.recovery_copy import print_recovery
from farmdesk.setup.certificates import GivenFiles
from farmdesk.setup.folders import check_folder
from farmdesk.setup.steps import Done, Wishes, check_database, set_up
from farmdesk.setup.superadmin import KEY_FOLDER, NewSuperadmin

_DATABASE_PASSWORD = ("Password of the database", "数据库密码")
_STEPS = {
    "folder": "文件夹",
    "settings": "设置",
    "authority": "CA",
    "certificate": "证书",
    "master key": "主密钥",
    "database": "数据库",
    "superadmin": "超级管理员",
}


class PasswordInSight(Refused):
    """A database URL on the command line that holds a password."""

    def __init__(self) -> None:
        super().__init__(
            "Everybody on this machine can read a command line. Leave the password out of the "
            "URL: you will be asked for it, or give --database-password-file.",
            "本机所有人都能看到命令行。请从 URL 中去掉密码：程序会询问密码，"
            "也可使用 --database-password-file。",
        )


class HalfGiven(Refused):
    """One or two of the three files of a certificate from elsewhere."""

    def __init__(self) -> None:
        super().__init__(
            "A certificate from elsewhere needs all three: --certificate, --key and --ca.",
            "使用外部证书时必须同时提供 --certificate、--key 和 --ca。",
        )


def carry_out(call: Call) -> int:
    """Set the farm up, or what of it is missing."""
    wishes = _wishes(call.words)
    steps: list[Done] = []

    def show_master_key(key: MasterKey) -> None:
        if not call.words.json:
            _print_recovery(call, key)

    def tell(done: Done) -> None:
        steps.append(done)
        if not call.words.json:
            _print_step(call, done)

    set_up(
        wishes,
        ask_superadmin=lambda: _superadmin(call.words),
        show_master_key=show_master_key,
        tell=tell,
    )
    gateway = read_config(wishes.folder).gateway
    known_by = "" if gateway is None else fingerprint_text(gateway.ca.read_bytes())
    shown = {"steps": [asdict(done) for done in steps], "authority": known_by}
    return call.show(shown, lambda: _print_next(call, known_by))


def _wishes(words: argparse.Namespace) -> Wishes:
    files = [words.certificate, words.key, words.ca]
    if any(files) and not all(files):
        raise HalfGiven
    return Wishes(
        folder=farm_folder(words.farm),
        hosts=tuple(words.host or ()),
        port=words.port,
        database=_database(words),
        given=GivenFiles(*map(Path, files)) if all(files) else None,
    )


def _database(words: argparse.Namespace) -> str | None:
    """Give the URL with its password, which was not on the command line."""
    if words.database is None:
        return None
    url: str = words.database
    try:
        parts = urlsplit(url)
        name, password = parts.username, parts.password
    except ValueError:
        return url  # refused where it is read
    if password is not None:
        raise PasswordInSight
    if name is None:
        return url
    file = words.database_password_file
    if file is not None:
        return _with_password(parts, ask_secret(*_DATABASE_PASSWORD, file))
    open_database(url).close()  # a URL that is none is told before the question
    ask_once = partial(ask_secret, *_DATABASE_PASSWORD)
    return ask_until_good(ask_once, partial(_opened_with, parts), LockedOut)


def _opened_with(parts: SplitResult, password: str) -> str:
    """Give the URL with a password that opens the database. Raises Refused."""
    url = _with_password(parts, password)
    check_database(url)
    return url


def _with_password(parts: SplitResult, password: str) -> str:
    user, at, rest = parts.netloc.rpartition("@")
    return parts._replace(netloc=f"{user}:{quote(password, safe='')}{at}{rest}").geturl()


def _superadmin(words: argparse.Namespace) -> NewSuperadmin:
    folder = Path(words.key_folder).absolute()
    check_folder(folder, KEY_FOLDER)
    check_said(words)
    login = ask_login(words, "Login of the first superadmin", "首位超级管理员的登录名")
    profile = ask_profile(words)
    return NewSuperadmin(login, profile, folder, ask_new_passphrase(words.passphrase_file))


def _print_step(call: Call, done: Done) -> None:
    state = Said("made", "已创建") if done.new else Said("there", "已存在")
    said = (state, Said(done.step, _STEPS[done.step]))
    words, step = (item.text(call.screen.language) for item in said)
    call.screen.say(f"{set_cell_size(words, 7)}{set_cell_size(step, 13)}{done.text}")


def _print_recovery(call: Call, key: MasterKey) -> None:
    call.say(
        "\nWrite this recovery copy on paper and lock it away. Who has it and the\n"
        "database has every user's keys; without it and the master key file, nobody\n"
        "has them.\n",
        "\n请将此恢复副本抄写在纸上并妥善锁存。持有它和数据库的人即拥有所有用户的密钥；\n"
        "若它与主密钥文件均丢失，则无人能再取得这些密钥。\n",
    )
    call.screen.say(print_recovery(key))
    call.screen.say("")


def _print_next(call: Call, known_by: str) -> None:
    folder = f" --farm {shlex.quote(call.words.farm)}" if call.words.farm else ""
    call.say(
        "\nClients ask whether they know this authority. Its fingerprint:\n"
        f"{known_by}\nNow start the server; one that runs must end first: "
        f"farmdesk server{folder}",
        f"\n客户端会询问是否认识此 CA。其指纹：\n{known_by}\n"
        f"现在请启动服务器（正在运行的须先停止）：farmdesk server{folder}",
    )
