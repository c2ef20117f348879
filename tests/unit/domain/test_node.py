"""When a node becomes a fault, and how its state may move."""

import pytest

from farmdesk.domain.node import MOVES, IllegalNodeMove, RenderNode
from farmdesk.domain.states import FailureReason as R
from farmdesk.domain.states import NodeState as S
from farmdesk.domain.task import TaskId

A, B = TaskId(1), TaskId(2)


@pytest.mark.parametrize(
    ("failures", "fault"),
    [
        ([(A, R.GPU), (A, R.GPU), (A, R.GPU)], True),
        ([(A, R.GPU), (A, R.GPU)], False),
        ([(A, R.CRASH), (B, R.CRASH), (B, R.STALL)], True),
        ([(A, R.CRASH), (A, R.STALL), (A, R.CRASH), (A, R.CRASH)], False),  # one bad scene
        ([(A, R.CRASH), (A, R.CRASH), (B, R.CRASH)], True),
        ([(A, R.SCENE_LOAD), (B, R.MISSING_ASSET), (B, R.BAD_ARGUMENT)], False),
        ([(A, R.LICENCE), (B, R.CANCELLED), (B, R.NODE_LOST), (A, R.LICENCE)], False),
        ([(A, R.OUTPUT_WRITE), (B, R.OUT_OF_MEMORY), (A, R.BAD_IMAGE)], False),
    ],
)
def test_failures_in_a_row(failures: list[tuple[TaskId, R]], fault: bool) -> None:
    node = RenderNode("node1", S.RENDERING)
    verdicts = [node.fail(task, reason) for task, reason in failures]
    assert verdicts[-1] is fault
    assert not any(verdicts[:-1])


def test_a_finished_frame_clears_the_count() -> None:
    node = RenderNode("node1", S.RENDERING)
    for _ in range(5):
        assert not node.fail(A, R.CRASH)
        assert not node.fail(B, R.CRASH)
        node.succeed()
    assert node.failures == 0


def test_a_fault_outlives_a_lost_network_and_ends_by_a_person() -> None:
    node = RenderNode("node1", S.RENDERING, failures=3)
    node.move(S.FAULT, "three GPU errors in a row")
    with pytest.raises(IllegalNodeMove):
        node.move(S.OFFLINE)
    with pytest.raises(IllegalNodeMove, match=r"is at fault and cannot become rendering"):
        node.move(S.RENDERING)
    assert (node.state, node.reason) == (S.FAULT, "three GPU errors in a row")
    node.move(S.IDLE)
    assert (node.reason, node.failures) == ("", 0)


def test_a_drained_node_ends_its_frame_and_rests() -> None:
    node = RenderNode("node1")
    for state in (S.IDLE, S.RENDERING, S.DRAINING, S.MAINTENANCE, S.IDLE, S.OFFLINE, S.IDLE):
        node.move(state)
    with pytest.raises(IllegalNodeMove):
        node.move(S.DRAINING)
    node.move(S.RENDERING)
    with pytest.raises(IllegalNodeMove, match="Drain it first"):
        node.move(S.MAINTENANCE)


@pytest.mark.parametrize("state", S)
def test_every_refused_move_has_a_sentence_and_changes_nothing(state: S) -> None:
    for to in set(S) - MOVES[state]:
        node = RenderNode("node\x1b1", state)
        with pytest.raises(IllegalNodeMove) as refused:
            node.move(to)
        assert node.state is state
        assert refused.value.en.isprintable()
        assert refused.value.zh.isprintable()
