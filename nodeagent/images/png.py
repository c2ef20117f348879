"""PNG (ISO/IEC 15948).

Every chunk's CRC, IDAT inflating to exactly the picture's size, IEND at the end.
"""

import struct
import zlib

from nodeagent.images.facts import CHUNK_BYTES, BadImage, ImageFile, check_size

SIGNATURE_BYTES = 8
MAX_METADATA_BYTES = 1 << 28

_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # colour type → samples per pixel
_DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
_ADAM7 = (
    (0, 0, 8, 8),
    (4, 0, 8, 8),
    (0, 4, 4, 8),
    (2, 0, 4, 4),
    (0, 2, 2, 4),
    (1, 0, 2, 2),
    (0, 1, 1, 2),
)


def check(file: ImageFile) -> tuple[int, int]:
    """Give width and height of a complete PNG file. Raises BadImage."""
    file.seek(SIGNATURE_BYTES)
    kind, length = _chunk_head(file)
    if kind != b"IHDR" or length != 13:
        raise BadImage("the PNG file has no header")
    header = file.read(length)
    _check_crc(file, zlib.crc32(kind + header))
    width, height, depth, colour, method, filters, interlace = struct.unpack(">IIBBBBB", header)
    check_size(width, height)
    if depth not in _DEPTHS.get(colour, ()) or method or filters or interlace > 1:
        raise BadImage("the PNG header is damaged")
    pixels = _Pixels(_raw_bytes(width, height, depth * _CHANNELS[colour], interlace))
    while kind != b"IEND":
        kind, length = _chunk_head(file)
        if kind != b"IDAT" and length > MAX_METADATA_BYTES:
            raise BadImage("the PNG file is damaged: a chunk is too large")
        crc = zlib.crc32(kind)
        while length:
            part = file.read(min(length, CHUNK_BYTES))
            length -= len(part)
            crc = zlib.crc32(part, crc)
            if kind == b"IDAT":
                pixels.feed(part)
        _check_crc(file, crc)
    pixels.check_end()
    return width, height


class _Pixels:
    """Counts what the IDAT chunks inflate to, without keeping it."""

    def __init__(self, expected: int) -> None:
        self._left = expected
        self._stream = zlib.decompressobj()

    def feed(self, part: bytes) -> None:
        while part and not self._stream.eof:
            self._left -= len(self._stream.decompress(part, CHUNK_BYTES))
            if self._left < 0:
                raise BadImage("the PNG file holds more pixels than its size says")
            part = self._stream.unconsumed_tail

    def check_end(self) -> None:
        while not self._stream.eof:
            more = self._stream.decompress(self._stream.unconsumed_tail, CHUNK_BYTES)
            self._left -= len(more)
            if not more:
                break
        if self._left != 0 or not self._stream.eof:
            raise BadImage(f"the PNG file lacks pixels: {max(self._left, 0)} bytes are missing")


def _chunk_head(file: ImageFile) -> tuple[bytes, int]:
    length, kind = struct.unpack(">I4s", file.read(8))
    return kind, length


def _check_crc(file: ImageFile, crc: int) -> None:
    if struct.unpack(">I", file.read(4))[0] != crc:
        raise BadImage("the PNG file is damaged: a checksum is wrong")


def _raw_bytes(width: int, height: int, bits: int, interlace: int) -> int:
    """Give the bytes of all lines before compression, each with its filter byte."""
    passes = _ADAM7 if interlace else ((0, 0, 1, 1),)
    total = 0
    for left, top, step_x, step_y in passes:
        columns = (width - left + step_x - 1) // step_x
        lines = (height - top + step_y - 1) // step_y
        if columns > 0 and lines > 0:
            total += lines * (1 + (columns * bits + 7) // 8)
    return total
