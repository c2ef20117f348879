"""The Qt models: rows change, move and go while views and selections stay right."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from PyQt5.QtCore import QPersistentModelIndex, QRectF, Qt
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot

from farmdesk.domain.records import LogRecord, NodeRecord
from farmdesk.domain.rows import LogRow, NodeRow
from farmdesk.domain.states import NodeState, TaskState
from farmdesk.ui.appearance import Appearance
from farmdesk.ui.models.keyed_rows import BAR_ROLE
from farmdesk.ui.models.load_history import POINTS, LoadHistory, Spark
from farmdesk.ui.models.logs import CAPACITY, LogBuffer, LogFilter, line
from farmdesk.ui.models.messages import MessagesModel
from farmdesk.ui.models.nodes import Bar, NodesModel
from farmdesk.ui.models.task_filter import TaskFilter
from farmdesk.ui.models.tasks import Progress, TasksModel
from farmdesk.ui.widgets.spark_delegate import lines
from farmdesk.ui.wording import Wording
from tests.gui.staged_farm import NOON, task_row
from tests.samples import HOSTILE


def names(model: TasksModel) -> list[str]:
    """Give the names on the screen, top to bottom."""
    return [model.at(place).name for place in range(model.rowCount())]


@pytest.fixture
def tasks(appearance: Appearance, qtmodeltester: ModelTester) -> TasksModel:
    """Five tasks; the tester watches every change of them."""
    model = TasksModel(appearance)
    qtmodeltester.check(model, force_py=True)  # type: ignore[no-untyped-call]
    states = (TaskState.RENDERING, TaskState.QUEUED, TaskState.PARTLY_FAILED)
    rows = [task_row(n, name=f"t{n}", state=states[n % 3], failed=n % 3 // 2) for n in range(1, 6)]
    model.take(rows, whole=True)
    return model


def test_a_selection_follows_its_task_when_rows_move(tasks: TasksModel) -> None:
    held = QPersistentModelIndex(tasks.index(4, 1))
    tasks.take([task_row(5, name="t5", position=-1)], whole=False)
    assert names(tasks) == ["t5", "t1", "t2", "t3", "t4"]
    assert held.row() == 0
    assert held.data() == "t5"


def test_a_whole_read_forgets_what_is_gone(tasks: TasksModel) -> None:
    held = QPersistentModelIndex(tasks.index(1, 0))
    tasks.take([task_row(1, name="t1"), task_row(9, name="t9")], whole=True)
    assert names(tasks) == ["t1", "t9"]
    assert not held.isValid()


def test_only_changed_rows_are_told(tasks: TasksModel, qtbot: QtBot) -> None:
    with qtbot.waitSignal(tasks.dataChanged) as told:
        tasks.take([replace(task_row(3, name="t3"), done=7)], whole=False)
    first, last, *_ = told.args
    assert (first.row(), last.row()) == (2, 2)
    with qtbot.assertNotEmitted(tasks.dataChanged):
        tasks.take([replace(task_row(3, name="t3"), done=7)], whole=False)


def test_sorting_holds_while_values_change(tasks: TasksModel) -> None:
    tasks.sort(tasks.column_named("progress"), Qt.SortOrder.DescendingOrder)
    tasks.take([task_row(4, name="t4", done=100)], whole=False)
    assert names(tasks)[0] == "t4"
    tasks.take([task_row(2, name="t2", done=200)], whole=False)
    assert names(tasks)[:2] == ["t2", "t4"]


def test_chips_and_words_filter_together(tasks: TasksModel) -> None:
    tasks.choose(TaskFilter.TROUBLE)
    assert names(tasks) == ["t2", "t5"]
    tasks.type("T5 blender")
    assert names(tasks) == ["t5"]
    tasks.type("nothing like that")
    assert names(tasks) == []
    tasks.choose(TaskFilter.ALL)
    tasks.type("")
    assert len(names(tasks)) == 5


def test_a_recycled_task_is_in_its_own_filter_alone(tasks: TasksModel) -> None:
    tasks.take([task_row(2, name="t2", recycled=True)], whole=False)
    assert "t2" not in names(tasks)
    counts = tasks.filter_counts()
    assert (counts[TaskFilter.ALL], counts[TaskFilter.RECYCLED]) == (4, 1)
    tasks.choose(TaskFilter.RECYCLED)
    assert names(tasks) == ["t2"]


@pytest.mark.parametrize("name", HOSTILE)
def test_any_name_is_shown_as_it_is(tasks: TasksModel, name: str) -> None:
    tasks.take([task_row(1, name=name)], whole=False)
    assert tasks.index(0, 1).data() == name
    assert name in tasks.index(0, 1).data(Qt.ItemDataRole.ToolTipRole)


def test_the_model_survives_a_change_of_language(tasks: TasksModel, appearance: Appearance) -> None:
    column = tasks.column_named("state")
    assert tasks.index(1, column).data() == "Partly failed"
    appearance.set_language("zh")
    assert tasks.index(1, column).data() == "部分失败"
    assert tasks.headerData(column, Qt.Orientation.Horizontal) == "状态"


def test_progress_is_never_rounded_up_to_the_end(tasks: TasksModel) -> None:
    tasks.take([task_row(1, total=500_000, done=499_999)], whole=False)
    bar = tasks.index(0, tasks.column_named("progress")).data(BAR_ROLE)
    assert bar == Progress(500_000, 499_999, 0, 0)
    assert bar.text == "499,999 / 500,000 · 99%"
    assert Progress(0, 0, 0, 0).text == "0 / 0 · 0%"


def test_failure_rate_counts_the_queue_alone(tasks: TasksModel) -> None:
    rows = [task_row(1, done=97, failed=3), task_row(2, done=0, failed=50, recycled=True)]
    tasks.take(rows, whole=True)
    assert tasks.failure_rate() == pytest.approx(0.03)
    tasks.take([], whole=True)
    assert tasks.failure_rate() is None


def node(name: str, state: NodeState = NodeState.RENDERING, **changes: object) -> NodeRow:
    """Give a node with a fresh sample."""
    record = NodeRecord(name, state, cpu=0.5, memory=0.93, sampled_at=NOON)
    return NodeRow(1, replace(record, **changes), "深海")  # type: ignore[arg-type]


def test_loads_grow_stale_and_unknown(appearance: Appearance, qtmodeltester: ModelTester) -> None:
    clock = [NOON]
    model = NodesModel(appearance, now=lambda: clock[0])
    qtmodeltester.check(model, force_py=True)  # type: ignore[no-untyped-call]
    model.take([node("a"), node("b", NodeState.OFFLINE)], whole=True)

    def bar(row: int, name: str) -> Bar:
        found = model.index(row, model.column_named(name)).data(BAR_ROLE)
        assert isinstance(found, Bar)
        return found

    assert (bar(0, "cpu").text, bar(0, "cpu").hot, bar(0, "cpu").stale) == ("50%", False, False)
    assert bar(0, "memory").hot
    assert bar(0, "gpu").text == "—"
    assert bar(1, "cpu").share is None, "an offline node's last load says nothing"
    clock[0] += timedelta(seconds=16)
    assert bar(0, "cpu").stale
    assert model.totals() == [(NodeState.RENDERING, 1), (NodeState.OFFLINE, 1)]


def test_running_frames_by_node(appearance: Appearance) -> None:
    began = NOON - timedelta(seconds=40)
    model = NodesModel(appearance, now=lambda: NOON)
    rows = [
        node("a", task_id=1, frame=0, frame_started_at=began),
        node("b", task_id=1, frame=8, frame_started_at=began),
        node("c", task_id=2, frame=9),
        node("d"),
    ]
    model.take(rows, whole=True)
    assert model.running(1) == {0: "a", 8: "b"}
    assert model.running(None) == {}
    assert model.running_seconds(1) == 80


def test_messages_keep_the_newest_on_top(
    appearance: Appearance, qtmodeltester: ModelTester
) -> None:
    model = MessagesModel(appearance, capacity=3)
    qtmodeltester.check(model, force_py=True)  # type: ignore[no-untyped-call]
    for number in range(5):
        model.add(lambda words, n=number: f"{words.language} {n}")  # type: ignore[misc]
    assert model.rowCount() == 3
    assert model.index(0, 1).data() == "en 4"
    assert model.unread == 5
    appearance.set_language("zh")
    assert model.index(0, 1).data() == "zh 4"


def test_the_log_keeps_each_line_once_and_not_too_many() -> None:
    at = datetime(2026, 11, 20, tzinfo=UTC)
    rows = [LogRow(n, LogRecord(at, "info", f"line {n}")) for n in range(1, CAPACITY + 101)]
    buffer = LogBuffer()
    assert len(buffer.add(rows[:200])) == 200
    assert len(buffer.add(rows[100:])) == CAPACITY - 100
    assert len(buffer) == CAPACITY
    assert buffer.shown(LogFilter.ALL)[0].id == 101
    assert buffer.shown(LogFilter.WARNINGS) == []


def test_a_log_line_stays_one_line() -> None:
    row = LogRow(1, LogRecord(NOON, "error", "first\r\nsecond", node="node01", frame=7))
    told = line(row, Wording("zh"))
    assert "错误 [node01] #7 first ⏎ second" in told
    assert len(told.splitlines()) == 1


# ---- the load of the last five minutes


def test_samples_become_a_line_that_ends_now(appearance: Appearance) -> None:
    now = NOON
    model = NodesModel(appearance, lambda: now)
    for seconds, cpu in ((600, 0.9), (250, 0.5), (12, 0.2), (11, 0.6), (1, 0.7)):
        record = NodeRecord(
            "n1", NodeState.IDLE, cpu=cpu, sampled_at=now - timedelta(seconds=seconds)
        )
        model.take([NodeRow(1, record)], whole=True)
    spark = model.index(0, model.column_named("history")).data(BAR_ROLE)
    assert isinstance(spark, Spark)
    assert len(spark.points) == POINTS == 60
    assert [point for point in spark.points if point is not None] == [0.5, 0.6, 0.7]
    assert 0.7 in spark.points[-2:]
    now = NOON + timedelta(minutes=10)
    later = model.index(0, model.column_named("history")).data(BAR_ROLE)
    assert set(later.points) == {None}, "a node that says nothing has no line"


def test_the_history_is_bounded_and_forgets_nodes_that_are_gone() -> None:
    history = LoadHistory()
    for second in range(5000):
        at = NOON + timedelta(seconds=second)
        history.add([NodeRecord(n, NodeState.IDLE, cpu=0.5, sampled_at=at) for n in ("a", "b")])
    history.add([NodeRecord("c", NodeState.OFFLINE)])
    assert history.kept() == {"a": POINTS, "b": POINTS}
    history.keep_only(["b"])
    assert history.kept() == {"b": POINTS}


def test_a_line_breaks_where_nothing_was_seen(qapp: object) -> None:
    points: list[float | None] = [None] * 60
    points[0:3] = [0.1, None, 0.2]
    points[40] = 1.7
    drawn = lines(Spark(tuple(points)), QRectF(0, 0, 118, 20))
    assert [len(line) for line in drawn] == [2, 2]
    assert drawn[0][0].y() == pytest.approx(18)
    assert drawn[1][-1].x() == pytest.approx(80)
    assert drawn[1][-1].y() == 0, "more than all is drawn as all"
    assert lines(Spark((None,) * 60), QRectF(0, 0, 118, 20)) == []
