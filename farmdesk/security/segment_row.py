"""All segments of a transfer in one row: file after file, each numbered from 0 on.

So that many small files travel in one request, like the segments of one large file. A file that
begins anew takes a new place at the end: no number ever means other bytes.
"""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field

from farmdesk.security.sealed import SEGMENT


@dataclass(frozen=True, slots=True)
class Place:
    """Where a segment of the row lies."""

    file: int  # number of its file
    index: int  # of the segment in that file
    offset: int  # in the sealed file
    length: int  # sealed bytes


@dataclass(slots=True)
class SegmentRow:
    """The sealed files of a transfer by number, and their segments."""

    sizes: list[int] = field(default_factory=list)  # of each sealed file, bytes
    _starts: list[int] = field(default_factory=list)
    count: int = 0  # segments

    def add(self, sealed_sizes: Iterable[int]) -> None:
        """Put files at the end; a sealed file is never empty."""
        for size in sealed_sizes:
            self.sizes.append(size)
            self._starts.append(self.count)
            self.count += -(-size // SEGMENT)

    def of_file(self, file: int) -> range:
        """Give the numbers of a file's segments."""
        start = self._starts[file]
        return range(start, start - (-self.sizes[file] // SEGMENT))

    def place(self, number: int) -> Place:
        """Find a segment. Raises IndexError."""
        if not 0 <= number < self.count:
            raise IndexError(f"there is no segment {number}")
        file = bisect_right(self._starts, number) - 1
        index = number - self._starts[file]
        offset = index * SEGMENT
        return Place(file, index, offset, min(SEGMENT, self.sizes[file] - offset))
