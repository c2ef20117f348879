"""Carries out `farmdesk apply` and `farmdesk collect`: how somebody gets his keys."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path

from farmdesk.cli.asking import ask_login, ask_new_passphrase, ask_profile, check_said
from farmdesk.cli.call import Call
from farmdesk.cli.visits import trusted
from farmdesk.domain.errors import Refused
from farmdesk.link.remote import registration
from farmdesk.link.remote.door import Door
from farmdesk.link.remote.known_farm import KnownFarm, NoPickup
from farmdesk.link.remote.registration import Pickup
from farmdesk.link.wire import ApplicationSeen
from farmdesk.security.key_file import key_file_name, read_key_file, write_key_file
from farmdesk.security.user_keys import UserKeys


class NotYet(Refused):
    """An application that nobody has decided."""

    def __init__(self, fingerprint: str) -> None:
        super().__init__(
            "Nobody has decided on your application yet. Read the superadmin the fingerprint of "
            f"your handover key: {fingerprint}",
            f"您的申请尚未处理。请向超级管理员读出您的移交密钥指纹：{fingerprint}",
        )


class OtherWaits(Refused):
    """This machine keeps what another application's keys are collected with."""

    def __init__(self, seen: ApplicationSeen) -> None:
        since = f"{seen.since.astimezone():%Y-%m-%d %H:%M}"
        super().__init__(
            f"Application {seen.application} of this machine, for the login {seen.login}, waits "
            f"since {since}. Once it is decided, collect its keys; or ask a superadmin to reject "
            "it, and apply again.",
            f"本机提交的申请 {seen.application}（登录名 {seen.login}）自 {since} 起等待处理。"
            "请待其处理后领取密钥，或请超级管理员驳回后重新申请。",
        )


class NotKnownThere(Refused):
    """An application whose answer was lost: whether the farm has it, nobody here knows."""

    def __init__(self, login: str) -> None:
        super().__init__(
            f"The farm has not answered your application for {login}. Send it once more: "
            f"farmdesk apply --login {login}. If it came in, this makes no second one.",
            f"农场尚未回复您为 {login} 提交的申请。请再次发送："
            f"farmdesk apply --login {login}。若农场已收到，则不会重复登记。",
        )


class TurnedDown(Refused):
    """An application that a superadmin has rejected."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"Your application was turned down: {reason}. You may apply again.",
            f"您的申请未获批准：{reason}。您可以重新申请。",
        )


def apply(call: Call) -> int:
    """Apply for keys, or tell of the application that waits; the farm's authority comes first.

    What the keys are collected with is kept before the farm is asked: when its answer is lost, the
    same application is sent again, and the farm takes it for the same one.
    """
    check_said(call.words)
    farm, words = trusted(call), call.words
    login = ask_login(words, "The login that you wish to have", "您希望的登录名")
    kept = _kept(farm)
    door = farm.door()
    try:
        seen = None if kept is None else _standing(door, kept)
        if kept is not None and seen is not None:
            if seen.login != login:
                raise OtherWaits(seen)
            return _tell_applied(call, kept, seen.since, approved=seen.approved is not None)
        is_lost = kept is not None and not kept.application and kept.login == login
        pickup = kept if kept is not None and is_lost else Pickup.make(login)
        profile = None if words.reissue else ask_profile(words)
        farm.keep_pickup(pickup)
        applied = registration.apply(door, pickup, profile)
    finally:
        door.close()
    pickup = replace(pickup, application=applied.application)
    farm.keep_pickup(pickup)
    return _tell_applied(call, pickup, applied.since, approved=False)


def _kept(farm: KnownFarm) -> Pickup | None:
    try:
        return farm.pickup()
    except NoPickup:
        return None


def _standing(door: Door, pickup: Pickup) -> ApplicationSeen | None:
    """Give an application that keys may still come of; None where the farm never answered it."""
    if not pickup.application:
        return None
    try:
        seen = registration.look(door, pickup)
    except Refused:  # the farm does not know it: it was set up anew
        return None
    return seen if seen.approved is None or seen.keys_ready else None


def _tell_applied(call: Call, pickup: Pickup, since: datetime, *, approved: bool) -> int:
    number, fingerprint = pickup.application, pickup.handover.fingerprint
    told = {"application": number, "login": pickup.login, "handover": fingerprint}
    told |= {"since": since, "approved": approved}
    at = f"{since.astimezone():%Y-%m-%d %H:%M}"
    if approved:
        en = f"Application {number} of {at} is approved. Collect your keys: farmdesk collect"
        zh = f"{at} 提交的申请 {number} 已获批准。请领取密钥：farmdesk collect"
    else:
        en = (
            f"Application {number}, for the login {pickup.login}, waits since {at}. Read the "
            f"superadmin the fingerprint of your handover key:\n{fingerprint}\n"
            "Once he has approved you: farmdesk collect"
        )
        zh = (
            f"申请 {number}（登录名 {pickup.login}）自 {at} 起等待处理。"
            f"请向超级管理员读出您的移交密钥指纹：\n{fingerprint}\n获批后请运行：farmdesk collect"
        )
    return call.show(told, lambda: call.say(en, zh))


def collect(call: Call) -> int:
    """Fetch the keys, write the key file, and tell the farm that they are here."""
    farm = call.known_farm
    pickup = farm.pickup()
    if not pickup.application:
        raise NotKnownThere(pickup.login)
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
