"""What a customer sees of the farm: his own tasks, commands, messages and urgent requests.

A FarmLink like `DirectLink`, with the owner in every question. Of what he sees, the farm's own
matters are left out: its nodes, its folders, who else asks for what. Numbers of tasks, positions
and revisions count the whole farm, and say no more than that it works.
"""

from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, datetime

from farmdesk.db import commands, reports, snapshot, urgent_rows
from farmdesk.db.database import Database
from farmdesk.domain.commands import Command, kind_of, to_body
from farmdesk.domain.errors import Refused
from farmdesk.domain.exits import ExitCost
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
from farmdesk.domain.said import UNSAID
from farmdesk.domain.states import TaskState
from farmdesk.domain.task_commands import SubmitTask, TakePackage
from farmdesk.domain.urgent import OPERATORS, Consent, UrgentRequest
from farmdesk.domain.users import NotAllowed, NotYours, User, check_allowed

HIDDEN = "···"  # stands for another customer's login


_IN_THE_QUEUE = {
    TaskState.QUEUED: (
        "It waits for its turn; the render staff start it.",
        "任务正在排队，将由渲染人员派发。",
    ),
    TaskState.RENDERING: ("", ""),
    TaskState.PAUSED: ("The render staff paused it.", "渲染人员已暂停该任务。"),
    TaskState.PREEMPTED: (
        "It gave its nodes to an urgent task and goes on by itself.",
        "任务已为加急任务让出节点，之后会自动继续。",
    ),
}
"""What a customer reads where the staff reads why: that names nodes and other people's tasks."""


class UploadOnly(Refused):
    """A customer names a scene that lies on the farm: whose it is, nobody can tell."""

    def __init__(self) -> None:
        super().__init__(
            "A scene comes to the farm in a package of yours: farmdesk submit SCENE --package "
            "FOLDER --frames FRAMES.",
            "场景须随您自己的场景包上传到农场：farmdesk submit 场景 --package 文件夹 --frames 帧。",
        )


class OwnLink:
    """One customer's way to the farm. Safe between threads."""

    def __init__(self, database: Database, user: User) -> None:
        self._database = database
        self._user = user

    def send(self, command: Command) -> int:
        """Hand a command in. Raises NotAllowed, NotYours or UploadOnly.

        That a package is whole, the gateway says itself: see `uploads`.
        """
        if isinstance(command, TakePackage):
            raise NotAllowed(self._user)
        if isinstance(command, SubmitTask) and not command.upload:
            check_allowed(self._user, command, None)
            raise UploadOnly
        task_id = getattr(command, "task_id", None)
        with self._database.writing() as connection:
            owner = None if task_id is None else reports.owner_of(connection, task_id)
            check_allowed(self._user, command, owner)
            return commands.send(
                connection,
                kind_of(command),
                to_body(command),
                issued_by=self._user.login,
                at=datetime.now(UTC),
            )

    def outcome(self, command_id: int) -> CommandRow:
        """Give an own command; anybody else's is as if there were none."""
        with self._database.reading() as connection:
            row = reports.outcome(connection, command_id)
        if row.issued_by != self._user.login:
            raise reports.no_command(command_id)
        return row

    def commands(self, since_id: int = 0, limit: int = 200) -> list[CommandRow]:
        """Give own commands."""
        with self._database.reading() as connection:
            return reports.commands(connection, since_id, limit, self._user.login)

    def tasks(self, since_rev: int = 0, recycled: bool | None = False) -> list[TaskRow]:
        """Give own tasks."""
        with self._database.reading() as connection:
            rows = reports.tasks(connection, since_rev, recycled, self._user.login)
        return [_for_owner(row) for row in rows]

    def task(self, task_id: int) -> TaskRow:
        """Give an own task. Raises NotYours."""
        with self._database.reading() as connection:
            row = None
            if reports.owner_of(connection, task_id) == self._user.login:
                row = reports.task(connection, task_id)
        if row is None:
            raise NotYours(task_id)
        return _for_owner(row)

    def frame_states(self, task_id: int) -> FrameStates:
        """Give the frame states of an own task. Raises NotYours."""
        self.task(task_id)
        with self._database.reading() as connection:
            return reports.frame_states(connection, task_id)

    def frames(self, task_id: int, since_rev: int = 0, limit: int = 2000) -> list[FrameRow]:
        """Give finished attempts of an own task, without nodes; none of a task that is not his."""
        with self._database.reading() as connection:
            if reports.owner_of(connection, task_id) != self._user.login:
                return []
            rows = reports.frames(connection, task_id, since_rev, limit)
        return [replace(row, record=replace(row.record, node="")) for row in rows]

    def frame_times(self, task_id: int) -> FrameTimes:
        """Give the render seconds of an own task; none of a task that is not his."""
        with self._database.reading() as connection:
            if reports.owner_of(connection, task_id) != self._user.login:
                return FrameTimes(task_id, {}, None)
        return snapshot.frame_times(self._database, task_id)

    def paces(self, task_ids: Collection[int]) -> list[Pace]:
        """Give the paces of own tasks."""
        with self._database.reading() as connection:
            own = reports.owned(connection, task_ids, self._user.login)
            return reports.paces(connection, own)

    def nodes(self, since_rev: int = 0) -> list[NodeRow]:  # noqa: ARG002  # FarmLink has it
        """Give nothing: which nodes there are is the farm's matter."""
        return []

    def logs(
        self, since_id: int = 0, *, task_id: int | None = None, limit: int = 1000
    ) -> list[LogRow]:
        """Give log lines about own tasks, without nodes."""
        with self._database.reading() as connection:
            rows = reports.logs(connection, since_id, task_id, limit, self._user.login)
        return [replace(row, record=replace(row.record, node=None)) for row in rows]

    def urgent_requests(self, since_rev: int = 0) -> list[UrgentRow]:
        """Give the requests that he made, and what he must know of those that he is asked about."""
        with self._database.reading() as connection:
            rows = urgent_rows.read_since(connection, since_rev)
            asked = [row for row in rows if _concerns(row.request, self._user)]
            tasks = {task_id for row in asked for task_id in _losses(row.request)}
            own = reports.owned(connection, tasks, self._user.login)
        return [_reduced(row, self._user, own) for row in asked]

    def messages(self, user: User, since_id: int = 0, limit: int = 200) -> list[MessageRow]:
        """Give what he was told; nothing for another user. Role messages are for his role."""
        if user != self._user:
            return []
        with self._database.reading() as connection:
            return urgent_rows.read_messages(connection, user, since_id, limit)

    def close(self) -> None:
        """Leave the database open: it is the gateway's."""


def _for_owner(row: TaskRow) -> TaskRow:
    """Leave out the folder, and what the staff reads of nodes, other tasks and its own commands."""
    reason, reason_zh = _IN_THE_QUEUE.get(row.state, (row.reason, row.reason_zh))
    return replace(row, output="", reason=reason, reason_zh=reason_zh)


def _concerns(request: UrgentRequest, user: User) -> bool:
    return request.asked_by == user.login or user.login in request.asked


def _losses(request: UrgentRequest) -> list[int]:
    return [loss.task_id for cost in request.costs for loss in cost.tasks]


def _reduced(row: UrgentRow, user: User, own: Collection[int]) -> UrgentRow:
    """Leave of a request what its asker may know, or somebody who was asked.

    Its reason stays: it was written for those who lose nodes.
    """
    request = row.request
    if request.asked_by == user.login:
        consents = tuple(_hidden(consent, user) for consent in request.consents)
        costs = tuple(_own_losses(cost, own) for cost in request.costs)
        return replace(row, request=replace(request, consents=consents, costs=costs))
    reduced = replace(
        request,
        task_id=0,
        asked_by=HIDDEN,
        consents=tuple(consent for consent in request.consents if consent.login == user.login),
        costs=tuple(_own_alone(cost, own) for cost in request.costs),
        decided_by="",
        decision="",
        ending=UNSAID,
    )
    return replace(row, request=reduced, task_name="")


def _hidden(consent: Consent, user: User) -> Consent:
    if consent.login in (user.login, OPERATORS):
        return consent
    return replace(consent, login=HIDDEN, by=HIDDEN if consent.by == consent.login else consent.by)


def _own_losses(cost: ExitCost, own: Collection[int]) -> ExitCost:
    return replace(cost, tasks=tuple(loss for loss in cost.tasks if loss.task_id in own))


def _own_alone(cost: ExitCost, own: Collection[int]) -> ExitCost:
    """Give the cost as if his tasks were all that lose."""
    mine = _own_losses(cost, own).tasks
    return replace(
        cost,
        nodes=sum(loss.nodes for loss in mine),
        frames=sum(loss.frames for loss in mine),
        seconds=sum(loss.seconds for loss in mine),
        reload_s=0.0,
        tasks=mine,
    )
