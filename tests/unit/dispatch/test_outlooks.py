"""What the tables say of a task, as the forecast takes it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from farmdesk.dispatch.outlooks import PRIOR_SPREAD, UNKNOWN_SPREAD, outlooks_of
from farmdesk.domain.rows import Pace, TaskRow
from farmdesk.domain.states import TaskState

NOW = datetime(2026, 2, 4, 12, tzinfo=UTC)
ROW = TaskRow(
    id=1,
    rev=1,
    name="t",
    owner="anna",
    project="",
    show="",
    version="",
    tool="blender",
    tool_version="4",
    state=TaskState.RENDERING,
    reason="",
    priority=5,
    position=1,
    frames="1-100",
    total=100,
    done=40,
    failed=10,
    running=3,
    nodes=3,
    render_s=80.0,
    created_at=NOW,
    started_at=NOW,
    finished_at=None,
    recycled=False,
    output="/work/1",
)


def test_measured_frames_say_what_the_others_take() -> None:
    due = (NOW + timedelta(hours=1)).isoformat()
    (found,) = outlooks_of([replace(ROW, due=due)], {1: Pace(1, 40, 2.0, 1.0, 7.0)}, NOW)
    assert (found.frames, found.frame_s, found.load_s, found.held) == (50.0, 2.0, 7.0, 3)
    assert found.due_s == 3600.0
    assert 0.05 < found.spread < 0.25


def test_more_measured_frames_make_it_surer() -> None:
    spreads = [
        outlooks_of([ROW], {1: Pace(1, frames, 2.0, 1.0, None)}, NOW)[0].spread
        for frames in (5, 40, 400)
    ]
    assert spreads == sorted(spreads, reverse=True)


@pytest.mark.parametrize(
    ("change", "frame_s", "spread"),
    [("minor", 4.0, PRIOR_SPREAD), ("major", 4.0, UNKNOWN_SPREAD)],
)
def test_an_unmeasured_task_takes_its_previous_version_after_a_minor_change(
    change: str, frame_s: float, spread: float
) -> None:
    row = replace(ROW, done=0, previous_task=9, change=change)
    (found,) = outlooks_of([row], {9: Pace(9, 100, 4.0, 1.0, 30.0)}, NOW)
    assert found.frame_s == pytest.approx(frame_s)
    assert found.spread == spread
    assert found.load_s == (30.0 if change == "minor" else 60.0)


def test_tasks_without_frames_or_prospects_are_left_out() -> None:
    rows = [
        replace(ROW, done=90),
        *(replace(ROW, state=state) for state in (TaskState.PAUSED, TaskState.COMPLETED)),
    ]
    assert outlooks_of(rows, {}, NOW) == []
    assert len(outlooks_of([replace(ROW, state=TaskState.QUEUED)], {}, NOW)) == 1


def test_times_that_no_clock_can_say_are_not_believed() -> None:
    (found,) = outlooks_of([ROW], {1: Pace(1, 40, 0.0, 0.0, None)}, NOW)
    assert found.frame_s > 0.0


def test_an_urgent_task_is_first() -> None:
    found = outlooks_of([ROW, replace(ROW, id=2)], {}, NOW, urgent={2})
    assert [item.first for item in found] == [False, True]
