"""OpenEXR ("OpenEXR File Layout"): header, table of chunk offsets, every chunk inside the file.

Scan lines and tiles, flat and deep, single and multi-part; the parts may differ in all but the
display window.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from nodeagent.images.exr_header import read_parts
from nodeagent.images.exr_packed import check_packed, check_stream
from nodeagent.images.exr_parts import Part
from nodeagent.images.facts import BadImage, ImageFile

TABLE_STEP = 8192  # offsets that are read at once
MAX_CHUNKS = 1 << 22
TILE_WORDS = 4  # tile x, tile y, level x, level y


def check(file: ImageFile) -> tuple[int, int]:
    """Give width and height of the display window of a complete EXR file. Raises BadImage."""
    parts, multi = read_parts(file)
    tables = []
    for part in parts:
        count = part.chunk_count()
        if count > MAX_CHUNKS:
            raise BadImage("the EXR file has too many chunks")
        tables.append(file.tell())
        file.seek(file.tell() + 8 * count)
    checker = _ChunkCheck(file, file.tell(), multi)
    for number, (part, table) in enumerate(zip(parts, tables, strict=True)):
        checker.check_part(number, part, table)
    x0, y0, x1, y1 = parts[0].shown
    return x1 - x0 + 1, y1 - y0 + 1


@dataclass(slots=True)
class _ChunkCheck:
    """Follows the offset tables.

    Chunks do not overlap, so together they cannot be more than the file.
    """

    file: ImageFile
    first: int  # the lowest place where a chunk may begin
    multi: bool
    used: int = 0

    def check_part(self, number: int, part: Part, table: int) -> None:
        """Raise BadImage unless each chunk of a part is where its table says."""
        places = self._offsets(table, part.chunk_count())
        for place, wanted in zip(places, part.chunks(), strict=True):
            if place < self.first:
                raise BadImage("the EXR file was not finished: its table of chunks is incomplete")
            self.file.seek(place)
            if self.multi and self._words(1) != (number,):
                raise BadImage("the EXR file is damaged: a chunk belongs to another part")
            if self._words(TILE_WORDS if part.tiles else 1) != wanted.where:
                raise BadImage("the EXR file is damaged: a chunk is not the one its table names")
            if part.deep:
                self._check_deep(part, place, wanted.pixels)
            else:
                stored = self._take(place, self._words(1)[0])
                begin = self.file.tell()
                check_packed(
                    self.file, begin, stored, compression=part.compression, planes=wanted.planes
                )

    def _check_deep(self, part: Part, place: int, pixels: int) -> None:
        """Raise BadImage unless a deep chunk's sample counts and its samples unpack."""
        counts, samples, raw = struct.unpack("<QQQ", self.file.read(24))
        self._take(place, counts + samples)
        begin = self.file.tell()
        for stored, size in ((counts, 4 * pixels), (samples, raw)):
            check_stream(self.file, begin, stored, compression=part.compression, size=size)
            begin += stored

    def _take(self, place: int, stored: int) -> int:
        """Count a chunk that begins at `place`, of so many bytes from here on."""
        begin = self.file.tell()
        self.used += begin - place + stored
        if stored <= 0 or self.used > self.file.size:
            raise BadImage("the EXR file is damaged: the size of a chunk cannot be true")
        self.file.seek(begin + stored)
        self.file.seek(begin)
        return stored

    def _words(self, count: int) -> tuple[int, ...]:
        return struct.unpack(f"<{count}i", self.file.read(4 * count))

    def _offsets(self, table: int, count: int) -> Iterator[int]:
        """Give a part's offsets; the file's place may change in between."""
        for first in range(0, count, TABLE_STEP):
            step = min(TABLE_STEP, count - first)
            self.file.seek(table + 8 * first)
            yield from struct.unpack(f"<{step}Q", self.file.read(8 * step))
