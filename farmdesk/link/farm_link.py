"""FarmLink: all that a client knows of the farm."""

from collections.abc import Collection
from typing import Protocol

from farmdesk.domain.commands import Command
from farmdesk.domain.rows import (
    CommandRow,
    FrameRow,
    FrameStates,
    FrameTimes,
    LogRow,
    MessageRow,
    NodeRow,
    Pace,
    TaskRow,
    UrgentRow,
)
from farmdesk.domain.users import User


class FarmLink(Protocol):
    """Read rows, send commands. Every method may raise `FarmUnavailable`; no lock outlives a call.

    A `rev` is the farm's revision: it only grows, and rows with `rev > since` are all that changed
    since then.
    """

    def send(self, command: Command) -> int:
        """Hand a command to the engine and give its number; `outcome` tells what became of it."""
        ...

    def outcome(self, command_id: int) -> CommandRow:
        """Give the command with its answer, if it has one. Raises Refused when there is none."""
        ...

    def commands(self, since_id: int = 0, limit: int = 200) -> list[CommandRow]:
        """Give commands with a higher number, oldest first."""
        ...

    def tasks(self, since_rev: int = 0, recycled: bool | None = False) -> list[TaskRow]:
        """Give the tasks that changed since; `recycled` None gives both queues."""
        ...

    def task(self, task_id: int) -> TaskRow:
        """Give one task. Raises Refused when there is none."""
        ...

    def frame_states(self, task_id: int) -> FrameStates:
        """Give the state of every frame, finished attempts and running slots laid over the blob."""
        ...

    def frames(self, task_id: int, since_rev: int = 0, limit: int = 2000) -> list[FrameRow]:
        """Give finished attempts with a higher rev, by rev; about `limit`: a rev is never cut."""
        ...

    def frame_times(self, task_id: int) -> FrameTimes:
        """Give the seconds of each frame that a node rendered; none where there is no such task."""
        ...

    def paces(self, task_ids: Collection[int]) -> list[Pace]:
        """Give how fast nodes rendered frames of these tasks; without any, a task is absent."""
        ...

    def nodes(self, since_rev: int = 0) -> list[NodeRow]:
        """Give the nodes that changed since."""
        ...

    def logs(
        self, since_id: int = 0, *, task_id: int | None = None, limit: int = 1000
    ) -> list[LogRow]:
        """Give log lines with a higher number, oldest first; `since_id` 0: the newest ones."""
        ...

    def urgent_requests(self, since_rev: int = 0) -> list[UrgentRow]:
        """Give the urgent requests that changed since, by number; those that are over too."""
        ...

    def messages(self, user: User, since_id: int = 0, limit: int = 200) -> list[MessageRow]:
        """Give what a user, or his role, was told, oldest first; `since_id` 0: the newest ones."""
        ...

    def close(self) -> None:
        """Give back what the link holds."""
        ...
