"""The operator's window: puts models, panels, strips and menus together and wires them.

Signals run one way: feed → models → panels; a person's act → plan → sender → outcomes.
"""

from PyQt5.QtCore import Qt, pyqtSlot
from PyQt5.QtGui import QCloseEvent
from PyQt5.QtWidgets import QMainWindow, QToolBar, QVBoxLayout, QWidget

from farmdesk.domain.users import Role, User
from farmdesk.ui.appearance import Appearance
from farmdesk.ui.background import Background
from farmdesk.ui.connection import Connection
from farmdesk.ui.feed import Feed
from farmdesk.ui.foresight import Foresight
from farmdesk.ui.layout_store import LayoutStore
from farmdesk.ui.models.farm import FarmModels
from farmdesk.ui.operator.acts import Act, Plan
from farmdesk.ui.operator.arrivals import Arrivals
from farmdesk.ui.operator.context_menus import ContextMenus
from farmdesk.ui.operator.menus import Menus
from farmdesk.ui.operator.notices import Notices
from farmdesk.ui.operator.outcomes import Outcomes
from farmdesk.ui.operator.panels import Panels
from farmdesk.ui.operator.questions import Questions
from farmdesk.ui.operator.status_line import StatusLine
from farmdesk.ui.operator.tab_titles import TabTitles
from farmdesk.ui.operator.task_actions import TaskActions
from farmdesk.ui.operator.task_in_sight import TaskInSight
from farmdesk.ui.operator.window_keys import WindowKeys
from farmdesk.ui.operator.window_layout import Part, WindowLayout
from farmdesk.ui.sending import Sender
from farmdesk.ui.texts import Text
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
        self.feed = Feed(background, connection, User(user, Role.OPERATOR))
        self.foresight = Foresight(background, connection)
        self.commands = Sender(background, connection)
        self.models = FarmModels(appearance)
        self.panels = Panels(self.models, appearance, foresight=self.foresight, login=user)
        self._make_strips()
        self._make_actions()
        self._lay_out()
        self._follow_farm()
        self._follow_person()
        self.resize(1440, 900)
        geometry = Part("geometry", self.saveGeometry, self.restoreGeometry)
        self.arranged = WindowLayout(store, [geometry, *self.panels.parts()])
        self.arranged.load()
        self._add_menus()
        appearance.changed.connect(self._on_appearance)
        self._on_appearance()

    def start(self) -> None:
        """Begin to read the farm."""
        self.panels.queue.view.setFocus()
        self.feed.start()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Keep the layout and let the worker go."""
        self.arranged.save()
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
        self.panels.frames.contact.shelf.close()
        self._background.close()
        super().closeEvent(event)

    # ---- building

    def _make_strips(self) -> None:
        self.banner = OfflineBanner(self.connection, self.appearance)
        self.notice = NoticeStrip(self.appearance)
        self.trouble = MessageStrip(self.appearance)
        self.undo = UndoStrip(self.appearance)
        self.outcomes = Outcomes(
            self.commands,
            self.connection,
            messages=self.models.messages,
            trouble=self.trouble,
            undo=self.undo,
        )
        self.status = StatusLine(
            self.statusBar(),
            connection=self.connection,
            tasks=self.models.tasks,
            nodes=self.models.nodes,
            appearance=self.appearance,
        )

    def _make_actions(self) -> None:
        self.task_actions = TaskActions(self.appearance, self.panels.queue.selected)
        self.task_actions.listen_in(self.panels.queue.view)
        self.questions = Questions(
            self, appearance=self.appearance, nodes=self.models.nodes, foresight=self.foresight
        )
        self._sight = TaskInSight(self.models, self.panels, self.feed)
        self.context_menus = ContextMenus(
            self.panels,
            self.task_actions,
            sight=self._sight,
            commands=self.commands,
            connection=self.connection,
            appearance=self.appearance,
        )

    def _lay_out(self) -> None:
        self.toolbar = QToolBar()
        self.toolbar.setObjectName("toolbar")
        self.toolbar.setMovable(False)
        self.toolbar.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.toolbar.addActions([self.task_actions.actions[act] for act in TOOLBAR])
        self.addToolBar(self.toolbar)
        centre = QWidget()
        column = QVBoxLayout(centre)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.banner)
        column.addWidget(self.notice)
        column.addWidget(self.panels, 1)
        column.addWidget(self.trouble)
        column.addWidget(self.undo)
        self.setCentralWidget(centre)

    def _add_menus(self) -> None:
        self._menus = Menus(self, self.task_actions, self.appearance)
        self._keys = WindowKeys(
            self,
            self._menus,
            self.panels,
            appearance=self.appearance,
            undo=self.outcomes.undo,
            refresh=self.feed.refresh,
            reset_layout=self.arranged.reset,
        )

    # ---- wiring

    def _follow_farm(self) -> None:
        notices = Notices(
            self.notice,
            login=self._user,
            open_task=self.panels.queue.select,
            open_request=self.panels.open_request,
            open_node=self.panels.nodes.select,
        )
        self._titles = TabTitles(self.models, self.panels, self.appearance)
        self._arrivals = Arrivals(self.feed, self.models, self.panels, notices=notices)
        self._arrivals.tasks_came.connect(self._on_selection)
        self._arrivals.tasks_came.connect(self.status.refresh)
        self._arrivals.nodes_came.connect(self.status.refresh)
        self._arrivals.urgents_came.connect(self._titles.refresh)
        self.feed.failed.connect(self.outcomes.fault)
        self.foresight.failed.connect(self.outcomes.fault)
        self.foresight.looked.connect(self.models.tasks.take_ahead)
        self.connection.came_back.connect(lambda: self._set_away(away=False))
        self.connection.went_away.connect(lambda: self._set_away(away=True))

    def _follow_person(self) -> None:
        self.task_actions.wanted.connect(self._on_wanted)
        self.panels.urgent.card.wanted.connect(self.commands.send)
        self.panels.queue.selection_changed.connect(self._on_selection)
        self.panels.frames.frame_opened.connect(self._show_frame_log)
        self.context_menus.frame_log_wanted.connect(self._show_frame_log)

    def _set_away(self, *, away: bool) -> None:
        self.task_actions.set_away(away=away)
        self.panels.urgent.card.set_away(away=away)

    def _on_selection(self) -> None:
        self.task_actions.refresh()
        self._sight.follow()

    @pyqtSlot(Plan)
    def _on_wanted(self, plan: Plan) -> None:
        batch = self.questions.batch(plan)
        if batch is not None:
            self.commands.send(batch)

    def _show_frame_log(self, frame: int) -> None:
        """Go to the newest log line about a frame of the shown task."""
        if not self.panels.log.show_frame(frame):
            words = self.appearance.words
            self.statusBar().showMessage(words(Text.LOG_NO_LINE, frame=frame), 4000)

    def _on_appearance(self) -> None:
        words = self.appearance.words
        self.setWindowTitle(words(Text.TITLE, user=self._user))
        self.toolbar.setWindowTitle(words(Text.TOOLBAR))
