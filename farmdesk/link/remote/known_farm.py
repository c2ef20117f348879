"""What a user's machine remembers of a farm: its authority, a session, an application, key files.

One folder a farm, below the user's own settings; what is secret in it has mode 0600. Whoever copies
the session's token is its user, for 8 hours or until 30 minutes without use.
"""

import json
from pathlib import Path
from urllib.parse import quote, urlsplit

import platformdirs

from farmdesk.domain.errors import Refused
from farmdesk.domain.users import User
from farmdesk.link.remote.door import Door, checked_url
from farmdesk.link.remote.registration import Pickup
from farmdesk.link.remote.session import RemoteSession
from farmdesk.link.wire import LoggedIn, LoginNeeded, Unreadable, from_json, to_json
from farmdesk.security.certificates import load_certificate
from farmdesk.security.handover import HandoverKey
from farmdesk.security.key_file import SUFFIX
from farmdesk.security.secret_file import read_secret, write_secret
from farmdesk.security.user_keys import UserKeys


class UnknownFarm(Refused):
    """A farm whose authority nobody has confirmed on this machine."""

    def __init__(self, url: str) -> None:
        super().__init__(
            f"This machine does not know the farm at {url}. Log in first, or apply for keys: "
            "`farmdesk login` and `farmdesk apply` show its authority's fingerprint.",
            f"本机不认识位于 {url} 的农场。请先登录或申请密钥："
            "`farmdesk login` 和 `farmdesk apply` 会显示其 CA 指纹。",
        )


class NoPickup(Refused):
    """There is no application of this machine to collect keys for."""

    def __init__(self, url: str) -> None:
        super().__init__(
            f"No application to the farm at {url} waits on this machine. Keys can be collected "
            "only where they were applied for: farmdesk apply.",
            f"本机没有向 {url} 的农场提交过待领取的申请。"
            "只能在申请密钥的机器上领取：farmdesk apply。",
        )


class NoKeyFile(Refused):
    """Nobody said which key file, and there is none of this farm here."""

    def __init__(self, folder: Path) -> None:
        super().__init__(
            f"There is no key file in {folder}. Collect yours with `farmdesk collect`, or name it "
            "with --key.",
            f"{folder} 中没有密钥文件。请用 `farmdesk collect` 领取，或用 --key 指定您的文件。",
        )


class KnownFarm:
    """One farm, as this machine knows it. `home`: in the place of the user's settings folder."""

    def __init__(self, url: str, home: Path | None = None) -> None:
        self.url = checked_url(url)
        place = quote(urlsplit(self.url).netloc, safe=".")
        base = home or Path(platformdirs.user_config_dir("farmdesk"))
        self.folder = base / "farms" / place
        self._authority = self.folder / "authority.pem"
        self._session = self.folder / "session.json"
        self._pickup = self.folder / "application.json"

    @property
    def is_trusted(self) -> bool:
        """Whether somebody has confirmed its authority."""
        return self._authority.exists()

    @property
    def database_authority(self) -> Path:
        """The certificate of the authority behind its database's, PEM; as the last login told."""
        return self.folder / "database.pem"

    def trust(self, authority: bytes) -> None:
        """Believe in this authority (PEM) from now on. Raises BadCertificate."""
        load_certificate(authority)
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_secret(self._authority, authority, replace=True)

    def door(self) -> Door:
        """Give the way to its gateway. Raises UnknownFarm."""
        if not self.is_trusted:
            raise UnknownFarm(self.url)
        return Door(self.url, read_secret(self._authority))

    # ---- a session -------------------------------------------------------------------------------

    def keep_session(self, told: LoggedIn) -> None:
        """Remember a login."""
        if told.database is not None:
            authority = told.database.authority.encode()
            write_secret(self.database_authority, authority, replace=True)
        write_secret(self._session, to_json(told), replace=True)

    def login(self) -> LoggedIn:
        """Give the login that was remembered last. Raises LoginNeeded."""
        if not self._session.exists():
            raise LoginNeeded(
                f"You are not logged in to the farm at {self.url}. Log in: farmdesk login.",
                f"您尚未登录位于 {self.url} 的农场。请登录：farmdesk login。",
            )
        try:
            return from_json(LoggedIn, read_secret(self._session))
        except Unreadable:
            self.forget_session()
            return self.login()

    def session(self) -> RemoteSession:
        """Give the session that was remembered last. Raises LoginNeeded or UnknownFarm."""
        told = self.login()
        return RemoteSession(self.door(), User(told.login, told.role), told.token)

    def session_of(self, keys: UserKeys) -> RemoteSession | None:
        """Give the remembered session of a user, who can log in again; None: there is none."""
        try:
            told = self.login()
        except LoginNeeded:
            return None
        if told.login != keys.login:
            return None
        return RemoteSession(self.door(), User(told.login, told.role), told.token, keys)

    def forget_session(self) -> None:
        """Remember no login."""
        self._session.unlink(missing_ok=True)

    # ---- an application --------------------------------------------------------------------------

    def keep_pickup(self, pickup: Pickup) -> None:
        """Remember what the keys will be collected with; one that waits is replaced."""
        values = {
            "login": pickup.login,
            "handover": pickup.handover.secret.hex(),
            "secret": pickup.secret,
            "application": pickup.application,
        }
        write_secret(self._pickup, json.dumps(values).encode(), replace=True)

    def pickup(self) -> Pickup:
        """Give what was remembered. Raises NoPickup."""
        if not self._pickup.exists():
            raise NoPickup(self.url)
        try:
            values = json.loads(read_secret(self._pickup))
            handover = HandoverKey(bytes.fromhex(values["handover"]))
            return Pickup(values["login"], handover, values["secret"], values["application"])
        except (ValueError, KeyError, TypeError):
            raise NoPickup(self.url) from None

    def forget_pickup(self) -> None:
        """The keys are here: what they were collected with is needed no more."""
        self._pickup.unlink(missing_ok=True)

    def key_file(self) -> Path:
        """Give the newest key file in this farm's folder. Raises NoKeyFile."""
        found = sorted(self.folder.glob(f"*{SUFFIX}"), key=lambda path: path.stat().st_mtime)
        if not found:
            raise NoKeyFile(self.folder)
        return found[-1]
