"""The state of every frame of a task: the saved blob with what happened since laid over it."""

from collections.abc import Iterable

from sqlalchemy import Connection, select

from farmdesk.db.flush_rows import unpacked
from farmdesk.db.models import Frame, NodeSlot, Task, TaskFrames
from farmdesk.domain.frames import FrameSet
from farmdesk.domain.states import FrameState


def saved_states(connection: Connection, task_id: int) -> bytes:
    """Give a FrameState byte a frame, in FrameSet order: the blob and the attempts ended since."""
    states, _ = _laid_over(connection, task_id)
    return bytes(states)


def live_states(connection: Connection, task_id: int) -> bytes:
    """As `saved_states`, and RENDERING just where a slot works on the frame now."""
    states, frames = _laid_over(connection, task_id)
    states = states.replace(bytes([FrameState.RENDERING]), bytes([FrameState.ASSIGNED]))
    running = select(NodeSlot.frame).where(NodeSlot.task_id == task_id, NodeSlot.frame.is_not(None))
    found = connection.scalars(running)
    _lay(states, frames, ((frame, FrameState.RENDERING) for frame in found if frame is not None))
    return bytes(states)


def _laid_over(connection: Connection, task_id: int) -> tuple[bytearray, FrameSet]:
    blob, blob_rev, text = connection.execute(
        select(TaskFrames.states, TaskFrames.blob_rev, Task.frames)
        .join(Task, Task.id == TaskFrames.task_id)
        .where(TaskFrames.task_id == task_id)
    ).one()
    younger = (
        select(Frame.frame, Frame.state)
        .where(Frame.task_id == task_id, Frame.rev > blob_rev)
        .order_by(Frame.rev, Frame.frame, Frame.attempt)
    )
    states, frames = bytearray(unpacked(blob)), FrameSet.parse(text)
    _lay(states, frames, ((frame, state) for frame, state in connection.execute(younger)))
    return states, frames


def _lay(states: bytearray, frames: FrameSet, changes: Iterable[tuple[int, int]]) -> None:
    for frame, state in changes:
        if frame in frames:
            states[frames.index_of(frame)] = state
