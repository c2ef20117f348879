"""A simulated day on which many tasks share a farm: real RenderControls, the fleet's real plan.

Tasks of 48 to 3,000 frames, of three priorities, arrive at random. The day and its two loads are
those of the project's many-task study.
"""

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import count

import numpy as np

from farmdesk.dispatch import events as ev
from farmdesk.dispatch.appetite import Appetite
from farmdesk.dispatch.events import Event, Order, SlotId
from farmdesk.dispatch.fleet import ShareRule, make_plan
from farmdesk.dispatch.render_control import RenderControl
from farmdesk.dispatch.wants import Place, Want, slots_worth_loading
from farmdesk.domain.frames import FrameSet

DAY_S = 86_400.0
LOOK_S = 30.0  # of virtual time, between two plans when nothing happened
SIZES, SIZE_SHARES = (48, 250, 800, 3000), (0.35, 0.35, 0.2, 0.1)
TYPICAL_FRAME_S = 45.0


@dataclass(frozen=True)
class Task:
    """A task as it truly is: `work` in seconds of each frame, `load_s` of its scene."""

    number: int
    arrival_s: float
    priority: int
    work: Sequence[float]
    load_s: float


def make_day(seed: int, nodes: int, load: float) -> list[Task]:
    """Draw a day's tasks, which keep `nodes` busy for the share `load` of it."""
    draw = np.random.default_rng([7, seed])
    mean_frames = sum(size * share for size, share in zip(SIZES, SIZE_SHARES, strict=True))
    mean_work = mean_frames * TYPICAL_FRAME_S * np.exp(0.18) * np.exp(0.06)
    tasks: list[Task] = []
    now = 0.0
    while now < DAY_S:
        frames = int(draw.choice(SIZES, p=SIZE_SHARES))
        frame_s = float(np.exp(draw.normal(np.log(TYPICAL_FRAME_S), 0.6)))
        load_s = float(np.exp(draw.uniform(np.log(60), np.log(600))))
        priority = int(draw.choice([0, 1, 2], p=[0.6, 0.3, 0.1]))
        work = frame_s * np.exp(draw.normal(0, 0.35, frames))
        tasks.append(Task(len(tasks), now, priority, work.tolist(), load_s))
        now += float(draw.exponential(mean_work / (nodes * load)))
    return tasks


@dataclass(eq=False)
class _Tool:
    """A tool process on a slot; what was planned in an older epoch does not happen."""

    task: Task
    loaded: bool = False
    frames: list[int] = field(default_factory=list)
    index: int = 0
    epoch: int = 0


class Day:
    """Plays a day under a rule."""

    def __init__(self, tasks: Sequence[Task], nodes: int, rule: ShareRule) -> None:
        self._rule = rule
        self._places = [Place(SlotId(f"n{k:03d}"), f"n{k:03d}") for k in range(nodes)]
        self._heap: list[tuple[float, int, Callable[[], None]]] = []
        self._serial = count()
        self._controls: dict[int, RenderControl] = {}
        self._appetites: dict[int, Appetite] = {}
        self._tools: dict[SlotId, _Tool] = {}
        self._leaving: set[SlotId] = set()
        self._tasks = tasks
        self._now = self._look_at = 0.0
        self._changed = False
        self.ends: dict[int, float] = {}
        self.loads_s = 0.0

    def play(self) -> dict[int, float]:
        """Run until every task has ended; gives when each did."""
        for task in self._tasks:
            self._at(task.arrival_s, partial(self._arrive, task))
        while self._heap:
            self._now, _, happen = heapq.heappop(self._heap)
            happen()
            if self._changed or self._now >= self._look_at:
                self._plan()
        return self.ends

    def _at(self, time: float, happen: Callable[[], None]) -> None:
        heapq.heappush(self._heap, (time, next(self._serial), happen))

    def _arrive(self, task: Task) -> None:
        self._appetites[task.number] = Appetite()
        self._controls[task.number] = RenderControl(FrameSet.range(0, 1, len(task.work)), warm=True)
        self._changed = True

    # ---- the plan --------------------------------------------------------------------------------

    def _plan(self) -> None:
        while True:
            self._changed, self._look_at = False, self._now + LOOK_S
            wants = [self._want(number, control) for number, control in self._controls.items()]
            leaving = dict.fromkeys(self._leaving, "")
            plan = make_plan(self._places, wants, leaving=leaving, rule=self._rule)
            for number, slots in plan.revokes.items():
                self._leaving.update(slots)
                self._feed(number, *(ev.SlotRevoked(slot) for slot in slots))
            for number, slots in plan.grants.items():
                for slot in slots:
                    self._tools[slot] = _Tool(self._tasks[number])
                self._feed(number, *(ev.SlotGranted(slot, 1.0) for slot in slots))
            if not self._changed:
                return

    def _want(self, number: int, control: RenderControl) -> Want:
        frames = self._appetites[number].slots(control, self._now)
        held = tuple(slot for slot in control.slots if slot not in self._leaving)
        worth = slots_worth_loading(control.work_s, control.load_s, frames)
        return Want(
            task_id=number,
            priority=self._tasks[number].priority,
            position=number,
            tool="tool",
            tool_version="1",
            frames=frames,
            useful=max(worth, len(held)),
            held=held,
            idle=frozenset(control.idle_slots),
        )

    def _feed(self, number: int, *events: Event) -> None:
        control = self._controls.get(number)
        if control is None:
            return
        pending: Sequence[Event] = events
        while pending:
            orders = control.handle_all(pending, self._now)
            pending = [event for order in orders for event in self._obey(number, order)]

    # ---- nodes -----------------------------------------------------------------------------------

    def _obey(self, number: int, order: Order) -> list[Event]:
        """Carry out an order; gives what is answered at once."""
        match order:
            case ev.RenderRange(slot=slot, frames=frames):
                self._render(slot, list(frames))
            case ev.StopAfter(slot=slot, frame=frame):
                return [ev.StoppingAfter(slot, self._stop_after(self._tools[slot], frame))]
            case ev.CancelRange(slot=slot):
                tool = self._tools[slot]
                tool.epoch, tool.loaded, tool.frames = tool.epoch + 1, False, []
            case ev.CloseSession(slot=slot):
                self._tools.pop(slot).epoch += 1
                self._leaving.discard(slot)
                self._changed = True
            case ev.FramesRendered():
                self.ends[number] = self._now
                self._changed = True
                return [ev.Stop()]
            case ev.Quiet():
                del self._controls[number]
            case _:
                pass
        return []

    def _render(self, slot: SlotId, frames: list[int]) -> None:
        tool = self._tools[slot]
        tool.epoch, tool.frames, tool.index = tool.epoch + 1, frames, 0
        if tool.loaded:
            self._at(self._now, partial(self._begin, slot, tool, tool.epoch))
            return
        self.loads_s += tool.task.load_s
        self._at(self._now + tool.task.load_s, partial(self._load, slot, tool, tool.epoch))

    @staticmethod
    def _stop_after(tool: _Tool, frame: int) -> int | None:
        if tool.index >= len(tool.frames):
            return None
        kept = [at for at in tool.frames[tool.index + 1 :] if at <= frame]
        tool.frames = [*tool.frames[: tool.index + 1], *kept]
        return tool.frames[-1]

    def _load(self, slot: SlotId, tool: _Tool, epoch: int) -> None:
        if tool.epoch == epoch:
            tool.loaded = True
            self._feed(tool.task.number, ev.SceneLoaded(slot, tool.task.load_s))
            self._begin(slot, tool, epoch)

    def _begin(self, slot: SlotId, tool: _Tool, epoch: int) -> None:
        if tool.epoch == epoch and tool.index < len(tool.frames):
            self._feed(tool.task.number, self._start(slot, tool))

    def _start(self, slot: SlotId, tool: _Tool) -> Event:
        frame = tool.frames[tool.index]
        end = self._now + tool.task.work[frame]
        self._at(end, partial(self._finish, slot, tool, tool.epoch, frame))
        return ev.FrameStarted(slot, frame)

    def _finish(self, slot: SlotId, tool: _Tool, epoch: int, frame: int) -> None:
        if tool.epoch != epoch:
            return
        tool.index += 1
        done: Event = ev.FrameDone(slot, frame, tool.task.work[frame])
        more = tool.index < len(tool.frames)
        self._feed(tool.task.number, *((done, self._start(slot, tool)) if more else (done,)))
