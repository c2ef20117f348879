"""Takes what the feed reads into the window's models, and brings its panels in line."""

from PyQt5.QtCore import QObject, pyqtSignal, pyqtSlot

from farmdesk.domain.rows import MessageRow
from farmdesk.ui.feed import Feed
from farmdesk.ui.models.farm import FarmModels
from farmdesk.ui.models.tasks import task_to_open
from farmdesk.ui.operator.notices import Notices
from farmdesk.ui.operator.panels import Panels
from farmdesk.ui.reads import MessagesRead, NodesRead, TasksRead, UrgentsRead
from farmdesk.ui.wording import Wording


class Arrivals(QObject):
    """Listens to a feed, and tells what came. Notices compare it with what was known before."""

    tasks_came = pyqtSignal()
    nodes_came = pyqtSignal()
    urgents_came = pyqtSignal()

    def __init__(self, feed: Feed, models: FarmModels, panels: Panels, *, notices: Notices) -> None:
        super().__init__()
        self._models = models
        self._panels = panels
        self._notices = notices
        self._first_task = True
        self._first_messages = True
        feed.tasks_read.connect(self._on_tasks)
        feed.nodes_read.connect(self._on_nodes)
        feed.states_read.connect(models.table.take_states)
        feed.frames_read.connect(models.table.take_frames)
        feed.logs_read.connect(panels.log.take)
        feed.urgents_read.connect(self._on_urgents)
        feed.messages_read.connect(self._on_messages)

    @pyqtSlot(TasksRead)
    def _on_tasks(self, read: TasksRead) -> None:
        tasks, queue = self._models.tasks, self._panels.queue
        self._notices.tasks_came(tasks.row, read.rows)
        tasks.take(read.rows, whole=read.whole)
        if not read.rows and not read.whole:
            return
        queue.rows_came()
        if self._first_task and tasks.rowCount():
            self._first_task = False
            if not queue.selected():
                queue.select(task_to_open(tasks.shown()).id)
        self.tasks_came.emit()

    @pyqtSlot(NodesRead)
    def _on_nodes(self, read: NodesRead) -> None:
        nodes, table = self._models.nodes, self._models.table
        self._notices.nodes_came(nodes.row, read.rows)
        nodes.take(read.rows, whole=read.whole)
        self._panels.nodes.rows_came()
        table.take_running(nodes.running(table.task_id))
        if read.rows:
            self.nodes_came.emit()

    @pyqtSlot(UrgentsRead)
    def _on_urgents(self, read: UrgentsRead) -> None:
        urgents = self._models.urgents
        if not read.rows and not read.whole:
            return
        urgents.take(read.rows, whole=read.whole)
        self._models.tasks.take_urgents(urgents.open())
        self._panels.urgent.rows_came()
        self._notices.urgents_came(urgents)
        self.urgents_came.emit()

    @pyqtSlot(MessagesRead)
    def _on_messages(self, read: MessagesRead) -> None:
        for row in read.rows:
            self._add_message(row, read=self._first_messages)  # older than this window: no news
        self._first_messages = False

    def _add_message(self, row: MessageRow, *, read: bool) -> None:
        def say(words: Wording) -> str:
            return row.sentence(words.language)

        record = row.record
        self._models.messages.add(
            say, task_id=record.task_id, request_id=record.request_id, at=record.at, read=read
        )
