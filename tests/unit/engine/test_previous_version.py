"""A task that is planned by its previous version's times, which are read beside the loop."""

from pathlib import Path

import pytest

from farmdesk.domain.rows import FrameTimes
from farmdesk.domain.task_commands import PauseTask, ResumeTask, StopTask, SubmitTask
from farmdesk.engine.posts import TimesRead
from tests.unit.engine.rig import Rig


def _second(rig: Rig, **fields: str) -> None:
    rig.submit("1-8", start=False)
    scene = rig.folder / "场景 1.blend"
    values: dict[str, object] = {"change": "minor", **fields}
    command = SubmitTask(
        "t",
        "blender",
        "",
        str(scene),
        "1-8",
        start=True,
        previous_task=1,
        **values,  # type: ignore[arg-type]
    )
    assert rig.send(command).applied


def _read(rig: Rig, times: FrameTimes | None, error: str = "") -> None:
    assert rig.reads.pop(0) == (2, 1)
    rig.inbox.put(TimesRead(2, times, error))
    rig.turn()


def test_the_task_waits_for_the_times_and_is_cut_by_them(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    _second(rig, policy="version")
    assert not rig.agents
    seconds = {frame: 1.0 if frame <= 4 else 90.0 for frame in range(1, 9)}
    _read(rig, FrameTimes(1, seconds, load_s=30.0))
    assert sorted(agent.frames for agent in rig.busy) == [[1, 2], [3, 4]]


@pytest.mark.parametrize("change", ["new", "major"])
def test_a_great_change_does_not_read_old_times(tmp_path: Path, change: str) -> None:
    rig = Rig(tmp_path)
    _second(rig, change=change)
    assert not rig.reads
    assert len(rig.busy) == 2


def test_times_that_cannot_be_read_hold_nobody_up(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    _second(rig)
    _read(rig, None, "the database is away")
    assert len(rig.busy) == 2
    assert any("the database is away" in row.record.text for row in rig.link.logs(task_id=2))


def test_a_pause_before_the_times_come_is_kept(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    _second(rig)
    assert rig.send(PauseTask(2)).applied
    _read(rig, FrameTimes(1, {}, None))
    assert not rig.busy
    assert rig.send(ResumeTask(2)).applied
    _read(rig, FrameTimes(1, {}, None))
    assert len(rig.busy) == 2


def test_times_for_a_task_that_was_stopped_change_nothing(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    _second(rig)
    rig.send(StopTask(2))
    _read(rig, FrameTimes(1, {1: 1.0}, None))
    assert not rig.agents
