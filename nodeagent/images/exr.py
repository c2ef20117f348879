"""OpenEXR ("OpenEXR File Layout"): header, table of chunk offsets, every chunk inside the file.

Scan lines and tiles, flat and deep, single and multi-part. Chunks packed by zlib are inflated as
proof.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from nodeagent.images.deflate import check_deflated
from nodeagent.images.exr_header import TILE_WORDS, Part, read_parts
from nodeagent.images.facts import BadImage, ImageFile

TABLE_STEP = 8192  # offsets that are read at once
MAX_CHUNKS = 1 << 22
NONE, ZIPS, ZIP, PXR24 = 0, 2, 3, 5


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
    return parts[0].width, parts[0].height


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
            stored = self._deep_bytes() if part.deep else self._words(1)[0]
            begin = self.file.tell()
            self.used += begin - place + stored
            if stored <= 0 or self.used > self.file.size:
                raise BadImage("the EXR file is damaged: the size of a chunk cannot be true")
            self.file.seek(begin + stored)
            if not part.deep:
                self._check_pixels(part, begin, stored, wanted.raw_bytes)

    def _check_pixels(self, part: Part, begin: int, stored: int, raw_bytes: int) -> None:
        if part.compression == NONE and stored != raw_bytes:
            raise BadImage("the EXR file is damaged: a chunk has not the size of its pixels")
        if stored > raw_bytes:
            raise BadImage("the EXR file is damaged: a chunk is larger than its pixels")
        if stored == raw_bytes:
            return  # a chunk that does not shrink is stored as it is
        if part.compression in {ZIPS, ZIP}:
            check_deflated(self.file, begin, stored, raw_bytes)
        elif part.compression == PXR24:
            check_deflated(self.file, begin, stored, None)

    def _deep_bytes(self) -> int:
        """Give the packed bytes of a deep chunk: its table of sample counts and its samples."""
        counts, samples, _ = struct.unpack("<QQQ", self.file.read(24))
        return int(counts + samples)

    def _words(self, count: int) -> tuple[int, ...]:
        return struct.unpack(f"<{count}i", self.file.read(4 * count))

    def _offsets(self, table: int, count: int) -> Iterator[int]:
        """Give a part's offsets; the file's place may change in between."""
        for first in range(0, count, TABLE_STEP):
            step = min(TABLE_STEP, count - first)
            self.file.seek(table + 8 * first)
            yield from struct.unpack(f"<{step}Q", self.file.read(8 * step))
