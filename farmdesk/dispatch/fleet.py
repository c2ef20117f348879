"""Which free slot works for which task."""

from collections.abc import Sequence
from dataclasses import dataclass

from farmdesk.dispatch.events import SlotId


@dataclass(frozen=True, slots=True)
class Want:
    """What a rendering task could use.

    `slots`: so many more; `declined`: slots that it gave back for lack of work.
    """

    task_id: int
    priority: int
    position: int
    slots: int
    declined: frozenset[SlotId]


def share(free: Sequence[SlotId], wants: Sequence[Want]) -> dict[int, list[SlotId]]:
    """Give the free slots to tasks, the highest priority first, in the queue's order.

    Tasks without one are absent.
    """
    given: dict[int, list[SlotId]] = {}
    left = list(free)
    for want in sorted(wants, key=lambda item: (-item.priority, item.position)):
        fitting = [slot for slot in left if slot not in want.declined][: want.slots]
        if fitting:
            given[want.task_id] = fitting
            left = [slot for slot in left if slot not in fitting]
    return given
