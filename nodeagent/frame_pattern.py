"""File names of frames, by a pattern with one run of `#` for the number.

`frame_####.png` and 7 give `frame_0007.png`.
"""

import re
from dataclasses import dataclass

_PATTERN = re.compile(r"([^#/\\\0]*)(#+)([^#/\\\0]*)")


class BadPattern(ValueError):
    """A pattern that is no file name with one run of `#`."""


@dataclass(frozen=True, slots=True)
class FramePattern:
    """A read pattern. Build it by `parse_pattern`."""

    before: str
    digits: int
    behind: str

    @property
    def text(self) -> str:
        """The pattern as tools take it."""
        return f"{self.before}{'#' * self.digits}{self.behind}"

    def name(self, frame: int) -> str:
        """Give the file name.

        The digits of a negative number follow its sign, as Blender writes them.
        """
        sign = "-" if frame < 0 else ""
        return f"{self.before}{sign}{abs(frame):0{self.digits}d}{self.behind}"

    def frame(self, name: str) -> int | None:
        """Give the frame that a file name stands for, or None."""
        match = re.fullmatch(
            re.escape(self.before) + r"(-?\d{1,10})" + re.escape(self.behind), name
        )
        frame = int(match[1]) if match else None
        return frame if frame is not None and self.name(frame) == name else None


def parse_pattern(text: str) -> FramePattern:
    """Read a pattern. Raises BadPattern."""
    match = _PATTERN.fullmatch(text)
    if match is None or len(match[2]) > 10:
        raise BadPattern(f"{text[:80]!r} is no file name with one run of #")
    return FramePattern(match[1], len(match[2]), match[3])
