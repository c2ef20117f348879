"""The master key of a farm: made, brought back from paper, and rotated with all that it wraps."""

import os
from collections.abc import Callable, Collection
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from farmdesk.db import accounts, audit, user_keys
from farmdesk.db.alone import alone
from farmdesk.db.database import Database
from farmdesk.db.faults import Busy
from farmdesk.domain.accounts import Deed, KeyRecord
from farmdesk.domain.errors import FarmError, Refused
from farmdesk.security.audit_chain import digest_of
from farmdesk.security.key_records import rewrapped
from farmdesk.security.master_key import VARIABLE, MasterKey, read_master_keys, write_master_keys
from farmdesk.security.vault import Purpose, Vault, wrapped_under

_ROTATION = "rotate"
_WAIT_S = 10  # for whoever else is at the keys; the database may take 15 to answer


class KeyInEnvironment(Refused):
    """The master key is in the environment, where this program cannot change it."""

    def __init__(self) -> None:
        super().__init__(
            f"The master key comes from ${VARIABLE}, which cannot be changed from here. Write it "
            "into the master key file, take the variable away, and try again.",
            f"主密钥来自环境变量 ${VARIABLE}，无法在此修改。请将其写入主密钥文件，"
            "移除该变量后重试。",
        )


class MasterKeyGone(Refused):
    """A farm with people, and without the master key that their keys are wrapped under."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"This farm has people, and {path} with its master key is gone; nothing was changed. "
            "Bring it back: type the recovery copy into `farmdesk vault restore`.",
            f"本农场已有用户，但主密钥文件 {path} 不存在；未作任何更改。"
            "请用恢复副本运行 `farmdesk vault restore` 找回主密钥。",
        )


@dataclass(frozen=True, slots=True)
class Rotated:
    """What a rotation did. `new`: a new key was made, else an unfinished rotation was ended."""

    current: MasterKey
    new: bool
    rewrapped: int


def check_master_key(path: Path) -> None:
    """Refuse to go on without the master key of a farm that has one. Raises Refused."""
    if VARIABLE not in os.environ and not path.exists():
        raise MasterKeyGone(path)
    read_master_keys(path)


def ensure_master_key(path: Path) -> tuple[MasterKey, bool]:
    """Give the current master key, and whether it was made now. Raises Refused."""
    if VARIABLE in os.environ or path.exists():
        return read_master_keys(path)[-1], False
    key = MasterKey.make()
    path.parent.mkdir(parents=True, exist_ok=True)
    write_master_keys(path, [key])
    return key, True


def restore_master_key(path: Path, key: MasterKey, database: Callable[[], Database]) -> bool:
    """Bring a key back from its recovery copy; False: it was there.

    Beside other keys it opens what was wrapped under it, and does not become the current one. It
    waits for a rotation: each would write the file without the other's key. A key comes back before
    its database, though, and without that nobody rotates. Raises Refused or Busy.
    """
    if VARIABLE in os.environ:
        raise KeyInEnvironment
    with ExitStack() as held:
        try:
            farm = database()
            held.enter_context(alone(farm, _ROTATION, wait_s=_WAIT_S))
            held.enter_context(farm.writing())  # SQLite's lock
        except Busy:
            raise
        except FarmError:
            pass  # the database is away
        known = read_master_keys(path) if path.exists() else ()
        if key in known:
            return False
        write_master_keys(path, [key, *known], replace=bool(known))
        return True


def note(database: Database, action: str, key: MasterKey, *, by: str) -> None:
    """Write into the audit log what was done with a master key. Raises FarmUnavailable."""
    with database.writing() as connection:
        audit.append_all(connection, (_deed(action, key.id, by),), digest_of)


def rotate(path: Path, database: Database, *, by: str) -> Rotated:
    """Wrap everything under a new master key. Killed in between, the next run ends it.

    One at a time: of two at once the second would write a file without the first one's key, and all
    that is wrapped under that would be lost. The key before stays in the file, for servers that are
    just writing and for backups of today; the rotation after next forgets it, as do all that
    nothing needs. Raises Refused or FarmUnavailable.
    """
    if VARIABLE in os.environ:
        raise KeyInEnvironment
    with alone(database, _ROTATION, wait_s=_WAIT_S), database.writing() as connection:
        identities = list(accounts.identities(connection))
        records = list(user_keys.everyones(connection))
        needed = {wrapped_under(blob) for _, blob in identities}
        needed |= {wrapped_under(blob) for record in records for blob in _blobs(record)}
        vault, new = _next_vault(path, needed)
        count = 0
        for user_id, old in identities:
            blob = vault.rewrap(old, Purpose.IDENTITY, user_id=user_id, version=0)
            if blob is not old:
                accounts.rewrap_identity(connection, user_id, old=old, new=blob)
                count += 1
        for record in records:
            again = rewrapped(record, vault)
            if again is not record:
                private, user_key = _blobs(again)
                user_keys.set_wrapped(
                    connection, record, wrapped_private=private, wrapped_user_key=user_key
                )
                count += 2
        deed = _deed("rotate_master_key", vault.current.id, by, f"{count} secrets")
        audit.append_all(connection, (deed,), digest_of)
    return Rotated(vault.current, new, count)


def _next_vault(path: Path, needed: Collection[str]) -> tuple[Vault, bool]:
    """Give the vault to wrap with, and whether its key is new: an unfinished rotation's is not."""
    *older, current = read_master_keys(path)
    if any(key.id in needed for key in older):
        return Vault(current, tuple(older)), False
    keys = (current, MasterKey.make())
    write_master_keys(path, keys, replace=True)
    return Vault(keys[1], keys[:1]), True


def _blobs(record: KeyRecord) -> tuple[bytes, bytes]:
    """Give the wrapped private parts of keys: the signing key and the user key."""
    return record.wrapped_private, record.wrapped_user_key


def _deed(action: str, key_id: str, by: str, detail: str = "") -> Deed:
    return Deed(datetime.now(UTC), by, action, key_id, detail)
