"""The people of the demo: each comes in as on a real farm, with keys of his own."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from farmdesk.config import GatewayConfig
from farmdesk.demo.place import CHIEF, HOST, Place
from farmdesk.domain.account_commands import ApproveUser
from farmdesk.domain.account_words import ROLES
from farmdesk.domain.accounts import Profile
from farmdesk.domain.commands import Command
from farmdesk.domain.errors import Refused
from farmdesk.domain.rows import CommandRow
from farmdesk.domain.said import Said
from farmdesk.link.outcome import wait_outcome
from farmdesk.link.remote import registration
from farmdesk.link.remote.door import Door
from farmdesk.link.remote.link import RemoteLink
from farmdesk.link.remote.registration import Pickup
from farmdesk.link.remote.session import RemoteSession
from farmdesk.security.key_file import key_file_name, read_key_file, write_key_file
from farmdesk.security.secret_file import read_secret, write_secret
from farmdesk.security.user_keys import UserKeys

ANSWER_S = 30.0
Tell = Callable[[Said], None]


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who is logged in at the gateway."""

    keys: UserKeys
    session: RemoteSession
    link: RemoteLink

    def ask(self, command: Command) -> CommandRow:
        """Send a command and give its answer. Raises Refused when it is none."""
        row = wait_outcome(self.link, self.link.send(command), ANSWER_S)
        if not row.applied:
            raise Refused(row.text, row.text_zh)
        return row


class Street:
    """The way from people's machines to the farm's gateway."""

    def __init__(self, place: Place, gateway: GatewayConfig, tell: Tell) -> None:
        self._place = place
        self._url = f"https://{HOST}:{gateway.port}"
        self._authority = gateway.ca.read_bytes()
        self._tell = tell

    def chief(self) -> Person:
        """Let the superadmin log in, with the keys that set-up made."""
        return self._log_in(self._keys_of(CHIEF))

    def come_in(self, login: str, role: str, profile: Profile, chief: Person) -> Person:
        """Let somebody log in; who has no keys yet applies, is approved and collects them."""
        if not (self._place.home(login) / key_file_name(login, 1)).exists():
            self._register(login, role, profile, chief)
        person = self._log_in(self._keys_of(login))
        as_role = ROLES[person.session.user.role]
        self._tell(
            Said(
                f"{login} logged in by RSA challenge as {as_role.en.lower()}",
                f"{login} 已通过 RSA 质询登录（{as_role.zh}）",
            )
        )
        return person

    def _register(self, login: str, role: str, profile: Profile, chief: Person) -> None:
        """Apply, have the handover key compared, and collect: the farm's way to hand keys over."""
        pickup = Pickup.make(login)
        door = Door(self._url, self._authority)
        try:
            number = registration.apply(door, pickup, profile).application
            pickup = replace(pickup, application=number)
            shown = pickup.handover.fingerprint
            self._tell(
                Said(
                    f"{login} applied; reads the superadmin the handover key: {shown}",
                    f"{login} 已申请，并向超级管理员读出移交密钥：{shown}",
                )
            )
            chief.ask(ApproveUser(number, role=role, handover=shown))
            keys = registration.fetch_keys(door, pickup)
            path = self._place.home(login) / key_file_name(login, keys.version)
            write_key_file(path, keys, passphrase_of(self._place, login))
            registration.confirm_keys(door, pickup)
        finally:
            door.close()
        known_by = f"{keys.fingerprint[:16]}…"
        self._tell(
            Said(
                f"{login} was approved and collected the keys, fingerprint {known_by}",
                f"{login} 已获批准并领取密钥，指纹 {known_by}",
            )
        )

    def _keys_of(self, login: str) -> UserKeys:
        path = self._place.home(login) / key_file_name(login, 1)
        return read_key_file(path).open(passphrase_of(self._place, login))

    def _log_in(self, keys: UserKeys) -> Person:
        session = RemoteSession.begin(Door(self._url, self._authority), keys)
        return Person(keys, session, RemoteLink(session))


def passphrase_of(place: Place, login: str) -> str:
    """Give somebody's passphrase; the demo's people keep theirs in a file of their own."""
    path: Path = place.home(login) / "passphrase"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        write_secret(path, secrets.token_urlsafe(24).encode())
    return read_secret(path).decode()
