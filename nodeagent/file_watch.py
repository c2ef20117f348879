"""Tells from files alone that a frame is complete, for tools whose output says nothing."""

from dataclasses import dataclass, field
from pathlib import Path

from nodeagent.frame_pattern import FramePattern
from nodeagent.images import BadImage, check_image


@dataclass(slots=True)
class FileWatch:
    """Watches the folder that one start of a tool writes to.

    Tools write frames in ascending order.
    """

    folder: Path
    pattern: FramePattern
    _seen: tuple[int, int, int] | None = field(default=None)  # frame, bytes, time of change

    def complete_at(
        self, frame: int, coming: int | None, *, sure: bool, alone: bool
    ) -> float | None:
        """Give when the frame's file was complete (Unix time), or None if it is not known to be.

        It is complete when the tool went on to the file of `coming`, or is `sure`: the tool ended
        well. A frame that is `alone`, the last one wanted, is complete when it proves to be a whole
        image and no longer changes.
        """
        try:
            found = (self.folder / self.pattern.name(frame)).stat()
        except OSError:
            return None
        went_on = coming is not None and (self.folder / self.pattern.name(coming)).exists()
        if went_on or sure:
            return found.st_mtime
        if not alone:
            return None
        seen, self._seen = self._seen, (frame, found.st_size, found.st_mtime_ns)
        return found.st_mtime if self._seen == seen and self._is_whole(frame) else None

    def _is_whole(self, frame: int) -> bool:
        try:
            check_image(self.folder / self.pattern.name(frame))
        except (BadImage, OSError):
            return False
        return True
