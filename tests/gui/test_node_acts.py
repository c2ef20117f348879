"""Nodes taken out of work and brought back, from the node table's menu."""

from PyQt5.QtWidgets import QAction
from pytestqt.qtbot import QtBot

from farmdesk.domain.node_commands import DrainNodes, WakeNodes
from farmdesk.domain.records import NodeRecord
from farmdesk.domain.rows import NodeRow
from farmdesk.domain.states import NodeState
from farmdesk.ui.operator.node_acts import NodeAct, node_batch
from farmdesk.ui.operator.window import OperatorWindow
from tests.gui.staged_farm import StagedFarm


def rows(**states: NodeState) -> list[NodeRow]:
    return [NodeRow(1, NodeRecord(node, state)) for node, state in states.items()]


def test_an_act_is_one_command_for_the_nodes_it_fits() -> None:
    chosen = rows(
        a=NodeState.RENDERING, b=NodeState.DRAINING, c=NodeState.MAINTENANCE, d=NodeState.FAULT
    )
    drain, wake = node_batch(NodeAct.DRAIN, chosen), node_batch(NodeAct.WAKE, chosen)
    assert drain is not None
    assert wake is not None
    assert (drain.commands, drain.undo) == ((DrainNodes(("a", "d")),), (WakeNodes(("a", "d")),))
    assert (wake.commands, wake.undo) == ((WakeNodes(("b", "c")),), (DrainNodes(("b", "c")),))
    assert drain.names == ("a, d",)
    assert node_batch(NodeAct.WAKE, rows(a=NodeState.IDLE)) is None
    assert node_batch(NodeAct.DRAIN, []) is None


def entries(window: OperatorWindow) -> dict[str, QAction]:
    return {entry.text(): entry for entry in window.context_menus.node_menu().actions()}


def choose(window: OperatorWindow, *states: NodeState) -> list[str]:
    """Select the first node in each of these states; give their names."""
    view = window.panels.nodes.view
    view.clearSelection()
    model = view.selectionModel()
    for state in states:
        places = range(window.models.nodes.rowCount())
        place = next(n for n in places if window.models.nodes.at(n).record.state is state)
        flags = model.SelectionFlag.Select | model.SelectionFlag.Rows
        model.select(window.models.nodes.index(place, 0), flags)
    return [row.record.node for row in window.panels.nodes.selected()]


def test_drained_from_the_menu_and_taken_back(
    window: OperatorWindow, farm: StagedFarm, qtbot: QtBot
) -> None:
    nodes = choose(window, NodeState.RENDERING, NodeState.IDLE)
    found = entries(window)
    assert found["Drain"].isEnabled()
    assert not found["Bring back"].isEnabled()
    assert found["Bring back"].toolTip() == "None of the selected nodes is drained"
    found["Drain"].trigger()
    qtbot.waitUntil(lambda: farm.sent == [DrainNodes(tuple(nodes))])
    qtbot.waitUntil(window.undo.isVisible)
    assert ", ".join(nodes) in window.undo.label.text()
    window.undo.undo.click()
    qtbot.waitUntil(lambda: farm.sent[1:] == [WakeNodes(tuple(nodes))])


def test_a_drained_node_is_brought_back(
    window: OperatorWindow, farm: StagedFarm, qtbot: QtBot
) -> None:
    (node,) = choose(window, NodeState.MAINTENANCE)
    found = entries(window)
    assert found["Drain"].toolTip() == "The selected nodes are drained already"
    found["Bring back"].trigger()
    qtbot.waitUntil(lambda: farm.sent == [WakeNodes((node,))])


def test_nothing_is_sent_while_the_farm_is_away(
    window: OperatorWindow, farm: StagedFarm, qtbot: QtBot
) -> None:
    choose(window, NodeState.RENDERING)
    farm.go_away()
    qtbot.waitUntil(lambda: not window.connection.online)
    assert not any(entry.isEnabled() for entry in entries(window).values())
    assert "away" in entries(window)["Drain"].toolTip()
