"""A strip of thumbnails under the grid: the newest finished frames, or those around the selected.

It paints what has come and asks for the rest; a format that Qt cannot read is a plate with its
name over the frame's number.
"""

from pathlib import Path

import numpy as np
import numpy.typing as npt
from PyQt5.QtCore import QEvent, QPoint, QRect, QRectF, QSize, Qt, QTimer, QUrl, pyqtSignal
from PyQt5.QtGui import (
    QColor,
    QDesktopServices,
    QHelpEvent,
    QImage,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PyQt5.QtWidgets import QSizePolicy, QToolTip, QWidget

from farmdesk.domain.states import FrameState
from farmdesk.ui.appearance import Appearance
from farmdesk.ui.models.frame_table import FrameTable
from farmdesk.ui.picture_shelf import PictureShelf
from farmdesk.ui.texts import Text
from farmdesk.ui.thumbnails import Wish
from farmdesk.ui.widgets.frame_tip import frame_tip

PICTURE = QSize(112, 63)
GAP = 6
CAPTION = 18  # pixels under a picture
REFRESH_MS = 300  # frames may finish a thousand times a second


class ContactStrip(QWidget):
    """Click selects a frame, double click opens the folder of the files."""

    frame_chosen = pyqtSignal(int)  # place in the frame table

    def __init__(self, table: FrameTable, appearance: Appearance) -> None:
        super().__init__()
        self._table = table
        self._appearance = appearance
        self._current: int | None = None
        self._held = False  # the frames shown stay
        self.places: list[int] = []  # of the frames shown, left to right
        self.shelf = PictureShelf()
        self.shelf.came.connect(self.update)
        self.shelf.worth_asking.connect(self.refresh)
        self._refresh = QTimer(self)
        self._refresh.setSingleShot(True)
        self._refresh.setInterval(REFRESH_MS)
        self._refresh.timeout.connect(self.refresh)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        table.replaced.connect(self._on_replaced)
        table.changed.connect(self._on_changed)
        appearance.changed.connect(self._on_appearance)
        self._on_appearance()

    def set_folder(self, folder: str) -> None:
        """Read the pictures from this folder; empty: there is none."""
        if folder != self.shelf.folder:
            self.shelf.open(folder)
            self.refresh()

    def set_current(self, place: int | None) -> None:
        """Show the frames around this one; None: the newest ones."""
        if place != self._current:
            self._current = place
            # A frame that is clicked must not jump away under the mouse.
            self._held = place in self.places and len(self.places) >= self._room
            self.refresh()

    def picture(self, place: int) -> QImage | None:
        """Give the picture of a frame; None while or where there is none."""
        found = self.shelf.find(self._wish(place))
        return None if found is None else found.image

    def sizeHint(self) -> QSize:
        """Ask for one line of pictures."""
        return QSize(PICTURE.width() * 4, PICTURE.height() + CAPTION + GAP)

    def minimumSizeHint(self) -> QSize:
        """Be content with one picture."""
        return QSize(PICTURE.width(), self.sizeHint().height())

    def refresh(self) -> None:
        """Choose the frames anew and ask for the pictures that are missing."""
        if not self._held or len(self.places) > self._room:
            self.places = contact_places(self._table, self._current, self._room)
        wanted = self.places if self.shelf.folder else []
        # The newest is at the right, and is what people look for.
        self.shelf.ask([self._wish(place) for place in reversed(wanted)])
        self.update()

    def hint(self) -> Text | None:
        """Give the sentence that is shown instead of pictures; None while there are some."""
        if not self._table.loaded:
            return Text.LOADING if self._table.task_id is not None else Text.CONTACT_NONE
        if not self.places:
            return Text.CONTACT_NONE
        return Text.CONTACT_NO_FOLDER if self.shelf.lost else None

    # ---- mouse, tooltip, painting

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Select the frame."""
        place = self._place_at(event.pos())
        if place is not None and event.button() == Qt.MouseButton.LeftButton:
            self.frame_chosen.emit(place)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Open the folder, but only one that was seen to be a folder: opening runs programs."""
        if self._place_at(event.pos()) is not None and self.shelf.reachable:
            QDesktopServices.openUrl(QUrl.fromLocalFile(self.shelf.folder))

    def event(self, event: QEvent) -> bool:
        """Show what is known about the frame under the mouse."""
        if isinstance(event, QHelpEvent):
            place = self._place_at(event.pos())
            if place is not None:
                words = self._appearance.words
                tip = f"{frame_tip(self._table, place, words)}\n{words(Text.CONTACT_TIP)}"
                QToolTip.showText(event.globalPos(), tip, self)
                return True
        return super().event(event)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: ARG002 Qt's signature
        """Show as many as fit."""
        self.refresh()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002 Qt's signature
        """Paint pictures and numbers, or the hint."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(self._appearance.theme.base))
        hint = self.hint()
        if hint is not None:
            painter.setPen(QColor(self._appearance.theme.dim))
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(self.rect(), int(flags), self._appearance.words(hint))
        else:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            for column, place in enumerate(self.places):
                self._paint_frame(painter, self._box(column), place)
        painter.end()

    def _paint_frame(self, painter: QPainter, box: QRect, place: int) -> None:
        theme, image = self._appearance.theme, self.picture(place)
        number = f"#{self._table.frame(place)}"
        centre = int(Qt.AlignmentFlag.AlignCenter)
        if image is None:
            painter.fillRect(box, QColor(theme.header))
            painter.setPen(QColor(theme.dim))
            painter.drawText(box, centre, self._plate(place))
        else:
            size = QSize(image.size()).scaled(box.size(), Qt.AspectRatioMode.KeepAspectRatio)
            target = QRectF(0, 0, size.width(), size.height())
            target.moveCenter(QRectF(box).center())
            painter.drawImage(target, image)
        current = place == self._current
        painter.setPen(QColor(theme.text if current else theme.dim))
        painter.drawText(QRect(box.left(), box.bottom() + 1, box.width(), CAPTION), centre, number)
        if current:
            painter.setPen(QPen(QColor(theme.focus), 2))
            painter.drawRect(box)

    # ---- private

    @property
    def _room(self) -> int:
        return max(1, (self.width() + GAP) // (PICTURE.width() + GAP))

    def _wish(self, place: int) -> Wish:
        size = PICTURE * self.devicePixelRatioF()
        name, attempt = self._table.file_name(place), int(self._table.attempts[place])
        return Wish(self.shelf.folder, name, attempt, size.width(), size.height())

    def _plate(self, place: int) -> str:
        """Say what is there instead of a picture: its kind, or that it is awaited."""
        wish = self._wish(place)
        if wish.name and self.shelf.find(wish) is None:
            return "…"
        return Path(wish.name).suffix[1:].upper() or self._appearance.words(Text.DASH)

    def _place_at(self, point: QPoint) -> int | None:
        column = int(point.x() // self._slot)
        return self.places[column] if 0 <= column < len(self.places) else None

    @property
    def _slot(self) -> float:
        """Pixels from one picture to the next: they spread over the whole width."""
        return (self.width() + GAP) / self._room

    def _box(self, column: int) -> QRect:
        spread = (self._slot - GAP - PICTURE.width()) / 2
        return QRect(QPoint(round(column * self._slot + spread), 2), PICTURE)

    def _on_replaced(self) -> None:
        self._current = None
        self._held = False
        self.shelf.open(self.shelf.folder)
        self.refresh()

    def _on_changed(self) -> None:
        if not self._refresh.isActive():
            self._refresh.start()

    def _on_appearance(self) -> None:
        self.setAccessibleName(self._appearance.words(Text.CONTACT))
        self.update()


def contact_places(table: FrameTable, current: int | None, room: int) -> list[int]:
    """Give at most `room` finished frames, ascending: around `current`, or the newest ones."""
    if not table.loaded:
        return []
    if current is None:
        newest = [p for p in reversed(table.newest) if table.states[p] == FrameState.DONE]
        return sorted(list(dict.fromkeys(newest))[:room])
    done: npt.NDArray[np.intp] = np.flatnonzero(table.states == FrameState.DONE)
    middle = int(np.searchsorted(done, current))
    first = max(0, min(middle - room // 2, len(done) - room))
    return [int(place) for place in done[first : first + room]]
