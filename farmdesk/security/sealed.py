"""Sealed files: segments that are sealed, sent, opened and repaired in any order, in parallel.

The format is Tink's streaming AEAD `AES256_GCM_HKDF_1MB`
(https://developers.google.com/tink/streaming-aead); Tink opens what is sealed here, and the other
way round:

    0        header: 0x28, its length   1-32 salt   33-39 nonce prefix
    40       segment 0: at most 1,048,520 bytes and their tag of 16
    i * 2^20 segment i: at most 1,048,560 bytes and their tag of 16
    key = HKDF-SHA256(key, salt, info = context)
    nonce = prefix, i as 4 bytes big-endian, 1 if it is the last segment, else 0

FarmDesk counts the header into segment 0, so that sealed segment i is the file's i-th MiB. For
whole files see `sealed_files`.
"""

import os
import struct
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from farmdesk.domain.errors import Refused
from farmdesk.security.user_keys import SealedUse

SEGMENT = 1 << 20  # bytes of a sealed segment; the last one may be shorter
TAG = 16
KEY = SALT = 32
PREFIX = 7
HEADER = 1 + SALT + PREFIX
PLAIN = SEGMENT - TAG  # bytes inside a full segment
PLAIN_FIRST = PLAIN - HEADER
MAX_SIZE = PLAIN_FIRST + ((1 << 32) - 1) * PLAIN  # the nonce has 32 bits for the segment
_NONCE_END = struct.Struct(">IB")
_CONTEXT = struct.Struct(">4sc16s16sI")
_KINDS = {
    SealedUse.UPLOAD: b"U",
    SealedUse.RESULT: b"R",
    SealedUse.MANIFEST: b"M",
    SealedUse.PACKAGE: b"P",
}
_NAMED = 8  # segments that an error counts up

Bytes = bytes | bytearray | memoryview


class SealedError(Refused):
    """A sealed file that does not open. Root of the reasons; nothing was written."""


class WrongKey(SealedError):
    """The key is not the one that the file was sealed with: its check value differs."""

    def __init__(self) -> None:
        super().__init__(
            "This is not the key that the file was sealed with. Use the key version that is named "
            "beside it.",
            "这不是封装该文件所用的密钥。请使用文件旁注明的密钥版本。",
        )


class WrongLength(SealedError):
    """A file that was cut off, or that something was appended to."""

    def __init__(self, found: int, expected: int | None = None) -> None:
        self.found, self.expected = found, expected
        en = "which no sealed file has" if expected is None else f"not {expected}"
        zh = "不是封装文件应有的长度" if expected is None else f"应为 {expected}"
        super().__init__(
            f"The sealed file has {found} bytes, {en}: it was cut off, or something was appended. "
            "Send it again.",
            f"封装文件有 {found} 字节，{zh}：文件被截断或被追加了内容。请重新传送。",
        )


class DamagedSegments(SealedError):
    """Some segments do not open; `segments` counts them from 0, in order."""

    def __init__(self, segments: Sequence[int]) -> None:
        self.segments = tuple(sorted(segments))
        count = len(self.segments)
        named = ", ".join(map(str, self.segments[:_NAMED])) + (", …" if count > _NAMED else "")
        super().__init__(
            f"{count} segments are damaged ({named}). Send them again.",
            f"有 {count} 个数据段损坏（{named}）。请重新传送。",
        )


class ForeignFile(SealedError):
    """Not one segment opens: another key, another place, or a damaged header."""

    def __init__(self) -> None:
        super().__init__(
            "The sealed file does not open at all: it was sealed with another key or for another "
            "place, or its beginning is damaged. Send it again.",
            "封装文件完全无法打开：它由其他密钥封装，或属于其他位置，或文件开头已损坏。请重新传送。",
        )


def context(use: SealedUse, transfer: bytes, file: int, key_version: int) -> bytes:
    """Give what binds a sealed file to its place: it opens nowhere else.

    `transfer` is the transfer's id, 16 bytes, and `file` the file's number in it.
    """
    if len(transfer) != 16:
        raise ValueError("a transfer's id has 16 bytes")
    return _CONTEXT.pack(b"FDX1", _KINDS[use], transfer, file.to_bytes(16), key_version)


@dataclass(frozen=True, slots=True)
class SegmentPlan:
    """How a file of `size` bytes is cut into segments."""

    size: int

    def __post_init__(self) -> None:
        if not 0 <= self.size <= MAX_SIZE:
            raise ValueError(f"no sealed file can hold {self.size} bytes")

    @classmethod
    def of_sealed(cls, sealed_size: int) -> "SegmentPlan":
        """Read the plan off the sealed file's length. Raises WrongLength."""
        count = -(-sealed_size // SEGMENT)
        size = sealed_size - HEADER - TAG * count
        # A last segment of a tag alone belongs to an empty file only.
        if not 0 <= size <= MAX_SIZE or cls(size).count != count:
            raise WrongLength(sealed_size)
        return cls(size)

    @property
    def count(self) -> int:
        """Segments; an empty file has one."""
        return 1 + max(0, -(-(self.size - PLAIN_FIRST) // PLAIN))

    @property
    def sealed_size(self) -> int:
        """Bytes of the sealed file."""
        return HEADER + self.size + TAG * self.count

    def plain(self, index: int) -> tuple[int, int]:
        """Give a segment's offset and length in the file."""
        start = 0 if index == 0 else PLAIN_FIRST + (index - 1) * PLAIN
        return start, min(self.size, PLAIN_FIRST + index * PLAIN) - start

    def sealed(self, index: int) -> tuple[int, int]:
        """Give a segment's offset and length in the sealed file, segment 0 with the header."""
        start = index * SEGMENT
        return start, min(self.sealed_size, start + SEGMENT) - start


@dataclass(frozen=True, slots=True)
class Seed:
    """Salt and nonce prefix of one sealed file. Changed bytes never meet the same seed again."""

    salt: bytes
    prefix: bytes

    @classmethod
    def fresh(cls) -> "Seed":
        """Draw a new one."""
        return cls(os.urandom(SALT), os.urandom(PREFIX))

    @classmethod
    def derived(cls, key: bytes, identity: bytes) -> "Seed":
        """Derive the one of a file whose bytes `identity` stands for: the same again and again."""
        both = _hkdf(key, None, b"farmdesk-seed-1\0" + identity, SALT + PREFIX)
        return cls(both[:SALT], both[SALT:])

    @classmethod
    def of_header(cls, header: Bytes) -> "Seed":
        """Read it from a sealed file's first bytes. Raises ForeignFile."""
        if len(header) < HEADER or header[0] != HEADER:
            raise ForeignFile
        return cls(bytes(header[1 : 1 + SALT]), bytes(header[1 + SALT : HEADER]))

    @property
    def header(self) -> bytes:
        """The sealed file's first bytes."""
        return bytes([HEADER]) + self.salt + self.prefix


class SealedFile:
    """Seals and opens the segments of one file; all threads may use one object at once."""

    def __init__(self, key: bytes, context: bytes, *, plan: SegmentPlan, seed: Seed) -> None:
        if len(key) != KEY or len(seed.salt) != SALT or len(seed.prefix) != PREFIX:
            raise ValueError("a key and a salt have 32 bytes, a nonce prefix has 7")
        self.plan = plan
        self.seed = seed
        self._cipher = AESGCM(_hkdf(key, seed.salt, context, KEY))

    def seal_into(self, index: int, plain: Bytes, into: memoryview) -> int:
        """Seal a segment's bytes; give how many were written, of segment 0 with the header."""
        head = self._head(index)
        if len(plain) != self.plan.plain(index)[1]:
            raise ValueError(f"segment {index} does not have {len(plain)} bytes")
        if head:
            into[:head] = self.seed.header
        end = head + len(plain) + TAG
        self._cipher.encrypt_into(self._nonce(index), plain, None, into[head:end])
        return end

    def open_into(self, index: int, sealed: memoryview, into: memoryview) -> int:
        """Open a segment; give how many bytes were written. Raises DamagedSegments."""
        head = self._head(index)
        if len(sealed) != self.plan.sealed(index)[1] or sealed[:head] != self.seed.header[:head]:
            raise DamagedSegments([index])
        length = len(sealed) - head - TAG
        try:
            self._cipher.decrypt_into(self._nonce(index), sealed[head:], None, into[:length])
        except InvalidTag:
            raise DamagedSegments([index]) from None
        return length

    def _nonce(self, index: int) -> bytes:
        return self.seed.prefix + _NONCE_END.pack(index, index == self.plan.count - 1)

    def _head(self, index: int) -> int:
        return HEADER if index == 0 else 0


def _hkdf(secret: bytes, salt: bytes | None, info: bytes, length: int) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=length, salt=salt, info=info).derive(secret)
