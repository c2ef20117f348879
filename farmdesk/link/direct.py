"""`DirectLink`: the way to the farm through its database, for staff and for the local farm."""

from collections.abc import Collection
from datetime import UTC, datetime

from farmdesk.db import commands, reports, snapshot, urgent_rows
from farmdesk.db.database import Database, open_database
from farmdesk.domain.commands import Command, kind_of, to_body
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


class DirectLink:
    """A FarmLink over SQL. Safe to use from several threads.

    `database`: an open one, or a URL as for `farmdesk.db.database.open_database`; `issued_by` is
    the user who sends.
    """

    def __init__(self, database: str | Database, *, issued_by: str) -> None:
        self._database = open_database(database) if isinstance(database, str) else database
        self._issued_by = issued_by

    def send(self, command: Command) -> int:
        """Insert the command and give its number. Raises Refused for text that cannot be saved."""
        body = to_body(command)
        with self._database.writing() as connection:
            return commands.send(
                connection,
                kind_of(command),
                body,
                issued_by=self._issued_by,
                at=datetime.now(UTC),
            )

    def outcome(self, command_id: int) -> CommandRow:
        """Give the command with its answer. Raises Refused when there is no such command."""
        with self._database.reading() as connection:
            return reports.outcome(connection, command_id)

    def commands(self, since_id: int = 0, limit: int = 200) -> list[CommandRow]:
        """Give commands with a higher number, oldest first."""
        with self._database.reading() as connection:
            return reports.commands(connection, since_id, limit)

    def tasks(self, since_rev: int = 0, recycled: bool | None = False) -> list[TaskRow]:
        """Give the tasks that changed since, by position; `recycled` None gives both queues."""
        with self._database.reading() as connection:
            return reports.tasks(connection, since_rev, recycled)

    def task(self, task_id: int) -> TaskRow:
        """Give one task. Raises Refused when there is none."""
        with self._database.reading() as connection:
            return reports.task(connection, task_id)

    def frame_states(self, task_id: int) -> FrameStates:
        """Give the state of every frame. Raises Refused when there is no such task."""
        with self._database.reading() as connection:
            return reports.frame_states(connection, task_id)

    def frames(self, task_id: int, since_rev: int = 0, limit: int = 2000) -> list[FrameRow]:
        """Give finished attempts with a higher rev, by rev; about `limit`, a rev is never cut."""
        with self._database.reading() as connection:
            return reports.frames(connection, task_id, since_rev, limit)

    def frame_times(self, task_id: int) -> FrameTimes:
        """Give the seconds of each frame that a node rendered; none where there is no such task."""
        return snapshot.frame_times(self._database, task_id)

    def paces(self, task_ids: Collection[int]) -> list[Pace]:
        """Give how fast nodes rendered frames of these tasks; without any, a task is absent."""
        with self._database.reading() as connection:
            return reports.paces(connection, task_ids)

    def nodes(self, since_rev: int = 0) -> list[NodeRow]:
        """Give the nodes that changed since, by name."""
        with self._database.reading() as connection:
            return reports.nodes(connection, since_rev)

    def logs(
        self, since_id: int = 0, *, task_id: int | None = None, limit: int = 1000
    ) -> list[LogRow]:
        """Give log lines with a higher number, oldest first; with `since_id` 0 the newest ones."""
        with self._database.reading() as connection:
            return reports.logs(connection, since_id, task_id, limit)

    def urgent_requests(self, since_rev: int = 0) -> list[UrgentRow]:
        """Give the urgent requests that changed since, by number; those that are over too."""
        with self._database.reading() as connection:
            return urgent_rows.read_since(connection, since_rev)

    def messages(self, user: User, since_id: int = 0, limit: int = 200) -> list[MessageRow]:
        """Give what a user, or his role, was told, oldest first; `since_id` 0: the newest ones."""
        with self._database.reading() as connection:
            return urgent_rows.read_messages(connection, user, since_id, limit)

    def close(self) -> None:
        """Close the connections."""
        self._database.close()
