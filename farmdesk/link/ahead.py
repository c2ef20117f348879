"""When tasks will end as the farm stands, and as it might stand: a read that is worked out here.

The forecast needs no more than what any link gives, so it runs beside its reader, off the engine.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from farmdesk.dispatch.flow import Outlook
from farmdesk.dispatch.forecast import Span, forecast, put_first
from farmdesk.dispatch.outlooks import admitted, outlooks_of, slots_at_work, tasks_to_measure
from farmdesk.domain.errors import Refused
from farmdesk.domain.rows import TaskRow
from farmdesk.domain.states import TaskState
from farmdesk.link.farm_link import FarmLink

ENDLESS_S = 10 * 365 * 86_400.0  # no clock shows what lies beyond


@dataclass(frozen=True, slots=True)
class ForecastRow:
    """A task's expected end and its range (10 to 90 per cent); None: not as the farm stands.

    `late`: how likely it misses its due time, 0 to 1. `moved_s`: how much later the what-if ends
    it, None without one. `queued`: the forecast holds if an operator starts it now.
    """

    task_id: int
    name: str
    queued: bool
    low: datetime | None
    expected: datetime | None
    high: datetime | None
    due: datetime | None
    late: float
    will_be_late: bool
    moved_s: float | None


@dataclass(frozen=True, slots=True)
class WhatIf:
    """How the farm might stand: `nodes` more, a task `first`, or `allotted` nodes for it alone."""

    nodes: int = 0
    first: int | None = None
    allotted: tuple[int, int] | None = None  # task, number of nodes


AS_IT_IS = WhatIf()


def look_ahead(link: FarmLink, what_if: WhatIf = AS_IT_IS) -> list[ForecastRow]:
    """Give the forecast of all tasks that will render. Raises Refused for one that will not."""
    now = datetime.now(UTC)
    rows = {row.id: row for row in link.tasks()}
    paces = {pace.task_id: pace for pace in link.paces(tasks_to_measure(rows.values()))}
    urgent = admitted(link.urgent_requests())
    outlooks = outlooks_of(list(rows.values()), paces, now, urgent=urgent)
    slots = slots_at_work(link.nodes())
    spans = forecast(outlooks, slots)
    if what_if == AS_IT_IS:
        return [_row(rows[key], span, now, None) for key, span in spans.items()]
    changed = _changed(outlooks, slots, what_if)
    return [_row(rows[key], changed[key], now, spans[key]) for key in spans]


def _changed(outlooks: list[Outlook], slots: int, what_if: WhatIf) -> dict[int, Span]:
    """Run the farm ahead as it might stand."""
    slots = max(slots + what_if.nodes, 0)
    ahead = {outlook.task_id: outlook for outlook in outlooks}
    asked = [what_if.first, what_if.allotted and what_if.allotted[0]]
    for task_id in asked:
        if task_id is not None and task_id not in ahead:
            raise _not_ahead(task_id)
    if what_if.first is not None:
        outlooks = put_first(outlooks, what_if.first)
    if what_if.allotted is None:
        return forecast(outlooks, slots)
    task_id, count = what_if.allotted
    taken = min(count, slots, math.ceil(ahead[task_id].frames))
    others = [outlook for outlook in outlooks if outlook.task_id != task_id]
    return forecast(others, slots - taken) | forecast([ahead[task_id]], taken)


def one_task(rows: Sequence[ForecastRow], task: TaskRow) -> list[ForecastRow]:
    """Give the one row of a task. Raises Refused when it will not render."""
    found = [row for row in rows if row.task_id == task.id]
    if not found:
        raise _not_ahead(task.id)
    return found


def _row(task: TaskRow, span: Span, now: datetime, before: Span | None) -> ForecastRow:
    return ForecastRow(
        task_id=task.id,
        name=task.name,
        queued=task.state is TaskState.QUEUED,
        low=_at(now, span.low_s),
        expected=_at(now, span.expected_s),
        high=_at(now, span.high_s),
        due=None if task.due is None else datetime.fromisoformat(task.due),
        late=span.late,
        will_be_late=span.will_be_late,
        moved_s=_difference(span, before),
    )


def _difference(span: Span, before: Span | None) -> float | None:
    if before is None or not math.isfinite(span.expected_s - before.expected_s):
        return None
    return span.expected_s - before.expected_s


def _at(now: datetime, seconds: float) -> datetime | None:
    return now + timedelta(seconds=seconds) if seconds < ENDLESS_S else None


def _not_ahead(task_id: int) -> Refused:
    return Refused(
        f"Task {task_id} neither waits nor renders, so there is nothing to foretell.",
        f"任务 {task_id} 既不在排队也不在渲染，无法预测。",
    )
