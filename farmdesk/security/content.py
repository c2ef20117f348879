"""The digest that names a file's bytes: BLAKE3 over the BLAKE3 digests of its segments.

The segments are those that the file is sealed in, so that a thread that seals or opens one has its
digest for the price of a hash in the cache, in any order.
"""

from collections.abc import Iterable
from pathlib import Path

from blake3 import blake3

from farmdesk.security.sealed import SEGMENT, Bytes, SegmentPlan

DIGEST = 32  # bytes


def segment_digest(data: Bytes) -> bytes:
    """Give a segment's digest, 32 bytes; the GIL is free meanwhile."""
    return blake3(data).digest()


def content_digest(segments: Iterable[bytes]) -> bytes:
    """Put the digests of all of a file's segments together, in the file's order."""
    return blake3(b"".join(segments)).digest()


def digest_file(path: Path) -> bytes:
    """Give the digest of a file's bytes as they are now. Raises OSError."""
    buffer = memoryview(bytearray(SEGMENT))
    digests = []
    with path.open("rb") as file:
        plan = SegmentPlan(path.stat().st_size)
        for index in range(plan.count):
            read = file.readinto(buffer[: plan.plain(index)[1]])
            digests.append(segment_digest(buffer[:read]))
    return content_digest(digests)
