"""Commands in any order, from anybody, while agents render, fail and die: nothing breaks."""

import random
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from farmdesk.domain.commands import Command, kind_of, to_body
from farmdesk.domain.node_commands import DrainNodes, WakeNodes
from farmdesk.domain.rows import CommandRow
from farmdesk.domain.states import NodeState, TaskState
from farmdesk.domain.task import ENDED
from farmdesk.domain.task_commands import (
    PauseTask,
    RecycleTask,
    RestoreTask,
    ResumeTask,
    RetryFailed,
    SetPriority,
    StartRender,
    StopTask,
)
from farmdesk.domain.urgent_commands import (
    AnswerUrgent,
    OverruleUrgent,
    RequestUrgent,
    ReviewUrgent,
    WithdrawUrgent,
)
from farmdesk.domain.urgent_states import UrgentState
from farmdesk.engine.desk import OUR_FAULT
from farmdesk.engine.posts import CommandsArrived
from nodeagent.reports import FrameBegun
from tests.unit.engine.rig import NOON, FakeAgent, Rig

STAFF = "operator"
USERS = ("ann", "bob", "mallory", STAFF, STAFF, STAFF)

tasks = st.integers(1, 4)
requests = st.integers(1, 3)
nodes = st.sampled_from(["n1", "n2", "n3"])
answers = st.sampled_from(["allow", "refuse"])
rules = st.sampled_from(["cheapest", "lose_nothing", "now"])
commands: st.SearchStrategy[Command] = st.one_of(
    st.sampled_from([StartRender, PauseTask, StopTask, ResumeTask]).flatmap(tasks.map),
    st.sampled_from([RecycleTask, RestoreTask, RetryFailed]).flatmap(tasks.map),
    st.builds(SetPriority, tasks, st.integers(0, 9)),
    st.builds(RequestUrgent, tasks, st.sampled_from(["the director waits", " "])),
    st.builds(AnswerUrgent, requests, answers),
    st.builds(ReviewUrgent, requests, answers, st.just(""), rules),
    st.builds(ReviewUrgent, requests, st.just("allow"), st.just(""), rules),
    st.builds(OverruleUrgent, requests, st.just("so be it"), rules),
    st.builds(WithdrawUrgent, requests),
    st.sampled_from([DrainNodes, WakeNodes]).flatmap(lambda kind: nodes.map(lambda n: kind((n,)))),
)
happenings = st.sampled_from(["finish", "finish", "begin", "check", "fail", "die", "wait", "long"])
steps = st.lists(
    st.one_of(happenings, st.tuples(commands, st.sampled_from(USERS))), min_size=5, max_size=40
)


def _happen(rig: Rig, what: str, chance: random.Random) -> None:
    agent: FakeAgent | None = chance.choice(rig.busy) if rig.busy else None
    match what:
        case "finish" if agent is not None:
            agent.finish()
        case "begin" if agent is not None:
            agent.report(FrameBegun(agent.range_id, agent.frames[0]))
        case "fail" if agent is not None:
            agent.fail()
        case "die" if agent is not None:
            agent.die("killed")
        case "check" if rig.jobs:
            rig.end_check()
        case "long":
            rig.turn(16 * 60)
    rig.turn()


def _check(rig: Rig) -> None:
    """Hold what must be true at any moment."""
    admitted = {
        item.task_id for item in rig.farm.urgents.values() if item.state is UrgentState.ADMITTED
    }
    assert rig.rules.urgent == admitted
    slots = [slot for run in rig.runs.rendering() for slot in run.staying]
    assert len(slots) == len(set(slots))  # no slot works for two tasks
    for key, entry in rig.farm.tasks.items():
        if entry.task.state is TaskState.RENDERING:
            assert rig.runs.run_of(key) is not None, key
        if entry.task.state is TaskState.PREEMPTED:
            assert admitted, "interrupted, and nobody is urgent"
    for row in rig.link.nodes():
        at_rest = row.record.state in (NodeState.MAINTENANCE, NodeState.DRAINING, NodeState.FAULT)
        assert at_rest or row.record.node not in rig.rules.drained
    seen = {row.request.id: row.request for row in rig.link.urgent_requests()}
    assert {key: item for key, item in seen.items() if item.open} == rig.farm.urgents


def _finish_all(rig: Rig) -> None:
    """Withdraw and resume what waits, render the rest: every task must come to an end."""
    for number in list(rig.farm.urgents):
        assert rig.send(WithdrawUrgent(number), user=STAFF).applied
    if rig.rules.drained:
        assert rig.send(WakeNodes(tuple(rig.rules.drained)), user=STAFF).applied
    for _ in range(400):
        rig.turn(1.0)
        waiting = [entry.task for entry in rig.farm.tasks.values() if not entry.task.recycled]
        if all(task.state in ENDED for task in waiting):
            return
        for task in waiting:
            if task.state in (TaskState.QUEUED, TaskState.PAUSED):
                assert rig.send(StartRender(task.id), user=STAFF).applied
        if rig.jobs:
            rig.end_check()
        elif rig.busy:
            rig.busy[0].finish()
        else:
            rig.turn(1000.0)  # nodes at rest come back
    raise AssertionError([entry.task for entry in rig.farm.tasks.values()])


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(steps, st.integers(0, 2**32))
def test_no_order_of_commands_brings_the_engine_down(
    story: list[str | tuple[Command, str]], seed: int
) -> None:
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        rig = Rig(Path(folder), nodes=2, operators=frozenset({STAFF}))
        for number, owner in enumerate(("ann", "ann", "bob"), 1):
            assert rig.submit("1-6", start=False, user=owner).task_id == number
        rig.send(StartRender(1))
        rig.send(RequestUrgent(3, "the director waits"), user="bob")
        for step in story:
            if isinstance(step, str):
                _happen(rig, step, chance)
            else:
                outcome = rig.send(step[0], user=step[1])
                assert outcome.text != OUR_FAULT.en, step
                assert outcome.text_zh, step
            _check(rig)
        _finish_all(rig)
        _check(rig)


def test_a_task_paused_and_resumed_in_one_breath_goes_on(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    rig.submit("1-4", start=False)
    together: list[Command] = [StartRender(1), PauseTask(1), ResumeTask(1)]
    rows = tuple(
        CommandRow(number, kind_of(command), STAFF, NOON, to_body(command))
        for number, command in enumerate(together, len(rig.link._commands) + 1)
    )
    rig.link._commands.extend(rows)
    rig.inbox.put(CommandsArrived(rows))
    rig.turn()
    assert rig.entry().task.state is TaskState.RENDERING
    assert sorted(rig.render_all()) == [1, 2, 3, 4]
