"""The operator's window: puts queue, nodes, frames, log, strips and menus together and wires them.

Signals run one way: feed → models → panels; a person's act → plan → sender → outcomes.
"""

from PyQt5.QtCore import Qt, pyqtSlot
from PyQt5.QtGui import QCloseEvent
from PyQt5.QtWidgets import QMainWindow, QSplitter, QToolBar, QVBoxLayout, QWidget

from farmdesk.domain.rows import TaskRow
from farmdesk.domain.users import Role, User
from farmdesk.ui.appearance import Appearance
from farmdesk.ui.background import Background
from farmdesk.ui.connection import Connection
from farmdesk.ui.feed import Feed
from farmdesk.ui.foresight import Foresight
from farmdesk.ui.layout_store import LayoutStore
from farmdesk.ui.models.frame_table import FrameTable
from farmdesk.ui.models.messages import MessagesModel
from farmdesk.ui.models.nodes import NodesModel
from farmdesk.ui.models.tasks import TasksModel
from farmdesk.ui.models.urgents import UrgentsModel
from farmdesk.ui.operator.acts import Act, Plan
from farmdesk.ui.operator.arrivals import Arrivals
from farmdesk.ui.operator.frames_panel import FramesPanel
from farmdesk.ui.operator.log_panel import LogPanel
from farmdesk.ui.operator.menus import Menus
from farmdesk.ui.operator.messages_panel import MessagesPanel
from farmdesk.ui.operator.nodes_panel import NodesPanel
from farmdesk.ui.operator.notices import Notices
from farmdesk.ui.operator.outcomes import Outcomes
from farmdesk.ui.operator.questions import Questions
from farmdesk.ui.operator.queue_panel import QueuePanel
from farmdesk.ui.operator.status_line import StatusLine
from farmdesk.ui.operator.task_actions import TaskActions
from farmdesk.ui.operator.urgent_panel import UrgentPanel
from farmdesk.ui.operator.window_keys import WindowKeys
from farmdesk.ui.operator.window_layout import Part, WindowLayout
from farmdesk.ui.sending import Sender
from farmdesk.ui.texts import Text
from farmdesk.ui.urgent_texts import UrgentText
from farmdesk.ui.widgets.notice_strip import NoticeStrip
from farmdesk.ui.widgets.strip import MessageStrip, OfflineBanner, UndoStrip

TOOLBAR = (
    Act.START,
    Act.ALLOCATE,
    Act.PAUSE,
    Act.RESUME,
    Act.STOP,
    Act.RAISE,
    Act.LOWER,
    Act.RETRY,
    Act.RECYCLE,
    Act.RESTORE,
    Act.URGENT,
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
        self.feed = Feed(background, connection, User(user, Role.OPERATOR))
        self.foresight = Foresight(background, connection)
        self.commands = Sender(background, connection)
        self.tasks = TasksModel(appearance)
        self.nodes = NodesModel(appearance)
        self.table = FrameTable()
        self.messages = MessagesModel(appearance)
        self.urgents = UrgentsModel(appearance)
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
            language=self.appearance.words.language,
            theme=self.appearance.theme.name,
            percent=self.appearance.percent,
        )
        self._store.write()
        self.feed.stop()
        self.foresight.stop()
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
        self.urgent_panel = UrgentPanel(
            self.urgents,
            self.appearance,
            tasks=self.tasks,
            foresight=self.foresight,
            login=self._user,
        )
        self.frames.addTab(self.urgent_panel, "")
        self.frames.addTab(self.messages_panel, "")
        self.log = LogPanel(self.appearance)
        self.banner = OfflineBanner(self.connection, self.appearance)
        self.notice = NoticeStrip(self.appearance)
        self.notices = Notices(
            self.notice,
            login=self._user,
            open_task=self.queue.select,
            open_request=self._open_request,
            open_node=self.nodes_panel.select,
        )
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
        self.questions = Questions(
            self, appearance=self.appearance, nodes=self.nodes, foresight=self.foresight
        )
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
        self.top.setSizes([940, 500])
        self.bottom.setSizes([940, 500])
        self.main.setSizes([400, 440])
        centre = QWidget()
        column = QVBoxLayout(centre)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.banner)
        column.addWidget(self.notice)
        column.addWidget(self.main, 1)
        column.addWidget(self.trouble)
        column.addWidget(self.undo)
        self.setCentralWidget(centre)

    def _wire(self) -> None:
        self.arrivals = Arrivals(self)
        self.connection.came_back.connect(lambda: self._set_away(away=False))
        self.connection.went_away.connect(lambda: self._set_away(away=True))
        self.queue.selection_changed.connect(self.follow_selection)
        self.urgent_panel.card.wanted.connect(self.commands.send)
        self.urgent_panel.task_opened.connect(self.queue.select)
        self.log.task_only_changed.connect(self._follow_log)
        self.frames.frame_opened.connect(self.show_frame_log)
        self.frames.currentChanged.connect(self.retitle_tabs)
        self.messages_panel.task_opened.connect(self.queue.select)
        self.messages_panel.request_opened.connect(self._open_request)
        self.messages.rowsInserted.connect(self.retitle_tabs)
        self.appearance.changed.connect(self._on_appearance)

    def _parts(self) -> list[Part]:
        parts = [Part("geometry", self.saveGeometry, self.restoreGeometry)]
        splitters = {
            "main": self.main,
            "top": self.top,
            "bottom": self.bottom,
            "urgent": self.urgent_panel.splitter,
        }
        parts += [Part(f"splitter-{k}", s.saveState, s.restoreState) for k, s in splitters.items()]
        for name, columns in {
            "queue": self.queue.columns,
            "nodes": self.nodes_panel.columns,
            "urgent": self.urgent_panel.columns,
        }.items():
            parts.append(Part(f"columns-{name}", columns.save, columns.restore))
        header = self.frames.list.horizontalHeader()
        parts.append(Part("columns-frames", header.saveState, header.restoreState))
        parts.append(Part("cells", self.frames.save_cells, self.frames.restore_cells))
        return parts

    # ---- a person acts

    def _set_away(self, *, away: bool) -> None:
        self.task_actions.set_away(away=away)
        self.urgent_panel.card.set_away(away=away)

    def follow_selection(self) -> None:
        """Show the first selected task; keep the last one while nothing is selected."""
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
        batch = self.questions.batch(plan)
        if batch is not None:
            self.commands.send(batch)

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

    def _open_request(self, request_id: int) -> None:
        self.frames.setCurrentWidget(self.urgent_panel)
        self.urgent_panel.open(request_id)

    def retitle_tabs(self) -> None:
        """Say on the tabs how much is new or open; what is in sight is read."""
        if self.frames.currentWidget() is self.messages_panel:
            self.messages.read_all()
        words, unread, asking = self.appearance.words, self.messages.unread, self.urgents.asking()
        text = words(Text.TAB_MESSAGES_COUNT, count=unread) if unread else words(Text.TAB_MESSAGES)
        self.frames.setTabText(self.frames.indexOf(self.messages_panel), text)
        text = words(UrgentText.TAB)
        if asking:
            text = words(UrgentText.TAB_COUNT, count=len(asking))
        self.frames.setTabText(self.frames.indexOf(self.urgent_panel), text)

    def _on_appearance(self) -> None:
        words = self.appearance.words
        self.setWindowTitle(words(Text.TITLE, user=self._user))
        self.toolbar.setWindowTitle(words(Text.TOOLBAR))
        self.retitle_tabs()


def _splitter(orientation: Qt.Orientation, *widgets: QWidget) -> QSplitter:
    splitter = QSplitter(orientation)
    splitter.setHandleWidth(3)
    splitter.setChildrenCollapsible(False)
    for widget in widgets:
        splitter.addWidget(widget)
    return splitter
