"""The operator's window as a person meets it: acts, outage, layout, languages. Design: ux.md §8."""

import threading
from pathlib import Path

import numpy as np
import pytest
from PyQt5.QtCore import QByteArray, QPoint, QSettings, Qt
from PyQt5.QtTest import QTest
from PyQt5.QtWidgets import QApplication, QComboBox, QDialog, QLabel
from pytestqt.qtbot import QtBot

from farmdesk.domain.errors import Refused
from farmdesk.domain.records import LogRecord
from farmdesk.domain.rows import TaskRow
from farmdesk.domain.states import FrameState, TaskState
from farmdesk.domain.task_commands import (
    PauseTask,
    PurgeTask,
    ResumeTask,
    RetryFailed,
    SetPriority,
    StopTask,
)
from farmdesk.ui.connection import Connection
from farmdesk.ui.layout_store import LayoutStore
from farmdesk.ui.models.logs import CAPACITY
from farmdesk.ui.models.task_filter import TaskFilter
from farmdesk.ui.operator.acts import Act
from farmdesk.ui.operator.loss_dialog import LossDialog, stop_loss
from farmdesk.ui.operator.window import OperatorWindow
from farmdesk.ui.widgets.strip import UNDO_MS
from farmdesk.ui.widgets.table import column_menu
from tests.gui.conftest import OpenWindow, in_next_dialog, is_filled
from tests.gui.staged_farm import NOON, StagedFarm, task_row

CTRL = Qt.KeyboardModifier.ControlModifier


def select(window: OperatorWindow, *task_ids: int) -> None:
    """Select tasks as a person does with Ctrl."""
    window.panels.queue.view.clearSelection()
    model = window.panels.queue.view.selectionModel()
    for task_id in task_ids:
        place = window.models.tasks.place_of(task_id)
        assert place is not None
        index = window.models.tasks.index(place, 0)
        model.select(index, model.SelectionFlag.Select | model.SelectionFlag.Rows)


def ids_in(window: OperatorWindow, state: TaskState) -> list[int]:
    """Give the tasks of the queue in this state."""
    return [r.id for r in window.models.tasks.rows() if r.state is state and not r.recycled]


# ---- acts


def test_stopping_three_tasks_names_them_and_escape_sends_nothing(
    window: OperatorWindow, farm: StagedFarm
) -> None:
    chosen = ids_in(window, TaskState.RENDERING)[:3]
    select(window, *chosen)
    told: list[bool] = []

    def press_escape(dialog: QDialog) -> None:
        assert isinstance(dialog, LossDialog)
        told.append(dialog.cancel.isDefault())
        told.append(dialog.focusWidget() is dialog.cancel)
        QTest.keyClick(dialog, Qt.Key.Key_Escape)

    met = in_next_dialog(press_escape)
    window.task_actions.actions[Act.STOP].trigger()
    assert told == [True, True]
    (dialog,) = met
    assert isinstance(dialog, LossDialog)
    assert dialog.go.text() == "Stop 3 tasks"
    for task_id, item in zip(chosen, dialog.items, strict=True):
        assert farm.task_row(task_id).name in item
    assert farm.sent == []


def test_stopping_after_the_question_stops_them(
    window: OperatorWindow, farm: StagedFarm, qtbot: QtBot
) -> None:
    chosen = ids_in(window, TaskState.RENDERING)[:2]
    select(window, *chosen)
    in_next_dialog(lambda dialog: dialog.accept())
    window.task_actions.actions[Act.STOP].trigger()
    qtbot.waitUntil(lambda: farm.sent == [StopTask(n) for n in chosen])
    qtbot.waitUntil(lambda: set(chosen) <= set(ids_in(window, TaskState.STOPPED)))


def test_stopping_very_many_wants_their_number(window: OperatorWindow, qtbot: QtBot) -> None:
    rows = [task_row(n) for n in range(11)]
    words = window.appearance.words
    dialog = LossDialog(stop_loss(rows, 0.0, words), words=words, parent=window)
    qtbot.addWidget(dialog)
    assert not dialog.go.isEnabled()
    QTest.keyClicks(dialog.typed, "12")
    assert not dialog.go.isEnabled()
    dialog.typed.setText(" 11 ")
    assert dialog.go.isEnabled()


def test_retrying_chosen_frames_is_one_command_and_ctrl_z_takes_it_back(
    window: OperatorWindow, farm: StagedFarm, qtbot: QtBot
) -> None:
    task_id = ids_in(window, TaskState.PARTLY_FAILED)[0]
    window.panels.queue.select(task_id)
    qtbot.waitUntil(lambda: window.models.table.task_id == task_id and window.models.table.loaded)
    failed = np.flatnonzero(window.models.table.states == FrameState.FAILED)
    window.panels.frames.grid.selection.set_to(np.arange(failed[0] - 20, failed[-1] + 1))
    frames = str(window.panels.frames.selected_frames(FrameState.FAILED))
    retry = window.context_menus.frame_menu().actions()[0]
    assert retry.text() == f"Retry {len(failed)} frames"
    retry.trigger()
    qtbot.waitUntil(lambda: farm.sent == [RetryFailed(task_id, frames)])
    qtbot.waitUntil(window.undo.isVisible)
    assert "stop" in window.undo.undo.text()
    QTest.keyClick(window, Qt.Key.Key_Z, CTRL)
    qtbot.waitUntil(lambda: farm.sent[1:] == [StopTask(task_id)])
    assert not window.undo.isVisible()


def test_priority_is_undone_for_every_task(
    window: OperatorWindow, farm: StagedFarm, qtbot: QtBot
) -> None:
    first, second = ids_in(window, TaskState.RENDERING)[1:3]
    select(window, first, second)
    before = [farm.task_row(n).priority for n in (first, second)]
    window.panels.queue.view.setFocus()
    QTest.keyClick(window.panels.queue.view, Qt.Key.Key_Up, CTRL)
    qtbot.waitUntil(window.undo.isVisible)
    raised = [SetPriority(n, p + 1) for n, p in zip((first, second), before, strict=True)]
    assert farm.sent == raised
    window.undo.undo.click()
    back = [SetPriority(n, p) for n, p in zip((first, second), before, strict=True)]
    qtbot.waitUntil(lambda: farm.sent[2:] == back)
    QTest.keyClick(window, Qt.Key.Key_Z, CTRL)
    assert len(farm.sent) == 4, "an undo is done once"


def test_space_pauses_and_resumes(window: OperatorWindow, farm: StagedFarm, qtbot: QtBot) -> None:
    task_id = ids_in(window, TaskState.RENDERING)[1]
    window.panels.queue.select(task_id)
    window.panels.queue.view.setFocus()
    QTest.keyClick(window.panels.queue.view, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: task_id in ids_in(window, TaskState.PAUSED))
    QTest.keyClick(window.panels.queue.view, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: farm.sent == [PauseTask(task_id), ResumeTask(task_id)])


def test_letter_keys_do_nothing_inside_text_fields(
    window: OperatorWindow, farm: StagedFarm, qtbot: QtBot
) -> None:
    task_id = ids_in(window, TaskState.PARTLY_FAILED)[0]
    window.panels.queue.select(task_id)
    QTest.keyClick(window, Qt.Key.Key_F, CTRL)
    assert window.panels.queue.filter.hasFocus()
    QTest.keyClicks(window.panels.queue.filter, "r r")
    assert window.panels.queue.filter.text() == "r r"
    window.panels.queue.filter.clear()
    with qtbot.waitSignal(window.feed.tasks_read):
        pass
    assert farm.sent == []


def test_a_refusal_shows_the_engines_sentence(
    window: OperatorWindow, farm: StagedFarm, qtbot: QtBot
) -> None:
    farm.refusal = "Task 1 is being verified. Try again when the check has ended."
    window.task_actions.actions[Act.PAUSE].trigger()
    qtbot.waitUntil(window.trouble.isVisible)
    assert farm.refusal in window.trouble.label.text()
    assert not window.undo.isVisible(), "what was not done cannot be undone"
    assert window.panels.frames.tabText(3) == "Messages (1)"
    window.panels.frames.setCurrentWidget(window.panels.messages)
    assert window.panels.frames.tabText(3) == "Messages"
    window.trouble.copy.click()
    assert "pause" in QApplication.clipboard().text()
    window.trouble.close_button.click()
    assert not window.trouble.isVisible()


def test_unusable_actions_say_why(window: OperatorWindow) -> None:
    retry = window.task_actions.actions[Act.RETRY]
    window.panels.queue.select(ids_in(window, TaskState.RENDERING)[0])
    assert not retry.isEnabled()
    assert "when the task has ended" in retry.toolTip()
    window.panels.queue.view.clearSelection()
    assert "Select a task" in retry.toolTip()


def test_a_fault_that_goes_on_is_told_once(window: OperatorWindow) -> None:
    for _ in range(50):
        window.feed.failed.emit(Refused("There is no task 9.", "没有任务 9。"))
    window.feed.failed.emit(ZeroDivisionError("a bug"))
    assert window.models.messages.rowCount() == 2
    assert "ZeroDivisionError" in window.trouble.label.text()
    assert "There is no task 9." in window.models.messages.index(1, 1).data()


def test_the_undo_strip_stays_eight_seconds() -> None:
    assert UNDO_MS == 8000


def test_deleting_for_good_names_the_loss_and_is_gone_from_the_window(
    window: OperatorWindow, farm: StagedFarm, qtbot: QtBot
) -> None:
    assert not window.task_actions.actions[Act.PURGE].isVisible()
    window.panels.queue.choose(TaskFilter.RECYCLED)
    window.panels.queue.view.selectRow(0)
    (row,) = window.panels.queue.selected()
    told: list[str] = []

    def agree(dialog: QDialog) -> None:
        assert isinstance(dialog, LossDialog)
        told.extend([dialog.go.text(), *dialog.items])
        assert dialog.cancel.isDefault()
        dialog.go.click()

    in_next_dialog(agree)
    window.task_actions.actions[Act.PURGE].trigger()
    qtbot.waitUntil(lambda: farm.sent == [PurgeTask(row.id)])
    assert told[0] == "Delete 1 tasks for good"
    assert row.name in told[1]
    qtbot.waitUntil(lambda: window.models.tasks.place_of(row.id) is None)


# ---- outage


def test_an_outage_shows_a_banner_and_no_dialog_and_heals(
    window: OperatorWindow, farm: StagedFarm, qtbot: QtBot
) -> None:
    farm.go_away()
    qtbot.waitUntil(window.banner.isVisible)
    assert QApplication.activeModalWidget() is None
    for act, action in window.task_actions.actions.items():
        assert not action.isEnabled(), act
        assert "away" in action.toolTip()
    assert "You see the state of" in window.banner.label.text()
    window.panels.queue.filter.setText("node")
    window.panels.queue.clear_filter()
    assert window.models.tasks.rowCount() > 0, "what was read stays"
    assert [row.id for row in window.panels.queue.selected()] == [1], "so does what was selected"
    farm.change_task(1, priority=2)
    farm.come_back()
    qtbot.waitUntil(window.banner.isHidden)
    qtbot.waitUntil(lambda: window.models.tasks.at(0).priority == 2)
    assert window.task_actions.actions[Act.PAUSE].isEnabled()


def test_reconnect_now_does_not_wait(
    open_window: OpenWindow, farm: StagedFarm, qtbot: QtBot
) -> None:
    farm.go_away()
    window = open_window(connection=Connection(backoff_s=(600.0,), clock=lambda: 0.0))
    qtbot.waitUntil(window.banner.isVisible)
    assert "not been reached yet" in window.banner.label.text()
    assert "600 s" in window.banner.label.text()
    farm.come_back()
    window.banner.reconnect.click()
    qtbot.waitUntil(lambda: is_filled(window))
    assert window.banner.isHidden()


def test_a_farm_that_is_not_set_up_says_so_and_is_awaited(
    open_window: OpenWindow, farm: StagedFarm, qtbot: QtBot
) -> None:
    prepared, tasks = threading.Event(), farm.tasks

    def read(since_rev: int = 0, recycled: bool | None = False) -> list[TaskRow]:
        if not prepared.is_set():
            raise Refused("There is no farm yet. Start the server.", "还没有农场。请启动服务器。")
        return tasks(since_rev, recycled)

    farm.tasks = read  # type: ignore[method-assign]
    window = open_window()
    qtbot.waitUntil(window.banner.isVisible)
    assert "There is no farm yet. Start the server." in window.banner.label.text()
    assert not window.trouble.isVisible(), "it is told once"
    prepared.set()
    qtbot.waitUntil(lambda: is_filled(window))
    assert window.banner.isHidden()


def test_a_command_that_did_not_get_through_is_not_kept_for_later(
    window: OperatorWindow, farm: StagedFarm, qtbot: QtBot
) -> None:
    farm.go_away()
    window.task_actions.actions[Act.PAUSE].trigger()
    qtbot.waitUntil(window.trouble.isVisible)
    assert "was not sent" in window.trouble.label.text()
    farm.come_back()
    qtbot.waitUntil(window.banner.isHidden)
    assert farm.sent == []


# ---- rows


def test_keys_and_words_filter_the_queue(window: OperatorWindow) -> None:
    QTest.keyClick(window, Qt.Key.Key_2, Qt.KeyboardModifier.AltModifier)
    assert window.models.tasks.chosen is TaskFilter.RENDERING
    assert {window.models.tasks.at(n).state for n in range(window.models.tasks.rowCount())} == {
        TaskState.RENDERING
    }
    window.panels.queue.filter.setText("no such task")
    assert window.panels.queue.hint.isVisible()
    window.panels.queue.hint.button.click()
    assert window.models.tasks.rowCount() == 28
    window.panels.queue.filter.setText("x")
    QTest.keyClick(window, Qt.Key.Key_Escape)
    assert window.panels.queue.filter.text() == ""


def test_the_same_task_stays_selected_while_the_queue_changes(
    window: OperatorWindow, farm: StagedFarm, qtbot: QtBot
) -> None:
    window.panels.queue.select(6)
    farm.change_task(6, position=-1)
    qtbot.waitUntil(lambda: window.models.tasks.at(0).id == 6)
    assert [row.id for row in window.panels.queue.selected()] == [6]


def test_many_rows_come_and_go_without_losing_the_selection(
    window: OperatorWindow, farm: StagedFarm, qtbot: QtBot
) -> None:
    for task_id in range(100, 300):
        farm.put_task(task_row(task_id, name=f"many {task_id}"))
    qtbot.waitUntil(lambda: window.models.tasks.rowCount() == 228)
    select(window, 150, 151)
    resets: list[int] = []
    window.models.tasks.modelReset.connect(lambda: resets.append(1))
    window.panels.queue.filter.setText("many 15")
    assert resets, "as many removals one by one would take seconds for thousands of tasks"
    assert [row.id for row in window.panels.queue.selected()] == [150, 151]
    window.panels.queue.filter.setText("many 20")
    assert window.panels.queue.selected() == []
    window.panels.queue.clear_filter()
    assert [row.id for row in window.panels.queue.selected()] == [150, 151]


def test_a_failed_frame_leads_to_its_log_line(
    window: OperatorWindow, farm: StagedFarm, qtbot: QtBot
) -> None:
    frame = window.models.table.frame(7)
    farm.put(logs=(LogRecord(NOON, "error", "out of memory", 1, "node01", frame),))
    qtbot.waitUntil(lambda: f"#{frame} " in window.panels.log.view.toPlainText())
    point = QPoint(7 * window.panels.frames.grid.cell + 3, 3)
    window.panels.frames.grid.verticalScrollBar().setValue(0)
    QTest.mouseDClick(window.panels.frames.grid.viewport(), Qt.MouseButton.LeftButton, pos=point)
    assert "out of memory" in window.panels.log.view.textCursor().selectedText()
    assert not window.panels.log.follow.isChecked()


def test_enter_shows_a_tasks_frames_and_a_nodes_frame(window: OperatorWindow, qtbot: QtBot) -> None:
    view = window.panels.queue.view
    view.setFocus()
    QTest.keyClick(view, Qt.Key.Key_Return)
    assert window.panels.frames.currentWidget() is window.panels.frames.list_tab
    assert window.panels.frames.list.hasFocus()
    assert not window.panels.frames.cell_size.isVisible(), "a list has no cells"
    window.panels.queue.select(2)
    nodes = window.panels.nodes.view
    nodes.setFocus()
    nodes.setCurrentIndex(window.models.nodes.index(5, 0))
    record = window.models.nodes.at(5).record
    assert (record.task_id, record.frame is not None) == (1, True)
    QTest.keyClick(nodes, Qt.Key.Key_Enter)
    assert [row.id for row in window.panels.queue.selected()] == [1]
    assert window.panels.frames.currentWidget() is window.panels.frames.grid_tab
    assert window.panels.frames.cell_size.isVisible()
    assert [window.models.table.frame(p) for p in window.panels.frames.selected_places()] == [
        record.frame
    ]


def test_minimap_and_slider_follow_the_grid(
    window: OperatorWindow, farm: StagedFarm, qtbot: QtBot
) -> None:
    frames = window.panels.frames
    assert frames.minimap.isVisible(), "3,000 frames scroll"
    farm.put_task(task_row(77, frames="1-48", total=48), bytes(48))
    qtbot.waitUntil(lambda: window.panels.queue.select(77))
    qtbot.waitUntil(lambda: window.models.table.task_id == 77 and window.models.table.loaded)
    assert not frames.minimap.isVisible()
    assert frames.cell_size.slider.value() == frames.grid.cell > 30
    frames.cell_size.slider.setValue(60)
    assert (frames.grid.cell, frames.cell_size.fit.isChecked()) == (60, False)
    frames.cell_size.fit.click()
    assert frames.cell_size.fit.isChecked()
    assert frames.cell_size.slider.value() == frames.grid.cell


def test_an_empty_farm_says_what_to_do(
    open_window: OpenWindow, farm: StagedFarm, qtbot: QtBot
) -> None:
    empty = StagedFarm()
    farm.tasks, farm.nodes, farm.logs = empty.tasks, empty.nodes, empty.logs  # type: ignore[method-assign]
    window = open_window()
    qtbot.waitUntil(lambda: window.models.nodes.loaded)
    assert "farmdesk submit" in window.panels.queue.hint.label.text()
    window.panels.queue.hint.button.click()
    assert "farmdesk submit" in QApplication.clipboard().text()
    assert "farmdesk server" in window.panels.nodes.hint.label.text()
    window.panels.nodes.hint.button.click()
    assert QApplication.clipboard().text() == "farmdesk server"


def test_a_flood_of_log_lines_stays_in_bounds(
    window: OperatorWindow, farm: StagedFarm, qtbot: QtBot
) -> None:
    """10⁵ lines a minute is 830 every half second; here six times the capacity comes at once."""
    before = len(window.panels.log.view.buffer)
    lines = tuple(
        LogRecord(NOON, "error" if n % 9 == 0 else "info", f"line {n}") for n in range(CAPACITY * 3)
    )
    farm.put(logs=lines)
    last = f"line {len(lines) - 1}"
    qtbot.waitUntil(lambda: window.panels.log.view.toPlainText().endswith(last))
    assert before < CAPACITY
    assert len(window.panels.log.view.buffer) == CAPACITY
    assert window.panels.log.view.document().blockCount() <= CAPACITY


def test_errors_in_the_log_are_styled_and_filtered(window: OperatorWindow) -> None:
    view = window.panels.log.view
    styled = {}
    block = view.document().firstBlock()
    while block.isValid():
        formats = block.layout().formats()
        styled[block.text()] = formats[0].format.foreground().color().name() if formats else ""
        block = block.next()
    theme = window.appearance.theme
    for text, colour in styled.items():
        wanted = theme.log_error if "ERROR" in text else ""
        wanted = theme.log_warning if "WARNING" in text else wanted
        assert colour == wanted.lower(), text
    assert set(styled.values()) == {"", theme.log_error.lower(), theme.log_warning.lower()}
    box: QComboBox = window.panels.log.level
    QTest.keyClick(box, Qt.Key.Key_End)
    box.activated.emit(box.currentIndex())
    assert all("ERROR" in text for text in view.toPlainText().splitlines())


# ---- layout


def test_a_restart_brings_back_what_was_arranged(
    open_window: OpenWindow, qtbot: QtBot, store: LayoutStore
) -> None:
    first = open_window()
    header = first.panels.queue.view.horizontalHeader()
    header.resizeSection(1, 333)
    header.moveSection(header.visualIndex(3), 0)
    first.panels.queue.view.sortByColumn(6, Qt.SortOrder.DescendingOrder)
    column_menu(first.panels.nodes.view).actions()[0].trigger()
    first.panels.setSizes([200, 500])
    sizes = first.panels.sizes()
    first.appearance.set_language("zh")
    first.appearance.set_theme("light")
    first.close()
    second = open_window(language=None, theme=None)
    again = second.panels.queue.view.horizontalHeader()
    assert again.sectionSize(1) == 333
    assert again.visualIndex(3) == 0
    assert second.panels.sizes() == sizes
    assert second.panels.nodes.view.isColumnHidden(1)
    assert (second.appearance.words.language, second.appearance.theme.name) == ("zh", "light")
    qtbot.waitUntil(lambda: is_filled(second))
    priorities = [second.models.tasks.at(n).priority for n in range(second.models.tasks.rowCount())]
    assert priorities == sorted(priorities, reverse=True)
    second.arranged.reset()
    assert again.sectionSize(1) != 333
    assert again.visualIndex(3) == 3


def test_size_of_text_and_cells_are_remembered(
    open_window: OpenWindow, qtbot: QtBot, store: LayoutStore
) -> None:
    first = open_window()
    qtbot.waitUntil(lambda: is_filled(first))
    high = first.panels.queue.view.rowHeight(0)
    for _ in range(9):
        QTest.keyClick(first, Qt.Key.Key_Plus, CTRL)
    assert first.appearance.percent == 150
    assert first.panels.queue.view.rowHeight(0) > high
    assert first.panels.log.view.font().pointSizeF() > first.panels.frames.font().pointSizeF() * 0.9
    QTest.keyClick(first, Qt.Key.Key_Minus, CTRL)
    first.panels.frames.cell_size.slider.setValue(33)
    first.close()
    second = open_window()
    qtbot.waitUntil(lambda: is_filled(second))
    assert second.appearance.percent == 140
    assert (second.panels.frames.grid.cell, second.panels.frames.grid.fitted) == (33, False)
    second.arranged.reset()
    assert second.panels.frames.grid.fitted
    second.appearance.set_percent(100)


@pytest.mark.parametrize("kept", [b"", b"-5", b"1e9", b"9" * 30, "³".encode()])
def test_a_strange_size_of_cells_is_refused(window: OperatorWindow, kept: bytes) -> None:
    assert not window.panels.frames.cell_size.restore(QByteArray(kept))
    assert window.panels.frames.grid.fitted


@pytest.mark.parametrize("state", [b"", b"\0", b"garbage" * 50, b"\xff" * 400])
def test_a_corrupt_layout_is_no_layout(
    open_window: OpenWindow, qtbot: QtBot, tmp_path: Path, state: bytes
) -> None:
    path = tmp_path / "corrupt.ini"
    store = LayoutStore(user="李雯", role="operator", path=path)
    names = ("geometry", "splitter-main", "columns-queue", "columns-nodes", "columns-frames")
    for name in names:
        store.save(name, QByteArray(state))
    store.write()
    window = open_window(store=LayoutStore(user="李雯", role="operator", path=path))
    qtbot.waitUntil(lambda: is_filled(window))
    header = window.panels.queue.view.horizontalHeader()
    shown = [n for n in range(header.count()) if not header.isSectionHidden(n)]
    assert len(shown) == header.count() - 1, "nothing is due"
    assert all(header.sectionSize(n) > 20 for n in shown)
    assert min(window.panels.sizes()) > 50


def test_a_layout_file_of_rubbish_is_no_layout(
    open_window: OpenWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    path = tmp_path / "rubbish.ini"
    path.write_bytes(b"[\xff\xfe\x00]\n=@Variant(\x00\x00\x7f)\nlanguage=klingon\n" * 20)
    window = open_window(
        store=LayoutStore(user="李雯", role="operator", path=path), language=None, theme=None
    )
    qtbot.waitUntil(lambda: is_filled(window))
    assert window.appearance.theme.name == "dark"


def test_layouts_are_one_for_each_user_and_role(tmp_path: Path) -> None:
    path = tmp_path / "shared.ini"
    users = [("a/b", "operator"), ("a", "operator"), ("a/b", "customer"), ("a", "b/operator")]
    for number, (user, role) in enumerate(users):
        LayoutStore(user=user, role=role, path=path).save("x", QByteArray(bytes([number + 1])))
    for number, (user, role) in enumerate(users):
        found = LayoutStore(user=user, role=role, path=path).load("x")
        assert found == QByteArray(bytes([number + 1]))
    QSettings(str(path), QSettings.Format.IniFormat).sync()


# ---- the log's selected-task switch


def test_the_log_can_follow_the_selected_task(
    window: OperatorWindow, farm: StagedFarm, qtbot: QtBot
) -> None:
    farm.put(logs=(LogRecord(NOON, "info", "of another task", 5, "node02"),))
    qtbot.waitUntil(lambda: "of another task" in window.panels.log.view.toPlainText())
    window.panels.log.task_only.click()
    qtbot.waitUntil(lambda: "of another task" not in window.panels.log.view.toPlainText())
    window.panels.queue.select(5)
    qtbot.waitUntil(lambda: "of another task" in window.panels.log.view.toPlainText())
    assert len(window.panels.log.view.buffer) == 1


def test_labels_are_plain_text(window: OperatorWindow, farm: StagedFarm, qtbot: QtBot) -> None:
    """A name is never read as markup."""
    farm.refusal = "<b>bold</b> <img src=x>"
    window.task_actions.actions[Act.PAUSE].trigger()
    qtbot.waitUntil(window.trouble.isVisible)
    assert isinstance(window.trouble.label, QLabel)
    assert window.trouble.label.textFormat() == Qt.TextFormat.PlainText
