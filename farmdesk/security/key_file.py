"""Key files: a user's keys on his own machine, under a passphrase that never leaves it.

`<login>.fdkey` is JSON. The secrets in it are AES-256-GCM under a key that scrypt (RFC 7914) makes
of the passphrase; all other fields are the associated data, so none can be changed. A checksum over
everything tells a damaged file from a wrong passphrase; it guards against accidents only.
"""

import hashlib
import json
import os
import unicodedata
from base64 import b64decode, b64encode
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from farmdesk.domain.accounts import BadAccountField, check_login
from farmdesk.domain.errors import Refused
from farmdesk.security.secret_file import read_secret, write_secret
from farmdesk.security.user_keys import BadKey, UserKeys, fingerprint_of

SUFFIX = ".fdkey"
FORMAT = "farmdesk key file 1"
MIN_PASSPHRASE = 12  # characters
SCRYPT_N = 1 << 17  # with r = 8, p = 1: 128 MiB and a third of a second a guess (OWASP)
_N_RANGE = (1 << 14, 1 << 20)  # no file may ask for more memory than 1 GiB
_R, _P = 8, 1
_NONCE, _SALT = 12, 16


class ShortPassphrase(Refused):
    """A passphrase that is too easy to guess."""

    def __init__(self) -> None:
        super().__init__(
            f"A passphrase needs {MIN_PASSPHRASE} characters at least. Several words make a good "
            "one.",
            f"口令至少需要 {MIN_PASSPHRASE} 个字符。建议使用几个词组成。",
        )


class WrongPassphrase(Refused):
    """A passphrase that does not open this whole key file."""

    def __init__(self, place: str) -> None:
        self.place = place
        super().__init__(
            f"The passphrase does not open {place}. Try again; if it is lost, apply for new keys "
            "with `farmdesk apply --reissue`.",
            f"口令无法打开 {place}。请重试；如已遗忘，请用 `farmdesk apply --reissue` 申请新密钥。",
        )


class DamagedKeyFile(Refused):
    """A file that is no key file, or was changed since it was written."""

    def __init__(self, place: str, en: str, zh: str) -> None:
        self.place = place
        super().__init__(
            f"{place} is no whole key file: {en}. Take the copy that you put away, or apply for "
            "new keys.",
            f"{place} 不是完整的密钥文件（{zh}）。请使用您保存的副本，或申请新密钥。",
        )


@dataclass(frozen=True, slots=True)
class KeyFile:
    """A key file as read, its secrets still locked."""

    login: str
    version: int
    public_pem: str
    n: int
    salt: bytes
    nonce: bytes
    locked: bytes = field(repr=False)
    place: str = ""  # for sentences

    @property
    def fingerprint(self) -> str:
        """The key's name: see `user_keys.fingerprint_of`."""
        return fingerprint_of(self.public_pem)

    def open(self, passphrase: str) -> UserKeys:
        """Give the keys. Takes a third of a second. Raises WrongPassphrase or DamagedKeyFile."""
        key = _stretch(passphrase, self.salt, self.n)
        try:
            clear = AESGCM(key).decrypt(self.nonce, self.locked, _bytes(_open_part(self)))
        except InvalidTag:
            raise WrongPassphrase(self.place) from None
        try:
            parts = json.loads(clear)
            keys = UserKeys.from_parts(
                self.login,
                self.version,
                private=b64decode(parts["private"]),
                user_key=b64decode(parts["user_key"]),
            )
        except (ValueError, KeyError, TypeError, BadKey):
            raise DamagedKeyFile(
                self.place, "its keys cannot be read", "其中的密钥无法读取"
            ) from None
        if keys.fingerprint != self.fingerprint:
            raise DamagedKeyFile(
                self.place, "its two keys do not belong together", "其中的两个密钥不配对"
            )
        return keys


def check_passphrase(passphrase: str) -> str:
    """Give a passphrase back that may lock a key file. Raises ShortPassphrase."""
    if len(unicodedata.normalize("NFKC", passphrase)) < MIN_PASSPHRASE:
        raise ShortPassphrase
    return passphrase


def key_file_name(login: str, version: int) -> str:
    """Give the usual name: re-issued keys never take the place of those that open old files."""
    return f"{login}{SUFFIX}" if version == 1 else f"{login}-{version}{SUFFIX}"


def lock(keys: UserKeys, passphrase: str, *, n: int = SCRYPT_N) -> KeyFile:
    """Lock keys under a passphrase, with a new salt. Raises ShortPassphrase."""
    check_passphrase(passphrase)
    salt, nonce = os.urandom(_SALT), os.urandom(_NONCE)
    made = KeyFile(keys.login, keys.version, keys.public_pem, n, salt, nonce, b"")
    clear = _bytes({"private": _text(keys.private_der), "user_key": _text(keys.user_key)})
    locked = AESGCM(_stretch(passphrase, salt, n)).encrypt(nonce, clear, _bytes(_open_part(made)))
    return KeyFile(keys.login, keys.version, keys.public_pem, n, salt, nonce, locked)


def write_key_file(
    path: Path, keys: UserKeys, passphrase: str, *, replace: bool = False, n: int = SCRYPT_N
) -> None:
    """Write a key file of mode 0600, whole or not at all.

    Raises ShortPassphrase, SecretExists (unless `replace`) or NoSecretFile.
    """
    write_secret(path, to_text(lock(keys, passphrase, n=n)).encode(), replace=replace)


def read_key_file(path: Path) -> KeyFile:
    """Read a key file, still locked. Raises NoSecretFile or DamagedKeyFile.

    A file that others may read is taken: its secrets are locked.
    """
    content = read_secret(path, private=False)
    try:
        return from_text(content.decode(), path.name)
    except UnicodeDecodeError:
        raise DamagedKeyFile(path.name, "it is no text", "不是文本") from None


def change_passphrase(path: Path, old: str, new: str, *, n: int = SCRYPT_N) -> None:
    """Write the key file anew under another passphrase. Copies of it keep the old one."""
    write_key_file(path, read_key_file(path).open(old), new, replace=True, n=n)


def to_text(file: KeyFile) -> str:
    """Give the JSON text."""
    values = _open_part(file) | {"locked": _text(file.locked)}
    return json.dumps(values | {"checksum": _checksum(values)}, indent=2) + "\n"


def from_text(text: str, place: str) -> KeyFile:
    """Read the JSON text; `place` is named in sentences. Raises DamagedKeyFile."""
    try:
        values = json.loads(text)
    except (ValueError, RecursionError):
        raise DamagedKeyFile(place, "it is no JSON", "不是 JSON") from None
    if not isinstance(values, dict) or values.get("format") != FORMAT:
        raise DamagedKeyFile(
            place, "it is none, or of a newer FarmDesk", "不是密钥文件，或来自更新的 FarmDesk"
        )
    checksum = values.pop("checksum", None)
    try:
        if checksum != _checksum(values):
            raise DamagedKeyFile(place, "it was changed", "内容被改动过")
        return _from_values(values, place)
    except (ValueError, KeyError, TypeError, RecursionError, BadKey, BadAccountField):
        raise DamagedKeyFile(place, "a field is missing or wrong", "有字段缺失或不正确") from None


def _from_values(values: dict[str, Any], place: str) -> KeyFile:
    """Check each field; whatever the file asks of scrypt stays within bounds."""
    scrypt = values["scrypt"]
    n, version, login = scrypt["n"], values["version"], check_login(values["login"])
    bounded = type(n) is int and _N_RANGE[0] <= n <= _N_RANGE[1] and not n & (n - 1)
    if not bounded or (scrypt["r"], scrypt["p"]) != (_R, _P):
        raise ValueError
    if type(version) is not int or not 1 <= version < 1 << 31:
        raise ValueError
    made = KeyFile(
        login=login,
        version=version,
        public_pem=str(values["public"]),
        n=n,
        salt=b64decode(scrypt["salt"], validate=True),
        nonce=b64decode(values["nonce"], validate=True),
        locked=b64decode(values["locked"], validate=True),
        place=place,
    )
    if made.fingerprint != values["fingerprint"] or len(made.nonce) != _NONCE:
        raise ValueError
    return made


def _open_part(file: KeyFile) -> dict[str, Any]:
    """Give the fields that anybody may read; they are the associated data."""
    return {
        "format": FORMAT,
        "login": file.login,
        "version": file.version,
        "fingerprint": file.fingerprint,
        "public": file.public_pem,
        "scrypt": {"n": file.n, "r": _R, "p": _P, "salt": _text(file.salt)},
        "nonce": _text(file.nonce),
    }


def _stretch(passphrase: str, salt: bytes, n: int) -> bytes:
    """Make 32 bytes of a passphrase; NFKC, since keyboards compose letters differently."""
    text = unicodedata.normalize("NFKC", passphrase).encode("utf-8", "surrogatepass")
    return Scrypt(salt=salt, length=32, n=n, r=_R, p=_P).derive(text)


def _checksum(values: dict[str, Any]) -> str:
    return hashlib.sha256(_bytes(values)).hexdigest()


def _bytes(values: dict[str, Any]) -> bytes:
    """Give one spelling of JSON values."""
    return json.dumps(values, sort_keys=True, separators=(",", ":")).encode()


def _text(content: bytes) -> str:
    return b64encode(content).decode()
