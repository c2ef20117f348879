"""The pictures of finished frames that were read lately, and what became of each wish for one."""

from collections import OrderedDict
from collections.abc import Sequence

from PyQt5.QtCore import QObject, QTimer, pyqtSignal

from farmdesk.ui.thumbnails import Find, Found, ThumbnailReader, Wish

CAPACITY = 200  # pictures kept
AGAIN_MS = 10_000  # a missing file or folder is looked for again: shares are slow to tell


class PictureShelf(QObject):
    """Reads from one folder at a time; what was asked for lately is kept longest."""

    came = pyqtSignal()  # something was found, or was not
    worth_asking = pyqtSignal()  # what was asked for in vain may be there now

    def __init__(self) -> None:
        super().__init__()
        self.folder = ""
        self.reader = ThumbnailReader()
        self.reader.found.connect(self._on_found)
        self._kept: OrderedDict[Wish, Found] = OrderedDict()
        self._last: Found | None = None  # of this folder
        self._again = QTimer(self)
        self._again.setSingleShot(True)
        self._again.setInterval(AGAIN_MS)
        self._again.timeout.connect(self.look_again)

    def __len__(self) -> int:
        """Give how many pictures, and wishes in vain, are in memory."""
        return len(self._kept)

    def open(self, folder: str) -> None:
        """From now on read from this folder, of which nothing is known yet; empty: from none."""
        self.folder = folder
        self._last = None

    @property
    def reachable(self) -> bool:
        """Whether the folder was found when it was last looked for."""
        return self._last is not None and self._last.find is not Find.NO_FOLDER

    @property
    def lost(self) -> bool:
        """Whether there is no folder, or it was not found when it was last looked for."""
        return not self.folder or (self._last is not None and not self.reachable)

    def find(self, wish: Wish) -> Found | None:
        """Give what became of a wish; None while it is open."""
        return self._kept.get(wish)

    def ask(self, wishes: Sequence[Wish]) -> None:
        """Forget earlier wishes and read what is missing of these, the most wanted first."""
        for wish in reversed(wishes):
            if wish in self._kept:
                self._kept.move_to_end(wish)
        self.reader.want([wish for wish in wishes if wish.name and wish not in self._kept])

    def look_again(self) -> None:
        """Let the files and folders that were not there be asked for again."""
        vain = [w for w, f in self._kept.items() if f.find in (Find.NO_FOLDER, Find.NO_FILE)]
        for wish in vain:
            del self._kept[wish]
        self.worth_asking.emit()

    def close(self) -> None:
        """Read no more."""
        self.reader.close()

    def _on_found(self, found: Found) -> None:
        self._kept[found.wish] = found
        while len(self._kept) > CAPACITY:
            self._kept.popitem(last=False)
        if found.wish.folder != self.folder:
            return
        self._last = found
        if found.find is Find.NO_FOLDER:
            self.reader.want([])  # one answer for all
        if found.find in (Find.NO_FOLDER, Find.NO_FILE) and not self._again.isActive():
            self._again.start()
        self.came.emit()
