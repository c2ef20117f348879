"""What the worker reads from the link, as frozen values ready for the models. Knows no Qt.

Frame rows become arrays here, at most 2,000 rows at a time: one call over half a million rows would
hold the interpreter for 200 ms and freeze the window.
"""

import time
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from farmdesk.domain.rows import FrameRow, LogRow, MessageRow, NodeRow, TaskRow, UrgentRow
from farmdesk.domain.states import FailureReason
from farmdesk.domain.users import User
from farmdesk.link.farm_link import FarmLink
from farmdesk.ui.frame_files import FilePattern, pattern_of

CHUNK = 2000
# Reason code n is REASONS[n - 1]; 0 is none.
REASONS: tuple[FailureReason, ...] = tuple(FailureReason)

Bytes = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class TasksRead:
    """Tasks that changed; `whole`: all there are. `seconds` is how long the farm took to answer."""

    rows: tuple[TaskRow, ...]
    whole: bool
    seconds: float


@dataclass(frozen=True, slots=True)
class NodesRead:
    """Nodes that changed; `whole`: all there are."""

    rows: tuple[NodeRow, ...]
    whole: bool


@dataclass(frozen=True, slots=True)
class StatesRead:
    """The state byte of every frame of a task, as of `rev`; `seconds` is what reading took."""

    task_id: int
    rev: int
    states: Bytes
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class FramesRead:
    """Finished attempts of a task, oldest first; all arrays have the same length."""

    task_id: int
    rev: int  # of the last row; the rev asked for when there is none
    full: bool  # the chunk was full: more may wait
    frames: Integers
    revs: Integers
    states: Bytes
    attempts: Bytes
    seconds: Floats
    reasons: Bytes  # 0 none, else place in REASONS plus one
    nodes: tuple[str, ...]
    texts: tuple[tuple[int, str], ...]  # (frame, sentence) of failed attempts
    files: tuple[FilePattern | None, ...]  # of the image; None: no file, or a hostile name


@dataclass(frozen=True, slots=True)
class LogsRead:
    """Log lines, oldest first; `fresh`: the view starts anew with them."""

    task_id: int | None
    rows: tuple[LogRow, ...]
    fresh: bool


@dataclass(frozen=True, slots=True)
class UrgentsRead:
    """Urgent requests that changed; `whole`: all there are."""

    rows: tuple[UrgentRow, ...]
    whole: bool


@dataclass(frozen=True, slots=True)
class MessagesRead:
    """What the farm told this user, oldest first."""

    rows: tuple[MessageRow, ...]


def read_tasks(link: FarmLink, since_rev: int) -> TasksRead:
    """Read both queues, so that a task that was recycled is told too."""
    began = time.monotonic()
    rows = link.tasks(since_rev, None)
    return TasksRead(tuple(rows), since_rev == 0, time.monotonic() - began)


def read_nodes(link: FarmLink, since_rev: int) -> NodesRead:
    """Read the nodes that changed."""
    return NodesRead(tuple(link.nodes(since_rev)), since_rev == 0)


def read_states(link: FarmLink, task_id: int) -> StatesRead:
    """Read all states of a task."""
    began = time.monotonic()
    read = link.frame_states(task_id)
    states = np.frombuffer(read.states, np.uint8)
    return StatesRead(task_id, read.rev, states, time.monotonic() - began)


def read_frames(link: FarmLink, task_id: int, since_rev: int) -> FramesRead:
    """Read the next chunk of finished attempts."""
    rows = link.frames(task_id, since_rev, CHUNK)
    return frames_read(task_id, rows, since_rev)


def frames_read(task_id: int, rows: list[FrameRow], since_rev: int) -> FramesRead:
    """Turn rows into arrays."""
    codes = {reason: code for code, reason in enumerate(REASONS, start=1)}
    records = [row.record for row in rows]
    return FramesRead(
        task_id=task_id,
        rev=max((row.rev for row in rows), default=since_rev),
        full=len(rows) >= CHUNK,
        frames=np.array([r.frame for r in records], np.int64),
        revs=np.array([row.rev for row in rows], np.int64),
        states=np.array([r.state for r in records], np.uint8),
        attempts=np.array([min(r.attempt, 255) for r in records], np.uint8),
        seconds=np.array([r.render_s for r in records], np.float32),
        reasons=np.array([codes[r.reason] if r.reason else 0 for r in records], np.uint8),
        nodes=tuple(r.node for r in records),
        files=tuple(pattern_of(r.frame, r.path) for r in records),
        texts=tuple((r.frame, r.text) for r in records if r.reason and r.text),
    )


def read_logs(link: FarmLink, since_id: int, task_id: int | None) -> LogsRead:
    """Read new log lines of a task, or of the whole farm when `task_id` is None."""
    rows = link.logs(since_id, task_id=task_id, limit=CHUNK)
    return LogsRead(task_id, tuple(rows), since_id == 0)


def read_urgents(link: FarmLink, since_rev: int) -> UrgentsRead:
    """Read the urgent requests that changed, those that are over too."""
    return UrgentsRead(tuple(link.urgent_requests(since_rev)), since_rev == 0)


def read_messages(link: FarmLink, user: User, since_id: int) -> MessagesRead:
    """Read what a user was told."""
    return MessagesRead(tuple(link.messages(user, since_id)))
