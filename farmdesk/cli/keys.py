"""`farmdesk key` and `farmdesk vault`: people's keys, and the farm's master key."""

import re
import sys
from pathlib import Path

from farmdesk.cli.asking import ask_new_passphrase, ask_secret
from farmdesk.cli.call import Call
from farmdesk.cli.reader import AddVerb, second_words
from farmdesk.domain.account_commands import RevokeKey
from farmdesk.domain.errors import FarmError, Refused
from farmdesk.domain.said import Said
from farmdesk.domain.system_words import why_system
from farmdesk.security.key_file import change_passphrase, read_key_file
from farmdesk.security.master_key import MasterKey, read_master_keys
from farmdesk.security.recovery_copy import LINES, print_recovery, read_recovery


def add_verbs(verb: AddVerb) -> None:
    """Add them."""
    _add_key_words(verb)
    _add_vault_words(verb)


def _add_key_words(verb: AddVerb) -> None:
    word = second_words(verb("key", "look after key files", _show_key))
    show = word("show", "show whose keys are in a key file", _show_key)
    passwd = word(
        "passwd",
        "change the passphrase of a key file",
        _passwd,
        example="farmdesk key passwd wang.fdkey",
    )
    for made in (show, passwd):
        made.add_argument("file", metavar="FILE", help="the key file, like wang.fdkey")
    passwd.add_argument(
        "--passphrase-file", metavar="FILE", help="holds the passphrase of now; else you are asked"
    )
    passwd.add_argument(
        "--new-passphrase-file", metavar="FILE", help="holds the new passphrase; else you are asked"
    )
    revoke = word(
        "revoke",
        "let nobody log in with a key any more: for superadmins",
        _revoke,
        example='farmdesk key revoke FINGERPRINT --reason "laptop stolen"',
    )
    revoke.add_argument(
        "fingerprint", metavar="FINGERPRINT", help="the key's, as farmdesk user show LOGIN shows it"
    )
    revoke.add_argument(
        "--reason", metavar="TEXT", required=True, help="why; it stays in the audit log"
    )


def _add_vault_words(verb: AddVerb) -> None:
    word = second_words(verb("vault", "look after the master key, on the farm's server", _recovery))
    word("recovery", "print the recovery copy of the master key", _recovery)
    word("rotate", "make a new master key and wrap everything under it", _rotate)
    restore = word("restore", "bring the master key back from its recovery copy", _restore)
    restore.add_argument(
        "--from", dest="source", metavar="FILE", help="holds the copy's lines; else they are typed"
    )


def _show_key(call: Call) -> int:
    found = read_key_file(Path(call.words.file))
    shown = {"login": found.login, "version": found.version, "fingerprint": found.fingerprint}
    return call.show(
        shown,
        lambda: call.say(
            f"{found.login}, version {found.version}\n{found.fingerprint}",
            f"{found.login}，第 {found.version} 版\n{found.fingerprint}",
        ),
    )


def _passwd(call: Call) -> int:
    words, path = call.words, Path(call.words.file)
    file = read_key_file(path)  # a damaged file is told before anything is asked
    old = ask_secret("Passphrase of now", "当前口令", words.passphrase_file)
    file.open(old)  # and a slip in the old passphrase before a new one is
    change_passphrase(path, old, ask_new_passphrase(words.new_passphrase_file))
    return call.show(
        {"changed": str(path)},
        lambda: call.say(
            f"The passphrase of {path} is changed. Copies of the file keep the old one.",
            f"{path} 的口令已更改。该文件的副本仍使用旧口令。",
        ),
    )


def _revoke(call: Call) -> int:
    return call.send([RevokeKey(call.words.fingerprint, call.words.reason)])


def _recovery(call: Call) -> int:
    """Print the secret itself: this is what it is for."""
    call.check_here()
    key = read_master_keys(call.config.master_key)[-1]
    _note(call, "print_recovery_copy", key)
    shown = {"key": key.id, "recovery": print_recovery(key).splitlines()}
    return call.show(shown, lambda: print(print_recovery(key)))


def _rotate(call: Call) -> int:
    from farmdesk.setup.master import rotate

    done = rotate(call.config.master_key, call.own_database, by=call.login)
    key, count = done.current.id, done.rewrapped
    made = "is the new master key" if done.new else "is the master key; a rotation was ended"
    made_zh = "是新的主密钥" if done.new else "是主密钥；已完成中断的轮换"
    return call.show(
        {"key": key, "new": done.new, "rewrapped": count},
        lambda: call.say(
            f"{key} {made}. {count} secrets were wrapped under it.\n"
            "Print its recovery copy: farmdesk vault recovery",
            f"{key} {made_zh}。已用它重新加密 {count} 个密钥。\n"
            "请打印其恢复副本：farmdesk vault recovery",
        ),
    )


def _restore(call: Call) -> int:
    from farmdesk.setup.master import restore_master_key

    call.check_here()
    path, key = call.config.master_key, read_recovery(_typed(call))
    new = restore_master_key(path, key, lambda: call.own_database)
    _note(call, "restore_master_key", key)
    return call.show(
        {"key": key.id, "new": new},
        lambda: call.say(
            f"Master key {key.id} {'is back' if new else 'was there already'}: {path}",
            f"主密钥 {key.id} {'已恢复' if new else '原本就在'}：{path}",
        ),
    )


def _note(call: Call, action: str, key: MasterKey) -> None:
    """Write it into the audit log, or say why it is not there.

    Whoever reads the key's file needs no word of ours, and a key comes back before its database.
    """
    from farmdesk.setup.master import note

    try:
        note(call.own_database, action, key, by=call.login)
    except FarmError as error:
        told = Said("This is not in the audit log. ", "此操作未记入审计日志。")
        call.complain(told + Said(error.en, error.zh))


def _typed(call: Call) -> str:
    """Give the text of a recovery copy: of a file, or typed line by line."""
    if call.words.source is not None:
        try:
            return Path(call.words.source).read_text(encoding="utf-8", errors="replace")
        except OSError as error:
            why = why_system(error)
            raise Refused(
                f"{call.words.source} cannot be read: {why.en}. Check the path.",
                f"无法读取 {call.words.source}：{why.zh}。请检查路径。",
            ) from error
    lines = []
    for number in range(1, LINES + 1):
        call.complaints.console.print(f"{number}: ", end="")
        line = sys.stdin.readline()
        lines.append(line if re.match(r"\s*[0-9]\s*[:.)]", line) else f"{number}: {line}")
    return "".join(lines)
