"""JPEG (ITU-T T.81): segments that can be true, all coefficients of the picture, and its end.

The coded bits of sequential pictures are followed; of others the restart markers are counted.
"""

import re
import struct
from collections.abc import Iterator

from nodeagent.images.facts import CHUNK_BYTES, BadImage, ImageFile
from nodeagent.images.jpeg_bits import follow, read_codes
from nodeagent.images.jpeg_frame import (
    AC,
    COEFFICIENTS,
    DC,
    Frame,
    Scan,
    Tables,
    demand,
    read_frame,
    read_scan,
)

TEM, RST, EOI, SOS, DHT, DQT, DRI = 0x01, 0xD0, 0xD9, 0xDA, 0xC4, 0xDB, 0xDD
DAC, DNL, COM = 0xCC, 0xDC, 0xFE
FRAME_HEADERS = set(range(0xC0, 0xD0)) - {DHT, 0xC8, DAC}
SKIPPED = {DAC, DNL, COM, *range(0xE0, 0xF0)}  # and APPn
FOLLOWED = {0xC0, 0xC1}  # sequential, by Huffman's method
MAX_INTERVAL_BYTES = 1 << 28  # between two markers
NEVER = 99  # bits that a coefficient lacks of which nothing has come

_MARKER_IN_SCAN = re.compile(rb"\xff[^\x00\xff]")


def check(file: ImageFile) -> tuple[int, int]:
    """Give width and height of a complete JPEG file. Raises BadImage."""
    file.seek(2)
    picture = _Picture(file)
    while (marker := _next_marker(file)) != EOI:
        if marker != TEM:
            length = struct.unpack(">H", file.read(2))[0] - 2
            if length < 0:
                raise BadImage("the JPEG file is damaged: a segment has no length")
            picture.take(marker, file.read(length))
    return picture.size()


class _Picture:
    """What is known of a picture, segment by segment."""

    def __init__(self, file: ImageFile) -> None:
        self._file = file
        self._tables = Tables()
        self._frame: Frame | None = None
        self._lacking: dict[int, list[int]] = {}  # component → low bits that its coefficients lack

    def size(self) -> tuple[int, int]:
        """Give width and height, once all that the picture needs has come. Raises BadImage."""
        if self._frame is None:
            raise BadImage("the JPEG file has no picture")
        if any(any(lacking) for lacking in self._lacking.values()):
            raise BadImage("the JPEG file lacks a part of its picture")
        return self._frame.width, self._frame.height

    def take(self, marker: int, body: bytes) -> None:
        """Take a segment, and behind a scan's its coded bits. Raises BadImage."""
        if marker == DQT:
            self._tables.define_quantizations(body)
        elif marker == DHT:
            self._tables.define_huffman(body)
        elif marker == DRI:
            (self._tables.restart,) = struct.unpack(">H", body)
        elif marker in FRAME_HEADERS and self._frame is None:
            self._frame = read_frame(marker, body)
            self._lacking = {number: [NEVER] * COEFFICIENTS for number in self._frame.components}
        elif marker == SOS and self._frame is not None:
            scan = read_scan(body, self._frame, self._tables)
            self._count(scan)
            self._check_bits(self._frame, scan)
        elif marker not in SKIPPED:
            raise BadImage("the JPEG file is damaged: a segment is of no kind that can be here")

    def _count(self, scan: Scan) -> None:
        """Raise BadImage unless a scan brings the next bits of its coefficients."""
        for number in scan.components:
            lacking = self._lacking[number]
            for place in range(scan.first, scan.last + 1):
                demand(lacking[place] == (scan.high or NEVER))
                lacking[place] = scan.low

    def _check_bits(self, frame: Frame, scan: Scan) -> None:
        """Go behind a scan's coded bits, following those of a sequential one. Raises BadImage."""
        used = [frame.components[number] for number in scan.components]
        units = frame.units(used)
        blocks = None
        if self._file.follow and frame.marker in FOLLOWED:
            huffman = self._tables.huffman
            blocks = [
                (read_codes(DC, *huffman[DC, dc]), read_codes(AC, *huffman[AC, ac]))
                for one, (dc, ac) in zip(used, scan.components.values(), strict=True)
                for _ in range(one.across * one.down if len(used) > 1 else 1)
            ]
        for bits in self._intervals():
            demand(units > 0)
            step = min(units, self._tables.restart or units)
            units -= step
            if blocks is not None:
                follow(bits, step, blocks)
        demand(units == 0)

    def _intervals(self) -> Iterator[bytes]:
        """Give a scan's coded bits between its restart markers; then the next marker follows."""
        bits, found = bytearray(), 0
        while self._file.left():
            searched = max(0, len(bits) - 1)
            bits += self._file.read(min(self._file.left(), CHUNK_BYTES))
            start = 0
            for match in _MARKER_IN_SCAN.finditer(bits, searched):
                filled = bytes(bits[start : match.start()])
                yield filled.rstrip(b"\xff").replace(b"\xff\0", b"\xff")
                start = match.end()
                if bits[start - 1] != RST + found % 8:
                    self._file.seek(self._file.tell() - len(bits) + match.start())
                    return
                found += 1
            del bits[:start]
            if len(bits) > MAX_INTERVAL_BYTES:
                raise BadImage("the JPEG file has a scan that is too large")
        raise BadImage("the JPEG file is truncated: it has no end marker")


def _next_marker(file: ImageFile) -> int:
    if file.read(1) != b"\xff":
        raise BadImage("the JPEG file is damaged: a marker is missing")
    marker = 0xFF
    while marker == 0xFF:  # any number of fill bytes may stand before a marker
        marker = file.read(1)[0]
    return marker
