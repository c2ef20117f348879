"""What client and gateway say to each other about results; how it travels: see `wire`."""

from dataclasses import dataclass

from farmdesk.domain.states import FailureReason, TaskState

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
class UnprovenSeen:
    """A frame whose last attempt was in vain."""

    frame: int
    reason: FailureReason | None
    given_up: bool  # nobody renders it again by himself


@dataclass(frozen=True, slots=True)
class ResultsSeen:
    """What became of a task's frames after a revision of the farm.

    Of a frame that several answers tell of, the last word counts. `state` is not younger than what
    is told of the frames: where it says that the task has ended, all is told behind `more`.
    """

    key_version: int  # of the user key that they are sealed with
    state: TaskState
    frames: str  # all that the task has, like `1-100x2`
    results: list[ResultSeen]
    unproven: list[UnprovenSeen]
    rev: int  # to ask again with
    more: bool  # at once
