"""A user's keys: an RSA-3072 pair that signs, and an AES-256 user key that everything is sealed by.

The signing pair never decrypts, and the user key never seals by itself: each use has a key of its
own, derived by HKDF-SHA256 (RFC 5869).
"""

import hashlib
import os
from dataclasses import dataclass, field
from enum import StrEnum

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from farmdesk.domain.errors import Refused

RSA_BITS = 3072
USER_KEY_BYTES = 32
CHECK_BYTES = 8
_PSS = padding.PSS(mgf=padding.MGF1(hashes.SHA256()), salt_length=hashes.SHA256.digest_size)


class SealedUse(StrEnum):
    """What a derived key seals: never two things under one key."""

    UPLOAD = "upload"
    RESULT = "result"
    MANIFEST = "manifest"
    PACKAGE = "package"


class BadKey(Refused):
    """Bytes that are no key of the kind that FarmDesk makes."""

    def __init__(self) -> None:
        super().__init__(
            f"This is no RSA-{RSA_BITS} key with its user key. Ask for the keys anew.",
            f"这不是有效的 RSA-{RSA_BITS} 密钥。请重新申请密钥。",
        )


@dataclass(frozen=True, slots=True)
class UserKeys:
    """One version of a user's keys, with the secrets in clear: for memory only."""

    login: str
    version: int
    signing: rsa.RSAPrivateKey = field(repr=False)
    user_key: bytes = field(repr=False)

    @classmethod
    def make(cls, login: str, version: int) -> "UserKeys":
        """Make new ones; takes a second or so."""
        signing = rsa.generate_private_key(public_exponent=65537, key_size=RSA_BITS)
        return cls(login, version, signing, os.urandom(USER_KEY_BYTES))

    @classmethod
    def from_parts(cls, login: str, version: int, *, private: bytes, user_key: bytes) -> "UserKeys":
        """Put them together again from `private_der` and `user_key`. Raises BadKey.

        They come out of an authenticated cipher; so the primes, which we made, are not proven
        again: that takes a tenth of a second.
        """
        try:
            signing = serialization.load_der_private_key(
                private, password=None, unsafe_skip_rsa_key_validation=True
            )
        except (ValueError, TypeError, UnsupportedAlgorithm):
            raise BadKey from None
        if not isinstance(signing, rsa.RSAPrivateKey) or signing.key_size != RSA_BITS:
            raise BadKey
        if len(user_key) != USER_KEY_BYTES:
            raise BadKey
        return cls(login, version, signing, user_key)

    @property
    def private_der(self) -> bytes:
        """The private part of the signing pair, PKCS #8 in DER, in clear."""
        return self.signing.private_bytes(
            serialization.Encoding.DER,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )

    @property
    def public_pem(self) -> str:
        """The public part of the signing pair."""
        return (
            self.signing.public_key()
            .public_bytes(
                serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
            )
            .decode()
        )

    @property
    def fingerprint(self) -> str:
        """See `fingerprint_of`."""
        return fingerprint_of(self.public_pem)

    def sign(self, text: bytes) -> bytes:
        """Give the signature: RSA-PSS, SHA-256, a salt of 32 bytes."""
        return self.signing.sign(text, _PSS, hashes.SHA256())

    def key_for(self, use: SealedUse) -> bytes:
        """Give the 32 bytes that files of one use are sealed under."""
        return key_for(self.user_key, use)


def key_for(user_key: bytes, use: SealedUse) -> bytes:
    """Derive a use's key from a user key, 32 bytes each."""
    return _derive(user_key, b"farmdesk-key-1\0" + use.encode(), 32)


def key_check(key: bytes) -> bytes:
    """Give 8 bytes that tell whether two have the same key, and nothing else of it."""
    return _derive(key, b"farmdesk-key-check-1", CHECK_BYTES)


def fingerprint_of(public_pem: str) -> str:
    """Give SHA-256 of a public key's DER form, 64 hex digits. Raises BadKey."""
    der = load_public(public_pem).public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return hashlib.sha256(der).hexdigest()


def load_public(public_pem: str) -> rsa.RSAPublicKey:
    """Read a public key of ours. Raises BadKey."""
    try:
        public = serialization.load_pem_public_key(public_pem.encode())
    except (ValueError, UnsupportedAlgorithm):
        raise BadKey from None
    if not isinstance(public, rsa.RSAPublicKey) or public.key_size != RSA_BITS:
        raise BadKey
    return public


def is_signed(text: bytes, signature: bytes, public_pem: str) -> bool:
    """Say whether the signature is this key's for this text. Raises BadKey for a bad PEM."""
    try:
        load_public(public_pem).verify(signature, text, _PSS, hashes.SHA256())
    except InvalidSignature:
        return False
    return True


def _derive(secret: bytes, info: bytes, length: int) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=length, salt=None, info=info).derive(secret)
