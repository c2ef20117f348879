"""Uploads: what is on its way from somebody's machine into a task, and where it stands."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from farmdesk.domain.said import Said
from farmdesk.domain.sizes import size_text

UPLOAD_CONNECTIONS = 3  # at a time; more cost memory at both ends, and fill no line better
FETCH_CONNECTIONS = 4  # those without a file of their own help with another one's


class TransferKind(StrEnum):
    """What an upload brings."""

    PACKAGE = "package"  # a customer's scene package, for a task that waits for it
    FRAMES = "frames"  # frames that an operator hands in


class TransferState(StrEnum):
    """Where an upload stands."""

    OPEN = "open"  # segments arrive; it may be paused for days
    COMPLETE = "complete"  # all segments are in the inbox and are those that the manifest names
    TAKEN_IN = "taken_in"  # opened, verified, and now the task's scene, or frames of it
    REFUSED = "refused"  # the farm could not open or accept it; the reason says why
    CANCELLED = "cancelled"  # called off by its owner, or its owner was suspended


@dataclass(frozen=True, slots=True)
class Room:
    """What a transfer takes of the disk that it goes to, in bytes."""

    coming: int  # what is not there yet
    free: int

    def said(self) -> Said:
        """Say both, for the middle of a sentence."""
        coming, free = size_text(self.coming), size_text(self.free)
        return Said(
            f"{coming} are still to come, and {free} are free there",
            f"尚需 {coming}，剩余空间 {free}",
        )


UNENDED = frozenset({TransferState.OPEN, TransferState.COMPLETE})  # these take room in the inbox


@dataclass(frozen=True, slots=True)
class Transfer:
    """An upload. Bytes count sealed files, as they lie in the inbox."""

    id: bytes  # 16 random bytes; part of what each file is sealed to
    user_id: int
    task_id: int
    key_version: int  # of the user key that it is sealed with
    bytes_total: int
    bytes_here: int
    state: TransferState
    made_at: datetime
    touched_at: datetime  # when something arrived last
    kind: TransferKind = TransferKind.PACKAGE
    command_id: int | None = None  # that handed it over to the engine
    ended_at: datetime | None = None
    reason: str = ""
    reason_zh: str = ""
