"""A frame that always fails: three tries on different nodes, then one command finishes the task."""

import json
from pathlib import Path

import pytest

from farmdesk.domain.states import FailureReason, TaskState
from farmdesk.domain.task_commands import RetryFailed
from tests.farm import LocalFarm, local_farm, wait_until

# Where tries are counted, the policy is one that never lets two nodes render the same last frame.
REASONS = {
    "crash": FailureReason.CRASH,
    "truncate": FailureReason.BAD_IMAGE,
    "skip": FailureReason.BAD_IMAGE,
    "small": FailureReason.BAD_IMAGE,
}


@pytest.mark.parametrize(
    ("fault", "version"),
    [("crash", "1"), ("crash", "2"), ("truncate", "1"), ("skip", "2"), ("small", "2")],
)
def test_partly_failed_and_finished_later(
    tmp_path: Path, fault: str, version: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with local_farm(tmp_path, nodes=3) as farm:
        farm.start()
        scene = farm.scene(faults={"9": [fault, 99]}, edge=8)
        task = farm.submit(scene, "1-12", tool_version=version)
        row = farm.wait_state(task)
        assert (row.state, row.done, row.failed) == (TaskState.PARTLY_FAILED, 11, 1)
        assert row.reason.startswith("1 frame failed: ")
        failed = [item for item in farm.attempts(task) if item.reason]
        assert [(item.frame, item.attempt) for item in failed] == [(9, 1), (9, 2), (9, 3)]
        assert {item.reason for item in failed} == {REASONS[fault]}
        assert len({item.node for item in failed}) >= 2
        assert row.check_report is not None
        report = json.loads(row.check_report)
        assert (report["proven"], report["given_up"]) == (11, "9")
        good = _good(farm, task)
        assert not farm.frame_file(task, 9).exists()
        farm.end()
        scene.tell(edge=8)
        farm.start()  # an engine that has never seen it fail retries it as well
        assert farm.run("retry", task) == 0
        assert "1 failed frame" in capsys.readouterr().out
        farm.prove(task, range(1, 13))
        kept = _good(farm, task)
        assert {name: kept[name] for name in good} == good


def _good(farm: LocalFarm, task: int) -> dict[str, tuple[int, bytes]]:
    """Give all published frames with the time of their last change."""
    files = Path(farm.task(task).output).iterdir()
    return {path.name: (path.stat().st_mtime_ns, path.read_bytes()) for path in files}


def test_fails_again_after_the_retry(farm: LocalFarm) -> None:
    """A retry gives three new tries at most: two where both nodes failed and nothing succeeded."""
    task = farm.submit(farm.scene(faults={"2": ["skip", 99]}), "1-4")
    assert farm.wait_state(task).state is TaskState.PARTLY_FAILED
    assert farm.run("retry", task) == 0
    row = farm.wait_state(task)
    assert (row.state, row.done, row.failed) == (TaskState.PARTLY_FAILED, 3, 1)
    tries = [item.attempt for item in farm.attempts(task) if item.frame == 2]
    assert tries in ([1, 2, 3, 4, 5], [1, 2, 3, 4, 5, 6])
    assert "without saving" in row.reason or "wrote no file" in row.reason


def test_only_failed_frames_can_be_retried(
    farm: LocalFarm, capsys: pytest.CaptureFixture[str]
) -> None:
    scene = farm.scene(faults={"2": ["skip", 99], "3": ["skip", 99]})
    task = farm.submit(scene, "1-5", policy="dynamic")
    assert farm.wait_state(task).failed == 2
    scene.tell(faults={"2": ["skip", 99]})
    assert farm.run("retry", task, "--frames", "1-3") == 1
    assert "only these can be tried again" in capsys.readouterr().err
    assert farm.run("retry", task, "--frames", "x") == 1
    assert farm.do(RetryFailed(task, "3")).applied
    row = farm.wait_state(task, TaskState.PARTLY_FAILED)
    wait_until(lambda: farm.task(task).failed == 1, "frame 3")
    row = farm.wait_state(task)
    assert (row.state, row.done) == (TaskState.PARTLY_FAILED, 4)
    scene.tell()
    assert farm.run("retry", task) == 0
    farm.prove(task, range(1, 6))


def test_two_frames_of_one_node_s_fault_go_elsewhere(farm: LocalFarm) -> None:
    """Failures that do not last: every frame is proven, and each try is on record."""
    scene = farm.scene(faults={"2": ["crash", 2], "5": ["truncate", 1]})
    task = farm.submit(scene, "1-8", policy="dynamic")
    farm.prove(task, range(1, 9))
    failed = [(item.frame, item.attempt) for item in farm.attempts(task) if item.reason]
    assert sorted(failed) == [(2, 1), (2, 2), (5, 1)]
