"""Both languages and themes on the whole window: no foreign word, nothing cut off, not blank."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from PyQt5.QtCore import Qt
from PyQt5.QtGui import QImage
from PyQt5.QtWidgets import (
    QAbstractButton,
    QAction,
    QComboBox,
    QLabel,
    QLineEdit,
    QMenu,
    QPushButton,
    QTabBar,
    QTableView,
    QToolButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from farmdesk.ui.app import save_picture
from farmdesk.ui.operator.loss_dialog import LossDialog, stop_loss
from farmdesk.ui.operator.window import OperatorWindow
from farmdesk.ui.texts import Text
from farmdesk.ui.theme import ThemeName
from farmdesk.ui.widgets.pixels import pixels_of
from farmdesk.ui.widgets.why_line import WhyLine
from farmdesk.ui.wording import LANGUAGES, Language
from tests.gui.conftest import OpenWindow, is_filled
from tests.gui.staged_farm import StagedFarm

CHINESE = re.compile(r"[\u4e00-\u9fff]")
LATIN = re.compile(r"[A-Za-z]{2,}")
# Latin in Chinese texts: names, units and keys.
ALLOWED = {"FarmDesk", "CPU", "GPU", "Ctrl", "Esc", "Alt", "UTC", "English", "farmdesk"}
ALLOWED |= {"submit", "server", "Space", "Up", "Down", "Del", "Enter"}


def texts(root: QWidget) -> Iterator[tuple[str, str]]:
    """Give every text of the interface itself below a widget, with where it is; no rows."""
    for widget in (root, *root.findChildren(QWidget)):
        if isinstance(widget, WhyLine):
            continue  # it shows a row
        where = f"{type(widget).__name__} {widget.objectName()}"
        yield where, widget.toolTip()
        yield where, widget.accessibleName()
        yield where, widget.windowTitle()
        if isinstance(widget, (QLabel, QAbstractButton)):
            yield where, widget.text()
        elif isinstance(widget, QLineEdit):
            yield where, widget.placeholderText()
        elif isinstance(widget, QComboBox):
            yield from ((where, widget.itemText(n)) for n in range(widget.count()))
        elif isinstance(widget, QTabBar):
            yield from ((where, widget.tabText(n)) for n in range(widget.count()))
        elif isinstance(widget, QMenu):
            yield where, widget.title()
        elif isinstance(widget, QTableView):
            model = widget.model()
            for column in range(model.columnCount()):
                yield where, str(model.headerData(column, Qt.Orientation.Horizontal) or "")
    for action in root.findChildren(QAction):
        yield "QAction", action.text()
        yield "QAction", action.toolTip()


def foreign(text: str, language: Language) -> bool:
    """Tell whether a text has words of the other language."""
    if language == "en":
        return bool(CHINESE.search(text)) and text != "中文"
    return bool(set(LATIN.findall(text)) - ALLOWED)


def strip_of(window: OperatorWindow, farm: StagedFarm, qtbot: QtBot) -> None:
    """Bring strips, dialogs' kin and hints on the screen, so that they are walked too."""
    farm.refusal = "42"
    window.task_actions.pause_or_resume.trigger()
    qtbot.waitUntil(window.trouble.isVisible)
    farm.go_away()
    qtbot.waitUntil(window.banner.isVisible)


@pytest.mark.parametrize("switched", [False, True], ids=["started", "switched"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_word_of_the_other_language(
    open_window: OpenWindow, farm: StagedFarm, qtbot: QtBot, language: Language, switched: bool
) -> None:
    other: Language = "en" if language == "zh" else "zh"
    window = open_window(language=other if switched else language)
    window.setWindowTitle("")
    qtbot.waitUntil(lambda: is_filled(window))
    strip_of(window, farm, qtbot)
    if switched:
        window.appearance.set_language(language)
    words = window.appearance.words
    dialog = LossDialog(stop_loss([], 0.0, words), words=words, parent=window)
    roots = [window, dialog, window.context_menus.queue_menu(), window.context_menus.frame_menu()]
    told = {text.replace("李雯", "") for root in roots for _, text in texts(root) if text}
    assert len(told) > 60
    assert {text for text in told if foreign(text, language)} == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_button_is_cut_off_on_a_small_screen(
    open_window: OpenWindow, farm: StagedFarm, qtbot: QtBot, language: Language
) -> None:
    window = open_window(language=language)
    window.resize(1366, 768)
    qtbot.waitUntil(lambda: is_filled(window))
    strip_of(window, farm, qtbot)
    assert (window.width(), window.height()) == (1366, 768)
    for button in window.findChildren(QAbstractButton):
        if button.isVisible() and button.text():
            _assert_fits(button)
    for label in window.findChildren(QLabel):
        if label.isVisible() and label.text():
            assert label.height() >= label.heightForWidth(label.width()), label.text()
    shown = {a.text() for a in window.toolbar.actions() if a.isVisible()}
    buttons = [b for b in window.toolbar.findChildren(QToolButton) if b.isVisible() and b.text()]
    assert len(buttons) == len(shown), "an action is behind the tool bar's »"


def _assert_fits(button: QAbstractButton) -> None:
    needed = button.sizeHint().width()
    assert button.width() >= needed, button.text()
    right = button.mapTo(button.window(), button.rect().topRight()).x()
    assert right < button.window().width(), button.text()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("theme", ["dark", "light"])
def test_pictures_are_not_blank(
    open_window: OpenWindow, qtbot: QtBot, language: Language, theme: ThemeName, tmp_path: Path
) -> None:
    window = open_window(language=language, theme=theme)
    qtbot.waitUntil(lambda: is_filled(window))
    path = tmp_path / f"{theme}-{language}.png"
    save_picture(window, path)
    image = QImage(str(path))
    pixels = pixels_of(image)
    assert image.width() >= 1366
    ground = int(window.appearance.theme.base[1:], 16) | 0xFF000000
    share = float((pixels == ground).mean())
    assert 0.05 < share < 0.9
    for colour in window.appearance.theme.frames.values():
        wanted = int(colour[1:], 16) | 0xFF000000
        assert (pixels == wanted).any(), colour


def test_a_picture_that_cannot_be_written_is_an_error(window: OperatorWindow) -> None:
    with pytest.raises(OSError, match="cannot write"):
        save_picture(window, Path("/proc/no/such/picture.png"))


def test_a_switch_of_theme_reaches_every_painted_part(window: OperatorWindow) -> None:
    before = {name: widget.grab().toImage() for name, widget in painted(window).items()}
    window.appearance.set_theme("light")
    for name, widget in painted(window).items():
        assert widget.grab().toImage() != before[name], name


def painted(window: OperatorWindow) -> dict[str, QWidget]:
    """Give the parts with colours of their own."""
    return {
        "queue": window.panels.queue.view,
        "nodes": window.panels.nodes.view,
        "grid": window.panels.frames.grid,
        "minimap": window.panels.frames.minimap,
        "log": window.panels.log.view,
        "toolbar": window.toolbar,
        "legend": window.panels.frames.legend,
    }


def test_every_input_has_a_name_for_screen_readers(window: OperatorWindow) -> None:
    for kind in (QLineEdit, QComboBox, QTableView):
        for widget in window.findChildren(kind):
            assert widget.accessibleName(), widget
    assert window.panels.frames.grid.accessibleName() == window.appearance.words(Text.TAB_GRID)
    assert window.panels.frames.cell_size.slider.accessibleName()
    for button in window.findChildren(QPushButton):
        assert button.text() or button.isHidden()
