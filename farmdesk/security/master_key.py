"""The master key: how it is kept in a file or the environment, printed on paper, brought back.

A file `master.key` of mode 0600 holds one key a line, `<id> <64 hex digits>`; the last line is the
current one, those above it still open what was wrapped under them. The id is the beginning of a
hash of the key, so a slip of the pen is noticed.
"""

import hashlib
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from farmdesk.domain.errors import Refused
from farmdesk.security.secret_file import read_secret, sweep_parts, write_secret

VARIABLE = "FARMDESK_MASTER_KEY"  # in the place of the file: the same lines, split by spaces too
KEY_BYTES = 32
KEY_ID_BYTES = 4
_HEAD = (
    "# The master key of this farm. Whoever has it and the database has every user's keys.\n"
    "# Keep it apart from the backups of the database. The last line is the current key.\n"
)


class BadMasterKey(Refused):
    """A master key file or variable that cannot be read; its text is secret and never repeated."""

    def __init__(self, place: str) -> None:
        self.place = place
        super().__init__(
            f"{place} holds no master key, or a damaged one. Bring it back from a backup, or from "
            "the recovery copy with `farmdesk vault restore`.",
            f"{place} 中没有主密钥，或主密钥已损坏。请从备份恢复，"
            "或用恢复副本运行 `farmdesk vault restore`。",
        )


@dataclass(frozen=True, slots=True)
class MasterKey:
    """32 random bytes under which the farm wraps its secrets."""

    secret: bytes = field(repr=False)

    @classmethod
    def make(cls) -> "MasterKey":
        """Give a new one."""
        return cls(os.urandom(KEY_BYTES))

    @property
    def id(self) -> str:
        """Eight hex digits; they say nothing of the key."""
        return hashlib.sha256(b"farmdesk-master-key-id\0" + self.secret).digest()[:4].hex()


def read_master_keys(path: Path) -> tuple[MasterKey, ...]:
    """Give the keys of the environment variable, else of the file; the current one comes last.

    Raises BadMasterKey, OpenToOthers or NoSecretFile.
    """
    given = os.environ.get(VARIABLE)
    if given is not None:
        return parse_master_keys(given, VARIABLE)
    try:
        text = read_secret(path).decode()
    except UnicodeDecodeError:
        raise BadMasterKey(str(path)) from None
    return parse_master_keys(text, str(path))


def parse_master_keys(text: str, place: str) -> tuple[MasterKey, ...]:
    """Read `<id> <hex>` pairs, the current key last. Raises BadMasterKey, which names `place`."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    words = " ".join(lines).split()
    ids, secrets = words[::2], words[1::2]
    if not words or len(set(ids)) != len(ids):
        raise BadMasterKey(place)
    if not all(re.fullmatch(r"[0-9a-f]{64}", secret) for secret in secrets):
        raise BadMasterKey(place)
    keys = tuple(MasterKey(bytes.fromhex(secret)) for secret in secrets)
    if [key.id for key in keys] != ids:
        raise BadMasterKey(place)
    return keys


def write_master_keys(path: Path, keys: Sequence[MasterKey], *, replace: bool = False) -> None:
    """Write the file, the current key last. Raises SecretExists or NoSecretFile.

    What killed writers left beside it goes: there lie keys that the file may have forgotten.
    """
    lines = "".join(f"{key.id} {key.secret.hex()}\n" for key in keys)
    write_secret(path, (_HEAD + lines).encode(), replace=replace)
    sweep_parts(path)
