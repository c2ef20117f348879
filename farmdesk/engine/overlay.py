"""A task's frame states as screens should see them: what is handed out laid over what lasts."""

from collections.abc import Iterable

from farmdesk.domain.frames import FrameSet
from farmdesk.domain.runs import Run
from farmdesk.domain.states import FrameState
from farmdesk.engine.task_entry import TaskEntry

_ASSIGNED = bytes(FrameState.ASSIGNED if n == FrameState.WAITING else n for n in range(256))


def overlay(entry: TaskEntry, held: Iterable[FrameSet], running: Iterable[int]) -> bytes:
    """Give all frame states. `held`: the ranges of its slots; `running`: the frames in hand.

    What is done stays done: a copy may still be in hand, or the report of its end was lost.
    """
    states = bytearray(entry.states)
    for frames in held:
        for run in frames.runs:
            _assign(states, entry.frames, run)
    for frame in running:
        place = entry.frames.index_of(frame)
        if states[place] != FrameState.DONE:
            states[place] = FrameState.RENDERING
    return bytes(states)


def _assign(states: bytearray, frames: FrameSet, run: Run) -> None:
    """Mark a run's waiting frames as assigned.

    In one slice where the task has no gaps: it may hold 500,000.
    """
    if len(frames.runs) == 1:
        step = max(run.step // frames.runs[0].step, 1)
        part = slice(frames.index_of(run.start), frames.index_of(run.last) + 1, step)
        states[part] = states[part].translate(_ASSIGNED)
        return
    for frame in run.frames():
        place = frames.index_of(frame)
        if states[place] == FrameState.WAITING:
            states[place] = FrameState.ASSIGNED
