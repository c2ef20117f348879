"""The menu entries, keys and context menus of the operator's window as a whole."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from PyQt5.QtCore import QObject, QPoint, Qt
from PyQt5.QtGui import QKeySequence
from PyQt5.QtWidgets import QAction, QApplication, QMenu, QMessageBox, QTableView, QWidget

from farmdesk.domain.states import FrameState
from farmdesk.ui.act_texts import ActText
from farmdesk.ui.appearance import STEP_PERCENT
from farmdesk.ui.models.tasks import TaskFilter
from farmdesk.ui.operator.acts import Act, retry_frames
from farmdesk.ui.operator.node_acts import TIPS, WHY_NOT, NodeAct, node_batch
from farmdesk.ui.texts import Text

if TYPE_CHECKING:
    from farmdesk.ui.operator.window import OperatorWindow


class WindowKeys(QObject):
    """Adds them to a window whose panels and menus are made."""

    def __init__(self, window: "OperatorWindow") -> None:
        super().__init__(window)
        self._window = window
        self._add_entries()
        self._add_keys()
        window.queue.view.customContextMenuRequested.connect(self._on_queue_menu)
        self._on_enter(window.queue.view, self._show_details)
        self._on_enter(window.nodes_panel.view, self._show_frame_in_hand)
        window.nodes_panel.view.customContextMenuRequested.connect(self._on_node_menu)
        for view in (window.frames.grid, window.frames.list):
            view.customContextMenuRequested.connect(self._on_frame_menu)

    def frame_menu(self) -> QMenu:
        """Give the menu of the selected frames."""
        window, words = self._window, self._window.appearance.words
        menu = QMenu(window)
        menu.setToolTipsVisible(True)
        failed = window.frames.selected_frames(FrameState.FAILED)
        retry = menu.addAction(words(ActText.RETRY_COUNT, count=len(failed)), self._retry)
        plan = window.task_actions.plan(Act.RETRY)
        usable = bool(failed) and plan.possible and window.connection.online
        retry.setEnabled(usable)
        if not usable:
            retry.setToolTip(self._why_no_retry(any_failed=bool(failed)))
        menu.addAction(words(Text.FRAME_LOG), self._show_log)
        menu.addAction(words(Text.COPY_FRAMES), self._copy_frames)
        return menu

    def queue_menu(self) -> QMenu:
        """Give the menu of the selected tasks."""
        window, words = self._window, self._window.appearance.words
        menu = QMenu(window)
        menu.setToolTipsVisible(True)
        menu.addActions(list(window.task_actions.actions.values()))
        menu.addSeparator()
        selected = bool(window.queue.selected())
        entries: list[QAction] = [
            menu.addAction(words(Text.COPY_ID), self._copy_ids),
            menu.addAction(words(Text.COPY_OUTPUT), self._copy_outputs),
        ]
        for entry in entries:
            entry.setEnabled(selected)
        return menu

    def node_menu(self) -> QMenu:
        """Give the menu of the selected nodes."""
        window, words = self._window, self._window.appearance.words
        menu = QMenu(window)
        menu.setToolTipsVisible(True)
        for act in NodeAct:
            batch = node_batch(act, window.nodes_panel.selected())
            entry = menu.addAction(words(act.value))
            if batch is not None:
                entry.triggered.connect(lambda _checked, b=batch: window.commands.send(b))
            entry.setEnabled(batch is not None and window.connection.online)
            why = WHY_NOT[act] if batch is None else TIPS[act]
            entry.setToolTip(words(why if window.connection.online else ActText.WHY_AWAY))
        return menu

    def _add_entries(self) -> None:
        window, menus = self._window, self._window.menus
        menus.add(menus.task, ActText.UNDO, window.outcomes.undo, key="Ctrl+Z")
        menus.add(menus.task, Text.COPY_ID, self._copy_ids)
        menus.task.addSeparator()
        menus.add(menus.task, Text.QUIT, self._close, key="Ctrl+Q")
        menus.add(menus.view, Text.GO_FILTER, window.queue.filter.setFocus, key="Ctrl+F")
        menus.add(menus.view, Text.GO_LOG, window.log.view.setFocus, key="Ctrl+L")
        menus.add(menus.view, Text.REFRESH, window.feed.refresh, key="F5")
        menus.add(menus.view, Text.FULL_SCREEN, self._toggle_full, key="F11")
        menus.view.addSeparator()
        menus.add(
            menus.view, Text.LARGER_TEXT, lambda: self._resize_text(STEP_PERCENT), key="Ctrl++"
        )
        menus.add(
            menus.view, Text.SMALLER_TEXT, lambda: self._resize_text(-STEP_PERCENT), key="Ctrl+-"
        )
        menus.key("Ctrl+=", lambda: self._resize_text(STEP_PERCENT))  # plus without Shift
        menus.add(menus.view, Text.DEFAULT_LAYOUT, lambda: window.layout_parts.reset())  # noqa: PLW0108 made later
        menus.add(menus.help, Text.KEYS, self._show_keys, key="F1")

    def _add_keys(self) -> None:
        menus, queue = self._window.menus, self._window.queue
        menus.key("Esc", queue.clear_filter)
        for number, chosen in enumerate(TaskFilter, start=1):
            menus.key(f"Alt+{number}", lambda chosen=chosen: queue.choose(chosen))  # type: ignore[misc]

    def _on_enter(self, view: QTableView, act: Callable[[], None]) -> None:
        """Let Enter and a double click in a view do the same."""
        action = QAction(view)
        action.setShortcuts([QKeySequence("Return"), QKeySequence("Enter")])
        action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        action.triggered.connect(lambda: act())  # noqa: PLW0108 drops Qt's `checked`
        view.addAction(action)
        view.doubleClicked.connect(lambda: act())  # noqa: PLW0108 drops the index

    def _show_details(self) -> None:
        """Go to the frame list of the selected task."""
        frames = self._window.frames
        frames.setCurrentWidget(frames.list_tab)
        if not frames.list.currentIndex().isValid():
            frames.list.setCurrentIndex(frames.model.index(0, 0))
        frames.list.setFocus()

    def _show_frame_in_hand(self) -> None:
        """Go to the frame that the current node renders."""
        window = self._window
        index = window.nodes_panel.view.currentIndex()
        if not index.isValid():
            return
        record = window.nodes.at(index.row()).record
        if record.task_id is None or not window.queue.select(record.task_id):
            return
        window.frames.setCurrentWidget(window.frames.grid_tab)
        place = None if record.frame is None else window.table.place_of(record.frame)
        if place is not None:
            window.frames.grid.choose(place)

    def _close(self) -> None:
        self._window.close()

    def _toggle_full(self) -> None:
        if self._window.isFullScreen():
            self._window.showNormal()
        else:
            self._window.showFullScreen()

    def _resize_text(self, percent: int) -> None:
        appearance = self._window.appearance
        appearance.set_percent(appearance.percent + percent)

    def _show_keys(self) -> None:
        words = self._window.appearance.words
        box = QMessageBox(self._window)
        box.setWindowTitle(words(Text.KEYS))
        box.setText(words(Text.KEYS_LIST))
        box.addButton(words(Text.CLOSE), QMessageBox.ButtonRole.AcceptRole)
        box.open()

    def _on_queue_menu(self, at: QPoint) -> None:
        self._pop_up(self.queue_menu(), self._window.queue.view.viewport(), at)

    def _on_node_menu(self, at: QPoint) -> None:
        if self._window.nodes_panel.selected():
            self._pop_up(self.node_menu(), self._window.nodes_panel.view.viewport(), at)

    def _on_frame_menu(self, at: QPoint) -> None:
        if self._window.frames.selected_places():
            view = self.sender()
            if isinstance(view, QWidget):
                self._pop_up(self.frame_menu(), view, at)

    def _pop_up(self, menu: QMenu, widget: QWidget, at: QPoint) -> None:
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(widget.mapToGlobal(at))

    def _retry(self) -> None:
        window = self._window
        failed = window.frames.selected_frames(FrameState.FAILED)
        if window.task is not None and failed:
            window.commands.send(retry_frames(window.task, str(failed), len(failed)))

    def _why_no_retry(self, *, any_failed: bool) -> str:
        words = self._window.appearance.words
        if not self._window.connection.online:
            return words(ActText.WHY_AWAY)
        return words(ActText.WHY_RUNNING if any_failed else ActText.WHY_NO_FAILED)

    def _show_log(self) -> None:
        window = self._window
        places = window.frames.selected_places()
        if places:
            window.show_frame_log(window.table.frame(places[0]))

    def _copy_frames(self) -> None:
        QApplication.clipboard().setText(str(self._window.frames.selected_frames()))

    def _copy_ids(self) -> None:
        ids = [str(row.id) for row in self._window.queue.selected()]
        QApplication.clipboard().setText(" ".join(ids))

    def _copy_outputs(self) -> None:
        outputs = [row.output for row in self._window.queue.selected() if row.output]
        QApplication.clipboard().setText("\n".join(outputs))
