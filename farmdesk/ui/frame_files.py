"""The names of a task's image files, kept as a few patterns instead of a name for each frame.

Names come from nodes and are hostile: only a plain name within the task's output folder counts.
"""

from dataclasses import dataclass

from farmdesk.domain.text import is_plain_name


@dataclass(frozen=True, slots=True)
class FilePattern:
    """`prefix`, the frame's number in `width` digits, `suffix`; width 0: `prefix` is the name."""

    prefix: str
    width: int
    suffix: str

    def name(self, frame: int) -> str:
        """Give the file name of a frame."""
        return f"{self.prefix}{frame:0{self.width}d}{self.suffix}" if self.width else self.prefix


def pattern_of(frame: int, name: str) -> FilePattern | None:
    """Give the pattern that makes exactly this name of this frame; None for one that is hostile."""
    if not is_plain_name(name):
        return None
    digits = str(frame)
    start = name.rfind(digits)
    if start >= 0:
        end = start + len(digits)
        while start > 0 and name[start - 1] == "0":
            start -= 1
        made = FilePattern(name[:start], end - start, name[end:])
        if made.name(frame) == name:
            return made
    return FilePattern(name, 0, "")
