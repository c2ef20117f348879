"""Login by challenge: the farm gives a text, the user signs it, nobody learns who has an account.

What is signed (security.md): `farmdesk-login-1` ‖ server id (16) ‖ SHA-256 of the TLS certificate
that the client saw (32) ‖ nonce (32) ‖ expiry (8, seconds since 1970, big-endian). A farm in the
middle has another certificate, so a signature that it passes on is worth nothing.
"""

import hashlib
import hmac
import os
from collections import OrderedDict
from dataclasses import dataclass

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers

from farmdesk.domain.errors import Refused
from farmdesk.security.user_keys import RSA_BITS, UserKeys, is_signed

LIFE_S = 30
NONCE_BYTES = 32
SERVER_ID_BYTES = 16
TLS_FINGERPRINT_BYTES = 32
MAX_TAKEN = 100_000  # nonces of the last 30 s; more answers than that are no people
_RANDOM = NONCE_BYTES // 2
_GREETING = b"farmdesk-login-1"


class ChallengeRefused(Refused):
    """An answer that is late, repeated, or to no challenge of ours for this login."""

    def __init__(self) -> None:
        super().__init__(
            "The login was not accepted. Check login and key file, and try again.",
            "登录未被接受。请检查登录名和密钥文件后重试。",
        )


@dataclass(frozen=True, slots=True)
class Challenge:
    """What a client has to sign, together with what it sees of the server."""

    nonce: bytes
    expires: int  # seconds since 1970


class ChallengeBook:
    """Gives challenges and takes each of them once.

    It remembers none that it gave: half of a nonce is a keyed hash over the other half, the login
    and the expiry, so a flood of questions costs no memory, and the book needs no table of logins
    to answer for an unknown one as for any other. Only the nonces taken in the last 30 s are kept.
    Made anew with the server: challenges do not outlive it. For one thread.
    """

    def __init__(self) -> None:
        self._key = os.urandom(32)
        self._taken: OrderedDict[bytes, int] = OrderedDict()  # nonce: expiry

    def issue(self, login: str, now: float) -> Challenge:
        """Give a challenge for a login, known or not. `now`: seconds since 1970."""
        expires = int(now) + LIFE_S
        seed = os.urandom(_RANDOM)
        return Challenge(seed + self._mark(seed, login, expires), expires)

    def take(self, login: str, challenge: Challenge, now: float) -> None:
        """Use a challenge up, whatever becomes of the answer. Raises ChallengeRefused."""
        self._forget(now)
        nonce, expires = challenge.nonce, challenge.expires
        if len(nonce) != NONCE_BYTES or not now < expires <= int(now) + LIFE_S:
            raise ChallengeRefused
        seed, mark = nonce[:_RANDOM], nonce[_RANDOM:]
        if not hmac.compare_digest(mark, self._mark(seed, login, expires)):
            raise ChallengeRefused
        if nonce in self._taken or len(self._taken) >= MAX_TAKEN:
            raise ChallengeRefused
        self._taken[nonce] = expires

    def _mark(self, seed: bytes, login: str, expires: int) -> bytes:
        text = seed + expires.to_bytes(8, "big") + login.encode("utf-8", "surrogatepass")
        return hmac.digest(self._key, text, "sha256")[:_RANDOM]

    def _forget(self, now: float) -> None:
        """Drop what has expired. Taken in about the order of expiry: the oldest lie first."""
        while self._taken and next(iter(self._taken.values())) <= now:
            self._taken.popitem(last=False)


def signed_text(*, server_id: bytes, tls_fingerprint: bytes, challenge: Challenge) -> bytes:
    """Give the text to sign. Raises ValueError for parts of a wrong length."""
    lengths = (len(server_id), len(tls_fingerprint), len(challenge.nonce))
    if lengths != (SERVER_ID_BYTES, TLS_FINGERPRINT_BYTES, NONCE_BYTES):
        raise ValueError(f"parts of a challenge have lengths {lengths}")
    expiry = challenge.expires.to_bytes(8, "big")
    return _GREETING + server_id + tls_fingerprint + challenge.nonce + expiry


def sign(
    keys: UserKeys, *, server_id: bytes, tls_fingerprint: bytes, challenge: Challenge
) -> bytes:
    """Give a client's answer. Raises ValueError for parts of a wrong length."""
    text = signed_text(server_id=server_id, tls_fingerprint=tls_fingerprint, challenge=challenge)
    return keys.sign(text)


def is_answered(text: bytes, signature: bytes, public_pem: str | None) -> bool:
    """Say whether a signed text is this key's; None: nobody's, told after the same work."""
    return is_signed(text, signature, public_pem or _DECOY) and public_pem is not None


def _decoy() -> str:
    """Give a public key that nobody can have: its modulus is a hash, its factors unknown."""
    digits = hashlib.shake_256(b"farmdesk decoy key").digest(RSA_BITS // 8)
    modulus = int.from_bytes(digits, "big") | 1 << (RSA_BITS - 1) | 1
    public = RSAPublicNumbers(65537, modulus).public_key()
    return public.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    ).decode()


_DECOY = _decoy()
