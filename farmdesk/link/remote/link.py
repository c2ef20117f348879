"""`RemoteLink`: the way to the farm through its gateway, for customers and automation."""

import json
from collections.abc import Collection
from typing import TypeVar

from farmdesk.domain.commands import Command, kind_of, to_body
from farmdesk.domain.errors import Refused
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
from farmdesk.link.remote.door import Params
from farmdesk.link.remote.session import RemoteSession
from farmdesk.link.wire import PackedStates, Sent, from_json

PACES_AT_ONCE = 500
_QUEUES = {False: "no", True: "yes", None: "both"}

Row = TypeVar("Row")


class RemoteLink:
    """A FarmLink over HTTPS. Safe to use from several threads."""

    def __init__(self, session: RemoteSession) -> None:
        self._session = session

    def send(self, command: Command) -> int:
        """Send the command and give its number. Raises Refused when it is not allowed."""
        told = {"kind": kind_of(command), "body": to_body(command)}
        try:
            body = json.dumps(told, allow_nan=False).encode()
        except ValueError:
            raise Refused(
                "The command holds a number that is none. Correct it and send it again.",
                "命令中含有无效的数值。请改正后重新发送。",
            ) from None
        return from_json(Sent, self._session.ask("POST", "/commands", body=body)).id

    def outcome(self, command_id: int) -> CommandRow:
        """Give the command with its answer. Raises Refused when there is no such command."""
        return self._read(CommandRow, f"/commands/{command_id}")

    def commands(self, since_id: int = 0, limit: int = 200) -> list[CommandRow]:
        """Give commands with a higher number, oldest first."""
        return self._read(list[CommandRow], "/commands", {"since": since_id, "limit": limit})

    def tasks(self, since_rev: int = 0, recycled: bool | None = False) -> list[TaskRow]:
        """Give the tasks that changed since, by position; `recycled` None gives both queues."""
        params: Params = {"since": since_rev, "recycled": _QUEUES[recycled]}
        return self._read(list[TaskRow], "/tasks", params)

    def task(self, task_id: int) -> TaskRow:
        """Give one task. Raises Refused when there is none."""
        return self._read(TaskRow, f"/tasks/{task_id}")

    def frame_states(self, task_id: int) -> FrameStates:
        """Give the state of every frame. Raises Refused when there is no such task."""
        return self._read(PackedStates, f"/tasks/{task_id}/states").unpacked()

    def frames(self, task_id: int, since_rev: int = 0, limit: int = 2000) -> list[FrameRow]:
        """Give finished attempts with a higher rev, by rev; about `limit`, a rev is never cut."""
        params: Params = {"since": since_rev, "limit": limit}
        return self._read(list[FrameRow], f"/tasks/{task_id}/frames", params)

    def frame_times(self, task_id: int) -> FrameTimes:
        """Give the render seconds of each proven frame; none for a task that there is not."""
        return self._read(FrameTimes, f"/tasks/{task_id}/times")

    def paces(self, task_ids: Collection[int]) -> list[Pace]:
        """Give how fast the proven frames of these tasks were; without any, a task is absent."""
        wanted, found = list(task_ids), list[Pace]()
        for start in range(0, len(wanted), PACES_AT_ONCE):
            part = wanted[start : start + PACES_AT_ONCE]
            found += self._read(list[Pace], "/paces", {"task": part})
        return found

    def nodes(self, since_rev: int = 0) -> list[NodeRow]:
        """Give the nodes that changed since, by name; to customers, none."""
        return self._read(list[NodeRow], "/nodes", {"since": since_rev})

    def logs(
        self, since_id: int = 0, *, task_id: int | None = None, limit: int = 1000
    ) -> list[LogRow]:
        """Give log lines with a higher number, oldest first; with `since_id` 0 the newest ones."""
        params: dict[str, int | str | list[int]] = {"since": since_id, "limit": limit}
        if task_id is not None:
            params["task"] = task_id
        return self._read(list[LogRow], "/logs", params)

    def urgent_requests(self, since_rev: int = 0) -> list[UrgentRow]:
        """Give the urgent requests that changed since, by number; those that are over too."""
        return self._read(list[UrgentRow], "/urgent", {"since": since_rev})

    def messages(self, user: User, since_id: int = 0, limit: int = 200) -> list[MessageRow]:
        """Give what a user, or his role, was told, oldest first; `since_id` 0: the newest ones."""
        params: Params = {
            "login": user.login,
            "role": user.role.value,
            "since": since_id,
            "limit": limit,
        }
        return self._read(list[MessageRow], "/messages", params)

    def close(self) -> None:
        """Close the connections; the session goes on."""
        self._session.close()

    def _read(self, kind: type[Row], path: str, params: Params | None = None) -> Row:
        return from_json(kind, self._session.ask("GET", path, params=params))
