"""What client and gateway say to each other about packages; how it travels: see `wire`.

An answer with segments begins with the 40 bytes of the sealed file's header: its seed is drawn for
this answer alone (see `security.sealed_packages`). Segment 0 has them as its own beginning. Small
files may be asked for together: they come sealed one by one, each as a whole, behind each other.
"""

from dataclasses import dataclass

from farmdesk.security.sealed import PLAIN_FIRST

RUN_SEGMENTS = 16  # that one request asks for: a suspended user gets no more than these
SMALL = PLAIN_FIRST  # bytes; a file that is not larger is sealed as one segment
TOGETHER = 128  # small files that one request asks for: each request costs both ends some 5 ms


@dataclass(frozen=True, slots=True)
class PackageFileSeen:
    """A file of a task's opened package, as it lies on the farm."""

    name: str  # inside the package, with `/`
    size: int  # bytes
    mtime_ns: int
    version: str  # hex, see `security.sealed_packages`


@dataclass(frozen=True, slots=True)
class FileWanted:
    """A small file, as it was listed."""

    name: str
    version: str
    size: int


@dataclass(frozen=True, slots=True)
class FilesWanted:
    """Small files that are asked for together."""

    files: list[FileWanted]


@dataclass(frozen=True, slots=True)
class PackageSeen:
    """Files, in an order of the farm's. `next`: there may be more; ask again for those behind."""

    key_version: int  # of the user key that they are sealed with
    files: list[PackageFileSeen]
    next: str | None
