"""Column widths: they fit the panel in both languages until a person chooses others."""

import pytest
from PyQt5.QtCore import QByteArray, Qt
from PyQt5.QtWidgets import QTableView
from pytestqt.qtbot import QtBot

from farmdesk.domain.states import TaskState
from farmdesk.ui.appearance import Appearance
from farmdesk.ui.models.tasks import TasksModel, task_to_open
from farmdesk.ui.widgets.elastic_column import ElasticColumn
from farmdesk.ui.widgets.table import make_table, title_width
from farmdesk.ui.wording import LANGUAGES, Language
from tests.gui.conftest import OpenWindow, is_filled
from tests.gui.staged_farm import NOON, task_row

NAME = 1
WANTED = (4, 20, 13, 20, 10, 8, 5, 6, 9, 12)


@pytest.fixture
def view(appearance: Appearance, qtbot: QtBot) -> QTableView:
    """A table of one task, 1000 pixels wide."""
    model = TasksModel(appearance)
    model.take([task_row(1)], whole=True)
    made = make_table(model)
    qtbot.addWidget(made)
    made.resize(1000, 300)
    made.show()
    return made


@pytest.fixture
def columns(view: QTableView) -> ElasticColumn:
    """Its columns; the name is elastic."""
    return ElasticColumn(view, NAME, least=10, wanted=WANTED)


def widths(view: QTableView) -> list[int]:
    """Give the widths of all columns."""
    return [view.columnWidth(n) for n in range(len(WANTED))]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("size", [(1366, 768), (1440, 900), (1680, 1000)])
def test_queue_and_nodes_need_no_horizontal_scroll_bar(
    open_window: OpenWindow, qtbot: QtBot, language: Language, size: tuple[int, int]
) -> None:
    window = open_window(language=language)
    window.resize(*size)
    qtbot.waitUntil(lambda: is_filled(window))
    for view in (window.panels.queue.view, window.panels.nodes.view):
        qtbot.waitUntil(lambda view=view: view.verticalScrollBar().maximum() > 0)  # type: ignore[misc]
        assert view.horizontalScrollBar().maximum() == 0
        header = view.horizontalHeader()
        assert header.length() == view.viewport().width()
        for column in range(header.count()):
            if view.isColumnHidden(column):
                continue
            assert view.columnWidth(column) >= title_width(view, column)


def test_the_name_takes_what_is_left_over(view: QTableView, columns: ElasticColumn) -> None:
    before = widths(view)
    view.resize(1300, 300)
    after = widths(view)
    assert after[NAME] - before[NAME] == 300
    assert [*after[:NAME], *after[NAME + 1 :]] == [*before[:NAME], *before[NAME + 1 :]]
    assert not columns.arranged


def test_a_narrow_panel_squeezes_down_to_the_titles(
    view: QTableView, columns: ElasticColumn
) -> None:
    view.resize(820, 300)
    assert sum(widths(view)) <= view.viewport().width()
    view.resize(200, 300)
    assert all(width >= title_width(view, n) for n, width in enumerate(widths(view)))
    assert not columns.arranged


def test_kept_columns_give_room_last(view: QTableView) -> None:
    columns = ElasticColumn(view, NAME, least=10, wanted=WANTED, kept=[2])
    full = widths(view)
    for width in range(1000, 400, -1):
        view.resize(width, 300)
        now = widths(view)
        others = [n for n in range(len(WANTED)) if n not in (NAME, 2)]
        if now[2] < full[2]:
            assert all(now[n] == title_width(view, n) for n in others)
            break
        assert sum(now) == view.viewport().width()
    assert now[2] < full[2]
    assert not columns.arranged


def test_a_hidden_columns_room_goes_to_the_name(view: QTableView, columns: ElasticColumn) -> None:
    view.setColumnHidden(3, True)
    columns.fit()
    assert sum(widths(view)) == view.viewport().width()


def test_widths_that_a_person_chose_stay(view: QTableView, columns: ElasticColumn) -> None:
    view.horizontalHeader().resizeSection(2, 222)
    assert columns.arranged
    view.resize(700, 300)
    assert view.columnWidth(2) == 222
    saved = columns.save()
    view.horizontalHeader().resizeSection(2, 90)
    assert columns.restore(saved)
    assert view.columnWidth(2) == 222
    assert columns.arranged


def test_columns_that_nobody_sized_fit_again_at_the_next_start(
    view: QTableView, columns: ElasticColumn
) -> None:
    saved = columns.save()
    view.resize(1200, 300)
    assert columns.restore(saved)
    assert sum(widths(view)) == view.viewport().width()


@pytest.mark.parametrize("state", [b"", b"fitted\n", b"arranged\n\xff\xff", b"x" * 300])
def test_rubbish_is_refused(view: QTableView, columns: ElasticColumn, state: bytes) -> None:
    assert not columns.restore(QByteArray(state))
    assert sum(widths(view)) == view.viewport().width()


def test_figures_at_the_right_edge_keep_off_the_next_column(view: QTableView) -> None:
    delegate = view.itemDelegate()
    option = view.viewOptions()
    priority = view.model().index(0, 7)
    delegate.initStyleOption(option, priority)  # type: ignore[attr-defined]
    assert option.text == "5\u2002"
    assert priority.data(Qt.ItemDataRole.DisplayRole) == "5"


# ---- the task that is selected on opening


def test_the_first_task_that_renders_is_opened() -> None:
    rows = [
        task_row(1, state=TaskState.COMPLETED),
        task_row(2, state=TaskState.RENDERING),
        task_row(3, state=TaskState.RENDERING),
    ]
    assert task_to_open(rows).id == 2


def test_while_nothing_renders_the_newest_task_is_opened() -> None:
    rows = [task_row(n, state=TaskState.COMPLETED, created_at=NOON) for n in (1, 7, 3)]
    assert task_to_open(rows).id == 7
