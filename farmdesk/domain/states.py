"""The states of tasks, frames and nodes, named once for code, tables and screens.

The words that a person reads for them are in `state_words`, next steps in `failure_words`.
"""

from enum import IntEnum, StrEnum


class TaskState(StrEnum):
    """Where a render task stands in its life."""

    UPLOADING = "uploading"  # the scene package is on its way
    VERIFYING = "verifying"  # the frame-sequence check reads every frame
    REJECTED = "rejected"  # the scene package did not pass
    QUEUED = "queued"  # waits for an operator or for nodes
    RENDERING = "rendering"  # a RenderControl works for it
    PAUSED = "paused"  # frames in hand were finished; nothing new starts
    PREEMPTED = "preempted"  # gave its nodes to an urgent task; resumes by itself
    PARTLY_FAILED = "partly_failed"  # some frames failed for good; the others are kept
    FAILED = "failed"  # cannot succeed: no frame could be rendered; the reason says why
    COMPLETED = "completed"  # every frame is proven
    STOPPED = "stopped"  # a person stopped it; finished frames are kept
    EXPIRED = "expired"  # its results are past their keeping time


class FrameState(IntEnum):
    """Where a frame stands; the numbers are those of the frame-state blob and the painted grid."""

    WAITING = 0  # nobody has it yet
    ASSIGNED = 1  # inside the range that a slot holds
    RENDERING = 2  # the tool works on it now
    CHECKING = 3  # the frame-sequence check reads it
    DONE = 4  # published, and proven by the agent
    FAILED = 5  # failed for good
    RETRYING = 6  # failed before, will be rendered again
    PAUSED = 7  # unfinished frame of a paused task
    SKIPPED = 8  # a person left it out


class NodeState(StrEnum):
    """What a render node does now."""

    IDLE = "idle"
    RENDERING = "rendering"
    DRAINING = "draining"  # finishes its frame, takes no more
    MAINTENANCE = "maintenance"
    OFFLINE = "offline"
    FAULT = "fault"  # failed too often in a row; a person must look


class FailureReason(StrEnum):
    """Why a frame or a session failed; `dispatch/blame.py` says who is to blame for it."""

    LICENCE = "licence"  # retried later; counts against nobody
    SCENE_LOAD = "scene_load"  # the task's fault: no other node will do better
    MISSING_ASSET = "missing_asset"  # the task's fault
    BAD_ARGUMENT = "bad_argument"  # the task's fault (no camera, unknown engine, wrong parameter)
    OUTPUT_WRITE = "output_write"  # disk full, share gone or not writable
    OUT_OF_MEMORY = "out_of_memory"  # the frame on this node
    GPU = "gpu"  # the node
    CRASH = "crash"  # the node, or the frame
    STALL = "stall"  # no output and no CPU for too long
    BAD_IMAGE = "bad_image"  # the file is missing, truncated or of the wrong size
    CANCELLED = "cancelled"  # we stopped it ourselves; counts against nobody
    NODE_LOST = "node_lost"  # agent or network gone; counts against nobody
