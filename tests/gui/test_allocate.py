"""Giving a task its nodes: what fits, what does not and why, and what follows from it."""

from collections.abc import Callable

import pytest
from PyQt5 import sip
from PyQt5.QtCore import Qt
from PyQt5.QtTest import QTest
from PyQt5.QtWidgets import QDialog
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot

from farmdesk.domain.commands import Command
from farmdesk.domain.node_commands import AllocateNodes
from farmdesk.domain.records import NodeRecord
from farmdesk.domain.rows import NodeRow
from farmdesk.domain.states import NodeState
from farmdesk.domain.task_commands import StartRender
from farmdesk.link.ahead import ForecastRow
from farmdesk.ui.appearance import Appearance
from farmdesk.ui.models.node_choice import NodeChoice
from farmdesk.ui.operator.acts import Act
from farmdesk.ui.operator.allocate_dialog import AllocateDialog
from farmdesk.ui.operator.effect import effect_text
from farmdesk.ui.operator.window import OperatorWindow
from farmdesk.ui.wording import Wording
from tests.gui.conftest import in_next_dialog
from tests.gui.staged_farm import NOON, StagedFarm, task_row
from tests.gui.test_task_times import ahead

CHECK = Qt.ItemDataRole.CheckStateRole
TASK = task_row(2, tool="Maya", tool_version="2025")
NODES = (
    NodeRecord("a", NodeState.IDLE, pool="gpu", tools=("Maya 2025",)),
    NodeRecord("b", NodeState.RENDERING, task_id=9, pool="gpu", tools=None),
    NodeRecord("c", NodeState.IDLE, pool="gpu", tools=("Maya 2024",)),
    NodeRecord("d", NodeState.FAULT, reason="fell over", reason_zh="故障三次", pool="cpu"),
    NodeRecord("e", NodeState.DRAINING),
)


def node_rows() -> list[NodeRow]:
    """Give the nodes as readers see them."""
    return [NodeRow(1, record, "Nightly" if record.task_id else "") for record in NODES]


@pytest.fixture
def model(appearance: Appearance, qtmodeltester: ModelTester) -> NodeChoice:
    """Five nodes for a task that needs Maya 2025."""
    made = NodeChoice(appearance, TASK)
    made.take(node_rows(), whole=True)
    qtmodeltester.check(made, force_py=True)  # type: ignore[no-untyped-call]
    return made


def test_nodes_that_cannot_serve_say_why_and_are_not_chosen(model: NodeChoice) -> None:
    fit = model.column_named("fit")
    told = {model.at(n).record.node: model.index(n, fit).data() for n in range(5)}
    assert told == {
        "a": "fits",
        "b": "fits; works for Nightly",
        "c": "does not offer Maya 2025",
        "d": "Fault: fell over",
        "e": "Draining",
    }
    usable = [n for n in range(5) if model.flags(model.index(n, 0)) & Qt.ItemFlag.ItemIsEnabled]
    assert usable == [0, 1]
    assert model.setData(model.index(0, 0), Qt.CheckState.Checked, CHECK)
    assert not model.setData(model.index(2, 0), Qt.CheckState.Checked, CHECK)
    assert model.serving() == ["a"]
    assert model.pools() == {"cpu": (0, 1), "gpu": (2, 3)}


def test_a_chosen_node_that_falls_out_is_not_sent(model: NodeChoice) -> None:
    for place in (0, 1):
        model.setData(model.index(place, 0), Qt.CheckState.Checked, CHECK)
    model.take([NodeRow(2, NodeRecord("a", NodeState.OFFLINE))], whole=False)
    assert model.serving() == ["b"]
    assert model.index(0, 0).data(CHECK) == Qt.CheckState.Unchecked


# ---- the dialog


@pytest.fixture
def dialog(window: OperatorWindow, farm: StagedFarm, qtbot: QtBot) -> AllocateDialog:
    """The dialog of a queued task, on a farm where those five nodes are the last ones."""
    farm.put(nodes=NODES)
    qtbot.waitUntil(lambda: window.models.nodes.row("e") is not None)
    made = AllocateDialog(
        task_row(3, name="Trailer", state=farm.task_row(3).state, tool="Maya", tool_version="2025"),
        window.models.nodes,
        foresight=window.foresight,
        appearance=window.appearance,
        parent=window,
    )
    made.show()
    return made


def check(dialog: AllocateDialog, node: str, on: Qt.CheckState = Qt.CheckState.Checked) -> None:
    """Check a node as a click on its box does."""
    place = dialog.model.place_of(node)
    assert place is not None
    dialog.model.setData(dialog.model.index(place, 0), on, CHECK)


def choose_pool(dialog: AllocateDialog, name: str) -> None:
    """Choose a pool as a person does."""
    place = dialog.pool.findData(name)
    dialog.pool.setCurrentIndex(place)
    dialog.pool.activated.emit(place)


def test_each_choice_is_its_command(dialog: AllocateDialog) -> None:
    assert not dialog.go.isEnabled(), "no node is chosen"
    check(dialog, "b")
    check(dialog, "a")
    assert dialog.go.isEnabled()
    named: Command = AllocateNodes(3, nodes=("a", "b"))
    assert dialog.commands() == (named, StartRender(3))
    dialog.start.setChecked(False)
    assert dialog.commands() == (named,)
    choose_pool(dialog, "cpu")
    assert not dialog.go.isEnabled()
    assert dialog.effect.text() == "No node of this pool fits."
    choose_pool(dialog, "gpu")
    dialog.count.setValue(9)
    assert dialog.of_pool.isChecked()
    assert dialog.commands() == (AllocateNodes(3, pool="gpu", count=2),), "no more than fit"
    dialog.by_plan.click()
    assert dialog.commands() == (AllocateNodes(3, clear=True),)
    check(dialog, "a", Qt.CheckState.Unchecked)
    check(dialog, "b", Qt.CheckState.Unchecked)
    assert dialog.named.isChecked()
    assert not dialog.go.isEnabled()


def test_the_effect_follows_the_choice(dialog: AllocateDialog, qtbot: QtBot) -> None:
    assert dialog.effect.text() == "Choose one node at least."
    check(dialog, "a")
    assert dialog.effect.text() == "Looking ahead…"
    qtbot.waitUntil(lambda: dialog.effect.text().startswith("Expected end "))


def test_an_answer_that_comes_after_the_end_is_dropped(
    dialog: AllocateDialog, window: OperatorWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers: list[Callable[[tuple[ForecastRow, ...]], None]] = []
    monkeypatch.setattr(window.foresight, "ask", lambda _, answer: answers.append(answer))
    check(dialog, "a")
    qtbot.waitUntil(lambda: len(answers) == 1)
    dialog.go.click()
    sip.delete(dialog)
    answers[0]((ahead(3),))


def test_allocating_sends_both_and_escape_nothing(
    window: OperatorWindow, farm: StagedFarm, qtbot: QtBot
) -> None:
    window.panels.queue.select(3)
    window.panels.queue.view.setFocus()
    in_next_dialog(lambda dialog: QTest.keyClick(dialog, Qt.Key.Key_Escape))
    QTest.keyClick(window.panels.queue.view, Qt.Key.Key_A)
    assert farm.sent == []

    def choose(dialog: QDialog) -> None:
        assert isinstance(dialog, AllocateDialog)
        check(dialog, "node03")
        dialog.go.click()

    in_next_dialog(choose)
    window.task_actions.actions[Act.ALLOCATE].trigger()
    wanted = [AllocateNodes(3, nodes=("node03",)), StartRender(3)]
    qtbot.waitUntil(lambda: farm.sent == wanted)


def test_a_task_that_renders_is_not_started_again(window: OperatorWindow) -> None:
    def look(dialog: QDialog) -> None:
        assert isinstance(dialog, AllocateDialog)
        assert not dialog.start.isVisible()
        assert dialog.pool.currentText() == "no pools"
        assert not dialog.of_pool.isEnabled()
        dialog.reject()

    met = in_next_dialog(look)
    window.panels.queue.select(1)
    window.task_actions.actions[Act.ALLOCATE].trigger()
    assert met


# ---- what follows


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([], "Nothing can be foretold before it starts."),
        ([ahead(2, expected=None)], "It would not end like this."),
        ([ahead(2)], "Expected end {} ±5 min"),
        ([ahead(2, moved_s=-600.0)], "Expected end {} ±5 min, 10 min sooner"),
        (
            [ahead(2, moved_s=120.0), ahead(7, moved_s=61.0), ahead(8, moved_s=300.0), ahead(9)],
            "Expected end {} ±5 min, 2 min later\nWill end later: t8 +5 min · t7 +1 min",
        ),
    ],
)
def test_the_effect_in_words(rows: list[ForecastRow], told: str) -> None:
    at = f"{NOON.astimezone():%m-%d %H:%M}"
    assert effect_text(rows, 2, Wording("en")) == told.format(at)
