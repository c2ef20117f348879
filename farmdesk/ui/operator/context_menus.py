"""The context menus of the operator's window: of tasks, of nodes, of frames."""

from PyQt5.QtCore import QObject, QPoint, pyqtSignal
from PyQt5.QtWidgets import QAction, QMenu, QWidget

from farmdesk.domain.states import FrameState
from farmdesk.ui.act_texts import ActText
from farmdesk.ui.appearance import Appearance
from farmdesk.ui.connection import Connection
from farmdesk.ui.operator.acts import Act, retry_frames
from farmdesk.ui.operator.node_acts import TIPS, WHY_NOT, NodeAct, node_batch
from farmdesk.ui.operator.panels import Panels
from farmdesk.ui.operator.task_actions import TaskActions
from farmdesk.ui.operator.task_in_sight import TaskInSight
from farmdesk.ui.sending import Sender
from farmdesk.ui.texts import Text


class ContextMenus(QObject):
    """Adds them to the panels; each is made anew whenever it is asked for."""

    frame_log_wanted = pyqtSignal(int)  # frame number

    def __init__(
        self,
        panels: Panels,
        actions: TaskActions,
        *,
        sight: TaskInSight,
        commands: Sender,
        connection: Connection,
        appearance: Appearance,
    ) -> None:
        super().__init__()
        self._panels = panels
        self._actions = actions
        self._sight = sight
        self._commands = commands
        self._connection = connection
        self._appearance = appearance
        panels.queue.view.customContextMenuRequested.connect(self._on_queue_menu)
        panels.nodes.view.customContextMenuRequested.connect(self._on_node_menu)
        for view in (panels.frames.grid, panels.frames.list):
            view.customContextMenuRequested.connect(self._on_frame_menu)

    def frame_menu(self) -> QMenu:
        """Give the menu of the selected frames."""
        words, menu = self._appearance.words, self._menu()
        failed = self._panels.frames.selected_frames(FrameState.FAILED)
        retry = menu.addAction(words(ActText.RETRY_COUNT, count=len(failed)), self._retry)
        plan = self._actions.plan(Act.RETRY)
        usable = bool(failed) and plan.possible and self._connection.online
        retry.setEnabled(usable)
        if not usable:
            retry.setToolTip(self._why_no_retry(any_failed=bool(failed)))
        menu.addAction(words(Text.FRAME_LOG), self._show_log)
        menu.addAction(words(Text.COPY_FRAMES), self._panels.frames.copy_selected)
        return menu

    def queue_menu(self) -> QMenu:
        """Give the menu of the selected tasks."""
        words, menu = self._appearance.words, self._menu()
        menu.addActions(list(self._actions.actions.values()))
        menu.addSeparator()
        selected = bool(self._panels.queue.selected())
        entries: list[QAction] = [
            menu.addAction(words(Text.COPY_ID), self._panels.queue.copy_ids),
            menu.addAction(words(Text.COPY_OUTPUT), self._panels.queue.copy_outputs),
        ]
        for entry in entries:
            entry.setEnabled(selected)
        return menu

    def node_menu(self) -> QMenu:
        """Give the menu of the selected nodes."""
        words, menu = self._appearance.words, self._menu()
        for act in NodeAct:
            batch = node_batch(act, self._panels.nodes.selected())
            entry = menu.addAction(words(act.value))
            if batch is not None:
                entry.triggered.connect(lambda _checked, b=batch: self._commands.send(b))
            entry.setEnabled(batch is not None and self._connection.online)
            why = WHY_NOT[act] if batch is None else TIPS[act]
            entry.setToolTip(words(why if self._connection.online else ActText.WHY_AWAY))
        return menu

    def _menu(self) -> QMenu:
        menu = QMenu(self._panels)
        menu.setToolTipsVisible(True)
        return menu

    def _on_queue_menu(self, at: QPoint) -> None:
        self._pop_up(self.queue_menu(), self._panels.queue.view.viewport(), at)

    def _on_node_menu(self, at: QPoint) -> None:
        if self._panels.nodes.selected():
            self._pop_up(self.node_menu(), self._panels.nodes.view.viewport(), at)

    def _on_frame_menu(self, at: QPoint) -> None:
        if self._panels.frames.selected_places():
            view = self.sender()
            if isinstance(view, QWidget):
                self._pop_up(self.frame_menu(), view, at)

    def _pop_up(self, menu: QMenu, widget: QWidget, at: QPoint) -> None:
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(widget.mapToGlobal(at))

    def _retry(self) -> None:
        failed = self._panels.frames.selected_frames(FrameState.FAILED)
        task = self._sight.row
        if task is not None and failed:
            self._commands.send(retry_frames(task, str(failed), len(failed)))

    def _why_no_retry(self, *, any_failed: bool) -> str:
        words = self._appearance.words
        if not self._connection.online:
            return words(ActText.WHY_AWAY)
        return words(ActText.WHY_RUNNING if any_failed else ActText.WHY_NO_FAILED)

    def _show_log(self) -> None:
        frames = self._panels.frames.selected_frames()
        if frames:
            self.frame_log_wanted.emit(frames.first)
