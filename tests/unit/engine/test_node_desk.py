"""Nodes that operators take out of work: frames in hand are finished, then nothing comes."""

from pathlib import Path

import pytest

from farmdesk.config import LocalNode
from farmdesk.domain.commands import Command, kind_of, to_body
from farmdesk.domain.node_commands import AllocateNodes, DrainNodes, WakeNodes
from farmdesk.domain.rows import CommandRow
from farmdesk.domain.states import NodeState, TaskState
from nodeagent.reports import FrameBegun
from tests.unit.engine.rig import NOON, Rig

POOLS = (LocalNode("a", pool="gpu"), LocalNode("b", pool="gpu"), LocalNode("c", slots=2))


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    return Rig(tmp_path, farm=POOLS)


def begin_all(rig: Rig) -> None:
    """Let every agent have its first frame in hand."""
    rig.load_all()
    for agent in rig.busy:
        agent.report(FrameBegun(agent.range_id, agent.frames[0]))
    rig.turn()


def states(rig: Rig) -> dict[str, NodeState]:
    return {row.record.node: row.record.state for row in rig.link.nodes()}


def reason(rig: Rig, node: str) -> str:
    (row,) = (row for row in rig.link.nodes() if row.record.node == node)
    return row.record.reason


def test_a_drained_node_finishes_its_frames_in_hand(rig: Rig) -> None:
    rig.submit("1-40")
    begin_all(rig)
    assert rig.send(DrainNodes(nodes=("c",)), user="wang.li").applied
    assert states(rig)["c"] is NodeState.DRAINING
    on_c = [agent for agent in rig.busy if agent.slot.startswith("c")]
    assert [len(agent.frames) for agent in on_c] == [1, 1]
    on_c[0].finish()
    rig.turn()
    assert states(rig)["c"] is NodeState.DRAINING
    on_c[1].finish()
    rig.turn()
    assert states(rig) == {
        "a": NodeState.RENDERING,
        "b": NodeState.RENDERING,
        "c": NodeState.MAINTENANCE,
    }
    assert reason(rig, "c") == "drained by wang.li"
    assert len(rig.render_all()) == 38
    assert {agent.slot for agent in rig.agents[4:]} <= {"a", "b"}


def test_a_node_comes_back(rig: Rig) -> None:
    rig.submit("1-40")
    begin_all(rig)
    rig.send(DrainNodes(nodes=("a",)))
    assert rig.send(WakeNodes(nodes=("a",))).applied
    assert states(rig)["a"] is NodeState.RENDERING
    rig.send(DrainNodes(nodes=("a",)))
    next(agent for agent in rig.busy if agent.slot == "a").finish()
    rig.turn()
    assert states(rig)["a"] is NodeState.MAINTENANCE
    rig.send(WakeNodes(nodes=("a",)))
    assert states(rig)["a"] is NodeState.RENDERING
    assert "a" in {agent.slot for agent in rig.busy}


def test_a_pool_is_drained_to_zero_and_woken(rig: Rig) -> None:
    assert "a, b" in rig.send(DrainNodes(pool="gpu")).text
    rig.submit("1-8")
    assert {agent.slot for agent in rig.busy} == {"c:1", "c:2"}
    rig.send(DrainNodes(nodes=("c",)))
    for agent in rig.busy:
        agent.finish()
        rig.turn()
    assert rig.entry().task.state is TaskState.RENDERING
    assert "it is in maintenance, drained by operator" in rig.link.task(1).reason
    assert rig.send(WakeNodes(pool="gpu")).applied
    assert {agent.slot for agent in rig.busy} == {"a", "b"}
    rig.render_all()


@pytest.mark.parametrize(
    ("command", "text"),
    [
        (DrainNodes(nodes=("a", "nobody")), "There is no node nobody"),
        (DrainNodes(pool="cpu"), "There is no pool cpu"),
        (DrainNodes(), "one of the two"),
        (DrainNodes(nodes=("a",), pool="gpu"), "one of the two"),
        (WakeNodes(nodes=("a",)), "None of these nodes is drained"),
    ],
)
def test_nonsense_is_refused_and_changes_nothing(rig: Rig, command: Command, text: str) -> None:
    outcome = rig.send(command)
    assert not outcome.applied
    assert text in outcome.text
    assert set(states(rig).values()) == {NodeState.IDLE}


def test_a_drained_node_is_not_drained_twice_nor_allocated(rig: Rig) -> None:
    rig.send(DrainNodes(nodes=("a",)))
    assert not rig.send(DrainNodes(nodes=("a",))).applied
    rig.submit("1-8", start=False)
    outcome = rig.send(AllocateNodes(1, nodes=("a",)))
    assert "drained by operator" in outcome.text


def test_customers_may_not_drain(tmp_path: Path) -> None:
    rig = Rig(tmp_path, operators=frozenset({"operator"}))
    assert not rig.send(DrainNodes(nodes=("n1",)), user="ann").applied
    assert states(rig)["n1"] is NodeState.IDLE


def test_a_fault_and_a_drain_do_not_undo_each_other(rig: Rig) -> None:
    rig.submit("1-40")
    begin_all(rig)
    rig.send(DrainNodes(nodes=("a",)))
    for _ in range(3):  # a drained node that vanishes each time
        found = [agent for agent in rig.busy if agent.slot == "a"]
        if not found:
            rig.send(WakeNodes(nodes=("a",)))
            found = [agent for agent in rig.busy if agent.slot == "a"]
        found[0].die("the line is gone")
        rig.turn()
    assert states(rig)["a"] is NodeState.FAULT
    rig.send(DrainNodes(nodes=("a",)))
    assert states(rig)["a"] is NodeState.FAULT
    rig.turn(61)
    assert states(rig)["a"] is NodeState.MAINTENANCE


def test_what_is_drained_outlives_the_engine(tmp_path: Path) -> None:
    said: list[Command] = [
        DrainNodes(pool="gpu"),
        WakeNodes(nodes=("b",)),
        DrainNodes(nodes=("c",)),
    ]
    rows = tuple(
        CommandRow(number, kind_of(command), "wang.li", NOON, to_body(command), applied=True)
        for number, command in enumerate(said, 1)
    )
    rig = Rig(tmp_path, farm=POOLS, standing=rows)
    assert states(rig) == {
        "a": NodeState.MAINTENANCE,
        "b": NodeState.IDLE,
        "c": NodeState.MAINTENANCE,
    }
    rig.submit("1-8")
    assert {agent.slot for agent in rig.busy} == {"b"}
    assert rig.send(WakeNodes(nodes=("c",))).applied
    assert len(rig.busy) > 1
