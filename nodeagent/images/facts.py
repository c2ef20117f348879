"""What is known of a proven image, the error for all others, and how their bytes are read."""

import os
from dataclasses import dataclass
from typing import BinaryIO

CHUNK_BYTES = 1 << 20
MAX_SIDE = 1 << 20  # pixels; a larger side is a hostile or broken header


class BadImage(ValueError):
    """The file is no complete image; `str()` is a sentence that says why."""


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """A complete image file."""

    format: str  # PNG, EXR, TIFF, TGA, JPEG, DPX
    width: int  # pixels
    height: int
    bytes: int


class ImageFile:
    """A file whose reads never come short: what is not there is a BadImage.

    `follow`: whether what takes long is followed as well, bit by bit.
    """

    def __init__(self, file: BinaryIO, *, follow: bool) -> None:
        self._file = file
        self.follow = follow
        self.size = os.fstat(file.fileno()).st_size

    def read(self, count: int) -> bytes:
        """Give the next `count` bytes. Raises BadImage if the file ends before."""
        if count > self.size - self._file.tell():
            raise BadImage("the file is truncated")
        part = self._file.read(count)
        if len(part) != count:
            raise BadImage("the file is truncated")
        return part

    def seek(self, offset: int) -> None:
        """Go to a byte. Raises BadImage if the file ends before it."""
        if not 0 <= offset <= self.size:
            raise BadImage(f"the file is truncated: it refers to byte {offset} of {self.size}")
        self._file.seek(offset)

    def tell(self) -> int:
        """Give the place of the next byte."""
        return self._file.tell()

    def left(self) -> int:
        """Give how many bytes come."""
        return self.size - self._file.tell()


def check_size(width: int, height: int) -> None:
    """Raise BadImage for a picture of no or of impossible size."""
    if not (0 < width <= MAX_SIDE and 0 < height <= MAX_SIDE):
        raise BadImage(f"a size of {width}x{height} pixels cannot be true")
