"""Takes what the feed reads into the window's models, and brings its panels in line."""

from typing import TYPE_CHECKING

from PyQt5.QtCore import QObject, pyqtSlot

from farmdesk.domain.rows import MessageRow
from farmdesk.ui.models.tasks import task_to_open
from farmdesk.ui.reads import (
    FramesRead,
    LogsRead,
    MessagesRead,
    NodesRead,
    StatesRead,
    TasksRead,
    UrgentsRead,
)
from farmdesk.ui.wording import Wording

if TYPE_CHECKING:
    from farmdesk.ui.operator.window import OperatorWindow


class Arrivals(QObject):
    """Listens to the feed of a window whose models and panels are made."""

    def __init__(self, window: "OperatorWindow") -> None:
        super().__init__(window)
        self._window = window
        self._first_task = True
        self._first_messages = True
        feed = window.feed
        feed.tasks_read.connect(self._on_tasks)
        feed.nodes_read.connect(self._on_nodes)
        feed.states_read.connect(self._on_states)
        feed.frames_read.connect(self._on_frames)
        feed.logs_read.connect(self._on_logs)
        feed.urgents_read.connect(self._on_urgents)
        feed.messages_read.connect(self._on_messages)
        feed.failed.connect(window.outcomes.fault)
        window.foresight.failed.connect(window.outcomes.fault)
        window.foresight.looked.connect(window.tasks.take_ahead)

    @pyqtSlot(TasksRead)
    def _on_tasks(self, read: TasksRead) -> None:
        window = self._window
        window.notices.tasks_came(window.tasks.row, read.rows)
        window.tasks.take(read.rows, whole=read.whole)
        if not read.rows and not read.whole:
            return
        window.queue.rows_came()
        if self._first_task and window.tasks.rowCount():
            self._first_task = False
            if not window.queue.selected():
                window.queue.select(task_to_open(window.tasks.shown()).id)
        window.follow_selection()
        window.status.refresh()

    @pyqtSlot(NodesRead)
    def _on_nodes(self, read: NodesRead) -> None:
        window = self._window
        window.notices.nodes_came(window.nodes.row, read.rows)
        window.nodes.take(read.rows, whole=read.whole)
        window.nodes_panel.rows_came()
        window.table.take_running(window.nodes.running(window.table.task_id))
        if read.rows:
            window.status.refresh()

    @pyqtSlot(StatesRead)
    def _on_states(self, read: StatesRead) -> None:
        self._window.table.take_states(read)

    @pyqtSlot(FramesRead)
    def _on_frames(self, read: FramesRead) -> None:
        self._window.table.take_frames(read)

    @pyqtSlot(LogsRead)
    def _on_logs(self, read: LogsRead) -> None:
        self._window.log.take(read)

    @pyqtSlot(UrgentsRead)
    def _on_urgents(self, read: UrgentsRead) -> None:
        window = self._window
        if not read.rows and not read.whole:
            return
        window.urgents.take(read.rows, whole=read.whole)
        window.tasks.take_urgents(window.urgents.open())
        window.urgent_panel.rows_came()
        window.notices.urgents_came(window.urgents)
        window.retitle_tabs()

    @pyqtSlot(MessagesRead)
    def _on_messages(self, read: MessagesRead) -> None:
        for row in read.rows:
            self._add_message(row, read=self._first_messages)  # older than this window: no news
        self._first_messages = False

    def _add_message(self, row: MessageRow, *, read: bool) -> None:
        def say(words: Wording) -> str:
            return row.sentence(words.language)

        record = row.record
        self._window.messages.add(
            say, task_id=record.task_id, request_id=record.request_id, at=record.at, read=read
        )
