"""The language, the theme and the size of text that all widgets share, and the fonts."""

from typing import cast

from PyQt5.QtCore import QObject, pyqtSignal
from PyQt5.QtGui import QFont
from PyQt5.QtWidgets import QApplication

from farmdesk.ui.theme import THEMES, Theme, ThemeName, palette, style_sheet
from farmdesk.ui.wording import Language, Wording

# Windows, macOS, Linux: each holds Latin and Chinese, so that a line has one look.
FAMILIES = (
    "Microsoft YaHei UI",
    "PingFang SC",
    "Noto Sans CJK SC",
    "Source Han Sans SC",
    "WenQuanYi Micro Hei",
    "DejaVu Sans",
)
MONO_FAMILIES = (
    "Cascadia Mono",
    "Consolas",
    "Menlo",
    "Noto Sans Mono CJK SC",
    "DejaVu Sans Mono",
    "Microsoft YaHei UI",
    "Noto Sans CJK SC",
)


PERCENT = (100, 150)  # sizes of text: least and most
STEP_PERCENT = 10


class Appearance(QObject):
    """What a widget asks for its words and colours; `changed` tells it to ask again."""

    changed = pyqtSignal()

    def __init__(self, *, language: Language, theme: ThemeName, percent: int = 100) -> None:
        super().__init__()
        self.percent = percent  # of the usual size of text
        self.words = Wording(language)
        self.theme: Theme = THEMES[theme]

    def set_language(self, language: Language) -> None:
        """Switch the words of every open widget."""
        if language != self.words.language:
            self.words = Wording(language)
            self.changed.emit()

    def set_theme(self, name: ThemeName) -> None:
        """Switch the colours of every open widget."""
        if name != self.theme.name:
            self.theme = THEMES[name]
            self.dress()
            self.changed.emit()

    def set_percent(self, percent: int) -> None:
        """Make the text of every open widget larger or smaller, within its limits."""
        percent = min(PERCENT[1], max(PERCENT[0], percent))
        if percent != self.percent:
            self.percent = percent
            self.dress()
            self.changed.emit()

    def dress(self) -> None:
        """Give the running application this theme and the font."""
        application = cast("QApplication", QApplication.instance())
        application.setFont(text_font(self.percent))
        application.setStyle("Fusion")
        application.setPalette(palette(self.theme))
        application.setStyleSheet(style_sheet(self.theme))


def text_font(percent: int = 100) -> QFont:
    """Give the font of the user interface, with a face for Chinese on every system."""
    font = QFont()
    font.setFamilies(list(FAMILIES))
    font.setPointSizeF(9.5 * percent / 100)
    return font


def mono_font(percent: int = 100) -> QFont:
    """Give the log's font: even widths, and Chinese."""
    font = QFont()
    font.setFamilies(list(MONO_FAMILIES))
    font.setStyleHint(QFont.StyleHint.Monospace)
    font.setPointSizeF(9.0 * percent / 100)
    return font
