"""How the files of a task's opened package leave the farm: sealed on the fly, each answer anew.

Nobody has proven these files as frames are proven, and a tool may write into its scene at any time.
So no seed is derived from what a file looks like: each answer draws its own and begins with it, and
whatever happens to the file, and on whatever file system, other bytes never meet the same seed. A
file's version only tells that it is the one that was listed.
"""

import hashlib
import os
import struct

from farmdesk.security.sealed import SealedFile, Seed, SegmentPlan, context
from farmdesk.security.user_keys import SealedUse

VERSION = 32  # bytes
_IDENTITY = struct.Struct(">qQqqQ")


def package_file_version(task_id: int, name: str, status: os.stat_result) -> bytes:
    """Give the version of a package's file that looks so.

    The time of the inode's last change is in it: a program may set all the others.
    """
    identity = _IDENTITY.pack(
        task_id, status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino
    )
    return hashlib.sha256(b"farmdesk-package-1\0" + identity + name.encode()).digest()


def sealed_package_file(
    key: bytes, *, task_id: int, key_version: int, version: bytes, size: int, seed: Seed
) -> SealedFile:
    """Give what seals and opens one answer about a file. `key`: for `SealedUse.PACKAGE`."""
    file = int.from_bytes(version[:16])
    place = context(SealedUse.PACKAGE, task_id.to_bytes(16), file, key_version)
    return SealedFile(key, place, plan=SegmentPlan(size), seed=seed)
