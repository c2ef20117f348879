"""The master key on paper: four lines that a person can type, each with a check of its own.

Each line holds 8 bytes of the key as 13 letters of Crockford's base 32
(https://www.crockford.com/base32.html: no I, L, O or U; case does not matter) and 2 letters of
check, the beginning of SHA-256 over the line's number and its bytes. So a slip is told by its line.
"""

import hashlib
import re

from farmdesk.domain.errors import Refused
from farmdesk.security.master_key import KEY_BYTES, MasterKey

LINES = 4
_PART = KEY_BYTES // LINES
_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_READ_AS = str.maketrans("OIL", "011")
_LONG, _CHECK = 13, 2
_LINE = re.compile(rf"^\s*([1-{LINES}])\s*[:.)]\s*(.+)$", re.MULTILINE)


class BadRecoveryCopy(Refused):
    """A recovery copy that was typed wrongly. `line` 0: lines are missing or of several keys."""

    def __init__(self, line: int) -> None:
        self.line = line
        if line:
            en = f"Line {line} of the recovery copy is not right. Compare it letter by letter."
            zh = f"恢复副本的第 {line} 行不正确。请逐字核对。"
        else:
            en = f"This is no whole recovery copy. Type its {LINES} lines with their numbers."
            zh = f"这不是完整的恢复副本。请输入全部 {LINES} 行，并带行号。"
        super().__init__(en, zh)


def print_recovery(key: MasterKey) -> str:
    """Give the text for paper. It is as secret as the key itself."""
    parts = [key.secret[start : start + _PART] for start in range(0, KEY_BYTES, _PART)]
    lines = [f"{number}: {_line(number, part)}" for number, part in enumerate(parts, 1)]
    return "\n".join([f"FarmDesk master key {key.id}", *lines])


def read_recovery(text: str) -> MasterKey:
    """Read what was typed; lines may come in any order, other text is passed over.

    Raises BadRecoveryCopy.
    """
    found = {int(number): letters for number, letters in _LINE.findall(text)}
    if len(found) != LINES:
        raise BadRecoveryCopy(0)
    key = MasterKey(b"".join(_part(number, found[number]) for number in range(1, LINES + 1)))
    named = re.search(r"master key ([0-9a-f]{8})", text)
    if named and named[1] != key.id:
        raise BadRecoveryCopy(0)
    return key


def _line(number: int, part: bytes) -> str:
    letters = _spell(int.from_bytes(part, "big"), _LONG) + _spell(_check(number, part), _CHECK)
    return "-".join(letters[start : start + 5] for start in range(0, len(letters), 5))


def _part(number: int, typed: str) -> bytes:
    letters = re.sub(r"[\s-]", "", typed).upper().translate(_READ_AS)
    if len(letters) != _LONG + _CHECK or set(letters) - set(_LETTERS):
        raise BadRecoveryCopy(number)
    value, check = _value(letters[:_LONG]), _value(letters[_LONG:])
    if value >> (8 * _PART):  # 13 letters hold one bit more than 8 bytes
        raise BadRecoveryCopy(number)
    part = value.to_bytes(_PART, "big")
    if _check(number, part) != check:
        raise BadRecoveryCopy(number)
    return part


def _check(number: int, part: bytes) -> int:
    digest = hashlib.sha256(b"farmdesk-recovery-1\0" + bytes([number]) + part).digest()
    return int.from_bytes(digest[:2], "big") >> 6  # ten bits: two letters


def _spell(value: int, letters: int) -> str:
    return "".join(_LETTERS[value >> 5 * place & 31] for place in reversed(range(letters)))


def _value(letters: str) -> int:
    value = 0
    for letter in letters:
        value = value << 5 | _LETTERS.index(letter)
    return value
