"""How a task's results are sealed: on the fly, the same bytes in the same way again and again.

A result's version stands for its bytes: what its proof says, and which file on the disk that is and
since when. Salt and nonce prefix are derived from key and version, so client and farm know them
both, a download goes on where it ended, and other bytes never meet the same seed.
"""

import hashlib
import os
import struct

from farmdesk.domain.records import FrameRecord
from farmdesk.security.sealed import SealedFile, Seed, SegmentPlan, context
from farmdesk.security.user_keys import SealedUse

VERSION = 32  # bytes
_IDENTITY = struct.Struct(">qqq32sQqqQ")
_FRAMES = 1 << 64  # a frame's number may be negative; a file's in a context may not


def result_version(proof: FrameRecord, status: os.stat_result) -> bytes:
    """Give the version of a proven frame in a file that looks so.

    The time of the inode's last change is in it: a program may set all the others.
    """
    identity = _IDENTITY.pack(
        proof.task_id,
        proof.frame,
        proof.attempt,
        bytes.fromhex(proof.sha256),
        status.st_size,
        status.st_mtime_ns,
        status.st_ctime_ns,
        status.st_ino,
    )
    return hashlib.sha256(b"farmdesk-result-1\0" + identity).digest()


def sealed_result(
    key: bytes, *, task_id: int, frame: int, key_version: int, version: bytes, size: int
) -> SealedFile:
    """Give what seals and opens a result of `size` bytes. `key`: for `SealedUse.RESULT`."""
    place = context(SealedUse.RESULT, task_id.to_bytes(16), frame % _FRAMES, key_version)
    return SealedFile(key, place, plan=SegmentPlan(size), seed=Seed.derived(key, version))
