"""The window on a real database: the store's rows reach the screen, an act reaches the engine."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from farmdesk.db.store import Store
from farmdesk.domain.commands import from_body
from farmdesk.domain.records import LogRecord, Outcome
from farmdesk.domain.states import FrameState, TaskState
from farmdesk.link.direct import DirectLink
from farmdesk.security.audit_chain import digest_of
from farmdesk.ui.app import make_window
from farmdesk.ui.connection import Connection
from farmdesk.ui.layout_store import LayoutStore
from farmdesk.ui.operator.acts import Act
from farmdesk.ui.operator.window import OperatorWindow
from tests.gui.conftest import is_filled
from tests.samples import (
    NOW,
    Farm,
    frame_record,
    node_record,
    spec,
    task_record,
)


@pytest.fixture
def store(sqlite_url: str) -> Iterator[Store]:
    """The engine's side of a farm on SQLite."""
    made = Store(sqlite_url, owner="engine", chain=digest_of)
    made.acquire_lease(NOW, 60)
    yield made
    made.close()


@pytest.fixture
def engine(sqlite_url: str, store: Store) -> Iterator[Farm]:
    """Writes as the engine does."""
    link = DirectLink(sqlite_url, issued_by="engine")
    yield Farm(link, store.apply)
    link.close()


@pytest.fixture
def window(qtbot: QtBot, sqlite_url: str, tmp_path: Path) -> Iterator[OperatorWindow]:
    """A window on that farm."""
    made = make_window(
        lambda: DirectLink(sqlite_url, issued_by="李雯"),
        user="李雯",
        store=LayoutStore(user="李雯", role="operator", path=tmp_path / "farmdesk.ini"),
        language="zh",
        connection=Connection(patience_s=600),
    )
    made.show()
    made.start()
    yield made
    made.close()


def test_rows_come_and_acts_go(
    window: OperatorWindow, engine: Farm, store: Store, qtbot: QtBot
) -> None:
    engine.add_task(1, spec("开幕式", "1-100x2,150"))
    engine.change(
        tasks=(task_record(done=1),),
        nodes=(node_record("node-01", task_id=1, frame=3),),
        frames=(frame_record(1), frame_record(150, FrameState.FAILED, attempt=3)),
        logs=(LogRecord(NOW, "error", "the tool crashed", 1, "node-01", 150),),
    )
    qtbot.waitUntil(lambda: is_filled(window))
    assert window.models.tasks.at(0).name == "开幕式"
    place = window.models.table.place_of(150)
    assert place == 50
    qtbot.waitUntil(lambda: window.models.table.state(50) is FrameState.FAILED)
    qtbot.waitUntil(lambda: int(window.models.table.attempts[50]) == 3)
    assert window.models.table.state(0) is FrameState.DONE
    assert window.models.table.state(1) is FrameState.RENDERING
    qtbot.waitUntil(lambda: window.models.table.node(1) == "node-01")

    window.task_actions.actions[Act.PAUSE].trigger()
    qtbot.waitUntil(lambda: bool(store.new_commands()))
    (command,) = store.new_commands()
    assert from_body(command.kind, command.body).task_id == 1  # type: ignore[union-attr]
    assert command.issued_by == "李雯"
    engine.change(
        tasks=(task_record(state=TaskState.PAUSED, done=1),),
        outcomes=(Outcome(command.id, applied=True, text="ok", at=NOW, task_id=1),),
    )
    qtbot.waitUntil(window.undo.isVisible)
    qtbot.waitUntil(lambda: window.models.tasks.at(0).state is TaskState.PAUSED)
