"""The menu bar and the keys of the operator's window."""

from collections.abc import Callable

from PyQt5.QtGui import QKeySequence
from PyQt5.QtWidgets import QAction, QActionGroup, QMainWindow, QMenu, QShortcut

from farmdesk.ui.appearance import Appearance
from farmdesk.ui.operator.task_actions import TaskActions
from farmdesk.ui.texts import Phrase, Text
from farmdesk.ui.theme import ThemeName
from farmdesk.ui.wording import Language


class Menus:
    """Builds the menus once; `refresh` puts them into the present words."""

    def __init__(self, window: QMainWindow, actions: TaskActions, appearance: Appearance) -> None:
        self._window = window
        self._appearance = appearance
        self._texts: dict[QAction, Phrase] = {}
        self._titles: dict[QMenu, Text] = {}
        bar = window.menuBar()
        self.task = self._menu(bar.addMenu(""), Text.MENU_TASK)
        self.task.setToolTipsVisible(True)
        self.task.addActions(list(actions.actions.values()))
        self.task.addSeparator()
        self.view = self._menu(bar.addMenu(""), Text.MENU_VIEW)
        self._theme_menu()
        self._language_menu()
        self.view.addSeparator()
        self.help = self._menu(bar.addMenu(""), Text.MENU_HELP)
        appearance.changed.connect(self.refresh)
        self.refresh()

    def add(
        self, menu: QMenu, text: Phrase, act: Callable[[], object], *, key: str = ""
    ) -> QAction:
        """Add an entry; its key works in the whole window."""
        action = QAction(self._window)
        if key:
            action.setShortcut(QKeySequence(key))
        action.triggered.connect(lambda: act())  # noqa: PLW0108 drops Qt's `checked`
        menu.addAction(action)
        self._texts[action] = text
        action.setText(self._appearance.words(text))
        return action

    def key(self, key: str, act: Callable[[], None]) -> None:
        """Let a key without a menu entry act in the whole window."""
        QShortcut(QKeySequence(key), self._window).activated.connect(act)

    def refresh(self) -> None:
        """Put everything into the present words."""
        words = self._appearance.words
        for menu, title in self._titles.items():
            menu.setTitle(words(title))
        for action, text in self._texts.items():
            action.setText(words(text))

    def _menu(self, menu: QMenu, title: Text) -> QMenu:
        self._titles[menu] = title
        return menu

    def _theme_menu(self) -> None:
        menu = self._menu(self.view.addMenu(""), Text.MENU_THEME)
        group = QActionGroup(menu)
        themes: tuple[tuple[ThemeName, Text], ...] = (
            ("dark", Text.THEME_DARK),
            ("light", Text.THEME_LIGHT),
        )
        for name, text in themes:
            action = self.add(menu, text, lambda name=name: self._appearance.set_theme(name))  # type: ignore[misc]
            action.setCheckable(True)
            action.setChecked(name == self._appearance.theme.name)
            group.addAction(action)

    def _language_menu(self) -> None:
        menu = self._menu(self.view.addMenu(""), Text.MENU_LANGUAGE)
        group = QActionGroup(menu)
        languages: tuple[tuple[Language, Text], ...] = (
            ("zh", Text.LANGUAGE_ZH),
            ("en", Text.LANGUAGE_EN),
        )
        for name, text in languages:
            action = self.add(menu, text, lambda name=name: self._appearance.set_language(name))  # type: ignore[misc]
            action.setCheckable(True)
            action.setChecked(name == self._appearance.words.language)
            group.addAction(action)
