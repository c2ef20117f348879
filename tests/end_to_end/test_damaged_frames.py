"""Frames that were finished and reported are damaged before the check: found and rendered again."""

import json
from pathlib import Path

import pytest

from farmdesk.domain.states import TaskState
from tests.farm import LocalFarm, wait_until
from tests.tiny_tool import png


def _truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-7])


def _delete(path: Path) -> None:
    path.unlink()


def _swap(path: Path) -> None:
    path.write_bytes(png(99))  # whole, of the right size: only the digest tells


def _fill_with_zeros(path: Path) -> None:
    path.write_bytes(bytes(len(path.read_bytes())))


DAMAGES = {
    _truncate: "120 are recorded",
    _delete: "is missing",
    _swap: "digest",
    _fill_with_zeros: "frame 2 ",
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_found_and_rendered_again(farm: LocalFarm, damage: object) -> None:
    scene = farm.scene(gated=True)
    task = farm.submit(scene, "1-10", policy="dynamic")  # the last frame has one node alone
    scene.let(1, 2, 3, 4, 5)
    farm.wait_done(task, 5)
    wait_until(lambda: min(scene.wait_in_hand().values()) > 5, "nobody at the first frames")
    damage(farm.frame_file(task, 2))  # type: ignore[operator]
    scene.let()
    farm.prove(task, range(1, 11))
    assert scene.ends()[2] == 2
    assert all(scene.ends()[frame] == 1 for frame in (1, 3, 4, 5))
    assert DAMAGES[damage] in farm.texts(task)  # type: ignore[index]
    assert farm.frame_file(task, 2).read_bytes() == png(2)


def test_several_at_once_and_in_mid_check(farm: LocalFarm) -> None:
    """Every frame is gone when the check begins: all are rendered again."""
    farm.kill()
    release = farm.hold_checks()
    farm.start()
    scene = farm.scene()
    task = farm.submit(scene, "1-8")
    row = farm.wait_state(task, TaskState.VERIFYING)
    for path in Path(row.output).iterdir():
        path.unlink()
    release()
    farm.prove(task, range(1, 9))
    assert min(scene.ends().values()) == 2


def test_a_frame_that_is_always_damaged_is_given_up(farm: LocalFarm) -> None:
    """Each time it is published something spoils it: three tries, and the others are kept."""
    farm.kill()
    release = farm.hold_checks(only=3)
    farm.start()
    task = farm.submit(farm.scene(), "1-4", policy="dynamic")  # one node a frame
    farm.wait_state(task, TaskState.VERIFYING)
    file = farm.frame_file(task, 3)
    for _ in range(3):
        wait_until(file.exists, "frame 3")
        _truncate(file)
        release()
        wait_until(lambda: not file.exists(), "the check of frame 3")
    row = farm.wait_state(task)
    assert (row.state, row.done, row.failed) == (TaskState.PARTLY_FAILED, 3, 1)
    assert "1 frame" in row.reason
    assert row.check_report is not None
    assert json.loads(row.check_report)["given_up"] == "3"
    assert farm.run("retry", task) == 0
    release()
    farm.prove(task, range(1, 5))
