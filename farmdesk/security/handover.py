"""Handing keys over: sealed to a key that the applicant made, so that he alone opens them, once.

A sealed bundle: `FDH1` ‖ the farm's one-time X25519 public key (32) ‖ AES-256-GCM text and tag. Its
key is HKDF-SHA256 of the shared secret, with both public keys as salt and the context as info; it
seals one message, so the nonce is zero (the scheme of RFC 9180's base mode, with these parts).
"""

import hashlib
import json
from base64 import b64decode, b64encode
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from farmdesk.domain.accounts import BadAccountField, check_login
from farmdesk.domain.errors import Refused
from farmdesk.security.user_keys import BadKey, UserKeys

KEY_BYTES = 32
_MAGIC = b"FDH1"
_NONCE = bytes(12)


class BadBundle(Refused):
    """Sealed keys that do not open with this handover key."""

    def __init__(self) -> None:
        super().__init__(
            "The keys that came do not open: they are damaged or were made for another "
            "application. Tell a superadmin, and apply again.",
            "收到的密钥无法打开：已损坏，或属于另一份申请。请告知超级管理员并重新申请。",
        )


@dataclass(frozen=True, slots=True)
class HandoverKey:
    """The applicant's X25519 key; `secret` stays on his machine until he has collected."""

    secret: bytes = field(repr=False)

    @classmethod
    def make(cls) -> "HandoverKey":
        """Give a new one."""
        return cls(X25519PrivateKey.generate().private_bytes_raw())

    @property
    def public(self) -> bytes:
        """The 32 bytes that go to the farm with the application."""
        return X25519PrivateKey.from_private_bytes(self.secret).public_key().public_bytes_raw()

    @property
    def fingerprint(self) -> str:
        """See `handover_fingerprint`."""
        return handover_fingerprint(self.public)

    def open(self, sealed: bytes, application_id: int) -> UserKeys:
        """Give the keys of a sealed bundle. Raises BadBundle."""
        start = len(_MAGIC) + KEY_BYTES
        once = sealed[len(_MAGIC) : start]
        if not sealed.startswith(_MAGIC):
            raise BadBundle
        try:
            shared = X25519PrivateKey.from_private_bytes(self.secret).exchange(
                X25519PublicKey.from_public_bytes(once)
            )
            key = _key(shared, once, self.public, application_id)
            return _keys(AESGCM(key).decrypt(_NONCE, sealed[start:], _MAGIC))
        except (InvalidTag, ValueError, KeyError, TypeError, BadKey, BadAccountField):
            raise BadBundle from None


def seal(keys: UserKeys, public: bytes, application_id: int) -> bytes:
    """Seal keys to an applicant's handover key, for this application. Raises BadBundle."""
    once = X25519PrivateKey.generate()
    try:
        shared = once.exchange(X25519PublicKey.from_public_bytes(public))
    except ValueError:  # not 32 bytes, or a point that gives everybody the same secret
        raise BadBundle from None
    sender = once.public_key().public_bytes_raw()
    key = _key(shared, sender, public, application_id)
    return _MAGIC + sender + AESGCM(key).encrypt(_NONCE, _bundle(keys), _MAGIC)


def handover_fingerprint(public: bytes) -> str:
    """Give what applicant and superadmin compare by voice: 32 hex digits in groups of four."""
    digits = hashlib.sha256(b"farmdesk-handover-key\0" + public).hexdigest()[:32]
    return " ".join(digits[start : start + 4] for start in range(0, len(digits), 4))


def _key(shared: bytes, sender: bytes, receiver: bytes, application_id: int) -> bytes:
    info = b"farmdesk-handover-1\0" + application_id.to_bytes(8, "big")
    derive = HKDF(algorithm=hashes.SHA256(), length=32, salt=sender + receiver, info=info)
    return derive.derive(shared)


def _bundle(keys: UserKeys) -> bytes:
    return json.dumps(
        {
            "login": keys.login,
            "version": keys.version,
            "private": b64encode(keys.private_der).decode(),
            "user_key": b64encode(keys.user_key).decode(),
        }
    ).encode()


def _keys(bundle: bytes) -> UserKeys:
    """Read a bundle; its login becomes a file's name on the applicant's machine."""
    parts = json.loads(bundle)
    return UserKeys.from_parts(
        check_login(parts["login"]),
        int(parts["version"]),
        private=b64decode(parts["private"]),
        user_key=b64decode(parts["user_key"]),
    )
