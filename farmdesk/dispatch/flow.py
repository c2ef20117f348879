"""A task as a forecast sees it: work that flows through slots, not frames.

All times are seconds, from now on.
"""

import math
from dataclasses import dataclass

from farmdesk.dispatch.wants import BASE

TAIL = 0.5  # of a frame: the last ones do not end together
NOTHING_S = 1e-9


@dataclass(frozen=True, slots=True)
class Outlook:
    """What is known of a task that renders or will.

    `frames`: left to render. `frame_s`: expected for one on a slot; `spread`: standard deviation
    of its logarithm. `held`: slots that have the scene. `after`: the task that it waits for,
    frame by frame or whole. `first`: before all others, as an urgent task is.
    """

    task_id: int
    priority: int
    position: int
    frames: float
    frame_s: float
    spread: float
    load_s: float
    held: int = 0
    after: int | None = None
    frame_by_frame: bool = False
    due_s: float | None = None
    first: bool = False


@dataclass(slots=True, eq=False)
class Flow:
    """A task in one run. `work`: slot-seconds left to render; `loading`: to load scenes before."""

    outlook: Outlook
    work: float
    slots: int
    weight: int
    loading: float = 0.0
    source: "Flow | None" = None
    end: float | None = None

    @classmethod
    def of(cls, outlook: Outlook) -> "Flow":
        """Begin a run with a task: its frames in hand are half done on the mean."""
        in_hand = min(outlook.held, outlook.frames) / 2.0
        work = max(outlook.frames - in_hand, 0.0) * outlook.frame_s
        weight = int(BASE**outlook.priority)
        return cls(outlook, max(work, NOTHING_S), outlook.held, weight)

    @property
    def rank(self) -> tuple[bool, int, int]:
        """Where it stands among all tasks: those that are first, by priority, by position."""
        return (not self.outlook.first, -self.outlook.priority, self.outlook.position)

    @property
    def frames(self) -> float:
        """How many are left to render."""
        return self.work / self.outlook.frame_s

    @property
    def pace(self) -> float:
        """Frames a second."""
        return self.slots / self.outlook.frame_s

    @property
    def leader(self) -> "Flow | None":
        """The unfinished task that it waits for, whole or frame by frame."""
        source = self.source
        return source if source is not None and source.end is None else None

    @property
    def waits(self) -> bool:
        """Whether it must not begin: the task that it waits for as a whole is not at its end."""
        return self.leader is not None and not self.outlook.frame_by_frame

    @property
    def ahead(self) -> float:
        """How many released frames it has; infinite where it follows nobody."""
        leader = self.leader
        return math.inf if leader is None else self.frames - leader.frames

    def most(self) -> int:
        """Give how many slots could get a frame of their own."""
        frames = max(math.ceil(self.work / self.outlook.frame_s - NOTHING_S), 1)
        leader = self.leader
        if leader is None:
            return frames
        if self.ahead > 1.0:
            return min(frames, math.ceil(self.ahead))
        return min(frames, max(math.ceil(leader.pace * self.outlook.frame_s), 1))

    def next_s(self) -> float:
        """Give when it will end, or will have rendered all that is released."""
        if not self.slots:
            return math.inf
        leader = self.leader
        if leader is None:
            return (self.loading + self.work) / self.slots
        if self.ahead <= 1.0 or self.pace <= leader.pace:
            return math.inf  # the leader ends first
        return (self.ahead - 1.0 + NOTHING_S) / (self.pace - leader.pace)

    def advance(self, step: float) -> None:
        """Let time pass; no frame is rendered before it is released."""
        loaded = min(self.loading, self.slots * step)
        self.loading -= loaded
        self.work -= self.slots * step - loaded
        leader = self.leader
        if leader is not None:
            self.work = max(self.work, leader.frames * self.outlook.frame_s, NOTHING_S)

    def end_if_due(self, now: float, step: float) -> None:
        """Note the end when nothing is left; a follower ends after its leader."""
        if self.leader is not None or self.work > NOTHING_S * max(self.slots * step, 1.0):
            return
        self.end = now + TAIL * self.outlook.frame_s
        if self.source is not None and self.outlook.frame_by_frame and self.source.end is not None:
            self.end = max(self.end, self.source.end + self.outlook.frame_s)
        self.slots = 0
