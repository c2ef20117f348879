"""TIFF 6.0 and BigTIFF.

Every directory readable, every strip and tile of the right number inside the file.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from nodeagent.images.deflate import check_deflated
from nodeagent.images.facts import CHUNK_BYTES, BadImage, ImageFile, check_size
from nodeagent.images.tiff_packed import check_jpeg, check_lzw, check_packbits

MAX_DIRECTORIES = 1000
MAX_ENTRIES = 4096
MAX_PIECES = 1 << 22  # strips or tiles of one picture

NONE, LZW, JPEG, DEFLATE, OLD_DEFLATE, PACKBITS = 1, 5, 7, 8, 32946, 32773
OTHERS = {2, 3, 4, 6, 34676, 34677, 34712, 34925, 50000, 50001, 50002}  # fax to JPEG XL
COMPRESSIONS = {NONE, LZW, JPEG, DEFLATE, OLD_DEFLATE, PACKBITS} | OTHERS

# field type → bytes of one value (TIFF 6.0 section 2, BigTIFF adds 16 to 18)
TYPE_BYTES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
TYPE_BYTES |= {16: 8, 17: 8, 18: 8}
WHOLE_NUMBERS = {1: "B", 3: "H", 4: "I", 13: "I", 16: "Q", 18: "Q"}

# predictor and kind of sample: all numbers of such a tag are the same one of these
KNOWN = {317: {1, 2, 3}, 339: {1, 2, 3, 4, 5, 6}}
ASKED = {256, 257, 258, 259, 262, 266, 273, 277, 278, 279, 284, 322, 323, 324, 325, *KNOWN}


@dataclass(frozen=True, slots=True)
class _Layout:
    """How numbers are written: byte order, and the wider ones of BigTIFF."""

    order: str
    big: bool

    @property
    def offset(self) -> str:
        return self.order + ("Q" if self.big else "I")

    @property
    def offset_bytes(self) -> int:
        return 8 if self.big else 4


@dataclass(frozen=True, slots=True)
class _Field:
    """Where the values of a tag lie."""

    kind: int
    count: int
    place: int


def check(file: ImageFile) -> tuple[int, int]:
    """Give width and height of the first picture of a complete TIFF file. Raises BadImage."""
    file.seek(0)
    head = file.read(8)
    order = "<" if head[:2] == b"II" else ">"
    big = struct.unpack(order + "H", head[2:4])[0] == 43
    layout = _Layout(order, big)
    place = struct.unpack(layout.offset, file.read(8) if big else head[4:8])[0]
    size: tuple[int, int] | None = None
    seen: set[int] = set()
    while place:
        if place in seen or len(seen) >= MAX_DIRECTORIES:
            raise BadImage("the TIFF file is damaged: its directories go in a circle")
        seen.add(place)
        fields, place = _read_directory(file, layout, place)
        found = _Picture(file, layout, fields).check()
        size = size or found
    if size is None:
        raise BadImage("the TIFF file has no picture")
    return size


def _read_directory(file: ImageFile, layout: _Layout, place: int) -> tuple[dict[int, _Field], int]:
    """Give a directory's tags, whose values all lie in the file, and the next one's place."""
    file.seek(place)
    count_format, entry_format = ("Q", "HHQ8s") if layout.big else ("H", "HHI4s")
    count_format, entry_format = layout.order + count_format, layout.order + entry_format
    (count,) = struct.unpack(count_format, file.read(struct.calcsize(count_format)))
    if not 0 < count <= MAX_ENTRIES:
        raise BadImage("the TIFF file is damaged: a directory is empty or too long")
    fields = {}
    for _ in range(count):
        raw = file.read(struct.calcsize(entry_format))
        at = file.tell() - layout.offset_bytes
        tag, kind, values, inline = struct.unpack(entry_format, raw)
        if kind not in TYPE_BYTES and tag in ASKED:
            raise BadImage(f"the TIFF file is damaged: tag {tag} is no number")
        if kind not in TYPE_BYTES:
            continue  # the standard has readers skip types that they do not know
        if values * TYPE_BYTES[kind] > layout.offset_bytes:
            (at,) = struct.unpack(layout.offset, inline)
        if at + values * TYPE_BYTES[kind] > file.size:
            raise BadImage(f"the file is truncated: the values of tag {tag} are missing")
        fields[tag] = _Field(kind, values, at)
    (following,) = struct.unpack(layout.offset, file.read(layout.offset_bytes))
    return fields, following


class _Picture:
    """One directory's picture."""

    def __init__(self, file: ImageFile, layout: _Layout, fields: dict[int, _Field]) -> None:
        self._file = file
        self._layout = layout
        self._fields = fields

    def check(self) -> tuple[int, int]:
        """Give width and height, once all strips or tiles are known to be there."""
        width, height = self._number(256), self._number(257)
        check_size(width, height)
        planes, samples = self._number(284, 1), self._number(277, 1)
        bits = self._bits(samples)
        if not 0 < samples <= 64 or not 0 < bits <= 64 * 64 or planes not in {1, 2}:
            raise BadImage("the TIFF header is damaged")
        for tag, known in KNOWN.items():
            found = set(self._numbers(tag)) if tag in self._fields else set()
            if not found <= known or len(found) > 1:
                raise BadImage("the TIFF header is damaged")
        if planes == 2:
            bits //= samples
        copies = samples if planes == 2 else 1
        if 322 in self._fields:
            self._check_tiles(width, height, bits=bits, copies=copies)
        else:
            self._check_strips(width, height, bits=bits, copies=copies)
        return width, height

    def _bits(self, samples: int) -> int:
        """Give the bits of all samples of a pixel; some tools write those of one, if all agree."""
        if 258 not in self._fields:
            return samples
        told = set(self._numbers(258))
        if self._fields[258].count not in {1, samples} or len(told) > 1:
            raise BadImage("the TIFF header is damaged")
        return told.pop() * samples

    def _check_strips(self, width: int, height: int, *, bits: int, copies: int) -> None:
        rows = min(self._number(278, height), height)
        if rows < 1:
            raise BadImage("the TIFF header is damaged")
        strips = -(-height // rows)
        line = (width * bits + 7) // 8
        sizes = ((min(rows, height - n % strips * rows)) * line for n in range(strips * copies))
        self._check_pieces(273, 279, strips * copies, sizes)

    def _check_tiles(self, width: int, height: int, *, bits: int, copies: int) -> None:
        across, down = self._number(322), self._number(323)
        if not (0 < across <= 1 << 16 and 0 < down <= 1 << 16):
            raise BadImage("the TIFF header is damaged")
        tiles = -(-width // across) * -(-height // down) * copies
        whole = (across * bits + 7) // 8 * down
        self._check_pieces(324, 325, tiles, (whole for _ in range(tiles)))

    def _check_pieces(self, offsets: int, counts: int, pieces: int, sizes: Iterator[int]) -> None:
        """Raise BadImage if strips or tiles are missing, or hold less than `sizes` says."""
        compression = self._number(259, NONE)
        if compression not in COMPRESSIONS:
            raise BadImage("the TIFF file is of a kind that cannot be proven")
        for tag in (offsets, counts):
            if tag not in self._fields or self._fields[tag].count != pieces:
                raise BadImage("the TIFF file is damaged: its table of pixels is incomplete")
        if pieces > MAX_PIECES:
            raise BadImage("the TIFF file has too many strips")
        total = 0
        for place, stored, size in zip(
            self._numbers(offsets), self._numbers(counts), sizes, strict=True
        ):
            total += stored
            if not 0 < stored <= self._file.size - place or place < 8 or total > self._file.size:
                raise BadImage("the file is truncated: a part of the pixels is missing")
            if compression == NONE and stored < size and self._is_plain():
                raise BadImage("the TIFF file is damaged: a part of the pixels is too short")
            self._check_packed(compression, place, stored, size)

    def _check_packed(self, compression: int, place: int, stored: int, size: int) -> None:
        """Raise BadImage unless a packed piece holds what `size` says, as far as is known."""
        if compression in {DEFLATE, OLD_DEFLATE}:
            check_deflated(self._file, place, stored, size)
        elif compression == PACKBITS and self._is_plain():
            check_packbits(self._file, place, stored, size)
        elif compression == LZW and self._is_plain() and self._file.follow:
            check_lzw(self._file, place, stored, size)
        elif compression == JPEG:
            check_jpeg(self._file, place, stored)

    def _is_plain(self) -> bool:
        """False for subsampled YCbCr, whose pieces are smaller, and for bits in the other order."""
        return self._number(262, 0) != 6 and self._number(266, 1) == 1

    def _number(self, tag: int, default: int | None = None) -> int:
        """Give a tag's only number. Raises BadImage where it is missing and has no default."""
        if tag not in self._fields and default is not None:
            return default
        if tag in self._fields and self._fields[tag].count > 1:
            raise BadImage(f"the TIFF file is damaged: tag {tag} has more than one number")
        return next(self._numbers(tag))

    def _numbers(self, tag: int) -> Iterator[int]:
        """Give a tag's whole numbers, piece by piece; the file's place may change in between."""
        field = self._fields.get(tag)
        letter = WHOLE_NUMBERS.get(field.kind) if field is not None else None
        if field is None or letter is None or field.count == 0:
            raise BadImage(f"the TIFF file is damaged: tag {tag} is missing or no number")
        one = TYPE_BYTES[field.kind]
        step = CHUNK_BYTES // 8
        for first in range(0, field.count, step):
            count = min(step, field.count - first)
            self._file.seek(field.place + first * one)
            yield from struct.unpack(
                f"{self._layout.order}{count}{letter}", self._file.read(count * one)
            )
