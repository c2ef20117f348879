"""Carries out what `farmdesk.cli.door` has words for; loaded only when one of them is said."""

from dataclasses import asdict, replace
from pathlib import Path

from farmdesk.cli.asking import (
    PROFILE_FIELDS,
    ask,
    ask_new_passphrase,
    ask_profile,
    ask_secret,
)
from farmdesk.cli.call import Call
from farmdesk.domain.accounts import check_login, check_profile
from farmdesk.domain.errors import Refused
from farmdesk.link.remote import registration
from farmdesk.link.remote.door import fetch_authority
from farmdesk.link.remote.known_farm import KnownFarm
from farmdesk.link.remote.registration import Pickup
from farmdesk.link.remote.session import log_in
from farmdesk.link.wire import ProfileSeen
from farmdesk.security.key_file import key_file_name, read_key_file, write_key_file
from farmdesk.security.tls import fingerprint_text
from farmdesk.security.user_keys import UserKeys


class NotTrusted(Refused):
    """Somebody has looked at an authority's fingerprint and did not know it."""

    def __init__(self) -> None:
        super().__init__(
            "This is not the fingerprint that the farm has told you; nothing was sent. Ask a "
            "superadmin for the right one.",
            "该指纹与农场告知您的不一致；未发送任何内容。请向超级管理员询问正确的指纹。",
        )


class NotYet(Refused):
    """An application that nobody has decided."""

    def __init__(self, fingerprint: str) -> None:
        super().__init__(
            "Nobody has decided on your application yet. Read the superadmin the fingerprint of "
            f"your handover key: {fingerprint}",
            f"您的申请尚未处理。请向超级管理员读出您的移交密钥指纹：{fingerprint}",
        )


class TurnedDown(Refused):
    """An application that a superadmin has rejected."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"Your application was turned down: {reason}. You may apply again.",
            f"您的申请未获批准：{reason}。您可以重新申请。",
        )


def _trusted(call: Call) -> KnownFarm:
    """Give the farm; one that this machine does not know must be confirmed. Raises NotTrusted."""
    farm, words = call.known_farm, call.words
    if farm.is_trusted and not (words.trust or words.ca or words.fingerprint):
        return farm
    if words.ca:
        farm.trust(Path(words.ca).read_bytes())
        return farm
    authority = fetch_authority(farm.url)
    shown = fingerprint_text(authority)
    if words.fingerprint:
        known = _digits(words.fingerprint) == _digits(shown)
    else:
        said = ask(
            f"The farm's authority has the fingerprint\n{shown}\n"
            "Is it what the farm told you? (yes)",
            f"农场 CA 的指纹为\n{shown}\n与农场告知您的一致吗？（yes）",
        )
        known = said.lower() == "yes"
    if not known:
        raise NotTrusted
    farm.trust(authority)
    return farm


def _digits(fingerprint: str) -> str:
    return fingerprint.replace(":", "").replace(" ", "").lower()


def apply(call: Call) -> int:
    """Apply for keys; the farm's authority is confirmed first."""
    farm, words = _trusted(call), call.words
    login = check_login(words.login or ask("The login that you wish to have", "您希望的登录名"))
    profile = None if words.reissue else check_profile(ask_profile(words))
    pickup = Pickup.make(login)
    door = farm.door()
    try:
        number = registration.apply(door, pickup, profile)
    finally:
        door.close()
    farm.keep_pickup(replace(pickup, application=number))
    told = {"application": number, "login": login, "handover": pickup.handover.fingerprint}
    return call.show(
        told,
        lambda: call.say(
            f"Application {number} is in. Read the superadmin the fingerprint of your handover "
            f"key:\n{pickup.handover.fingerprint}\nOnce he has approved you: farmdesk collect",
            f"申请 {number} 已提交。请向超级管理员读出您的移交密钥指纹：\n"
            f"{pickup.handover.fingerprint}\n获批后请运行：farmdesk collect",
        ),
    )


def collect(call: Call) -> int:
    """Fetch the keys, write the key file, and tell the farm that they are here."""
    farm = call.known_farm
    pickup = farm.pickup()
    folder = Path(call.words.key_folder) if call.words.key_folder else farm.folder
    door = farm.door()
    try:
        seen = registration.look(door, pickup)
        if seen.approved is None:
            raise NotYet(pickup.handover.fingerprint)
        if not seen.approved:
            raise TurnedDown(seen.reason)
        keys = registration.fetch_keys(door, pickup)
        path = folder / key_file_name(keys.login, keys.version)
        _write_once(path, keys, call.words.passphrase_file)
        registration.confirm_keys(door, pickup)
    finally:
        door.close()
    farm.forget_pickup()
    told = {"key_file": str(path), "login": keys.login, "fingerprint": keys.fingerprint}
    return call.show(
        told,
        lambda: call.say(
            f"Your keys are in {path}. Keep a copy in a safe place: the farm hands them over once."
            f"\nFingerprint: {keys.fingerprint}",
            f"您的密钥已保存到 {path}。请在安全处保存副本：农场只移交一次。\n"
            f"指纹：{keys.fingerprint}",
        ),
    )


def _write_once(path: Path, keys: UserKeys, passphrase_file: str | None) -> None:
    """Write the key file, unless it was written before and the farm was not told any more."""
    if path.exists() and read_key_file(path).fingerprint == keys.fingerprint:
        return
    write_key_file(path, keys, ask_new_passphrase(passphrase_file))


def open_keys(call: Call) -> UserKeys:
    """Give the caller's keys, of `--key` or the collected key file; asks for its passphrase."""
    words = call.words
    file = read_key_file(Path(words.key) if words.key else call.known_farm.key_file())
    return file.open(
        ask_secret("Passphrase of the key file", "密钥文件的口令", words.passphrase_file)
    )


def login(call: Call) -> int:
    """Begin a session and remember it."""
    farm = _trusted(call)
    keys = open_keys(call)
    door = farm.door()
    try:
        told = log_in(door, keys)
    finally:
        door.close()
    farm.keep_session(told)
    shown = {"login": told.login, "role": told.role, "until": told.until}
    until = f"{told.until.astimezone():%Y-%m-%d %H:%M}"
    return call.show(
        shown,
        lambda: call.say(
            f"Logged in as {told.login} ({told.role}) until {until}; {told.idle_s // 60} minutes "
            "without use end it.",
            f"已登录为 {told.login}（{told.role}），有效期至 {until}；"
            f"{told.idle_s // 60} 分钟不使用将自动结束。",
        ),
    )


def logout(call: Call) -> int:
    """End the session."""
    farm = call.known_farm
    session = farm.session()
    try:
        session.end()
    finally:
        session.close()
    farm.forget_session()
    return call.show({}, lambda: call.say("Logged out.", "已退出登录。"))


def profile(call: Call) -> int:
    """Show the user's account, changed where words say so."""
    session = call.known_farm.session()
    try:
        seen = registration.read_profile(session)
        wishes = {name: getattr(call.words, name) for name, *_ in PROFILE_FIELDS}
        if any(wishes.values()):
            fields = {name: wish or getattr(seen, name) for name, wish in wishes.items()}
            registration.write_profile(session, **fields)
            seen = registration.read_profile(session)
    finally:
        session.close()
    return call.show(asdict(seen), lambda: _print_profile(call, seen))


def _print_profile(call: Call, seen: ProfileSeen) -> None:
    for name, value in asdict(seen).items():
        call.console.print(f"{name:<12} {value}", markup=False, highlight=False, soft_wrap=True)
