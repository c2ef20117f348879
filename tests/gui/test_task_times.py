"""When tasks end and are due: what the queue says of the forecast, and of what it waits for."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from PyQt5.QtCore import Qt
from pytestqt.qtbot import QtBot

from farmdesk.domain.rows import TaskRow
from farmdesk.domain.states import TaskState
from farmdesk.link.ahead import ForecastRow
from farmdesk.ui.appearance import Appearance
from farmdesk.ui.models.tasks import TasksModel
from farmdesk.ui.operator.window import OperatorWindow
from tests.gui.staged_farm import NOON, StagedFarm, task_row

HALF = timedelta(minutes=5)
TIP = Qt.ItemDataRole.ToolTipRole
ICON = Qt.ItemDataRole.DecorationRole


def ahead(task_id: int, **changes: object) -> ForecastRow:
    """Give the forecast of a task that ends at noon, five minutes more or less."""
    row = ForecastRow(
        task_id=task_id,
        name=f"t{task_id}",
        queued=False,
        low=NOON - HALF,
        expected=NOON,
        high=NOON + HALF,
        due=None,
        late=0.0,
        will_be_late=False,
        moved_s=None,
    )
    return replace(row, **changes)  # type: ignore[arg-type]


def clock(at: datetime) -> str:
    """Give the hour of this place."""
    return f"{at.astimezone():%H:%M}"


def shown(
    appearance: Appearance, row: TaskRow, found: ForecastRow | None, column: str = "ends"
) -> TasksModel:
    """Give a queue of one task, an hour before noon."""
    model = TasksModel(appearance, now=lambda: NOON - timedelta(hours=1))
    model.take([row], whole=True)
    model.take_ahead([] if found is None else [found])
    assert model.index(0, model.column_named(column)).isValid()
    return model


AT = clock(NOON)


@pytest.mark.parametrize(
    ("row", "found", "text"),
    [
        (task_row(1, done=50), ahead(1), f"{AT} ±5 min"),
        (task_row(1, done=50), None, "—"),
        (task_row(1, done=2), ahead(1), "—"),
        (task_row(1, done=0, previous_task=7), ahead(1), f"{AT} ±5 min"),
        (task_row(1, done=50), ahead(1, queued=True), f"({AT} ±5 min)"),
        (task_row(1, done=50), ahead(1, will_be_late=True, late=0.7), f"late {AT} ±5 min"),
        (task_row(1, done=50), ahead(1, expected=None, high=None), "not as it stands"),
        (task_row(1, done=50), ahead(1, high=None), f"{AT} or later"),
        (task_row(1, done=240, state=TaskState.COMPLETED), ahead(1), "—"),
    ],
)
def test_the_end_is_told_with_its_range(
    appearance: Appearance, row: TaskRow, found: ForecastRow | None, text: str
) -> None:
    model = shown(appearance, row, found)
    assert model.index(0, model.column_named("ends")).data() == text


def test_a_late_task_has_word_mark_and_chance(appearance: Appearance) -> None:
    due = NOON - timedelta(minutes=30)
    row = task_row(1, done=50, due=due.isoformat())
    model = shown(appearance, row, ahead(1, will_be_late=True, late=0.83, due=due))
    ends = model.index(0, model.column_named("ends"))
    assert ends.data(ICON) is not None
    assert ends.data(TIP).splitlines() == [
        f"Expected end {AT}, in 1 h 0 min",
        f"Between {clock(NOON - HALF)} and {clock(NOON + HALF)} with 80 %",
        f"Due {clock(due)}; late with 83%",
    ]
    assert model.index(0, model.column_named("due")).data() == clock(due)
    model.take_ahead([ahead(1, late=0.1, due=due)])
    assert ends.data(ICON) is None
    assert ends.data() == f"{AT} ±5 min"


def test_ends_sort_by_time_and_unknown_ones_last(appearance: Appearance) -> None:
    model = TasksModel(appearance, now=lambda: NOON)
    model.take([task_row(n, name=f"t{n}", done=50) for n in (1, 2, 3)], whole=True)
    model.sort(model.column_named("ends"))
    model.take_ahead([ahead(2, expected=NOON + HALF), ahead(3)])
    assert [model.at(n).id for n in range(3)] == [3, 2, 1]


def test_what_a_task_waits_for_stands_beside_its_state(appearance: Appearance) -> None:
    row = task_row(
        1, state=TaskState.QUEUED, after=12, reason="Waits for 12.", reason_zh="等待 12。"
    )
    model = shown(appearance, row, None)
    state = model.index(0, model.column_named("state"))
    assert state.data() == "Queued · after #12"
    assert "Waits for 12." in state.data(TIP)
    model.take([replace(row, state=TaskState.COMPLETED)], whole=False)
    assert state.data() == "Completed"


# ---- in the window


def test_ends_come_by_themselves_and_due_times_with_the_first_one(
    window: OperatorWindow, farm: StagedFarm, qtbot: QtBot
) -> None:
    tasks, view = window.models.tasks, window.panels.queue.view
    ends, due = tasks.column_named("ends"), tasks.column_named("due")
    qtbot.waitUntil(lambda: tasks.index(0, ends).data() != "—")
    assert view.isColumnHidden(due)
    farm.put_task(task_row(60, position=-1, done=50, due=NOON.isoformat()))
    qtbot.waitUntil(lambda: not view.isColumnHidden(due))
    window.foresight.look()
    qtbot.waitUntil(lambda: str(tasks.index(0, ends).data()).startswith("late "))


def test_the_reason_of_what_is_selected_is_in_sight(
    window: OperatorWindow, farm: StagedFarm, qtbot: QtBot
) -> None:
    farm.change_task(3, reason="Waits for <b>nodes</b>.", reason_zh="等待节点。")
    window.panels.queue.select(3)
    qtbot.waitUntil(lambda: window.panels.queue.why.text().endswith("Waits for <b>nodes</b>."))
    assert window.panels.queue.why.textFormat() == Qt.TextFormat.PlainText
    window.panels.queue.select(4)
    assert "as soon as somebody resumes it" in window.panels.queue.why.text()
    assert window.panels.nodes.why.isHidden()
    window.panels.nodes.select("node17")
    assert window.panels.nodes.why.text() == "node17: 连续 5 帧失败：显存不足"
    window.appearance.set_language("zh")
    assert window.panels.nodes.why.text() == "node17：连续 5 帧失败：显存不足"
    assert "继续" in window.panels.queue.why.text()
