"""The operator's window: puts queue, nodes, frames, log, strips and menus together and wires them.

Signals run one way: feed → models → panels; a person's act → plan → sender → outcomes.
"""

from PyQt5.QtCore import Qt, pyqtSlot
from PyQt5.QtGui import QCloseEvent
from PyQt5.QtWidgets import QMainWindow, QSplitter, QToolBar, QVBoxLayout, QWidget

from farmdesk.domain.records import TaskRow
from farmdesk.ui.appearance import Appearance
from farmdesk.ui.background import Background
from farmdesk.ui.connection import Connection
from farmdesk.ui.feed import Feed
from farmdesk.ui.layout_store import LayoutStore
from farmdesk.ui.models.frame_table import FrameTable
from farmdesk.ui.models.messages import MessagesModel
from farmdesk.ui.models.nodes import NodesModel
from farmdesk.ui.models.tasks import TasksModel, task_to_open
from farmdesk.ui.operator.acts import Act, Plan
from farmdesk.ui.operator.frames_panel import FramesPanel
from farmdesk.ui.operator.log_panel import LogPanel
from farmdesk.ui.operator.menus import Menus
from farmdesk.ui.operator.messages_panel import MessagesPanel
from farmdesk.ui.operator.nodes_panel import NodesPanel
from farmdesk.ui.operator.outcomes import Outcomes
from farmdesk.ui.operator.queue_panel import QueuePanel
from farmdesk.ui.operator.status_line import StatusLine
from farmdesk.ui.operator.stop_dialog import StopDialog
from farmdesk.ui.operator.task_actions import TaskActions
from farmdesk.ui.operator.window_keys import WindowKeys
from farmdesk.ui.operator.window_layout import Part, WindowLayout
from farmdesk.ui.reads import FramesRead, LogsRead, NodesRead, StatesRead, TasksRead
from farmdesk.ui.sending import Sender
from farmdesk.ui.texts import Text
from farmdesk.ui.widgets.strip import MessageStrip, OfflineBanner, UndoStrip

TOOLBAR = (
    Act.START,
    Act.PAUSE,
    Act.RESUME,
    Act.STOP,
    Act.RAISE,
    Act.LOWER,
    Act.RETRY,
    Act.RECYCLE,
    Act.RESTORE,
)


class OperatorWindow(QMainWindow):
    """One window on one farm. Show it, then `start` it."""

    def __init__(
        self,
        background: Background,
        *,
        connection: Connection,
        appearance: Appearance,
        store: LayoutStore,
        user: str,
    ) -> None:
        super().__init__()
        self.appearance = appearance
        self.connection = connection
        self._background = background
        self._store = store
        self._user = user
        self._task: TaskRow | None = None
        self._first_task = True
        self.feed = Feed(background, connection)
        self.commands = Sender(background, connection)
        self.tasks = TasksModel(appearance)
        self.nodes = NodesModel(appearance)
        self.table = FrameTable()
        self.messages = MessagesModel(appearance)
        self._make_panels()
        self._make_actions()
        self._lay_out()
        self._wire()
        self.resize(1440, 900)
        self.layout_parts = WindowLayout(store, self._parts())
        self.layout_parts.load()
        self._on_appearance()

    def start(self) -> None:
        """Begin to read the farm."""
        self.queue.view.setFocus()
        self.feed.start()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Keep the layout and let the worker go."""
        self.layout_parts.save()
        self._store.remember(
            language=self.appearance.words.language, theme=self.appearance.theme.name
        )
        self._store.write()
        self.feed.stop()
        self.commands.stop()
        self.connection.stop()
        self.frames.contact.reader.close()
        self._background.close()
        super().closeEvent(event)

    # ---- building

    def _make_panels(self) -> None:
        self.queue = QueuePanel(self.tasks, self.appearance)
        self.nodes_panel = NodesPanel(self.nodes, self.appearance)
        self.frames = FramesPanel(self.table, self.appearance)
        self.messages_panel = MessagesPanel(self.messages, self.appearance)
        self.frames.addTab(self.messages_panel, "")
        self.log = LogPanel(self.appearance)
        self.banner = OfflineBanner(self.connection, self.appearance)
        self.trouble = MessageStrip(self.appearance)
        self.undo = UndoStrip(self.appearance)
        self.outcomes = Outcomes(
            self.commands,
            self.connection,
            messages=self.messages,
            trouble=self.trouble,
            undo=self.undo,
        )
        self.status = StatusLine(
            self.statusBar(),
            connection=self.connection,
            tasks=self.tasks,
            nodes=self.nodes,
            appearance=self.appearance,
        )

    def _make_actions(self) -> None:
        self.task_actions = TaskActions(self.appearance, self.queue.selected)
        self.task_actions.listen_in(self.queue.view)
        self.task_actions.wanted.connect(self._on_wanted)
        self.menus = Menus(self, self.task_actions, self.appearance)
        self.keys = WindowKeys(self)

    def _lay_out(self) -> None:
        self.toolbar = QToolBar()
        self.toolbar.setObjectName("toolbar")
        self.toolbar.setMovable(False)
        self.toolbar.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.toolbar.addActions([self.task_actions.actions[act] for act in TOOLBAR])
        self.addToolBar(self.toolbar)
        self.top = _splitter(Qt.Orientation.Horizontal, self.queue, self.nodes_panel)
        self.bottom = _splitter(Qt.Orientation.Horizontal, self.frames, self.log)
        self.main = _splitter(Qt.Orientation.Vertical, self.top, self.bottom)
        self.top.setSizes([865, 575])
        self.bottom.setSizes([865, 575])
        self.main.setSizes([400, 440])
        centre = QWidget()
        column = QVBoxLayout(centre)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.banner)
        column.addWidget(self.main, 1)
        column.addWidget(self.trouble)
        column.addWidget(self.undo)
        self.setCentralWidget(centre)

    def _wire(self) -> None:
        self.feed.tasks_read.connect(self._on_tasks)
        self.feed.nodes_read.connect(self._on_nodes)
        self.feed.states_read.connect(self._on_states)
        self.feed.frames_read.connect(self._on_frames)
        self.feed.logs_read.connect(self._on_logs)
        self.feed.failed.connect(self.outcomes.fault)
        self.connection.came_back.connect(lambda: self.task_actions.set_away(away=False))
        self.connection.went_away.connect(lambda: self.task_actions.set_away(away=True))
        self.queue.selection_changed.connect(self._on_selection)
        self.log.task_only_changed.connect(self._follow_log)
        self.frames.frame_opened.connect(self.show_frame_log)
        self.frames.currentChanged.connect(self._on_tab)
        self.messages_panel.task_opened.connect(self.queue.select)
        self.messages.rowsInserted.connect(self._on_message)
        self.appearance.changed.connect(self._on_appearance)

    def _parts(self) -> list[Part]:
        parts = [Part("geometry", self.saveGeometry, self.restoreGeometry)]
        splitters = {"main": self.main, "top": self.top, "bottom": self.bottom}
        parts += [Part(f"splitter-{k}", s.saveState, s.restoreState) for k, s in splitters.items()]
        for name, columns in {
            "queue": self.queue.columns,
            "nodes": self.nodes_panel.columns,
        }.items():
            parts.append(Part(f"columns-{name}", columns.save, columns.restore))
        header = self.frames.list.horizontalHeader()
        parts.append(Part("columns-frames", header.saveState, header.restoreState))
        return parts

    # ---- rows come

    @pyqtSlot(TasksRead)
    def _on_tasks(self, read: TasksRead) -> None:
        self.tasks.take(read.rows, whole=read.whole)
        if not read.rows and not read.whole:
            return
        self.queue.rows_came()
        if self._first_task and self.tasks.rowCount():
            self._first_task = False
            if not self.queue.selected():
                self.queue.select(task_to_open(self.tasks.shown()).id)
        self._on_selection()
        self.status.refresh()

    @pyqtSlot(NodesRead)
    def _on_nodes(self, read: NodesRead) -> None:
        self.nodes.take(read.rows, whole=read.whole)
        self.nodes_panel.hint.refresh()
        self.table.take_running(self.nodes.running(self.table.task_id))
        if read.rows:
            self.status.refresh()

    @pyqtSlot(StatesRead)
    def _on_states(self, read: StatesRead) -> None:
        self.table.take_states(read)

    @pyqtSlot(FramesRead)
    def _on_frames(self, read: FramesRead) -> None:
        self.table.take_frames(read)

    @pyqtSlot(LogsRead)
    def _on_logs(self, read: LogsRead) -> None:
        self.log.take(read)

    # ---- a person acts

    def _on_selection(self) -> None:
        """Follow the first selected task; keep the last one while nothing is selected."""
        self.task_actions.refresh()
        selected = self.queue.selected()
        if not selected:
            return
        task = selected[0]
        before, self._task = self._task, task
        if before is None or (before.id, before.frames) != (task.id, task.frames):
            self.table.show(task.id, task.frames)
            self.frames.contact.set_folder(task.output)
            self.table.take_running(self.nodes.running(task.id))
            self.feed.watch_task(task.id, task.total)
            self._follow_log()

    @pyqtSlot(Plan)
    def _on_wanted(self, plan: Plan) -> None:
        if plan.act is Act.STOP and not self._confirm_stop(plan):
            return
        self.commands.send(plan.batch())

    def _confirm_stop(self, plan: Plan) -> bool:
        lost_s = sum(self.nodes.running_seconds(row.id) for row in plan.rows)
        dialog = StopDialog(plan.rows, lost_s, words=self.appearance.words, parent=self)
        return dialog.exec() == StopDialog.DialogCode.Accepted

    @property
    def task(self) -> TaskRow | None:
        """The task whose frames are shown, as it is now."""
        return None if self._task is None else self.tasks.row(self._task.id)

    def show_frame_log(self, frame: int) -> None:
        """Go to the newest log line about a frame of the shown task."""
        if not self.log.show_frame(frame):
            words = self.appearance.words
            self.statusBar().showMessage(words(Text.LOG_NO_LINE, frame=frame), 4000)

    def _follow_log(self) -> None:
        only = self.log.task_only.isChecked()
        self.feed.watch_log(self._task.id if only and self._task else None)

    def _on_tab(self) -> None:
        if self.frames.currentWidget() is self.messages_panel:
            self.messages.read_all()
        self._on_message()

    def _on_message(self) -> None:
        if self.frames.currentWidget() is self.messages_panel:
            self.messages.read_all()
        words, unread = self.appearance.words, self.messages.unread
        text = words(Text.TAB_MESSAGES_COUNT, count=unread) if unread else words(Text.TAB_MESSAGES)
        self.frames.setTabText(self.frames.indexOf(self.messages_panel), text)

    def _on_appearance(self) -> None:
        words = self.appearance.words
        self.setWindowTitle(words(Text.TITLE, user=self._user))
        self.toolbar.setWindowTitle(words(Text.TOOLBAR))
        self._on_message()


def _splitter(orientation: Qt.Orientation, *widgets: QWidget) -> QSplitter:
    splitter = QSplitter(orientation)
    splitter.setHandleWidth(3)
    splitter.setChildrenCollapsible(False)
    for widget in widgets:
        splitter.addWidget(widget)
    return splitter
