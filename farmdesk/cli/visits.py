"""Carries out `farmdesk login`, `logout` and `profile`: being at a farm elsewhere, with keys."""

from dataclasses import asdict
from pathlib import Path

from farmdesk.cli.asking import (
    PROFILE_FIELDS,
    ask,
    ask_secret,
    check_said,
)
from farmdesk.cli.call import Call
from farmdesk.cli.headings import CONTACT, DEPARTMENT, KEY, LOGIN, NAME, QUOTA, ROLE, named
from farmdesk.cli.screen import Screen
from farmdesk.domain.account_words import ROLES
from farmdesk.domain.errors import Refused
from farmdesk.domain.sizes import size_text
from farmdesk.link.remote import registration
from farmdesk.link.remote.door import fetch_authority
from farmdesk.link.remote.known_farm import KnownFarm
from farmdesk.link.remote.session import log_in
from farmdesk.link.wire import ProfileSeen
from farmdesk.security.certificates import fingerprint_text
from farmdesk.security.key_file import read_key_file
from farmdesk.security.user_keys import UserKeys


class NotTrusted(Refused):
    """Somebody has looked at an authority's fingerprint and did not know it."""

    def __init__(self) -> None:
        super().__init__(
            "This is not the fingerprint that the farm has told you; nothing was sent. Ask a "
            "superadmin for the right one.",
            "该指纹与农场告知您的不一致；未发送任何内容。请向超级管理员询问正确的指纹。",
        )


def trusted(call: Call) -> KnownFarm:
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
            "Is it what the farm told you? If it is, type yes, or what you were told",
            f"农场 CA 的指纹为\n{shown}\n与农场告知您的一致吗？一致请输入 yes，或输入所告知的指纹",
        )
        known = said.lower() == "yes" or _digits(said) == _digits(shown)
    if not known:
        raise NotTrusted
    farm.trust(authority)
    return farm


def _digits(fingerprint: str) -> str:
    return fingerprint.replace(":", "").replace(" ", "").lower()


def open_keys(call: Call) -> UserKeys:
    """Give the caller's keys, of `--key` or the collected key file; asks for its passphrase."""
    words = call.words
    file = read_key_file(Path(words.key) if words.key else call.known_farm.key_file())
    return file.open(
        ask_secret("Passphrase of the key file", "密钥文件的口令", words.passphrase_file)
    )


def login(call: Call) -> int:
    """Begin a session and remember it."""
    farm = trusted(call)
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
            f"已登录为 {told.login}（{ROLES[told.role].zh}），有效期至 {until}；"
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
    check_said(call.words)
    session = call.known_farm.session()
    try:
        seen = registration.read_profile(session)
        wishes = {name: getattr(call.words, name) for name, *_ in PROFILE_FIELDS}
        said = {name: wish for name, wish in wishes.items() if wish is not None}
        if said:
            fields = {name: said.get(name, getattr(seen, name)) for name in wishes}
            registration.write_profile(session, **fields)
            seen = registration.read_profile(session)
    finally:
        session.close()
    return call.show(asdict(seen), lambda: print_profile(call.screen, seen))


def print_profile(screen: Screen, seen: ProfileSeen) -> None:
    """Print a user's own account."""
    screen.facts(
        [
            (LOGIN, seen.login),
            (ROLE, named(seen.role, ROLES)),
            (NAME, seen.name),
            (DEPARTMENT, seen.department),
            (CONTACT, seen.contact),
            (QUOTA, size_text(seen.quota_bytes)),
            (KEY, seen.fingerprint),
        ]
    )
