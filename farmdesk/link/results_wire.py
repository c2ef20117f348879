"""What client and gateway say to each other about results; how it travels: see `wire`."""

from dataclasses import dataclass

RUN_SEGMENTS = 16  # that one request asks for: a suspended user gets no more than these


@dataclass(frozen=True, slots=True)
class ResultSeen:
    """A proven frame of a task, as its file lies on the farm."""

    frame: int
    name: str  # below the task's frames, with `/`
    size: int  # bytes
    sha256: str  # hex; of the frame's proof
    version: str  # hex, see `security.sealed_results`; empty: the file is not there any more


@dataclass(frozen=True, slots=True)
class ResultsSeen:
    """Results by frame. `next`: there may be more; ask again from this frame on."""

    key_version: int  # of the user key that they are sealed with
    results: list[ResultSeen]
    next: int | None
