"""When tasks will end: the farm run ahead from its present state, many times over.

A coarse model of the simulator: work flows instead of frames. Between two ends of tasks each task
has the slots that the fleet would give it (`shares.py`: by weight, first those worth their scene
load), and each slot that it gets anew costs a scene load. Tasks end half a frame after their work
has run out. The farm is run once for each of `RUNS` draws of the tasks' frame times; each task
sees every level of its uncertainty once (a Latin hypercube), so there is no chance in it: the
same state gives the same forecast. How it compares with the simulator: `benchmarks/forecast.py`.
All times are seconds, from now on.
"""

import heapq
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import NormalDist

from farmdesk.dispatch.wants import BASE, slots_worth_loading

RUNS = 17  # a prime: the steps through the levels then visit each once
LOW, HIGH = RUNS // 10, RUNS - 1 - RUNS // 10  # the runs of 10 and 90 per cent
TAIL = 0.5  # of a frame: the last ones do not end together
LIKELY = 0.5
NOTHING_S = 1e-9

_LEVELS = [NormalDist().inv_cdf((k + 0.5) / RUNS) for k in range(RUNS)]


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


@dataclass(frozen=True, slots=True)
class Span:
    """When a task will end: expected, and not before or after with 10 per cent each.

    Infinite: not as the farm stands. `late`: the share of runs in which it misses its due time.
    """

    low_s: float
    expected_s: float
    high_s: float
    late: float = 0.0

    @property
    def will_be_late(self) -> bool:
        """Whether it is likely to miss its due time."""
        return self.late >= LIKELY


def forecast(outlooks: Sequence[Outlook], slots: int) -> dict[int, Span]:
    """Run a farm of so many slots ahead, and give each task's end."""
    ends: dict[int, list[float]] = {outlook.task_id: [] for outlook in outlooks}
    for run in range(RUNS):
        drawn = [_drawn(outlook, place, run) for place, outlook in enumerate(outlooks)]
        for task_id, end in run_ahead(drawn, slots).items():
            ends[task_id].append(end)
    return {outlook.task_id: _span(outlook, sorted(ends[outlook.task_id])) for outlook in outlooks}


def put_first(outlooks: Sequence[Outlook], task_id: int) -> list[Outlook]:
    """Give the outlooks as they would be if this task were let in before all others."""
    return [replace(item, first=item.first or item.task_id == task_id) for item in outlooks]


def _drawn(outlook: Outlook, place: int, run: int) -> Outlook:
    level = _LEVELS[(run * (1 + place % (RUNS - 1)) + 5 * place) % RUNS]
    return replace(outlook, frame_s=outlook.frame_s * math.exp(outlook.spread * level))


def _span(outlook: Outlook, ends: Sequence[float]) -> Span:
    due_s = math.inf if outlook.due_s is None else outlook.due_s
    late = sum(end > due_s for end in ends) / len(ends)
    return Span(ends[LOW], ends[len(ends) // 2], ends[HIGH], late)


# ---- one run -------------------------------------------------------------------------------------


@dataclass(slots=True, eq=False)
class _Flow:
    """A task in one run. `work`: slot-seconds left to render; `loading`: to load scenes before."""

    outlook: Outlook
    work: float
    slots: int
    weight: int
    loading: float = 0.0
    source: "_Flow | None" = None
    end: float | None = None

    @property
    def frames(self) -> float:
        return self.work / self.outlook.frame_s

    @property
    def pace(self) -> float:
        """Frames a second."""
        return self.slots / self.outlook.frame_s

    @property
    def leader(self) -> "_Flow | None":
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


def run_ahead(outlooks: Sequence[Outlook], slots: int) -> dict[int, float]:
    """Run the farm once, with frame times as they are given; gives each task's end."""
    flows = {item.task_id: _flow(item) for item in outlooks}
    for flow in flows.values():
        if flow.outlook.after is not None:
            flow.source = flows.get(flow.outlook.after)
    now = 0.0
    open_flows = sorted(flows.values(), key=_rank)
    while open_flows:
        ready = [flow for flow in open_flows if not flow.waits]
        for flow, count in zip(ready, divide(ready, slots), strict=True):
            flow.loading += max(count - flow.slots, 0) * flow.outlook.load_s
            flow.slots = count
        step = min((flow.next_s() for flow in ready), default=math.inf)
        if step == math.inf:
            break
        now += step
        for flow in ready:
            flow.advance(step)
        for flow in ready:
            flow.end_if_due(now, step)
        open_flows = [flow for flow in open_flows if flow.end is None]
    return {key: math.inf if flow.end is None else flow.end for key, flow in flows.items()}


def _flow(outlook: Outlook) -> _Flow:
    in_hand = min(outlook.held, outlook.frames) / 2.0  # frames in hand are half done on the mean
    work = max(outlook.frames - in_hand, 0.0) * outlook.frame_s
    weight = int(BASE**outlook.priority)
    return _Flow(outlook, max(work, NOTHING_S), outlook.held, weight)


def _rank(flow: _Flow) -> tuple[bool, int, int]:
    return (not flow.outlook.first, -flow.outlook.priority, flow.outlook.position)


def divide(flows: Sequence[_Flow], slots: int) -> list[int]:
    """Give each flow its slots as the fleet would: first ones, then by weight what is useful.

    What is left goes by weight to those that could use more.
    """
    most = [flow.most() for flow in flows]
    useful = [
        min(slots_worth_loading(flow.work, flow.outlook.load_s, count), count)
        for flow, count in zip(flows, most, strict=True)
    ]
    shares = [0] * len(flows)
    first = [k for k, flow in enumerate(flows) if flow.outlook.first]
    others = [k for k, flow in enumerate(flows) if not flow.outlook.first]
    weights = [flow.weight for flow in flows]
    for tier, limits in ((first, most), (others, useful), (others, most)):
        slots -= _fill(shares, {k: limits[k] - shares[k] for k in tier}, weights, slots)
    return shares


def _fill(shares: list[int], lacks: Mapping[int, int], weights: Sequence[int], room: int) -> int:
    """Add to the shares by weight until nothing lacks or nothing is left; gives how many."""
    if room <= 0:
        return 0
    todo = sorted((k for k in lacks if lacks[k] > 0), key=lambda k: lacks[k] / weights[k])
    left, weight, given = float(room), float(sum(weights[k] for k in todo)), 0
    got: dict[int, int] = {}
    for k in todo:
        part = min(lacks[k], left * weights[k] / weight)
        left -= part
        weight -= weights[k]
        got[k] = int(part)
        given += got[k]
    heap = [((got[k] + 0.5) / weights[k], k) for k in sorted(todo) if got[k] < lacks[k]]
    heapq.heapify(heap)
    while heap and given < room:
        _, k = heapq.heappop(heap)
        got[k] += 1
        given += 1
        if got[k] < lacks[k]:
            heapq.heappush(heap, ((got[k] + 0.5) / weights[k], k))
    for k, count in got.items():
        shares[k] += count
    return given
