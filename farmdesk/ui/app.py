"""Starts the client: `run` makes the application and its window and gives the exit code.

`make_window` does the same without an event loop, for tests and benchmarks.
"""

import logging
import sys
from pathlib import Path
from types import TracebackType

from PyQt5.QtCore import QLocale, Qt, QTimer
from PyQt5.QtWidgets import QApplication, QWidget

from farmdesk.ui.appearance import Appearance
from farmdesk.ui.background import Background, LinkFactory
from farmdesk.ui.connection import Connection
from farmdesk.ui.layout_store import LayoutStore
from farmdesk.ui.operator.window import OperatorWindow
from farmdesk.ui.theme import ThemeName
from farmdesk.ui.wording import Language

log = logging.getLogger(__name__)

SHOT_PATIENCE_MS = 20_000
SHOT_SETTLE_MS = 700  # after the first rows: logs and frame details follow within this time
ROLE = "operator"


def run(
    link_factory: LinkFactory,
    *,
    user: str,
    language: Language | None = None,
    theme: ThemeName | None = None,
    shot: Path | None = None,
) -> int:
    """Open the operator's window on a farm and give the exit code when it is closed.

    `language` and `theme` None: as remembered, else the system's language and dark. `shot`: save a
    picture once real rows are shown, and end; exit code 1 when none came within 20 s.
    """
    application = make_application()
    store = LayoutStore(user=user, role=ROLE)
    window = make_window(link_factory, user=user, store=store, language=language, theme=theme)
    _install_excepthook(window)
    window.show()
    window.start()
    if shot is not None:
        _shoot(application, window, shot)
    return int(application.exec())


def make_application() -> QApplication:
    """Give the running application, or make it, ready for dense screens."""
    running = QApplication.instance()
    if isinstance(running, QApplication):
        return running
    QApplication.setAttribute(Qt.ApplicationAttribute.AA_EnableHighDpiScaling)
    QApplication.setAttribute(Qt.ApplicationAttribute.AA_UseHighDpiPixmaps)
    application = QApplication([sys.argv[0]])
    application.setApplicationName("FarmDesk")
    return application


def make_window(
    link_factory: LinkFactory,
    *,
    user: str,
    store: LayoutStore,
    language: Language | None = None,
    theme: ThemeName | None = None,
    connection: Connection | None = None,
) -> OperatorWindow:
    """Give the operator's window, neither shown nor started. The link is made on its worker."""
    appearance = Appearance(
        language=language or store.language(_system_language()),
        theme=theme or store.theme("dark"),
        percent=store.percent(),
    )
    appearance.dress()
    return OperatorWindow(
        Background(link_factory),
        connection=connection or Connection(),
        appearance=appearance,
        store=store,
        user=user,
    )


def save_picture(window: QWidget, path: Path) -> None:
    """Save what the window shows as a PNG. Raises OSError when the file cannot be written."""
    if not window.grab().save(str(path), "PNG"):
        raise OSError(f"cannot write the picture {path}")


def _system_language() -> Language:
    return "zh" if QLocale.system().language() == QLocale.Language.Chinese else "en"


def _shoot(application: QApplication, window: OperatorWindow, path: Path) -> None:
    """Save a picture soon after tasks and nodes are shown, then end."""

    def save() -> None:
        try:
            save_picture(window, path)
        except OSError:
            log.exception("no picture")
            application.exit(1)
            return
        window.close()
        application.exit(0)

    def look() -> None:
        models = window.models
        if models.tasks.rowCount() and models.nodes.rowCount() and models.table.loaded:
            waiting.stop()
            QTimer.singleShot(SHOT_SETTLE_MS, save)

    waiting = QTimer(window)
    waiting.timeout.connect(look)
    waiting.start(100)
    QTimer.singleShot(SHOT_PATIENCE_MS, lambda: application.exit(1))


def _install_excepthook(window: OperatorWindow) -> None:
    """Show uncaught errors of slots in the window; without a hook PyQt5 ends the program."""

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        log.critical("uncaught error", exc_info=(kind, error, trace))
        if isinstance(error, KeyboardInterrupt):
            QApplication.exit(130)
        else:
            window.outcomes.fault(error)

    sys.excepthook = hook
