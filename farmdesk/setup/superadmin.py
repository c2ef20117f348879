"""The first superadmin: nobody is there yet to approve him, so set-up makes him, with his keys.

His key file is written first, his account after it: killed in between, the next run finds the file
and goes on with the keys in it.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from farmdesk.config import Config
from farmdesk.db import accounts, audit, user_keys
from farmdesk.db.database import Database, open_database
from farmdesk.domain.accounts import (
    USUAL_QUOTA_BYTES,
    Profile,
    UserState,
    check_login,
    check_profile,
)
from farmdesk.domain.errors import Refused
from farmdesk.domain.users import Role
from farmdesk.security.audit_chain import digest_of
from farmdesk.security.key_file import key_file_name, read_key_file, write_key_file
from farmdesk.security.key_records import key_record
from farmdesk.security.user_keys import UserKeys
from farmdesk.security.vault import Purpose, Vault, load_vault

ACTOR = "setup"  # in the audit log


@dataclass(frozen=True, slots=True)
class NewSuperadmin:
    """Who becomes the first superadmin. `folder`: where his key file is put."""

    login: str
    profile: Profile
    folder: Path
    passphrase: str = field(repr=False)

    @property
    def key_file(self) -> Path:
        """The key file."""
        return self.folder / key_file_name(self.login, 1)


@dataclass(frozen=True, slots=True)
class Superadmin:
    """Who the farm's superadmin is. `key_file`: where his keys are, if this run has made him."""

    login: str
    key_file: Path | None = None


class OtherKeyFile(Refused):
    """A key file in the place of the new one that is somebody else's."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"{path} holds other keys. Move it away, or choose another folder for the key file.",
            f"{path} 中是其他密钥。请将其移走，或为密钥文件另选文件夹。",
        )


def ensure_superadmin(config: Config, ask: Callable[[], NewSuperadmin]) -> Superadmin:
    """Make the first superadmin where there is none. Raises Refused."""
    database = open_database(config.database)
    try:
        with database.reading() as connection:
            for account in accounts.everybody(connection):
                if account.role is Role.SUPERADMIN:
                    return Superadmin(account.login)
        wanted = ask()
        check_login(wanted.login)
        check_profile(wanted.profile)
        keys = _keys(wanted)
        _write(database, wanted, keys, load_vault(config.master_key))
        return Superadmin(wanted.login, wanted.key_file)
    finally:
        database.close()


def _keys(wanted: NewSuperadmin) -> UserKeys:
    """Make the keys and their file; or take those of a run that was killed after this."""
    path = wanted.key_file
    if path.exists():
        found = read_key_file(path)
        if (found.login, found.version) != (wanted.login, 1):
            raise OtherKeyFile(path)
        return found.open(wanted.passphrase)
    keys = UserKeys.make(wanted.login, 1)
    if not wanted.folder.exists():
        wanted.folder.mkdir(mode=0o700, parents=True)
    write_key_file(path, keys, wanted.passphrase)
    return keys


def _write(database: Database, wanted: NewSuperadmin, keys: UserKeys, vault: Vault) -> None:
    now = datetime.now(UTC)

    def wrap(user_id: int, identity: str) -> bytes:
        return vault.wrap(identity.encode(), Purpose.IDENTITY, user_id=user_id, version=0)

    with database.writing() as connection:
        account = accounts.add(
            connection,
            wanted.login,
            wanted.profile,
            role=Role.SUPERADMIN,
            state=UserState.ACTIVE,
            quota_bytes=USUAL_QUOTA_BYTES,
            now=now,
            wrap=wrap,
        )
        user_keys.add(connection, key_record(keys, account.user_id, vault, now))
        audit.append(
            connection,
            at=now,
            actor=ACTOR,
            action="first_superadmin",
            subject=wanted.login,
            detail=f"key {keys.fingerprint}",
            chain=digest_of,
        )
