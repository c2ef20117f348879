"""What the fleet divides: places where tools run, tasks that want them, operators' allocations."""

from dataclasses import dataclass

from farmdesk.dispatch.events import SlotId

BASE = 4  # a task of the next priority weighs so many times as much


@dataclass(frozen=True, slots=True)
class Place:
    """A slot that could work now.

    `tools`: what its node offers, by name (`blender`) or name and version (`blender 3.4+`); None:
    every tool.
    """

    slot: SlotId
    node: str
    pool: str = ""
    tools: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Bond:
    """An operator's allocation of a task: these nodes, or `count` nodes of `pool`."""

    nodes: frozenset[str] = frozenset()
    pool: str = ""
    count: int = 0


@dataclass(frozen=True, slots=True)
class Want:
    """A task that renders, or would if it had a slot."""

    task_id: int
    priority: int
    position: int
    tool: str
    tool_version: str
    frames: int  # slots that could get a frame of their own, those that it holds counted
    useful: int  # slots that are worth their scene load
    held: tuple[SlotId, ...] = ()  # slots that work for it and shall stay, the oldest first
    idle: frozenset[SlotId] = frozenset()  # of those held: without work now
    barred: frozenset[SlotId] = frozenset()  # must not work for it: failed here, or had no work
    bond: Bond | None = None
    urgent: bool = False  # admitted as urgent: before all others

    @property
    def weight(self) -> int:
        """Its share of the farm, relative to others."""
        return int(BASE**self.priority)

    @property
    def rank(self) -> tuple[bool, bool, int, int]:
        """Sorts wants: urgent ones, then allocated ones, then by priority and position."""
        return (not self.urgent, self.bond is None, -self.priority, self.position)


def slots_worth_loading(work_s: float, load_s: float, frames: int) -> int:
    """Give how many slots are worth a scene load for so much work: each renders for 2 loads."""
    if load_s <= 0.0 or work_s >= 2.0 * load_s * frames:
        return frames
    return max(1, -int(-work_s // (2.0 * load_s)))
