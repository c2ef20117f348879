"""Commands about nodes, and who gets them. See `commands` for what a command is."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AllocateNodes:
    """Let a task work on these nodes alone, or on `count` nodes of `pool`; `clear`: as planned."""

    task_id: int
    nodes: tuple[str, ...] = ()
    pool: str = ""
    count: int | None = None
    clear: bool = False


@dataclass(frozen=True, slots=True)
class SetAutoStart:
    """Let queued tasks start without an operator, or not any more."""

    on: bool


@dataclass(frozen=True, slots=True)
class DrainNodes:
    """Let these nodes, or all of a pool, finish their frames in hand and take no more."""

    nodes: tuple[str, ...] = ()
    pool: str = ""


@dataclass(frozen=True, slots=True)
class WakeNodes:
    """Let drained nodes, or all of a pool, work again."""

    nodes: tuple[str, ...] = ()
    pool: str = ""


NodeCommand = AllocateNodes | SetAutoStart | DrainNodes | WakeNodes
