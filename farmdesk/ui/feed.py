"""Keeps the window fresh: polls the link on the worker and tells the models what is new.

Rhythm (staggered, so that no turn of the GUI thread does everything): tasks, nodes, log, urgent
requests and messages 2 Hz, frames of the selected task 10 Hz by revision. Frame states are read
with every frame poll for small tasks, at 1 Hz for large ones, and never so often that the worker
does little else. While the farm is away nothing is polled but the probe.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

from PyQt5.QtCore import QObject, QTimer, pyqtSignal

from farmdesk.domain.users import User
from farmdesk.ui import reads
from farmdesk.ui.background import BACKFILL, URGENT, Background
from farmdesk.ui.connection import Connection
from farmdesk.ui.polls import Polls
from farmdesk.ui.reads import (
    FramesRead,
    LogsRead,
    MessagesRead,
    NodesRead,
    StatesRead,
    TasksRead,
    UrgentsRead,
)

STATES_DUTY = 10  # states are read again after ten times what the last read took, at least
BACKFILL_PAUSE_MS = 30  # leaves the interpreter to the GUI thread between two chunks
STAGGER_MS = 60  # between the first polls of two kinds


@dataclass(frozen=True, slots=True)
class Rhythm:
    """Milliseconds between two polls."""

    tasks_ms: int = 500
    nodes_ms: int = 500
    logs_ms: int = 500
    urgents_ms: int = 500
    messages_ms: int = 500
    frames_ms: int = 100
    states_of_large_ms: int = 1000
    large_task: int = 20_000  # frames


class Feed(QObject):
    """Asks for what came after the last that it told, and tells it by signals."""

    tasks_read = pyqtSignal(TasksRead)
    nodes_read = pyqtSignal(NodesRead)
    states_read = pyqtSignal(StatesRead)
    frames_read = pyqtSignal(FramesRead)
    logs_read = pyqtSignal(LogsRead)
    urgents_read = pyqtSignal(UrgentsRead)
    messages_read = pyqtSignal(MessagesRead)
    failed = pyqtSignal(object)  # an Exception that is no outage

    def __init__(
        self,
        background: Background,
        connection: Connection,
        user: User,
        rhythm: Rhythm | None = None,
    ) -> None:
        super().__init__()
        self._polls = Polls(background, connection, failed=self.failed.emit)
        self._connection = connection
        self._user = user
        self._rhythm = rhythm or Rhythm()
        self._since = dict.fromkeys(("tasks", "nodes", "frames", "logs", "urgents", "messages"), 0)
        self._task_id: int | None = None
        self._large = False
        self._states_due = 0.0  # on time.monotonic
        self._log_task_id: int | None = None
        self._timers = [
            self._timer(self._rhythm.tasks_ms, self._poll_tasks),
            self._timer(self._rhythm.nodes_ms, self._poll_nodes),
            self._timer(self._rhythm.logs_ms, self._poll_logs),
            self._timer(self._rhythm.frames_ms, self._poll_frames),
            self._timer(self._rhythm.urgents_ms, self._poll_urgents),
            self._timer(self._rhythm.messages_ms, self._poll_messages),
        ]
        self._states_timer = self._timer(self._rhythm.states_of_large_ms, self._poll_states)
        self._starts = [
            self._once(STAGGER_MS * place, timer.start) for place, timer in enumerate(self._timers)
        ]
        self._next_chunk = self._once(BACKFILL_PAUSE_MS, self._poll_frames)
        connection.came_back.connect(self._on_back)
        connection.went_away.connect(self.stop)
        connection.probe_due.connect(self._probe)

    def start(self) -> None:
        """Ask for everything once; the timers start with the first answer."""
        self._probe()

    def stop(self) -> None:
        """Ask no more, and wait for no answer."""
        for timer in (*self._starts, *self._timers, self._states_timer, self._next_chunk):
            timer.stop()
        self._polls.drop()

    def refresh(self) -> None:
        """Read everything anew, as after a start."""
        self._polls.drop()
        told = self._since["messages"]  # what was told once is not told again
        self._since = dict.fromkeys(self._since, 0) | {"messages": told}
        if self._connection.online:
            self._poll_all()

    def watch_task(self, task_id: int | None, total: int = 0) -> None:
        """Follow the frames of this task, or of none."""
        self._task_id = task_id
        self._large = total > self._rhythm.large_task
        self._states_due = 0.0
        self._since["frames"] = 0
        self._polls.reopen("frames", "states")
        if self._connection.online:
            self._poll_states()
            self._poll_frames()

    def watch_log(self, task_id: int | None) -> None:
        """Follow the log of this task, or of the whole farm."""
        if task_id != self._log_task_id:
            self._log_task_id = task_id
            self._since["logs"] = 0
            self._polls.reopen("logs")
            if self._connection.online:
                self._poll_logs()

    def _timer(self, interval_ms: int, poll: Callable[[], None]) -> QTimer:
        timer = QTimer(self)
        timer.setInterval(interval_ms)
        timer.timeout.connect(poll)
        return timer

    def _once(self, after_ms: int, act: Callable[[], None]) -> QTimer:
        timer = self._timer(after_ms, act)
        timer.setSingleShot(True)
        return timer

    def _on_back(self) -> None:
        self._since["nodes"] = 0
        for start in self._starts:
            start.start()
        self._states_timer.start()
        self._poll_all()

    def _probe(self) -> None:
        self._since["tasks"] = 0
        self._polls.reopen("tasks")
        self._poll_tasks()

    def _poll_all(self) -> None:
        self._poll_tasks()
        self._poll_nodes()
        self._poll_logs()
        self._poll_states()
        self._poll_frames()
        self._poll_urgents()
        self._poll_messages()

    def _poll_tasks(self) -> None:
        since = self._since["tasks"]
        self._polls.ask("tasks", lambda link: reads.read_tasks(link, since), self._on_tasks)

    def _poll_nodes(self) -> None:
        since = self._since["nodes"]
        self._polls.ask("nodes", lambda link: reads.read_nodes(link, since), self._on_nodes)

    def _poll_logs(self) -> None:
        since, task_id = self._since["logs"], self._log_task_id
        self._polls.ask("logs", lambda link: reads.read_logs(link, since, task_id), self._on_logs)

    def _poll_urgents(self) -> None:
        since = self._since["urgents"]
        self._polls.ask("urgents", lambda link: reads.read_urgents(link, since), self._on_urgents)

    def _poll_messages(self) -> None:
        since, user = self._since["messages"], self._user
        self._polls.ask(
            "messages", lambda link: reads.read_messages(link, user, since), self._on_messages
        )

    def _poll_states(self) -> None:
        task_id = self._task_id
        if task_id is not None and time.monotonic() >= self._states_due:
            self._polls.ask(
                "states",
                lambda link: reads.read_states(link, task_id),
                self._on_states,
                urgency=URGENT,
            )

    def _poll_frames(self) -> None:
        task_id, since = self._task_id, self._since["frames"]
        if task_id is None:
            return
        if not self._large:
            self._poll_states()
        self._polls.ask(
            "frames",
            lambda link: reads.read_frames(link, task_id, since),
            self._on_frames,
            urgency=BACKFILL,
        )

    def _on_tasks(self, read: TasksRead) -> None:
        self._since["tasks"] = max((self._since["tasks"], *(row.rev for row in read.rows)))
        self.tasks_read.emit(read)
        self._connection.succeeded(read.seconds)

    def _on_nodes(self, read: NodesRead) -> None:
        self._since["nodes"] = max((self._since["nodes"], *(row.rev for row in read.rows)))
        self.nodes_read.emit(read)

    def _on_logs(self, read: LogsRead) -> None:
        if read.task_id == self._log_task_id:
            self._since["logs"] = max((self._since["logs"], *(row.id for row in read.rows)))
            self.logs_read.emit(read)

    def _on_urgents(self, read: UrgentsRead) -> None:
        self._since["urgents"] = max((self._since["urgents"], *(row.rev for row in read.rows)))
        self.urgents_read.emit(read)

    def _on_messages(self, read: MessagesRead) -> None:
        self._since["messages"] = max((self._since["messages"], *(row.id for row in read.rows)))
        self.messages_read.emit(read)

    def _on_states(self, read: StatesRead) -> None:
        if read.task_id == self._task_id:
            self._states_due = time.monotonic() + STATES_DUTY * read.seconds
            self.states_read.emit(read)

    def _on_frames(self, read: FramesRead) -> None:
        if read.task_id != self._task_id:
            return
        self._since["frames"] = max(self._since["frames"], read.rev)
        self.frames_read.emit(read)
        if read.full:
            self._next_chunk.start()
