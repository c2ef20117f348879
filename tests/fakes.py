"""`FakeLink`: a farm in memory, for tests of what shows it; the same contract as DirectLink."""

from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, datetime
from statistics import fmean, pstdev

from farmdesk.domain.commands import Command, kind_of, to_body
from farmdesk.domain.errors import FarmUnavailable, Refused
from farmdesk.domain.frames import FrameSet
from farmdesk.domain.node import BY_HAND
from farmdesk.domain.records import Flush, NewTask, TaskRecord
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
from farmdesk.domain.states import FrameState
from farmdesk.domain.users import Role, User


class FakeLink:
    """A FarmLink without a database. Tests change the farm by `apply`, hide it by `go_away`.

    `sent` holds the commands that came, in order; `apply` a Flush with an Outcome answers one.
    """

    def __init__(self, issued_by: str = "operator") -> None:
        self.sent: list[Command] = []
        self._issued_by = issued_by
        self._away = False
        self._rev = 0
        self._flush = 0
        self._new: dict[int, NewTask] = {}
        self._tasks: dict[int, tuple[int, TaskRecord]] = {}  # with their rev
        self._blobs: dict[int, tuple[int, bytes]] = {}
        self._frames: dict[tuple[int, int, int], FrameRow] = {}
        self._nodes: dict[str, NodeRow] = {}
        self._logs: list[LogRow] = []
        self._commands: list[CommandRow] = []
        self._urgents: dict[int, UrgentRow] = {}
        self._messages: list[MessageRow] = []

    def go_away(self) -> None:
        """Let every method raise FarmUnavailable from now on."""
        self._away = True

    def come_back(self) -> None:
        """Answer again."""
        self._away = False

    def apply(self, flush: Flush) -> int:
        """Change the farm as the store would, and give the new rev."""
        if flush.number <= self._flush:
            return self._rev
        self._flush, self._rev = flush.number, self._rev + 1
        for new in flush.new_tasks:
            self._new[new.task_id] = new
            self._blobs[new.task_id] = (self._rev, bytes(new.total))
        self._apply_tasks(flush)
        for frame in flush.frames:
            self._frames[frame.task_id, frame.frame, frame.attempt] = FrameRow(self._rev, frame)
        for log in flush.logs:
            self._logs.append(LogRow(len(self._logs) + 1, log))
        for request in flush.urgents:
            known = self._new.get(request.task_id)
            name = known.spec.name if known is not None else ""
            self._urgents[request.id] = UrgentRow(self._rev, request, name)
        for message in flush.messages:
            self._messages.append(MessageRow(len(self._messages) + 1, message))
        for answer in flush.outcomes:
            self._commands[answer.command_id - 1] = replace(
                self._commands[answer.command_id - 1],
                applied=answer.applied,
                text=answer.text,
                text_zh=answer.text_zh,
                task_id=answer.task_id,
            )
        return self._rev

    def _apply_tasks(self, flush: Flush) -> None:
        touched = {node.task_id for node in flush.nodes}
        touched |= {
            self._nodes[n.node].record.task_id for n in flush.nodes if n.node in self._nodes
        }
        for task in flush.tasks:
            old = self._tasks.get(task.task_id)
            if task.check_report is None and old is not None:
                task = replace(task, check_report=old[1].check_report)
            if task.frame_states is not None:
                self._blobs[task.task_id] = (self._rev, task.frame_states)
            self._tasks[task.task_id] = (self._rev, task)
        for task_id in (found for found in touched if found is not None):
            self._tasks[task_id] = (self._rev, self._tasks[task_id][1])
        for node in flush.nodes:
            name = self._new[node.task_id].spec.name if node.task_id in self._new else ""
            self._nodes[node.node] = NodeRow(self._rev, node, name)

    def send(self, command: Command) -> int:
        """Keep the command and give its number."""
        self._reach()
        body = to_body(command)
        if any(isinstance(value, str) and "\0" in value for value in body.values()):
            raise Refused("The command holds a NUL.", "命令中含有 NUL 字符。")
        self.sent.append(command)
        number = len(self._commands) + 1
        row = CommandRow(number, kind_of(command), self._issued_by, datetime.now(UTC), body)
        self._commands.append(row)
        return number

    def outcome(self, command_id: int) -> CommandRow:
        """Give the command with its answer."""
        self._reach()
        if not 1 <= command_id <= len(self._commands):
            raise Refused(f"There is no command {command_id}.", f"没有命令 {command_id}。")
        return self._commands[command_id - 1]

    def commands(self, since_id: int = 0, limit: int = 200) -> list[CommandRow]:
        """Give commands with a higher number."""
        self._reach()
        return self._commands[since_id : since_id + limit]

    def tasks(self, since_rev: int = 0, recycled: bool | None = False) -> list[TaskRow]:
        """Give the tasks that changed since, by position."""
        self._reach()
        rows = [self._row(task_id) for task_id in self._tasks]
        rows = [r for r in rows if r.rev > since_rev and recycled in (None, r.recycled)]
        return sorted(rows, key=lambda row: (row.position, row.id))

    def task(self, task_id: int) -> TaskRow:
        """Give one task."""
        self._reach()
        if task_id not in self._tasks:
            raise Refused(f"There is no task {task_id}.", f"没有任务 {task_id}。")
        return self._row(task_id)

    def frame_states(self, task_id: int) -> FrameStates:
        """Give the state of every frame."""
        row = self.task(task_id)
        frames = FrameSet.parse(row.frames)
        blob_rev, blob = self._blobs[task_id]
        states = bytearray(blob).replace(b"\x02", b"\x01")
        for attempt in self.frames(task_id, blob_rev):
            states[frames.index_of(attempt.record.frame)] = attempt.record.state
        for node in self._nodes.values():
            if node.record.task_id == task_id and node.record.frame is not None:
                states[frames.index_of(node.record.frame)] = FrameState.RENDERING
        return FrameStates(task_id, self._rev, bytes(states))

    def frames(self, task_id: int, since_rev: int = 0, limit: int = 2000) -> list[FrameRow]:
        """Give finished attempts with a higher rev, by rev; a rev is never cut."""
        self._reach()
        rows = [r for r in self._frames.values() if r.record.task_id == task_id]
        rows = [row for row in rows if row.rev > since_rev]
        rows.sort(key=lambda row: (row.rev, row.record.frame, row.record.attempt))
        last = rows[min(limit, len(rows)) - 1].rev if rows else 0
        return [row for row in rows if row.rev <= last]

    def frame_times(self, task_id: int) -> FrameTimes:
        """Give the render seconds of each proven frame that a node rendered."""
        records = [row.record for row in self.frames(task_id) if row.record.node != BY_HAND]
        proven = [record for record in records if record.state is FrameState.DONE]
        loads = [record.load_s for record in proven if record.load_s > 0.0]
        seconds = {record.frame: record.render_s for record in proven}
        return FrameTimes(task_id, seconds, sum(loads) / len(loads) if loads else None)

    def paces(self, task_ids: Collection[int]) -> list[Pace]:
        """Give how fast the proven frames of these tasks were; without any, a task is absent."""
        found = []
        for times in (self.frame_times(task_id) for task_id in task_ids):
            seconds = list(times.seconds.values())
            if seconds:
                mean, deviation = fmean(seconds), pstdev(seconds)
                found.append(Pace(times.task_id, len(seconds), mean, deviation, times.load_s))
        return found

    def nodes(self, since_rev: int = 0) -> list[NodeRow]:
        """Give the nodes that changed since."""
        self._reach()
        rows = [row for row in self._nodes.values() if row.rev > since_rev]
        return sorted(rows, key=lambda row: row.record.node)

    def logs(
        self, since_id: int = 0, *, task_id: int | None = None, limit: int = 1000
    ) -> list[LogRow]:
        """Give log lines with a higher number; with `since_id` 0 the newest ones."""
        self._reach()
        rows = [r for r in self._logs if r.id > since_id and task_id in (None, r.record.task_id)]
        return rows[:limit] if since_id else rows[-limit:]

    def urgent_requests(self, since_rev: int = 0) -> list[UrgentRow]:
        """Give the urgent requests that changed since, by number."""
        self._reach()
        return [row for _, row in sorted(self._urgents.items()) if row.rev > since_rev]

    def messages(self, user: User, since_id: int = 0, limit: int = 200) -> list[MessageRow]:
        """Give what a user, or his role, was told; with `since_id` 0 the newest ones."""
        self._reach()
        roles = {user.role, Role.OPERATOR} if user.role is Role.SUPERADMIN else {user.role}
        rows = [row for row in self._messages if row.id > since_id]
        rows = [
            row
            for row in rows
            if (row.record.role in roles if row.record.role else row.record.user == user.login)
        ]
        return rows[:limit] if since_id else rows[-limit:]

    def close(self) -> None:
        """Nothing is held."""

    def _reach(self) -> None:
        if self._away:
            raise FarmUnavailable("The farm is away.", "无法连接渲染农场。")

    def _row(self, task_id: int) -> TaskRow:
        (rev, record), new = self._tasks[task_id], self._new[task_id]
        spec = new.spec
        return TaskRow(
            id=task_id,
            rev=rev,
            name=spec.name,
            owner=new.owner,
            project=spec.project,
            show=spec.show,
            version=spec.version,
            tool=spec.tool,
            tool_version=spec.tool_version,
            state=record.state,
            reason=record.reason,
            priority=record.priority,
            position=record.position,
            frames=spec.frames,
            total=new.total,
            done=record.done,
            failed=record.failed,
            running=record.running,
            nodes=sum(node.record.task_id == task_id for node in self._nodes.values()),
            render_s=record.render_s,
            created_at=new.created_at,
            started_at=record.started_at,
            finished_at=record.finished_at,
            recycled=record.recycled,
            output=new.output,
            check_report=record.check_report,
            policy=spec.policy,
            previous_task=spec.previous_task,
            change=spec.change,
            after=record.after,
            after_mode=record.after_mode,
            due=spec.due,
            reason_zh=record.reason_zh,
            purged=record.purged,
        )
