"""From what the tables say of tasks to what a forecast needs: frame times, how sure they are."""

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from farmdesk.dispatch.estimates import ASSUMED_LOAD_S
from farmdesk.dispatch.flow import Outlook
from farmdesk.dispatch.versions import takes_prior
from farmdesk.domain.dependencies import AfterMode
from farmdesk.domain.rows import NodeRow, Pace, TaskRow, UrgentRow
from farmdesk.domain.states import NodeState, TaskState
from farmdesk.domain.urgent_states import UrgentState

AHEAD = frozenset({TaskState.QUEUED, TaskState.RENDERING, TaskState.PREEMPTED})
"""Tasks that will end by themselves, or as soon as an operator starts them."""

MODEL_SPREAD = 0.05  # the model is no better than this, however much was measured
PRIOR_SPREAD = 0.25  # of a frame's time after a minor change
UNKNOWN_SPREAD = 1.0  # nothing is known but what other tasks take
FEW_FRAMES = 5  # fewer measured ones say less than the previous version
ALIKE = 4.0  # so many neighbouring frames say as much as one: they are alike
ASSUMED_FRAME_S = 60.0
ASSUMED_VARIATION = 0.5  # standard deviation by mean of frames of which few are measured


AT_WORK = frozenset({NodeState.IDLE, NodeState.RENDERING})


def slots_at_work(nodes: Iterable[NodeRow]) -> int:
    """Give how many nodes render, or could."""
    return sum(row.record.state in AT_WORK for row in nodes)


def tasks_to_measure(rows: Iterable[TaskRow]) -> list[int]:
    """Give the tasks whose paces `outlooks_of` needs: those ahead and their previous versions."""
    ahead = [row for row in rows if row.state in AHEAD]
    versions = {row.previous_task for row in ahead if row.previous_task is not None}
    return sorted(versions.union(row.id for row in ahead))


def admitted(requests: Iterable[UrgentRow]) -> set[int]:
    """Give the tasks that were admitted as urgent."""
    return {row.request.task_id for row in requests if row.request.state is UrgentState.ADMITTED}


def outlooks_of(
    rows: Sequence[TaskRow],
    paces: Mapping[int, Pace],
    now: datetime,
    *,
    urgent: Collection[int] = (),
) -> list[Outlook]:
    """Give the outlooks of the tasks that will render. `paces`: by task, also previous versions.

    `urgent`: tasks that go before all others.
    """
    typical = _typical(paces)
    ahead = [row for row in rows if row.state in AHEAD and _left(row)]
    return [
        replace(_outlook_of_row(row, paces, typical, now), first=row.id in urgent) for row in ahead
    ]


def _left(row: TaskRow) -> int:
    return row.total - row.done - row.failed


def _typical(paces: Mapping[int, Pace]) -> float:
    """The geometric mean of what tasks' frames take: what a task of which nothing is known may."""
    logs = [math.log(pace.mean_s) for pace in paces.values() if pace.mean_s > 0.0]
    return math.exp(sum(logs) / len(logs)) if logs else ASSUMED_FRAME_S


def _outlook_of_row(
    row: TaskRow, paces: Mapping[int, Pace], typical_s: float, now: datetime
) -> Outlook:
    before = None
    if row.previous_task is not None and takes_prior(row.policy, row.change):
        before = paces.get(row.previous_task)
    found = outlook_of(
        row.id,
        priority=row.priority,
        position=row.position,
        left=_left(row),
        held=row.nodes,
        pace=paces.get(row.id),
        before=before,
        typical_s=typical_s,
    )
    due = None if row.due is None else datetime.fromisoformat(row.due)
    return replace(
        found,
        after=row.after,
        frame_by_frame=row.after_mode == AfterMode.FRAME,
        due_s=None if due is None else (due - now).total_seconds(),
    )


def outlook_of(
    task_id: int,
    *,
    priority: int,
    position: int,
    left: int,
    held: int,
    pace: Pace | None,
    typical_s: float,
    before: Pace | None = None,
) -> Outlook:
    """Give the outlook of a task with `left` frames to render on `held` slots and more.

    `pace`: of its frames so far; `before`: of its previous version, where that is to be trusted;
    `typical_s`: of any task's frames.
    """
    frame_s, spread = _frame_s(pace, before, typical_s)
    loads = [known.load_s for known in (pace, before) if known and known.load_s is not None]
    return Outlook(
        task_id=task_id,
        priority=priority,
        position=position,
        frames=float(left),
        frame_s=frame_s,
        spread=spread,
        load_s=loads[0] if loads else ASSUMED_LOAD_S,
        held=min(held, left),
    )


def _frame_s(own: Pace | None, before: Pace | None, typical_s: float) -> tuple[float, float]:
    """Give the expected seconds of a frame, and the deviation of their logarithm."""
    measured = own.frames if own is not None and own.mean_s > 0.0 else 0
    if before is not None and before.mean_s > 0.0 and measured < FEW_FRAMES:
        return before.mean_s, PRIOR_SPREAD
    if own is None or not measured:
        return typical_s, UNKNOWN_SPREAD
    variation = own.deviation_s / own.mean_s
    if measured < FEW_FRAMES:
        variation = max(variation, ASSUMED_VARIATION)
    return own.mean_s, math.hypot(MODEL_SPREAD, variation * math.sqrt(ALIKE / measured))
