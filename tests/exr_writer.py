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
    head = magic(0) + header(shown, compression)
    chunks = _line_chunks(width, height, compression)
    return head + join(len(head), [b"" for _ in chunks], chunks)


def tiled(width: int, height: int, *, tile: int, mode: int = 0) -> bytes:
    """One tiled part. `mode`: 0 one level, 1 mipmap, 2 ripmap; and 16: sizes are rounded up."""
    extra = attribute("tiles", "tiledesc", struct.pack("<IIB", tile, tile, mode))
    head = magic(0x200) + header((0, 0, width - 1, height - 1), 0, extra)
    chunks = []
    for level_x, level_y in _levels(width, height, mode):
        across, down = (
            max(1, (side + (2**level - 1 if mode & 16 else 0)) >> level)
            for side, level in ((width, level_x), (height, level_y))
        )
        for y in range(0, down, tile):
            for x in range(0, across, tile):
                pixels = min(tile, across - x) * min(tile, down - y)
                where = struct.pack("<4i", x // tile, y // tile, level_x, level_y)
                chunks.append(where + sized(noise(pixels)))
    return head + join(len(head), [b"" for _ in chunks], chunks)


def _levels(width: int, height: int, mode: int) -> list[tuple[int, int]]:
    """Give each level's x and y; there are log2 of the side, rounded, and one."""
    across, down = (
        ((side - 1).bit_length() if mode & 16 else side.bit_length() - 1) + 1
        for side in (width, height)
    )
    kinds = (
        [(0, 0)],
        [(level, level) for level in range(max(across, down))],
        [(x, y) for y in range(down) for x in range(across)],
    )
    return kinds[mode & 15]


def multi_part(width: int, height: int, packed: Sequence[int] = (0, 3)) -> bytes:
    """Parts of scan lines, each `packed` in its way."""
    window = (0, 0, width - 1, height - 1)
    kind = attribute("type", "string", b"scanlineimage")
    head = magic(0x1000) + b"".join(header(window, how, kind) for how in packed) + b"\0"
    parts = [_line_chunks(width, height, how) for how in packed]
    numbers = [struct.pack("<i", number) for number, chunks in enumerate(parts) for _ in chunks]
    return head + join(len(head), numbers, [chunk for chunks in parts for chunk in chunks])


def join(start: int, heads: Sequence[bytes], chunks: Sequence[bytes]) -> bytes:
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
        raw = noise(width * min(LINES[compression], height - y))
        stored = zlib.compress(raw) if compression else raw
        chunks.append(struct.pack("<i", y) + sized(stored))
    return chunks


def noise(pixels: int) -> bytes:
    return random.Random(pixels).randbytes(pixels) + bytes(pixels * (PIXEL_BYTES - 1))


def sized(body: bytes) -> bytes:
    return struct.pack("<i", len(body)) + body


def magic(flags: int) -> bytes:
    return struct.pack("<II", 20000630, 2 | flags)


def attribute(name: str, kind: str, value: bytes) -> bytes:
    return name.encode() + b"\0" + kind.encode() + b"\0" + struct.pack("<I", len(value)) + value


def header(window: Window, compression: int, extra: bytes = b"") -> bytes:
    channels = b"".join(
        name + b"\0" + struct.pack("<iB3xii", kind, 0, 1, 1)
        for name, kind in ((b"A", 1), (b"Z", 2))
    )
    return (
        attribute("channels", "chlist", channels + b"\0")
        + attribute("compression", "compression", bytes([compression]))
        + attribute("dataWindow", "box2i", struct.pack("<4i", *window))
        + attribute("displayWindow", "box2i", struct.pack("<4i", *window))
        + extra
        + b"\0"
    )
