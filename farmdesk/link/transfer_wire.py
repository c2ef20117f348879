"""What client and gateway say to each other about transfers; how it travels: see `wire`.

A run of segments (see `security.segment_row`) is one request's body: for each segment 32 bytes of
BLAKE3, then the sealed bytes. Files travel as sealed; only the manifest says what they are called.
"""

from dataclasses import dataclass

from farmdesk.domain.transfers import TransferKind, TransferState

RUN_BYTES = 32 << 20  # about what one request carries
RUN_SEGMENTS = 256


@dataclass(frozen=True, slots=True)
class UploadWanted:
    """Begin an upload of a task's scene package, or, for the staff, of frames."""

    task_id: int
    kind: TransferKind = TransferKind.PACKAGE


@dataclass(frozen=True, slots=True)
class UploadSeen:
    """Where an upload stands. Bytes are sealed ones. `command`: handed it over to the engine."""

    id: str  # hex
    task_id: int
    state: TransferState
    key_version: int  # of the user key to seal with
    bytes_total: int
    bytes_here: int
    reason: str = ""
    reason_zh: str = ""
    command: int | None = None


@dataclass(frozen=True, slots=True)
class FilesTold:
    """The sealed sizes of files, from number `first` on; `dropped`: numbers that count no more."""

    first: int
    sizes: list[int]
    dropped: list[int]


@dataclass(frozen=True, slots=True)
class Missing:
    """Segments that are not here: ranges, begin and end. `more`: ask again from the last end."""

    ranges: list[tuple[int, int]]
    more: bool


@dataclass(frozen=True, slots=True)
class Arrived:
    """A run has come in whole."""

    bytes_here: int  # of the upload, sealed
