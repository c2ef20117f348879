"""Which nodes an urgent task takes, and how they leave what they render.

The cheapest exit: freeing a node costs min(elapsed, λ·residual) + reload seconds, where `elapsed`
is the work in its frame in hand, `residual` what the frame needs still, and `reload` the scene load
when the interrupted task comes back. The cheapest nodes are taken; a tool is killed only where
elapsed ≤ λ·residual, all others end their frame. A unit test holds its figures for 100 busy nodes.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from farmdesk.dispatch.events import SlotId
from farmdesk.domain.exits import ExitCost, ExitRule, TaskLoss

IMPATIENCE = 0.25  # λ: seconds of lost work that a second of waiting is worth


@dataclass(frozen=True, slots=True)
class BusySlot:
    """A slot that works: what its exit would cost. Seconds; `elapsed_s` 0 while it loads."""

    slot: SlotId
    task_id: int
    elapsed_s: float
    residual_s: float
    reload_s: float


@dataclass(frozen=True, slots=True)
class SlotExit:
    """A slot that shall leave its task: at once (`kill`), or after its frame in hand."""

    busy: BusySlot
    kill: bool

    @property
    def wait_s(self) -> float:
        """Give the expected seconds until it is free."""
        return 0.0 if self.kill else self.busy.residual_s

    @property
    def lost_s(self) -> float:
        """Give the seconds of work that are thrown away."""
        return self.busy.elapsed_s if self.kill else 0.0


def choose_exits(
    busy: Iterable[BusySlot],
    count: int,
    *,
    rule: ExitRule = ExitRule.CHEAPEST,
    impatience: float = IMPATIENCE,
) -> list[SlotExit]:
    """Give at most `count` slots that shall leave, the cheapest first; the same for any order."""
    ways = [_way(slot, rule, impatience) for slot in busy]
    ways.sort(key=lambda way: (way[0], way[1].busy.residual_s, way[1].busy.slot))
    return [way for _, way in ways[: max(count, 0)]]


def _way(slot: BusySlot, rule: ExitRule, impatience: float) -> tuple[float, SlotExit]:
    """Give the cost of freeing a slot by this rule, and how it leaves."""
    if rule is ExitRule.NOW:
        return slot.elapsed_s + slot.reload_s, SlotExit(slot, kill=True)
    if rule is ExitRule.LOSE_NOTHING:
        kill = slot.elapsed_s <= 0.0  # it only loads: no frame is lost
        wait = 0.0 if kill else slot.residual_s
        return wait + slot.reload_s, SlotExit(slot, kill=kill)
    waiting = impatience * slot.residual_s
    cost = min(slot.elapsed_s, waiting) + slot.reload_s
    return cost, SlotExit(slot, kill=slot.elapsed_s <= waiting)


def cost_of(exits: Sequence[SlotExit], rule: ExitRule) -> ExitCost:
    """Give what these exits would cost, for the operator who decides."""
    by_task: dict[int, list[SlotExit]] = defaultdict(list)
    for way in exits:
        by_task[way.busy.task_id].append(way)
    losses = tuple(
        TaskLoss(task_id, len(ways), _killed(ways), sum(way.lost_s for way in ways))
        for task_id, ways in sorted(by_task.items())
    )
    return ExitCost(
        rule=rule,
        nodes=len(exits),
        wait_s=max((way.wait_s for way in exits), default=0.0),
        frames=_killed(exits),
        seconds=sum(way.lost_s for way in exits),
        reload_s=sum(way.busy.reload_s for way in exits),
        tasks=losses,
    )


def _killed(exits: Iterable[SlotExit]) -> int:
    return sum(way.lost_s > 0.0 for way in exits)
