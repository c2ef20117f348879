"""Fixtures of the user interface's tests; they need no display."""

import os

os.environ["QT_QPA_PLATFORM"] = "offscreen"  # before Qt is imported

from collections.abc import Callable, Iterator
from functools import partialmethod
from pathlib import Path

import pytest
from PyQt5 import sip
from PyQt5.QtCore import QTimer
from PyQt5.QtWidgets import QApplication, QDialog
from pytestqt.qtbot import QtBot

from farmdesk.ui.app import make_application, make_window
from farmdesk.ui.appearance import Appearance
from farmdesk.ui.connection import Connection
from farmdesk.ui.layout_store import LayoutStore
from farmdesk.ui.operator.window import OperatorWindow
from tests.gui.staged_farm import StagedFarm, realistic_farm

SMALL = 3000  # frames of the big task, where half a million would only cost time
WAIT_MS = 60_000  # far more than anything takes; a test never waits so long unless it fails
OpenWindow = Callable[..., OperatorWindow]


class PatientBot(QtBot):
    """Waits as long as a busy machine may need; of itself it would give up after five seconds."""

    waitUntil = partialmethod(QtBot.waitUntil, timeout=WAIT_MS)  # noqa: N815 Qt's names
    waitSignal = partialmethod(QtBot.waitSignal, timeout=WAIT_MS)  # noqa: N815
    waitSignals = partialmethod(QtBot.waitSignals, timeout=WAIT_MS)  # noqa: N815


@pytest.fixture
def qtbot(qapp: QApplication, request: pytest.FixtureRequest) -> QtBot:
    """The plugin's own, with more patience."""
    return PatientBot(request)


@pytest.fixture(scope="session")
def qapp() -> QApplication:
    """The application, made as the client makes it."""
    return make_application()


@pytest.fixture
def appearance(qapp: QApplication) -> Appearance:
    """English and dark, dressing nothing."""
    return Appearance(language="en", theme="dark")


@pytest.fixture
def farm() -> StagedFarm:
    """A busy farm."""
    return realistic_farm(SMALL)


@pytest.fixture
def store(tmp_path: Path) -> LayoutStore:
    """A place for layouts that is gone after the test."""
    return LayoutStore(user="李雯", role="operator", path=tmp_path / "farmdesk.ini")


@pytest.fixture
def open_window(qtbot: QtBot, farm: StagedFarm, store: LayoutStore) -> Iterator[OpenWindow]:
    """Opens windows on the staged farm and closes them in the end."""
    opened: list[OperatorWindow] = []

    def open_one(**options: object) -> OperatorWindow:
        options = {"language": "en", "theme": "dark", "store": store} | options
        options.setdefault("connection", Connection(backoff_s=(0.05,), patience_s=600))
        window = make_window(lambda: farm, user="李雯", **options)  # type: ignore[arg-type]
        opened.append(window)
        window.show()
        window.start()
        return window

    yield open_one
    for window in opened:
        window.close()
        qtbot.waitUntil(farm.closed.is_set)
        sip.delete(window)  # else each further window restyles all the closed ones


@pytest.fixture
def window(qtbot: QtBot, open_window: OpenWindow) -> OperatorWindow:
    """An English, dark window that shows its first rows."""
    opened = open_window()
    qtbot.waitUntil(lambda: is_filled(opened))
    return opened


def is_filled(window: OperatorWindow) -> bool:
    """Tell whether tasks, nodes, frames and log are shown."""
    rows = window.models.tasks.rowCount() and window.models.nodes.rowCount()
    return bool(rows and window.models.table.loaded and len(window.panels.log.view.buffer))


def in_next_dialog(act: Callable[[QDialog], None]) -> list[QDialog]:
    """Run `act` on the dialog that opens next; gives a list that then holds the dialog."""
    met: list[QDialog] = []

    def look() -> None:
        dialog = QApplication.activeModalWidget()
        if isinstance(dialog, QDialog):
            met.append(dialog)
            timer.stop()
            act(dialog)

    timer = QTimer(QApplication.instance())
    timer.timeout.connect(look)
    timer.start(10)
    return met
