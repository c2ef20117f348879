"""What the engine finds when it starts: the farm as it was saved last."""

from dataclasses import dataclass, field

from farmdesk.domain.records import NewTask, NodeRecord, TaskRecord
from farmdesk.domain.rows import CommandRow
from farmdesk.domain.urgent import UrgentRequest


@dataclass(frozen=True, slots=True)
class StoredTask:
    """A task as it was saved; `record.frame_states` holds the state of every frame.

    `failures`: how many attempts at a frame were in vain, for tasks that may still render.
    """

    new: NewTask
    record: TaskRecord
    failures: dict[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FarmSnapshot:
    """The farm as of the last flush.

    Tasks that are not recycled by id, nodes by name, urgent requests that are open by id.
    """

    last_flush: int  # 0 before the first one
    last_task_id: int  # the highest ever given, recycled and purged tasks included; 0 when none
    tasks: tuple[StoredTask, ...]
    nodes: tuple[NodeRecord, ...]
    urgents: tuple[UrgentRequest, ...] = ()
    last_urgent_id: int = 0  # the highest ever given; 0 when none
    standing: tuple[CommandRow, ...] = ()  # applied allocations and switches, oldest first
