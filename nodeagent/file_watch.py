"""Tells from files alone that a frame is complete, for tools whose output says nothing."""

import time
from dataclasses import dataclass, field
from pathlib import Path

from nodeagent.frame_pattern import FramePattern
from nodeagent.images import BadImage, check_image
from nodeagent.process_tree import TreeEnd

SETTLED_S = 0.1  # a file that was not written to for so long may be complete


@dataclass(slots=True)
class FileWatch:
    """Watches the folder that one start of a tool writes to.

    Tools write frames in ascending order.
    """

    folder: Path
    pattern: FramePattern
    _refused: tuple[int, int, int] | None = field(default=None)  # frame, bytes, time of change

    def complete_at(self, frame: int, coming: int | None, end: TreeEnd | None) -> float | None:
        """Give when the frame's file was complete (Unix time), or None if it is not known to be.

        It is complete when the tool went on to the file of `coming`, when the tool ended well, or
        when it no longer changes and proves to be a whole image. `end`: how the tool ended.
        """
        try:
            found = (self.folder / self.pattern.name(frame)).stat()
        except OSError:
            return None
        went_on = coming is not None and (self.folder / self.pattern.name(coming)).exists()
        if went_on or (end is not None and end.code == 0):
            return found.st_mtime
        if end is None and time.time() - found.st_mtime < SETTLED_S:
            return None
        version = (frame, found.st_size, found.st_mtime_ns)
        if version == self._refused:
            return None  # it was looked at: it is not whole, and it has not changed since
        if self._is_whole(frame):
            return found.st_mtime
        self._refused = version
        return None

    def _is_whole(self, frame: int) -> bool:
        try:
            check_image(self.folder / self.pattern.name(frame))
        except (BadImage, OSError):
            return False
        return True
