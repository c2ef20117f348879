"""Reads small pictures of finished frames from the task's output folder, on a thread of its own.

Not on the link's worker: a share that hangs must not keep the rows from coming. Folder and files
are hostile: links are not followed, pipes are not opened, pictures that
would fill the memory are not decoded.
"""

import logging
import os
import stat
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path

from PyQt5.QtCore import QObject, QSize, Qt, pyqtSignal
from PyQt5.QtGui import QImage, QImageReader

from farmdesk.domain.text import is_plain_name

log = logging.getLogger(__name__)

# By suffix, never by content: a picture named .png cannot be an SVG that draws in other files.
FORMATS = {
    ".png": b"png",
    ".jpg": b"jpg",
    ".jpeg": b"jpeg",
    ".tif": b"tiff",
    ".tiff": b"tiff",
    ".tga": b"tga",
    ".bmp": b"bmp",
    ".webp": b"webp",
}
SCALED_WHILE_READ = frozenset({b"jpg", b"jpeg"})  # Qt reads them small; others whole, then scales
MOST_PIXELS = 40_000_000  # an 8K frame; a 16K one would take half a gigabyte to decode


class Find(Enum):
    """What became of a wish for a picture."""

    PICTURE = auto()
    UNREADABLE = auto()  # a format that Qt does not read, or a damaged file
    NO_FILE = auto()
    NO_FOLDER = auto()


@dataclass(frozen=True, slots=True)
class Wish:
    """A picture that is wanted. A frame that is rendered again has another `attempt`."""

    folder: str
    name: str
    attempt: int
    width: int  # pixels of the box that it must fit
    height: int


@dataclass(frozen=True, slots=True)
class Found:
    """The end of a wish; `image` is there when `find` is PICTURE."""

    wish: Wish
    find: Find
    image: QImage | None = None


class ThumbnailReader(QObject):
    """Fulfils the newest wishes; `found` comes to the GUI thread for each of them."""

    found = pyqtSignal(Found)

    def __init__(self) -> None:
        super().__init__()
        self._wishes: list[Wish] = []
        self._changed = threading.Condition()
        self._closed = False
        self._thread: threading.Thread | None = None

    def want(self, wishes: Sequence[Wish]) -> None:
        """Forget earlier wishes and read these, in this order."""
        with self._changed:
            self._wishes = list(wishes)
            self._changed.notify()
        if self._thread is None and wishes:
            self._thread = threading.Thread(target=self._work, name="thumbnails", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """Read no more. Does not wait: the folder may be on a share that hangs."""
        with self._changed:
            self._closed = True
            self._wishes = []
            self._changed.notify()

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._closed or self._wishes)
                if self._closed:
                    return
                wish = self._wishes.pop(0)
            try:
                found = read_thumbnail(wish)
            except Exception:  # top of the thread
                log.exception("cannot read %r", wish.name)
                found = Found(wish, Find.UNREADABLE)
            try:
                self.found.emit(found)
            except RuntimeError:  # the window and this object are gone
                return


def read_thumbnail(wish: Wish) -> Found:
    """Read a picture scaled into its box. Never raises for what a folder may hold."""
    kind = FORMATS.get(Path(wish.name).suffix.lower())
    if kind is None or not is_plain_name(wish.name):
        return Found(wish, Find.UNREADABLE)
    path = os.path.join(wish.folder, wish.name)  # noqa: PTH118 a UNC path stays as it is
    try:
        if not stat.S_ISREG(os.lstat(path).st_mode):
            return Found(wish, Find.UNREADABLE)
    except (OSError, ValueError):
        reached = bool(wish.folder) and os.path.isdir(wish.folder)  # noqa: PTH112 as above
        return Found(wish, Find.NO_FILE if reached else Find.NO_FOLDER)
    image = _read(path, kind, QSize(wish.width, wish.height))
    return Found(wish, Find.PICTURE, image) if image else Found(wish, Find.UNREADABLE)


def _read(path: str, kind: bytes, box: QSize) -> QImage | None:
    reader = QImageReader(path, kind)
    reader.setAutoDetectImageFormat(False)
    size = reader.size()
    if not size.isValid():
        return None
    if size.width() * size.height() > MOST_PIXELS and kind not in SCALED_WHILE_READ:
        return None
    reader.setScaledSize(
        size.scaled(box, Qt.AspectRatioMode.KeepAspectRatio).expandedTo(QSize(1, 1))
    )
    image = reader.read()
    return None if image.isNull() else image
