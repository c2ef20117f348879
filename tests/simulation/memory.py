"""What a simulated farm needs of its database: what the engine needs, and a hand for its users."""

from collections.abc import Sequence
from typing import Protocol

from farmdesk.domain.commands import Command
from farmdesk.domain.rows import FrameTimes
from farmdesk.domain.snapshot import FarmSnapshot
from farmdesk.engine.ports import Store


class Memory(Store, Protocol):
    """A database, or what stands for one. `away`: it cannot be reached now."""

    away: bool

    def send(self, command: Command, user: str) -> int:
        """Keep a command for the engine; give its number."""
        ...

    def load_farm(self) -> FarmSnapshot:
        """Give the farm as of the last flush."""
        ...

    def frame_times(self, task_id: int) -> FrameTimes:
        """Give the render seconds of each proven frame."""
        ...

    def task_ids(self) -> Sequence[int]:
        """Give the tasks there are."""
        ...
