"""When tasks will end: the farm run ahead from its present state, many times over.

A coarse model of the simulator: work flows instead of frames (`flow.py`). Between two ends of tasks
each task has the slots that the fleet would give it (`shares.py`: by weight, first those worth
their scene load), and each slot that it gets anew costs a scene load. Tasks end half a frame after
their work has run out. The farm is run once (`run_ahead.py`) for each of `RUNS` draws of the tasks'
frame times; each task sees every level of its uncertainty once (a Latin hypercube), so there is no
chance in it: the same state gives the same forecast. How it compares with the simulator:
`benchmarks/forecast.py`.
All times are seconds, from now on.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import NormalDist

from farmdesk.dispatch.flow import Outlook
from farmdesk.dispatch.run_ahead import run_ahead

RUNS = 17  # a prime: the steps through the levels then visit each once
LOW, HIGH = RUNS // 10, RUNS - 1 - RUNS // 10  # the runs of 10 and 90 per cent
LIKELY = 0.5

_LEVELS = [NormalDist().inv_cdf((k + 0.5) / RUNS) for k in range(RUNS)]


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
