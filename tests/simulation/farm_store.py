"""The farm's store in memory, with the store's contract, for simulated farms.

It can go away, or lose the line after a commit, as a database does.
"""

from collections.abc import Collection, Iterator
from dataclasses import replace
from datetime import UTC, datetime

from farmdesk.domain.commands import Command, kind_of, to_body
from farmdesk.domain.errors import FarmUnavailable
from farmdesk.domain.frames import FrameSet
from farmdesk.domain.records import Flush, FrameRecord, NewTask, NodeRecord, TaskRecord
from farmdesk.domain.rows import CommandRow, FrameTimes
from farmdesk.domain.snapshot import FarmSnapshot, StoredTask
from farmdesk.domain.states import FrameState, TaskState
from farmdesk.domain.urgent import UrgentRequest

_OVER = {TaskState.QUEUED, TaskState.COMPLETED, TaskState.EXPIRED}
_SENT_AT = datetime(2026, 2, 4, tzinfo=UTC)


class MemoryStore:
    """What the database holds. `away`: every method raises; `torn`: the next answer is lost.

    `wrong` gathers what no engine may do to a store.
    """

    def __init__(self) -> None:
        self.away = False
        self.torn = False
        self.wrong: list[str] = []
        self.tasks: dict[int, TaskRecord] = {}
        self.commands: dict[int, CommandRow] = {}
        self._flush = 0
        self._new: dict[int, NewTask] = {}
        self._blobs: dict[int, tuple[int, bytes]] = {}
        self._frames: dict[int, dict[tuple[int, int], tuple[int, FrameRecord]]] = {}
        self._nodes: dict[str, NodeRecord] = {}
        self._urgents: dict[int, UrgentRequest] = {}

    # ---- people ----------------------------------------------------------------------------------

    def send(self, command: Command, user: str) -> int:
        """Keep a command for the engine."""
        number = len(self.commands) + 1
        body = to_body(command)
        self.commands[number] = CommandRow(number, kind_of(command), user, _SENT_AT, body)
        return number

    @property
    def unanswered(self) -> list[CommandRow]:
        """Commands without an answer."""
        return [row for row in self.commands.values() if row.applied is None]

    @property
    def urgents(self) -> list[UrgentRequest]:
        """All urgent requests."""
        return list(self._urgents.values())

    def task_ids(self) -> list[int]:
        """Give the tasks there are."""
        return list(self.tasks)

    # ---- the engine ------------------------------------------------------------------------------

    def renew_lease(self, now: datetime, seconds: float) -> None:
        """Nobody else wants it."""
        del now, seconds
        self._reach()

    def apply(self, flush: Flush) -> int:
        """Take a flush, once."""
        self._reach()
        if flush.number <= self._flush:
            return self._flush
        if flush.number > self._flush + 1:
            self.wrong.append(f"flush {flush.number} follows flush {self._flush}")
        self._flush = flush.number
        for new in flush.new_tasks:
            self._new[new.task_id] = new
            self._blobs[new.task_id] = (flush.number, bytes(new.total))
            self._frames[new.task_id] = {}
        for task in flush.tasks:
            self._apply_task(task)
        for frame in flush.frames:
            self._frames[frame.task_id][frame.frame, frame.attempt] = (flush.number, frame)
        self._nodes.update((node.node, node) for node in flush.nodes)
        self._urgents.update((request.id, request) for request in flush.urgents)
        for answer in flush.outcomes:
            row = self.commands[answer.command_id]
            if row.applied is not None:
                self.wrong.append(f"command {row.id} was answered twice")
            self.commands[row.id] = replace(
                row, applied=answer.applied, text=answer.text, task_id=answer.task_id
            )
        if self.torn:
            self.torn = False
            raise FarmUnavailable("The answer to the commit was lost.", "提交的应答丢失。")
        return self._flush

    def _apply_task(self, task: TaskRecord) -> None:
        old = self.tasks.get(task.task_id)
        if task.check_report is None and old is not None:
            task = replace(task, check_report=old.check_report)
        if task.frame_states is not None:
            self._blobs[task.task_id] = (self._flush, task.frame_states)
        self.tasks[task.task_id] = task

    def new_commands(self, known: Collection[int] = ()) -> list[CommandRow]:
        """Give commands without an answer."""
        self._reach()
        return [row for row in self.unanswered if row.id not in known]

    def load_task(self, task_id: int) -> StoredTask | None:
        """Give one task."""
        self._reach()
        record = self.tasks.get(task_id)
        if record is None:
            return None
        failures: dict[int, int] = {}
        if record.state not in _OVER:
            for row in self.attempts(task_id):
                if row.state is not FrameState.DONE:
                    failures[row.frame] = max(failures.get(row.frame, 0), row.attempt)
        states = bytes(self.states(task_id))
        return StoredTask(self._new[task_id], replace(record, frame_states=states), failures)

    def load_farm(self) -> FarmSnapshot:
        """Give the farm as of the last flush."""
        self._reach()
        alive = sorted(key for key, record in self.tasks.items() if not record.recycled)
        stored = [self.load_task(key) for key in alive]
        return FarmSnapshot(
            last_flush=self._flush,
            last_task_id=max(self.tasks, default=0),
            tasks=tuple(item for item in stored if item is not None),
            nodes=tuple(node for _, node in sorted(self._nodes.items())),
            urgents=tuple(item for _, item in sorted(self._urgents.items()) if item.open),
            last_urgent_id=max(self._urgents, default=0),
            standing=tuple(row for row in self.commands.values() if self._stands(row)),
        )

    def _stands(self, row: CommandRow) -> bool:
        record = self.tasks.get(row.task_id or 0)
        alive = record is not None and not record.recycled
        return bool(row.applied) and (
            row.kind == "set_auto_start" or (row.kind == "allocate_nodes" and alive)
        )

    # ---- what is on record -----------------------------------------------------------------------

    def frames(self, task_id: int) -> FrameSet:
        """Give the frames of a task."""
        return FrameSet.parse(self._new[task_id].spec.frames)

    def attempts(self, task_id: int) -> list[FrameRecord]:
        """Give all rows of a task by frame and attempt."""
        return [row for _, (_, row) in sorted(self._frames[task_id].items())]

    def proofs(self, task_id: int) -> Iterator[FrameRecord]:
        """Give the last attempt of each frame, where that one proved it."""
        self._reach()
        last = {row.frame: row for row in self.attempts(task_id)}
        return (row for row in last.values() if row.state is FrameState.DONE)

    def frame_times(self, task_id: int) -> FrameTimes:
        """Give the render seconds of each proven frame."""
        rows = list(self.proofs(task_id)) if task_id in self._frames else []
        return FrameTimes(task_id, {row.frame: row.render_s for row in rows}, None)

    def states(self, task_id: int) -> bytearray:
        """Give the saved frame states: the blob with younger rows laid over it."""
        number, blob = self._blobs[task_id]
        states, frames = bytearray(blob), self.frames(task_id)
        younger = [(n, key, row) for key, (n, row) in self._frames[task_id].items() if n > number]
        for _, _, row in sorted(younger, key=lambda item: item[:2]):
            states[frames.index_of(row.frame)] = row.state
        return states

    def _reach(self) -> None:
        if self.away:
            raise FarmUnavailable("The database is away.", "数据库无法连接。")
