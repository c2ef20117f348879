"""The menu entries and keys of the operator's window as a whole."""

from collections.abc import Callable

from PyQt5.QtCore import Qt
from PyQt5.QtGui import QKeySequence
from PyQt5.QtWidgets import QAction, QMainWindow, QMessageBox, QTableView

from farmdesk.ui.act_texts import ActText
from farmdesk.ui.appearance import STEP_PERCENT, Appearance
from farmdesk.ui.models.task_filter import TaskFilter
from farmdesk.ui.operator.menus import Menus
from farmdesk.ui.operator.panels import Panels
from farmdesk.ui.texts import Text


class WindowKeys:
    """Adds them to a window whose panels and menus are made."""

    def __init__(
        self,
        window: QMainWindow,
        menus: Menus,
        panels: Panels,
        *,
        appearance: Appearance,
        undo: Callable[[], None],
        refresh: Callable[[], None],
        reset_layout: Callable[[], None],
    ) -> None:
        """`undo`, `refresh` and `reset_layout` are what their entries do."""
        self._window = window
        self._menus = menus
        self._panels = panels
        self._appearance = appearance
        self._add_entries(undo, refresh, reset_layout)
        self._add_keys()
        self._on_enter(panels.queue.view, panels.frames.open_list)
        self._on_enter(panels.nodes.view, panels.open_frame_in_hand)

    def _add_entries(
        self,
        undo: Callable[[], None],
        refresh: Callable[[], None],
        reset_layout: Callable[[], None],
    ) -> None:
        window, menus, panels = self._window, self._menus, self._panels
        menus.add(menus.task, ActText.UNDO, undo, key="Ctrl+Z")
        menus.add(menus.task, Text.COPY_ID, panels.queue.copy_ids)
        menus.task.addSeparator()
        menus.add(menus.task, Text.QUIT, window.close, key="Ctrl+Q")
        menus.add(menus.view, Text.GO_FILTER, panels.queue.filter.setFocus, key="Ctrl+F")
        menus.add(menus.view, Text.GO_LOG, panels.log.view.setFocus, key="Ctrl+L")
        menus.add(menus.view, Text.REFRESH, refresh, key="F5")
        menus.add(menus.view, Text.FULL_SCREEN, self._toggle_full, key="F11")
        menus.view.addSeparator()
        menus.add(
            menus.view, Text.LARGER_TEXT, lambda: self._resize_text(STEP_PERCENT), key="Ctrl++"
        )
        menus.add(
            menus.view, Text.SMALLER_TEXT, lambda: self._resize_text(-STEP_PERCENT), key="Ctrl+-"
        )
        menus.key("Ctrl+=", lambda: self._resize_text(STEP_PERCENT))  # plus without Shift
        menus.add(menus.view, Text.DEFAULT_LAYOUT, reset_layout)
        menus.add(menus.help, Text.KEYS, self._show_keys, key="F1")

    def _add_keys(self) -> None:
        menus, queue = self._menus, self._panels.queue
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

    def _toggle_full(self) -> None:
        if self._window.isFullScreen():
            self._window.showNormal()
        else:
            self._window.showFullScreen()

    def _resize_text(self, percent: int) -> None:
        self._appearance.set_percent(self._appearance.percent + percent)

    def _show_keys(self) -> None:
        words = self._appearance.words
        box = QMessageBox(self._window)
        box.setWindowTitle(words(Text.KEYS))
        box.setText(words(Text.KEYS_LIST))
        box.addButton(words(Text.CLOSE), QMessageBox.ButtonRole.AcceptRole)
        box.open()
