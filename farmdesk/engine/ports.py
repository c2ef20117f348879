"""What the engine needs of the world: agents on nodes, a store, a frame check.

Adapters live in their own packages.
"""

from collections.abc import Callable, Collection, Iterator
from datetime import datetime
from typing import Protocol

from farmdesk.dispatch.events import SlotId
from farmdesk.domain.records import Flush, FrameRecord
from farmdesk.domain.rows import CommandRow
from farmdesk.domain.snapshot import StoredTask
from nodeagent.orders import AgentOrder
from nodeagent.reports import AgentReport


class AgentLink(Protocol):
    """One running agent. Its methods return at once and may be called from the loop only."""

    def send(self, order: AgentOrder) -> None:
        """Hand over an order; an agent that cannot take it is soon reported as gone."""
        ...

    def hang_up(self) -> None:
        """Close its stdin: it finishes and publishes the frame in hand, then exits."""
        ...

    def kill(self) -> None:
        """End it and its tool's processes now."""
        ...


class Launcher(Protocol):
    """Starts agents on nodes."""

    def launch(
        self,
        slot: SlotId,
        *,
        on_report: Callable[[AgentReport], None],
        on_gone: Callable[[str], None],
    ) -> AgentLink:
        """Start an agent and return at once.

        The callbacks come from other threads; `on_gone` comes exactly once, last, with a sentence
        for people (empty after an orderly end).
        """
        ...

    def keep_ready(self, slot: SlotId) -> None:
        """Prepare the next agent of a slot that is free, so that `launch` need not wait for it.

        Returns at once and never fails; what it prepared ends with this process at the latest.
        """
        ...


class FrameProofs(Protocol):
    """Gives what is recorded of a task's finished frames."""

    def proofs(self, task_id: int) -> Iterator[FrameRecord]:
        """Give the proven attempt of every finished frame, by frame number."""
        ...


class Store(FrameProofs, Protocol):
    """The farm's memory. Every method may raise FarmUnavailable."""

    def apply(self, flush: Flush) -> int:
        """Write a flush in one transaction and give the new rev.

        One applied before changes nothing.
        """
        ...

    def new_commands(self, known: Collection[int] = ()) -> list[CommandRow]:
        """Give commands without an answer, but for those that the engine knows already.

        Of each person a bounded number, the known ones included, oldest first.
        """
        ...

    def renew_lease(self, now: datetime, seconds: float) -> None:
        """Stay the farm's engine. Raises Refused when another one took over."""
        ...

    def load_task(self, task_id: int) -> StoredTask | None:
        """Give one task, also from the recycle queue; None when there is none."""
        ...
