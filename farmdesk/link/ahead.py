"""When tasks will end as the farm stands, and as it might stand: a read that is worked out here.

The forecast needs no more than what any link gives, so it runs beside its reader, off the engine.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from farmdesk.dispatch.forecast import Span, forecast, put_first
from farmdesk.dispatch.outlooks import admitted, outlooks_of, slots_at_work, tasks_to_measure
from farmdesk.domain.errors import Refused
from farmdesk.domain.records import TaskRow
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


def look_ahead(link: FarmLink, *, nodes: int = 0, first: int | None = None) -> list[ForecastRow]:
    """Give the forecast of all tasks that will render, with `nodes` more, or a task `first`.

    Raises Refused for a task that will not render.
    """
    now = datetime.now(UTC)
    rows = {row.id: row for row in link.tasks()}
    paces = {pace.task_id: pace for pace in link.paces(tasks_to_measure(rows.values()))}
    urgent = admitted(link.urgent_requests())
    outlooks = outlooks_of(list(rows.values()), paces, now, urgent=urgent)
    slots = slots_at_work(link.nodes())
    spans = forecast(outlooks, slots)
    if first is not None and first not in spans:
        raise _not_ahead(first)
    changed = spans
    if nodes or first is not None:
        wished = outlooks if first is None else put_first(outlooks, first)
        changed = forecast(wished, max(slots + nodes, 0))
    asked = bool(nodes) or first is not None
    return [
        _row(rows[key], span, now, spans[key] if asked else None) for key, span in changed.items()
    ]


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
