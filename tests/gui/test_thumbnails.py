"""Thumbnails of finished frames: real files, hostile names and folders, and a share that hangs."""

import os
import threading
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PyQt5.QtCore import QPoint, Qt, QUrl
from PyQt5.QtGui import QColor, QDesktopServices, QImage
from PyQt5.QtTest import QTest
from pytestqt.qtbot import QtBot

from farmdesk.domain.records import FrameRecord
from farmdesk.domain.rows import FrameRow
from farmdesk.domain.states import FrameState
from farmdesk.domain.text import is_plain_name
from farmdesk.ui import picture_shelf, thumbnails
from farmdesk.ui.appearance import Appearance
from farmdesk.ui.frame_files import FilePattern, pattern_of
from farmdesk.ui.models.frame_table import MOST_PATTERNS, FrameTable
from farmdesk.ui.reads import StatesRead, frames_read
from farmdesk.ui.texts import Text
from farmdesk.ui.thumbnails import Find, Found, Wish, read_thumbnail
from farmdesk.ui.widgets.contact_strip import ContactStrip, contact_places
from tests.gui.conftest import OpenWindow, is_filled
from tests.gui.staged_farm import NOON, StagedFarm

LEFT = Qt.MouseButton.LeftButton
HOSTILE_NAMES = (
    "",
    ".",
    "..",
    "../secret.png",
    "..\\secret.png",
    "/etc/passwd.png",
    "C:secret.png",
    "\\\\server\\share\\x.png",
    "a\0.png",
    "x" * 300 + ".png",
)


def record(frame: int, name: str = "", attempt: int = 1) -> FrameRecord:
    """Give a finished frame."""
    return FrameRecord(
        task_id=1,
        frame=frame,
        attempt=attempt,
        state=FrameState.DONE,
        node="node01",
        finished_at=NOON + timedelta(seconds=frame),
        render_s=1.0,
        path=name or f"帧_{frame:04d}.png",
    )


def finish(table: FrameTable, *records: FrameRecord) -> None:
    """Let these frames be done, in this order."""
    states = table.states.copy()
    for one in records:
        place = table.place_of(one.frame)
        assert place is not None
        states[place] = FrameState.DONE
    table.take_states(StatesRead(1, 1, states))
    table.take_frames(frames_read(1, [FrameRow(2, one) for one in records], 1))


def save_frame(folder: Path, frame: int, *, width: int = 320, height: int = 180) -> Path:
    """Write a real picture."""
    path = folder / f"帧_{frame:04d}.png"
    image = QImage(width, height, QImage.Format.Format_RGB32)
    image.fill(QColor(10, 200, frame % 256))
    assert image.save(str(path))
    return path


@pytest.fixture
def table() -> FrameTable:
    """A task of a hundred frames, none done."""
    made = FrameTable()
    made.show(1, "1-100")
    made.take_states(StatesRead(1, 1, np.zeros(100, np.uint8)))
    return made


@pytest.fixture
def strip(table: FrameTable, appearance: Appearance, qtbot: QtBot) -> ContactStrip:
    """A strip with room for five pictures."""
    made = ContactStrip(table, appearance)
    qtbot.addWidget(made)
    made.resize(600, made.sizeHint().height())
    made.show()
    qtbot.waitExposed(made)
    return made


# ---- names


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_names_that_leave_the_folder_are_refused(name: str, tmp_path: Path) -> None:
    (tmp_path.parent / "secret.png").write_bytes(b"")
    assert not is_plain_name(name)
    assert pattern_of(1, name) is None
    wish = Wish(str(tmp_path), name, 1, 100, 100)
    assert read_thumbnail(wish).find is Find.UNREADABLE


@given(
    frame=st.integers(-5, 10**7),
    prefix=st.text(max_size=8),
    width=st.integers(1, 9),
    suffix=st.text(max_size=6),
)
def test_a_pattern_gives_back_the_very_name(
    frame: int, prefix: str, width: int, suffix: str
) -> None:
    for name in (f"{prefix}{frame:0{width}d}{suffix}", prefix + suffix):
        found = pattern_of(frame, name)
        assert (found is not None) == is_plain_name(name)
        assert found is None or found.name(frame) == name


def test_all_frames_of_a_tool_share_one_pattern() -> None:
    found = {pattern_of(n, f"beauty_v2.{n:04d}.exr") for n in range(990, 1010)}
    assert found == {FilePattern("beauty_v2.", 4, ".exr")}


def test_a_node_that_lies_gets_no_more_memory(appearance: Appearance) -> None:
    count = MOST_PATTERNS + 50
    table = FrameTable()
    table.show(1, f"1-{count}")
    finish(table, *(record(n, f"{chr(0x4E00 + n)}.png") for n in range(1, count + 1)))
    assert table.file_name(0) == "\u4e01.png"
    assert table.file_name(count - 1) == ""


# ---- reading files


def test_a_picture_is_read_small(tmp_path: Path, qapp: object) -> None:
    path = save_frame(tmp_path, 7, width=640, height=640)
    found = read_thumbnail(Wish(str(tmp_path), path.name, 1, 112, 63))
    assert found.find is Find.PICTURE
    assert found.image is not None
    assert (found.image.width(), found.image.height()) == (63, 63)


def test_what_is_no_picture_is_no_picture(tmp_path: Path, qapp: object) -> None:
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"\0" * 50)
    (tmp_path / "b.png").write_text('<svg xmlns="http://www.w3.org/2000/svg" width="9"/>')
    (tmp_path / "c.exr").write_bytes(b"\x76\x2f\x31\x01")
    (tmp_path / "d.png").mkdir()
    (tmp_path / "e.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg" width="9"/>')
    for name in ("a.png", "b.png", "c.exr", "d.png", "e.svg"):
        assert read_thumbnail(Wish(str(tmp_path), name, 1, 9, 9)).find is Find.UNREADABLE, name


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes with names")
def test_a_pipe_does_not_hold_the_reader_and_a_link_is_not_followed(
    tmp_path: Path, qapp: object
) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    real = save_frame(tmp_path, 1)
    (tmp_path / "link.png").symlink_to(real)
    for name in ("pipe.png", "link.png"):
        assert read_thumbnail(Wish(str(tmp_path), name, 1, 9, 9)).find is Find.UNREADABLE


def test_a_picture_that_would_fill_the_memory_is_not_decoded(
    tmp_path: Path, qapp: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = save_frame(tmp_path, 1)
    monkeypatch.setattr(thumbnails, "MOST_PIXELS", 320 * 180 - 1)
    assert read_thumbnail(Wish(str(tmp_path), path.name, 1, 9, 9)).find is Find.UNREADABLE


@pytest.mark.parametrize("folder", ["", "/no/such/folder", "a\0b"])
def test_a_folder_that_is_not_there_is_told(folder: str) -> None:
    assert read_thumbnail(Wish(folder, "x.png", 1, 9, 9)).find is Find.NO_FOLDER


# ---- the strip


def test_the_newest_finished_frames_are_shown(
    strip: ContactStrip, table: FrameTable, tmp_path: Path, qtbot: QtBot
) -> None:
    for frame in range(1, 10):
        save_frame(tmp_path, frame)
    finish(table, *(record(n) for n in (9, 8, 1, 2, 3, 4, 5)))
    strip.set_folder(str(tmp_path))
    assert [table.frame(p) for p in strip.places] == [1, 2, 3, 4, 5]
    qtbot.waitUntil(lambda: all(strip.picture(p) is not None for p in strip.places))
    finish(table, record(7))
    qtbot.waitUntil(lambda: table.frame(strip.places[-1]) == 7)
    qtbot.waitUntil(lambda: strip.picture(strip.places[-1]) is not None)


def test_frames_around_the_selected_one_are_shown_and_hold_still(
    strip: ContactStrip, table: FrameTable
) -> None:
    finish(table, *(record(n) for n in range(1, 101) if n != 50))
    assert contact_places(table, 0, 5) == [0, 1, 2, 3, 4]
    assert contact_places(table, 99, 5) == [95, 96, 97, 98, 99]
    strip.set_current(49)
    assert strip.places == [47, 48, 50, 51, 52], "frame 50 is not finished"
    strip.set_current(52)
    assert strip.places == [47, 48, 50, 51, 52], "what is clicked stays under the mouse"
    strip.set_current(None)
    assert strip.places == [95, 96, 97, 98, 99]


def test_a_frame_rendered_again_is_read_again(
    strip: ContactStrip, table: FrameTable, tmp_path: Path, qtbot: QtBot
) -> None:
    save_frame(tmp_path, 1, width=320, height=180)
    finish(table, record(1))
    strip.set_folder(str(tmp_path))
    qtbot.waitUntil(lambda: strip.picture(0) is not None)
    save_frame(tmp_path, 1, width=100, height=180)
    finish(table, record(1, attempt=2))
    assert strip.picture(0) is None
    qtbot.waitUntil(lambda: strip.picture(0) is not None)
    image = strip.picture(0)
    assert image is not None
    assert image.width() < image.height()


def test_what_cannot_be_read_is_a_plate_with_its_number(
    strip: ContactStrip, table: FrameTable, tmp_path: Path, qtbot: QtBot
) -> None:
    (tmp_path / "x.0001.exr").write_bytes(b"\x76\x2f\x31\x01")
    finish(table, record(1, "x.0001.exr"))
    with qtbot.waitSignal(strip.shelf.reader.found) as told:
        strip.set_folder(str(tmp_path))
    assert told.args[0].find is Find.UNREADABLE
    assert strip.hint() is None
    assert strip.grab().toImage() != QImage()


def test_an_unreachable_folder_is_one_quiet_hint(
    strip: ContactStrip, table: FrameTable, tmp_path: Path, qtbot: QtBot
) -> None:
    folder = tmp_path / "later"
    finish(table, *(record(n) for n in range(1, 6)))
    strip.set_folder(str(folder))
    qtbot.waitUntil(lambda: strip.hint() is Text.CONTACT_NO_FOLDER)
    folder.mkdir()
    for frame in range(1, 6):
        save_frame(folder, frame)
    strip.shelf.look_again()
    qtbot.waitUntil(lambda: strip.hint() is None)
    qtbot.waitUntil(lambda: all(strip.picture(p) is not None for p in strip.places))


def test_a_share_that_hangs_holds_nothing_but_the_pictures(
    open_window: OpenWindow, farm: StagedFarm, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    stuck, release = threading.Event(), threading.Event()

    def hang(wish: Wish) -> Found:
        stuck.set()
        release.wait(60)
        return Found(wish, Find.NO_FOLDER)

    monkeypatch.setattr(thumbnails, "read_thumbnail", hang)
    farm.put(frames=(record(1003),))
    window = open_window()
    qtbot.waitUntil(lambda: is_filled(window))
    qtbot.waitUntil(stuck.is_set)
    farm.change_task(2, priority=1)
    qtbot.waitUntil(lambda: any(row.priority == 1 for row in window.panels.queue.model.rows()))
    assert window.connection.online
    window.close()
    release.set()


def test_pictures_are_bounded(
    strip: ContactStrip, table: FrameTable, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(picture_shelf, "CAPACITY", 6)
    image = QImage(9, 9, QImage.Format.Format_RGB32)
    for number in range(20):
        wish = Wish("x", f"{number}.png", 1, 9, 9)
        strip.shelf.reader.found.emit(Found(wish, Find.PICTURE, image))
    assert len(strip.shelf) == 6


def test_a_click_selects_the_frame_and_a_double_click_opens_the_folder(
    strip: ContactStrip,
    table: FrameTable,
    tmp_path: Path,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    opened: list[QUrl] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", opened.append)
    save_frame(tmp_path, 1)
    finish(table, record(1))
    strip.refresh()
    strip.set_folder("/no/such/folder")
    qtbot.waitUntil(lambda: strip.hint() is Text.CONTACT_NO_FOLDER)
    QTest.mouseDClick(strip, LEFT, pos=QPoint(20, 20))
    assert opened == [], "what was never seen to be a folder is not opened"
    strip.set_folder(str(tmp_path))
    qtbot.waitUntil(lambda: strip.picture(0) is not None)
    with qtbot.waitSignal(strip.frame_chosen) as chosen:
        QTest.mouseClick(strip, LEFT, pos=QPoint(20, 20))
    assert chosen.args == [0]
    QTest.mouseDClick(strip, LEFT, pos=QPoint(20, 20))
    assert opened == [QUrl.fromLocalFile(str(tmp_path))]


def test_grid_and_strip_select_together(
    open_window: OpenWindow, farm: StagedFarm, qtbot: QtBot
) -> None:
    window = open_window()
    qtbot.waitUntil(lambda: is_filled(window))
    window.panels.frames.contact.frame_chosen.emit(2500)
    assert window.panels.frames.selected_places() == [2500]
    assert window.panels.frames.grid.verticalScrollBar().value() > 0
