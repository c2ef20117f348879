"""The first superadmin: nobody is there yet to approve him, so set-up makes him, with his keys.

His key file is written first, his account after it: killed in between, the next run finds the file
and goes on with the keys in it.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from farmdesk.config import Config
from farmdesk.db import accounts, audit, user_keys
from farmdesk.db.database import Database, open_database
from farmdesk.db.faults import WrongSchema
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
from farmdesk.security.key_file import (
    check_passphrase,
    key_file_name,
    read_key_file,
    write_key_file,
)
from farmdesk.security.key_records import key_record
from farmdesk.security.user_keys import UserKeys
from farmdesk.security.vault import Purpose, Vault, load_vault
from farmdesk.setup.folders import check_folder, ensure_folder

ACTOR = "setup"  # in the audit log
KEY_FOLDER = "--key-folder"


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


class OtherKeyFile(Refused):
    """A key file in the place of the new one that is somebody else's."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"{path} holds other keys. Move it away, or choose another folder for the key file.",
            f"{path} 中是其他密钥。请将其移走，或为密钥文件另选文件夹。",
        )


def find_superadmin(url: str) -> str | None:
    """Give the login of the farm's superadmin; None: there is none, or no farm in this database.

    Raises Refused or FarmUnavailable.
    """
    database = open_database(url)
    try:
        with database.reading() as connection:
            return accounts.superadmin(connection)
    except WrongSchema:  # it has no tables yet
        return None
    finally:
        database.close()


def check_new(wanted: NewSuperadmin) -> NewSuperadmin:
    """Give somebody back who can become the first superadmin. Raises Refused; makes nothing."""
    check_login(wanted.login)
    check_profile(wanted.profile)
    check_passphrase(wanted.passphrase)
    check_folder(wanted.folder, KEY_FOLDER)
    _kept_keys(wanted)
    return wanted


def make_superadmin(config: Config, wanted: NewSuperadmin) -> None:
    """Make the first superadmin, whom `check_new` gave back. Raises Refused."""
    database = open_database(config.database)
    try:
        _write(database, wanted, _keys(wanted), load_vault(config.master_key))
    finally:
        database.close()


def _keys(wanted: NewSuperadmin) -> UserKeys:
    """Make the keys and their file; or take those of a run that was killed after this."""
    kept = _kept_keys(wanted)
    if kept is not None:
        return kept
    keys = UserKeys.make(wanted.login, 1)
    ensure_folder(wanted.folder, KEY_FOLDER)
    write_key_file(wanted.key_file, keys, wanted.passphrase)
    return keys


def _kept_keys(wanted: NewSuperadmin) -> UserKeys | None:
    """Give the keys of his key file, where it is there. Raises OtherKeyFile, WrongPassphrase."""
    path = wanted.key_file
    if not path.exists():
        return None
    found = read_key_file(path)
    if (found.login, found.version) != (wanted.login, 1):
        raise OtherKeyFile(path)
    return found.open(wanted.passphrase)


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
