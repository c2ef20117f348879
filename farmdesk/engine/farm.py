"""The farm in memory: tasks, nodes, and all that changed since the last flush."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime

from farmdesk.domain.accounts import Deed, about_task
from farmdesk.domain.queues import RecycleQueue, RenderQueue
from farmdesk.domain.records import (
    Flush,
    FrameRecord,
    LogRecord,
    MessageRecord,
    NewTask,
    NodeRecord,
    Outcome,
    TaskRecord,
)
from farmdesk.domain.snapshot import FarmSnapshot
from farmdesk.domain.states import FrameState, NodeState
from farmdesk.domain.urgent import UrgentRequest
from farmdesk.engine.task_entry import TaskEntry, make_entry

STATES_EVERY_S = 2.0  # how often the frame-state blob of a rendering task is written
MAX_LOGS = 500  # lines of one flush; a node that floods must not drown the database


class Farm:
    """Tasks by number, nodes by name; collects what the next flush has to say."""

    def __init__(self, snapshot: FarmSnapshot) -> None:
        self.tasks: dict[int, TaskEntry] = {}
        self.nodes: dict[str, NodeRecord] = {node.node: node for node in snapshot.nodes}
        self.last_task_id = snapshot.last_task_id
        self.urgents = {request.id: request for request in snapshot.urgents}  # those that are open
        self.last_urgent_id = snapshot.last_urgent_id
        self._number = snapshot.last_flush
        self._new: list[NewTask] = []
        self._frames: list[FrameRecord] = []
        self._logs: list[LogRecord] = []
        self._outcomes: list[Outcome] = []
        self._changed_urgents: dict[int, UrgentRequest] = {}
        self._messages: list[MessageRecord] = []
        self._deeds: list[Deed] = []
        self._dirty_tasks: dict[int, bool] = {}  # task -> whether its frame states must come along
        self._node_changes: dict[str, dict[str, object]] = {}
        self.urgent = False  # somebody waits for this flush
        self.changes = 0  # grows whenever slots may have to be planned anew
        self.stirred: set[int] = set()  # tasks whose state changed since dependents looked
        self.proven: dict[int, list[int]] = {}  # frames done since then, by task
        self.queue = RenderQueue()
        self._recycled = RecycleQueue()
        for stored in snapshot.tasks:
            entry = make_entry(stored)
            self.tasks[entry.task.id] = entry
            self.queue.restore(entry.task)

    @property
    def flushes(self) -> int:
        """The number of the last flush."""
        return self._number

    def add(self, entry: TaskEntry) -> None:
        """Take a new task in, at the end of its queue."""
        self.last_task_id = entry.task.id
        self.tasks[entry.task.id] = entry
        self.queue.add(entry.task)
        self._new.append(entry.new)
        self.touch(entry, states=True)

    def take_back(self, entry: TaskEntry) -> None:
        """Take in a recycled task that was not in memory."""
        self.tasks[entry.task.id] = entry
        self._recycled.hold(entry.task)

    def recycle(self, entry: TaskEntry) -> None:
        """Move a task to the recycle queue. Raises Refused while somebody works for it."""
        self._recycled.recycle(entry.task)
        self.queue.remove(entry.task)
        self.touch(entry, states=True)

    def restore(self, entry: TaskEntry) -> None:
        """Bring a task back to its place. Raises Refused."""
        self.queue.restore(self._recycled.restore(entry.task.id))
        self.touch(entry, states=True)

    def purge(self, entry: TaskEntry) -> None:
        """Take a recycled task out for good. Raises Refused."""
        self._recycled.purge(entry.task.id)
        self.touch(entry, states=True)

    def touch(self, entry: TaskEntry, *, states: bool = False) -> None:
        """Note that a task changed.

        `states`: its frame states too, and somebody should see it now.
        """
        key = entry.task.id
        self._dirty_tasks[key] = self._dirty_tasks.get(key, False) or states
        self.urgent = self.urgent or states
        if states:
            self.changes += 1
            self.stirred.add(key)

    def record_frame(self, entry: TaskEntry, record: FrameRecord) -> None:
        """Note a finished attempt, and what became of the frame."""
        before = entry.state_of(record.frame)
        entry.set_state(record.frame, record.state)
        if record.state is FrameState.DONE and before is not FrameState.DONE:
            entry.render_s += record.render_s
            self.proven.setdefault(record.task_id, []).append(record.frame)
        self._frames.append(record)
        self.touch(entry)

    def set_node(self, node: str, **changes: object) -> None:
        """Change fields of a node's record, with the next flush."""
        waiting = self._node_changes.get(node)
        if waiting is None:
            waiting = self._node_changes[node] = {}
        waiting.update(changes)

    def log(self, line: LogRecord) -> None:
        """Note a line for people."""
        if len(self._logs) < MAX_LOGS:
            self._logs.append(line)

    def note(
        self,
        entry: TaskEntry,
        level: str,
        text: str,
        at: datetime,
        *,
        node: str | None = None,
        frame: int | None = None,
    ) -> None:
        """Note a line about a task, for people."""
        self.log(LogRecord(at, level, text, task_id=entry.task.id, node=node, frame=frame))

    def answer(self, outcome: Outcome) -> None:
        """Note what became of a command; its sender waits."""
        self._outcomes.append(outcome)
        self.urgent = True

    def save_urgent(self, request: UrgentRequest) -> None:
        """Keep an urgent request as it is now; one that is over is forgotten once it is written."""
        self.last_urgent_id = max(self.last_urgent_id, request.id)
        self._changed_urgents[request.id] = request
        if request.open:
            self.urgents[request.id] = request
        else:
            self.urgents.pop(request.id, None)
        self.urgent = True

    def tell(self, message: MessageRecord) -> None:
        """Note a message for people."""
        self._messages.append(message)

    def put_on_record(self, entry: TaskEntry, action: str, detail: str, at: datetime) -> None:
        """Have the audit log say what the farm did to a task by itself."""
        self._deeds.append(Deed(at, "farm", action, about_task(entry.task.id), detail))

    @property
    def changed(self) -> bool:
        """Whether the next flush would say anything."""
        return bool(
            self._new
            or self._frames
            or self._logs
            or self._outcomes
            or self._changed_urgents
            or self._messages
            or self._deeds
            or self._dirty_tasks
            or self._node_changes
        )

    def collect(self, now: float, overlay: Callable[[TaskEntry], bytes]) -> Flush | None:
        """Give the next flush, or None when nothing changed. `overlay` gives full frame states."""
        if not self.changed:
            return None
        self._number += 1
        flush = Flush(
            number=self._number,
            new_tasks=tuple(self._new),
            frames=tuple(self._frames),
            tasks=tuple(
                self._task_record(self.tasks[key], forced, now, overlay)
                for key, forced in self._dirty_tasks.items()
            ),
            nodes=tuple(self._node_records()),
            logs=tuple(self._logs),
            outcomes=tuple(self._outcomes),
            urgents=tuple(self._changed_urgents.values()),
            messages=tuple(self._messages),
            deeds=tuple(self._deeds),
        )
        lists = (self._new, self._frames, self._logs, self._outcomes, self._messages, self._deeds)
        for part in lists:
            part.clear()
        self._changed_urgents.clear()
        self._dirty_tasks.clear()
        self._node_changes.clear()
        self.urgent = False
        return flush

    def _node_records(self) -> Iterator[NodeRecord]:
        """Give the nodes that differ from what was written of them last."""
        for name, changes in sorted(self._node_changes.items()):
            old = self.nodes.get(name)
            new = replace(old or NodeRecord(name, NodeState.OFFLINE), **changes)  # type: ignore[arg-type]
            if new != old:
                self.nodes[name] = new
                yield new

    def _task_record(
        self,
        entry: TaskEntry,
        forced: bool,
        now: float,
        overlay: Callable[[TaskEntry], bytes],
    ) -> TaskRecord:
        states = None
        if forced or now - entry.states_written_at >= STATES_EVERY_S:
            entry.states_written_at = now
            states = overlay(entry)
        return TaskRecord(
            task_id=entry.task.id,
            state=entry.task.state,
            reason=entry.task.reason,
            reason_zh=entry.task.reason_zh,
            priority=entry.task.priority,
            position=entry.task.position,
            done=entry.count(FrameState.DONE),
            failed=entry.count(FrameState.FAILED),
            running=entry.running,
            render_s=entry.render_s,
            started_at=entry.started_at,
            finished_at=entry.finished_at,
            frame_states=states,
            check_report=entry.check_report,
            recycled=entry.task.recycled,
            purged=entry.task.purged,
            after=entry.task.after,
            after_mode=entry.task.after_mode,
        )
