"""Writes small EXR files after "OpenEXR File Layout", to test the reader with tiles and parts."""

import random
import struct
import zlib
from collections.abc import Sequence

Window = tuple[int, int, int, int]
LINES = {0: 1, 3: 16}  # compression → scan lines in a chunk
PIXEL_BYTES = 2 + 4  # a half and a float channel


def scan_lines(width: int, height: int, *, compression: int, window: Window | None = None) -> bytes:
    """One part of scan lines. `window` is what the header claims, where it shall lie."""
    shown = window or (0, 0, width - 1, height - 1)
    head = _magic(0) + _header(shown, compression)
    chunks = _line_chunks(width, height, compression)
    return head + _join(len(head), [b"" for _ in chunks], chunks)


def tiled(width: int, height: int, *, tile: int, mode: int = 0) -> bytes:
    """One tiled part, with one level or (`mode` 1) a mipmap."""
    extra = _attribute("tiles", "tiledesc", struct.pack("<IIB", tile, tile, mode))
    head = _magic(0x200) + _header((0, 0, width - 1, height - 1), 0, extra)
    sizes = [(width, height)]
    while mode and sizes[-1] != (1, 1):
        sizes.append((max(1, sizes[-1][0] // 2), max(1, sizes[-1][1] // 2)))
    chunks = []
    for level, (across, down) in enumerate(sizes):
        for y in range(0, down, tile):
            for x in range(0, across, tile):
                pixels = min(tile, across - x) * min(tile, down - y)
                where = struct.pack("<4i", x // tile, y // tile, level, level)
                chunks.append(where + _sized(_noise(pixels)))
    return head + _join(len(head), [b"" for _ in chunks], chunks)


def multi_part(width: int, height: int) -> bytes:
    """Two parts of scan lines, one packed and one not."""
    window = (0, 0, width - 1, height - 1)
    kind = _attribute("type", "string", b"scanlineimage")
    head = _magic(0x1000) + _header(window, 0, kind) + _header(window, 3, kind) + b"\0"
    parts = [_line_chunks(width, height, 0), _line_chunks(width, height, 3)]
    numbers = [struct.pack("<i", number) for number, chunks in enumerate(parts) for _ in chunks]
    return head + _join(len(head), numbers, [chunk for chunks in parts for chunk in chunks])


def _join(start: int, heads: Sequence[bytes], chunks: Sequence[bytes]) -> bytes:
    """Give the offset table and the chunks behind it."""
    place = start + 8 * len(chunks)
    table, body = b"", b""
    for head, chunk in zip(heads, chunks, strict=True):
        table += struct.pack("<Q", place + len(body))
        body += head + chunk
    return table + body


def _line_chunks(width: int, height: int, compression: int) -> list[bytes]:
    chunks = []
    for y in range(0, height, LINES[compression]):
        raw = _noise(width * min(LINES[compression], height - y))
        stored = zlib.compress(raw) if compression else raw
        chunks.append(struct.pack("<i", y) + _sized(stored))
    return chunks


def _noise(pixels: int) -> bytes:
    return random.Random(pixels).randbytes(pixels) + bytes(pixels * (PIXEL_BYTES - 1))


def _sized(body: bytes) -> bytes:
    return struct.pack("<i", len(body)) + body


def _magic(flags: int) -> bytes:
    return struct.pack("<II", 20000630, 2 | flags)


def _attribute(name: str, kind: str, value: bytes) -> bytes:
    return name.encode() + b"\0" + kind.encode() + b"\0" + struct.pack("<I", len(value)) + value


def _header(window: Window, compression: int, extra: bytes = b"") -> bytes:
    channels = b"".join(
        name + b"\0" + struct.pack("<iB3xii", kind, 0, 1, 1)
        for name, kind in ((b"A", 1), (b"Z", 2))
    )
    return (
        _attribute("channels", "chlist", channels + b"\0")
        + _attribute("compression", "compression", bytes([compression]))
        + _attribute("dataWindow", "box2i", struct.pack("<4i", *window))
        + _attribute("displayWindow", "box2i", struct.pack("<4i", *window))
        + extra
        + b"\0"
    )
