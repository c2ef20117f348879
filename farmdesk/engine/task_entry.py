"""A task as the engine holds it in memory: the task, its frames, and what became of each."""

from dataclasses import dataclass, field
from datetime import datetime

from farmdesk.domain.frames import FrameSet
from farmdesk.domain.records import NewTask
from farmdesk.domain.said import UNSAID, Said
from farmdesk.domain.snapshot import StoredTask
from farmdesk.domain.states import FrameState
from farmdesk.domain.task import RenderTask, TaskId
from farmdesk.domain.task_spec import TaskSpec

MAX_ATTEMPTS = 3  # at a frame; then it has failed for good

_LASTING = bytes(
    FrameState.WAITING
    if n in (FrameState.ASSIGNED, FrameState.RENDERING, FrameState.CHECKING)
    else n
    for n in range(256)
)


@dataclass(slots=True)
class TaskEntry:
    """A task with its frames.

    `states` holds what lasts; what is handed out now is laid over it by `overlay`.
    """

    task: RenderTask
    new: NewTask
    states: bytearray
    attempts: dict[int, int] = field(default_factory=dict)  # in vain, by frame
    forgiven: dict[int, int] = field(default_factory=dict)  # of those, before a person's last start
    render_s: float = 0.0
    running: int = 0
    started_at: datetime | None = None
    finished_at: datetime | None = None
    last_error: Said = UNSAID  # of the last frame that was given up
    check_report: str | None = None
    lingering: FrameSet = field(default_factory=FrameSet)  # agents of an earlier engine have them
    states_written_at: float = float("-inf")

    @property
    def frames(self) -> FrameSet:
        """All frames of the task."""
        return self.task.spec.frames

    def count(self, state: FrameState) -> int:
        """Give how many frames are in this state; C speed, also at 500,000 frames."""
        return self.states.count(state)

    def state_of(self, frame: int) -> FrameState:
        """Give a frame's lasting state. Raises ValueError for a frame of no concern."""
        return FrameState(self.states[self.frames.index_of(frame)])

    def set_state(self, frame: int, state: FrameState) -> None:
        """Change a frame's lasting state. Raises ValueError for a frame of no concern."""
        self.states[self.frames.index_of(frame)] = state

    def tries(self, frame: int) -> int:
        """Give how many attempts at a frame were in vain since a person started the task last."""
        return self.attempts.get(frame, 0) - self.forgiven.get(frame, 0)

    def select(self, *states: FrameState) -> FrameSet:
        """Give the frames that are in one of these states."""
        marks = self.states.translate(bytes(number in states for number in range(256)))
        stretches: list[FrameSet] = []
        start = marks.find(1)
        while start >= 0:
            end = marks.find(0, start)
            end = len(marks) if end < 0 else end
            stretches.append(self.frames.every(start, 1, end - start))
            start = marks.find(1, end)
        return _union(stretches)


def make_entry(stored: StoredTask) -> TaskEntry:
    """Give the memory of a task from its saved parts.

    A frame that was in a slot's hands waits again.
    """
    new, record = stored.new, stored.record
    spec = TaskSpec.of(new.spec)
    states = record.frame_states or bytes(len(spec.frames))
    return TaskEntry(
        task=RenderTask(
            id=TaskId(new.task_id),
            spec=spec,
            owner=new.owner,
            state=record.state,
            reason=record.reason,
            reason_zh=record.reason_zh,
            priority=record.priority,
            position=record.position,
            recycled=record.recycled,
            purged=record.purged,
            after=record.after,
            after_mode=record.after_mode,
            waiting=record.after is not None,
        ),
        new=new,
        states=bytearray(states.translate(_LASTING)),
        attempts=dict(stored.failures),
        render_s=record.render_s,
        started_at=record.started_at,
        finished_at=record.finished_at,
        check_report=record.check_report,
    )


def _union(parts: list[FrameSet]) -> FrameSet:
    """Unite by halves, so that many scattered frames cost n log n."""
    while len(parts) > 1:
        pairs = zip(parts[::2], parts[1::2], strict=False)
        parts = [left | right for left, right in pairs] + parts[len(parts) & ~1 :]
    return parts[0] if parts else FrameSet()
