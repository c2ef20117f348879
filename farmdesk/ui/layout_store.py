"""Remembers how a person likes the window: layout, theme, language and size of text.

A layout of another version, or one that Qt cannot read, is as good as none: defaults, no error.
"""

from pathlib import Path
from typing import cast

from PyQt5.QtCore import QByteArray, QSettings

from farmdesk.ui.appearance import PERCENT
from farmdesk.ui.theme import THEMES, ThemeName
from farmdesk.ui.wording import LANGUAGES, Language

VERSION = 3  # raise when columns or panels change their meaning


class LayoutStore:
    """An INI file at `path`, or the user's settings folder when None."""

    def __init__(self, *, user: str, role: str, path: Path | None = None) -> None:
        if path is None:
            self._settings = QSettings(
                QSettings.Format.IniFormat, QSettings.Scope.UserScope, "FarmDesk", "farmdesk"
            )
        else:
            self._settings = QSettings(str(path), QSettings.Format.IniFormat)
        # Settings keys take no slash; a user may be named `studio/li`.
        self._group = f"{role}-{user.encode().hex()}"

    def save(self, name: str, state: QByteArray) -> None:
        """Keep a part of the layout."""
        self._settings.setValue(f"{self._group}/v{VERSION}/{name}", state)

    def load(self, name: str) -> QByteArray | None:
        """Give a part of the layout; None when there is none that can be read."""
        value = self._settings.value(f"{self._group}/v{VERSION}/{name}")
        return value if isinstance(value, QByteArray) and not value.isEmpty() else None

    def forget(self) -> None:
        """Drop the layout of this user and role; the others stay."""
        self._settings.remove(f"{self._group}/v{VERSION}")

    def language(self, default: Language) -> Language:
        """Give the remembered language."""
        value = self._settings.value(f"{self._group}/language")
        return cast("Language", value) if value in LANGUAGES else default

    def theme(self, default: ThemeName) -> ThemeName:
        """Give the remembered theme."""
        value = self._settings.value(f"{self._group}/theme")
        return cast("ThemeName", value) if value in THEMES else default

    def percent(self) -> int:
        """Give the remembered size of text, in percent of the usual one."""
        value = str(self._settings.value(f"{self._group}/percent"))
        known = value.isascii() and value.isdigit() and len(value) <= 3
        return min(PERCENT[1], max(PERCENT[0], int(value))) if known else 100

    def remember(self, *, language: Language, theme: ThemeName, percent: int) -> None:
        """Keep theme, language and size of text."""
        self._settings.setValue(f"{self._group}/percent", percent)
        self._settings.setValue(f"{self._group}/language", language)
        self._settings.setValue(f"{self._group}/theme", theme)

    def write(self) -> None:
        """Bring everything to the disk now."""
        self._settings.sync()
