"""Which slot works for which task, in an engine turned by hand."""

from dataclasses import asdict
from pathlib import Path

import pytest

from farmdesk.config import LocalNode
from farmdesk.domain.commands import Command, kind_of, to_body
from farmdesk.domain.node_commands import AllocateNodes, SetAutoStart
from farmdesk.domain.records import Outcome
from farmdesk.domain.rows import CommandRow
from farmdesk.domain.states import FrameState, NodeState, TaskState
from farmdesk.domain.task_commands import PauseTask, SetPriority, StartRender, StopTask
from farmdesk.domain.why import why_node, why_task
from nodeagent.orders import Open
from tests.unit.engine.rig import NOON, FakeAgent, Rig


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    return Rig(tmp_path, nodes=4)


def crew(rig: Rig, task: int) -> set[str]:
    """The slots that work for a task."""
    return {agent.slot for agent in rig.busy if order_of(agent).task == task}


def order_of(agent: FakeAgent) -> Open:
    (order,) = (order for order in agent.orders if isinstance(order, Open))
    return order


def finish_frames(rig: Rig, times: int = 1) -> None:
    """Let every agent that works finish some frames."""
    for _ in range(times):
        for agent in list(rig.busy):
            agent.finish()
        rig.turn(1)


def reason(rig: Rig, task: int) -> str:
    row = rig.link.task(task)
    assert bool(row.reason) == bool(row.reason_zh)
    assert why_task(row, "zh") != why_task(row, "en")
    return why_task(row, "en")


def node_reason(rig: Rig, node: str) -> str:
    (row,) = (row for row in rig.link.nodes() if row.record.node == node)
    assert bool(row.record.reason) == bool(row.record.reason_zh)
    assert why_node(row, "zh") != why_node(row, "en")
    return why_node(row, "en")


def state_of(rig: Rig) -> object:
    return dict(rig.rules.bonds), crew(rig, 1), crew(rig, 2), rig.link.task(1).reason


# ---- sharing -------------------------------------------------------------------------------------


def test_a_second_task_gets_its_share_at_frame_boundaries_and_nothing_is_rendered_twice(
    rig: Rig,
) -> None:
    rig.submit("1-40")
    rig.load_all()
    assert len(crew(rig, 1)) == 4
    rig.submit("1-40")
    assert len(crew(rig, 1)) == 4  # each has a frame in hand
    assert "as soon as its present frame is finished" in reason(rig, 2)
    finish_frames(rig)
    assert (len(crew(rig, 1)), len(crew(rig, 2))) == (2, 2)
    assert reason(rig, 2) == "It renders on 2 nodes."
    rig.load_all()
    frames = [frame for _ in range(200) if rig.busy for frame in _finish_first(rig)]
    assert len(frames) == 40 + 40 - 4
    assert rig.entry(1).count(FrameState.DONE) == rig.entry(2).count(FrameState.DONE) == 40


def _finish_first(rig: Rig) -> list[int]:
    agent = rig.busy[0]
    frame = agent.finish()
    rig.turn(1)
    return [frame]


def test_slots_stay_where_they_are_while_nothing_changes(rig: Rig) -> None:
    rig.submit("1-400")
    rig.submit("1-400")
    rig.load_all()
    finish_frames(rig, 2)
    started = len(rig.agents)
    finish_frames(rig, 20)
    assert len(rig.agents) == started


def test_a_task_that_cannot_feed_its_slots_does_not_pass_them_to_and_fro(rig: Rig) -> None:
    rig.submit("1-3", priority=9)
    rig.load_all()
    rig.submit("1-400", priority=0)
    started = len(rig.agents)
    for _ in range(20):
        rig.turn(0.5)
    assert len(rig.agents) <= started + 2


def test_a_higher_priority_takes_nodes_over_and_gives_them_back(rig: Rig) -> None:
    rig.submit("1-100")
    rig.load_all()
    rig.submit("1-100", priority=5)
    finish_frames(rig)
    rig.load_all()
    rig.send(SetPriority(2, 9))
    finish_frames(rig, 3)
    assert len(crew(rig, 2)) == 4
    text = reason(rig, 1)
    assert "tasks before it (2)" in text
    assert "farmdesk priority 1 9" in text
    rig.send(PauseTask(2))
    finish_frames(rig, 2)
    assert len(crew(rig, 1)) == 4


def test_a_queued_task_says_who_can_start_it(rig: Rig) -> None:
    rig.submit("1-4", start=False)
    assert "farmdesk start 1" in reason(rig, 1)
    assert "1 in the queue wait for an operator" in node_reason(rig, "n1")
    rig.send(StartRender(1))
    assert "farmdesk start" not in reason(rig, 1)
    assert node_reason(rig, "n1").startswith("It works for task 1")


# ---- auto-start ----------------------------------------------------------------------------------


def test_auto_start_starts_what_has_a_share_and_leaves_the_rest_in_the_queue(
    tmp_path: Path,
) -> None:
    rig = Rig(tmp_path, nodes=1)
    rig.submit("1-40", start=False, priority=9)
    rig.submit("1-40", start=False, priority=0)
    rig.turn(1)
    assert rig.entry(1).task.state is TaskState.QUEUED
    assert rig.send(SetAutoStart(on=True)).applied
    rig.turn(1)
    assert rig.entry(1).task.state is TaskState.RENDERING
    assert rig.entry(2).task.state is TaskState.QUEUED
    assert "tasks before it (1)" in reason(rig, 2)
    rig.send(StopTask(1))
    rig.turn(1)
    assert rig.entry(2).task.state is TaskState.RENDERING
    assert rig.entry(1).task.state is TaskState.STOPPED
    assert rig.send(SetAutoStart(on=False)).applied
    rig.submit("1-4", start=False)
    rig.turn(1)
    assert rig.entry(3).task.state is TaskState.QUEUED


def test_a_task_that_cannot_be_started_by_itself_says_why_and_is_tried_again(rig: Rig) -> None:
    (rig.folder / "work").write_text("in the way")
    rig.submit("1-4", start=False)
    rig.send(SetAutoStart(on=True))
    for _ in range(3):
        rig.turn(2)
        assert rig.entry(1).task.state is TaskState.QUEUED
        assert "cannot be written" in reason(rig, 1)
    (rig.folder / "work").unlink()
    rig.turn(61)
    assert rig.entry(1).task.state is TaskState.RENDERING
    assert "cannot be written" not in reason(rig, 1)


# ---- allocation ----------------------------------------------------------------------------------


def test_an_allocation_overrides_the_plan_and_its_end_brings_the_plan_back(rig: Rig) -> None:
    rig.submit("1-200", priority=9)
    rig.submit("1-200", priority=0)
    rig.load_all()
    outcome = rig.send(AllocateNodes(2, nodes=("n1", "n3")))
    assert (outcome.applied, outcome.task_id) == (True, 2)
    finish_frames(rig, 2)
    assert (crew(rig, 1), crew(rig, 2)) == ({"n2", "n4"}, {"n1", "n3"})
    assert rig.send(AllocateNodes(2, clear=True)).applied
    finish_frames(rig, 3)
    assert crew(rig, 1) == {"n1", "n2", "n3", "n4"}


def test_an_allocation_lasts_over_a_restart(tmp_path: Path) -> None:
    said: list[Command] = [AllocateNodes(1, nodes=("n2",)), AllocateNodes(2, pool="gpu", count=2)]
    said += [AllocateNodes(2, clear=True)]
    rows = [
        CommandRow(number, kind_of(c), "operator", NOON, to_body(c), applied=True)
        for number, c in enumerate([*said, SetAutoStart(on=True)], 1)
    ]
    rig = Rig(tmp_path, nodes=3, standing=tuple(rows))
    assert rig.rules.auto_start
    rig.submit("1-40")
    assert crew(rig, 1) == {"n2"}
    assert list(rig.rules.bonds) == [1]


def _farm(tmp_path: Path) -> Rig:
    nodes = (
        LocalNode("gpu1", pool="gpu", slots=2),
        LocalNode("gpu2", pool="gpu", tools=frozenset({"maya"})),
        LocalNode("cpu1", pool="cpu"),
        LocalNode("sick", pool="cpu"),
    )
    rig = Rig(tmp_path, farm=nodes)
    rig.submit("1-400")
    for _ in range(3):
        next(agent for agent in reversed(rig.agents) if agent.slot == "sick").die("gone")
        rig.turn()
    assert {row.record.node: row.record.state for row in rig.link.nodes()}["sick"] is (
        NodeState.FAULT
    )
    rig.submit("1-4", start=False)
    return rig


@pytest.mark.parametrize(
    ("command", "text"),
    [
        (AllocateNodes(1, nodes=("nobody",)), "There is no node nobody"),
        (AllocateNodes(1, nodes=("cpu1", "gpu2")), "gpu2 does not offer blender"),
        (AllocateNodes(1, nodes=("sick",)), "it is at fault"),
        (AllocateNodes(1, nodes=("gpu1",), pool="cpu"), "not of pool cpu but of gpu"),
        (AllocateNodes(1, pool="moon", count=1), "no pool moon; known are: cpu, gpu"),
        (AllocateNodes(1, pool="gpu", count=2), "has 2 nodes, of which 1 offer blender"),
        (AllocateNodes(1), "one of the three"),
        (AllocateNodes(1, nodes=("cpu1",), clear=True), "one of the three"),
        (AllocateNodes(1, nodes=("cpu1",), count=1), "A count belongs to a pool"),
        (AllocateNodes(1, count=1), "There is no pool"),
        (AllocateNodes(99, nodes=("cpu1",)), "no task 99"),
        (AllocateNodes(2, nodes=("cpu1",)), "is allocated to task 1"),
    ],
)
def test_an_unfit_allocation_is_refused_with_its_reason(
    tmp_path: Path, command: AllocateNodes, text: str
) -> None:
    rig = _farm(tmp_path)
    if command.task_id == 2:
        assert rig.send(AllocateNodes(1, nodes=("cpu1",))).applied
    before = state_of(rig)
    outcome: Outcome = rig.send(command)
    assert not outcome.applied
    assert text in outcome.text
    assert outcome.text_zh not in ("", outcome.text)
    assert state_of(rig) == before


def test_a_drained_node_is_not_allocated_and_not_used(rig: Rig) -> None:
    agents = rig.runs._agents
    agents.nodes.by_name["n2"].move(NodeState.MAINTENANCE)
    rig.submit("1-40")
    assert crew(rig, 1) == {"n1", "n3", "n4"}
    assert "in maintenance" in rig.send(AllocateNodes(1, nodes=("n2",))).text


def test_a_task_whose_allocated_nodes_are_out_says_so(tmp_path: Path) -> None:
    rig = Rig(tmp_path, nodes=2)
    rig.submit("1-40")
    assert rig.send(AllocateNodes(1, nodes=("n1",))).applied
    finish_frames(rig, 2)
    rig.submit("1-40", start=False)
    for _ in range(3):
        next(agent for agent in rig.agents if agent.slot == "n1" and agent.alive).die("gone")
        rig.turn()
    text = reason(rig, 1)
    assert "n1: it is at fault" in text
    assert "farmdesk allocate 1 --clear" in text
    assert "allocated to other nodes (1)" in node_reason(rig, "n2")


# ---- tools, licences, slots ----------------------------------------------------------------------


def test_a_node_without_the_tool_stays_idle_and_says_why(tmp_path: Path) -> None:
    nodes = (LocalNode("a"), LocalNode("b", tools=frozenset({"maya"})))
    rig = Rig(tmp_path, farm=nodes)
    rig.submit("1-40")
    assert crew(rig, 1) == {"a"}
    assert "does not offer what the tasks need (blender 3.4+)" in node_reason(rig, "b")


def test_readers_see_the_pool_and_the_tools_of_every_node(tmp_path: Path) -> None:
    nodes = (LocalNode("a", pool="gpu", tools=frozenset({"nuke", "maya 2025"})), LocalNode("b"))
    a, b = (row.record for row in Rig(tmp_path, farm=nodes).link.nodes())
    assert (a.pool, a.tools) == ("gpu", ("maya 2025", "nuke"))
    assert (b.pool, b.tools) == ("", None)
    assert a.offers("maya", "2025")
    assert not a.offers("blender", "3.4+")
    assert b.offers("blender", "3.4+")


def test_a_task_whose_tool_is_nowhere_says_so(tmp_path: Path) -> None:
    rig = Rig(tmp_path, farm=(LocalNode("b", tools=frozenset({"maya"})),))
    rig.submit("1-40")
    assert "No node of this farm offers blender 3.4+" in reason(rig, 1)


def test_licences_are_never_exceeded_and_both_sides_say_so(tmp_path: Path) -> None:
    rig = Rig(tmp_path, nodes=3, licences={"blender": 1})
    rig.submit("1-40", priority=9)
    rig.submit("1-40", priority=0)
    rig.load_all()
    assert (len(crew(rig, 1)), len(crew(rig, 2))) == (1, 0)
    assert "All 1 licences of blender are in use" in reason(rig, 2)
    idle = next(n for n in ("n1", "n2", "n3") if n not in crew(rig, 1))
    assert "Every licence of blender is in use" in node_reason(rig, idle)
    rig.send(SetPriority(1, 0))
    rig.send(SetPriority(2, 9))
    for _ in range(4):
        finish_frames(rig)
        assert len(rig.busy) <= 1
    assert len(crew(rig, 2)) == 1


def test_a_node_with_several_slots_works_on_each_and_shows_the_sum(tmp_path: Path) -> None:
    rig = Rig(tmp_path, farm=(LocalNode("a", slots=2),))
    rig.submit("1-40")
    assert crew(rig, 1) == {"a:1", "a:2"}
    orders = [order_of(agent) for agent in rig.agents]
    for name in ("scratch", "log"):
        assert len({str(asdict(order)[name]) for order in orders}) == 2
    assert len({order.journal for order in orders}) == 1
    rig.load_all()
    assert node_reason(rig, "a") == "2 of 2 slots work (tasks 1)."
    rig.submit("1-40")
    finish_frames(rig)
    assert (len(crew(rig, 1)), len(crew(rig, 2))) == (1, 1)
    assert node_reason(rig, "a") == "2 of 2 slots work (tasks 1, 2)."
    rig.send(StopTask(1))
    rig.send(StopTask(2))
    (row,) = rig.link.nodes()
    assert (row.record.state, row.record.task_id) == (NodeState.IDLE, None)


def test_a_faulty_node_rests_with_all_its_slots(tmp_path: Path) -> None:
    rig = Rig(tmp_path, farm=(LocalNode("a", slots=2), LocalNode("b")))
    rig.submit("1-40")
    for _ in range(3):
        next(agent for agent in rig.agents if agent.slot == "a:1" and agent.alive).die("gone")
        rig.turn()
    assert crew(rig, 1) == {"b"}
    states = {row.record.node: row.record.state for row in rig.link.nodes()}
    assert states == {"a": NodeState.FAULT, "b": NodeState.RENDERING}
    rig.turn(61)
    assert crew(rig, 1) >= {"a:1", "a:2"}


def test_reasons_that_do_not_change_cost_no_flush(rig: Rig) -> None:
    rig.submit("1-4", start=False)
    rig.turn(1)
    flushes = len(rig.flushes)
    for _ in range(10):
        rig.turn(1)
    assert len(rig.flushes) == flushes
