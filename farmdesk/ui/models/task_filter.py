"""Which tasks the queue shows. No Qt."""

from enum import Enum

from farmdesk.domain.rows import TaskRow
from farmdesk.domain.states import TaskState
from farmdesk.domain.task import ENDED


class TaskFilter(Enum):
    """Which tasks the queue shows; one at a time, beside the words typed."""

    ALL = "all"
    RENDERING = "rendering"
    WAITING = "waiting"
    TROUBLE = "trouble"
    ENDED = "ended"
    RECYCLED = "recycled"


_WAITING = frozenset(
    {
        TaskState.UPLOADING,
        TaskState.VERIFYING,
        TaskState.QUEUED,
        TaskState.PAUSED,
        TaskState.PREEMPTED,
    }
)


def belongs(row: TaskRow, chosen: TaskFilter) -> bool:
    """Tell whether a task belongs to a filter; recycled tasks belong to theirs, purged to none."""
    if row.purged:
        return False
    if row.recycled or chosen is TaskFilter.RECYCLED:
        return row.recycled and chosen is TaskFilter.RECYCLED
    if chosen is TaskFilter.RENDERING:
        return row.state is TaskState.RENDERING
    if chosen is TaskFilter.WAITING:
        return row.state in _WAITING
    if chosen is TaskFilter.TROUBLE:
        return row.failed > 0 or row.state in (TaskState.FAILED, TaskState.REJECTED)
    return chosen is TaskFilter.ALL or row.state in ENDED
