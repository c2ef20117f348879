"""The vault: secrets wrapped under the farm's master key, which never lies in the database.

A wrapped secret: `FDW1` ‖ master key id (4) ‖ nonce (12) ‖ AES-256-GCM text and tag. It opens only
for the purpose, user and key version that it was wrapped for: they are the associated data.
Source of the form: docs/security.md.
"""

import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from farmdesk.domain.errors import FarmUnavailable, Refused
from farmdesk.security.master_key import KEY_ID_BYTES, MasterKey, read_master_keys

_MAGIC = b"FDW1"
_NONCE = 12
_HEAD = len(_MAGIC) + KEY_ID_BYTES + _NONCE

log = logging.getLogger(__name__)


class Purpose(StrEnum):
    """What a wrapped secret is; one can never be taken for another."""

    SIGNING_KEY = "signing-key"  # the private part of a user's signing pair, PKCS #8 DER
    USER_KEY = "user-key"  # a user's AES-256 key
    IDENTITY = "identity"  # an identity number, UTF-8; its version is 0


_PURPOSES = {
    Purpose.SIGNING_KEY: "签名密钥",
    Purpose.USER_KEY: "用户密钥",
    Purpose.IDENTITY: "证件号码",
}


class UnknownMasterKey(Refused):
    """A secret wrapped under a master key that this vault does not hold."""

    def __init__(self, key_id: str) -> None:
        self.key_id = key_id
        super().__init__(
            f"This was wrapped under master key {key_id}, which is not in the master key file. "
            "Bring that key back with `farmdesk vault restore` and its recovery copy.",
            f"该内容由主密钥 {key_id} 加密，而主密钥文件中没有它。"
            "请用恢复副本运行 `farmdesk vault restore` 找回该密钥。",
        )


class DamagedSecret(Refused):
    """A wrapped secret that was changed, or that belongs to another user, version or purpose."""

    def __init__(self, purpose: Purpose, user_id: int, version: int) -> None:
        super().__init__(
            f"The wrapped {purpose} of user {user_id}, version {version}, is damaged or belongs "
            "elsewhere. Bring the row back from a backup of the database.",
            f"用户 {user_id} 的{_PURPOSES[purpose]}（版本 {version}）已损坏或不属于该用户。"
            "请从数据库备份中恢复。",
        )


class VaultClosed(FarmUnavailable):
    """The farm's secrets do not open at present; what is asked for can be done when they do."""

    def __init__(self) -> None:
        super().__init__(
            "The farm cannot open its keys now; nothing is lost. Try again later, and tell the "
            "render staff: the farm's log says what is missing.",
            "农场暂时无法打开其密钥；没有任何内容丢失。请稍后重试，并告知渲染人员：原因见农场日志。",
        )


class Vault:
    """Wraps under `current`, unwraps under any of `older` too. Immutable; safe between threads."""

    def __init__(self, current: MasterKey, older: tuple[MasterKey, ...] = ()) -> None:
        self.current = current
        self._keys = {key.id: key for key in (*older, current)}

    @classmethod
    def make(cls) -> "Vault":
        """Give a vault with a new master key."""
        return cls(MasterKey.make())

    def wrap(self, secret: bytes, purpose: Purpose, *, user_id: int, version: int) -> bytes:
        """Give the secret as it may lie in the database."""
        head = _MAGIC + bytes.fromhex(self.current.id)
        nonce = os.urandom(_NONCE)
        bound = _bound(head, purpose, user_id, version)
        return head + nonce + AESGCM(self.current.secret).encrypt(nonce, secret, bound)

    def unwrap(self, blob: bytes, purpose: Purpose, *, user_id: int, version: int) -> bytes:
        """Give the secret. Raises UnknownMasterKey or DamagedSecret."""
        if len(blob) < _HEAD or not blob.startswith(_MAGIC):
            raise DamagedSecret(purpose, user_id, version)
        key = self._keys.get(wrapped_under(blob))
        if key is None:
            raise UnknownMasterKey(wrapped_under(blob))
        head, nonce = blob[: _HEAD - _NONCE], blob[_HEAD - _NONCE : _HEAD]
        bound = _bound(head, purpose, user_id, version)
        try:
            return AESGCM(key.secret).decrypt(nonce, blob[_HEAD:], bound)
        except InvalidTag:
            raise DamagedSecret(purpose, user_id, version) from None

    def rewrap(self, blob: bytes, purpose: Purpose, *, user_id: int, version: int) -> bytes:
        """Give the same secret under the current master key; unchanged where it is so already."""
        secret = self.unwrap(blob, purpose, user_id=user_id, version=version)
        if wrapped_under(blob) == self.current.id:
            return blob
        return self.wrap(secret, purpose, user_id=user_id, version=version)

    def __repr__(self) -> str:
        return f"<Vault of master keys {', '.join(self._keys)}>"


OpenVault = Callable[[], Vault]
"""Opens the vault anew for each use, so that a running server meets a rotated master key."""


def load_vault(path: Path) -> Vault:
    """Give the vault of a master key file, or of the environment variable in its place.

    Raises BadMasterKey, OpenToOthers or NoSecretFile.
    """
    *older, current = read_master_keys(path)
    return Vault(current, tuple(older))


@contextmanager
def told_as_closed() -> Iterator[None]:
    """Use a vault for somebody who cannot mend it: why it does not open, the log alone says.

    Its sentences name files of the farm, and that they are open to others. Raises VaultClosed.
    """
    try:
        yield
    except Refused as error:
        log.warning("the vault does not open: %s", error)
        raise VaultClosed from error


def wrapped_under(blob: bytes) -> str:
    """Give the id of the master key that a wrapped secret needs."""
    return blob[len(_MAGIC) : len(_MAGIC) + KEY_ID_BYTES].hex()


def _bound(head: bytes, purpose: Purpose, user_id: int, version: int) -> bytes:
    """Give the associated data; fixed lengths at its ends let no two cases look the same."""
    numbers = user_id.to_bytes(8, "big") + version.to_bytes(4, "big")
    return head + purpose.encode() + numbers
