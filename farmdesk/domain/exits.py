"""How nodes leave what they render for an urgent task, and what that costs."""

from dataclasses import dataclass
from enum import StrEnum


class ExitRule(StrEnum):
    """How nodes leave what they render; `dispatch/preempt.py` chooses them."""

    CHEAPEST = "cheapest"  # kill young frames, let old ones end
    LOSE_NOTHING = "lose_nothing"  # every node ends its frame
    NOW = "now"  # kill all, the youngest frames first


@dataclass(frozen=True, slots=True)
class TaskLoss:
    """What one task would lose: nodes, frames killed in hand, seconds of work in them."""

    task_id: int
    nodes: int
    frames: int
    seconds: float


@dataclass(frozen=True, slots=True)
class ExitCost:
    """What an interruption by this rule would cost now, and when its last node would be free."""

    rule: ExitRule
    nodes: int
    wait_s: float
    frames: int  # killed in hand
    seconds: float  # of work in them
    reload_s: float  # of scene loads when the tasks go on
    tasks: tuple[TaskLoss, ...] = ()
