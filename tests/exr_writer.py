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
    chunks = _line_chunks((0, 0, width - 1, height - 1), compression)
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


def multi_part(*parts: tuple[Window, int]) -> bytes:
    """Parts of scan lines, each with a data window and a compression of its own.

    The first one's window is the picture's.
    """
    heads, numbers, chunks = [], [], []
    for number, (window, compression) in enumerate(parts):
        lines = _line_chunks(window, compression)
        extra = attribute("name", "string", b"part %d" % number)
        extra += attribute("type", "string", b"scanlineimage")
        extra += attribute("chunkCount", "int", struct.pack("<i", len(lines)))
        heads.append(header(window, compression, extra, shown=parts[0][0]))
        numbers += [struct.pack("<i", number)] * len(lines)
        chunks += lines
    head = magic(0x1000) + b"".join(heads) + b"\0"
    return head + join(len(head), numbers, chunks)


def join(start: int, heads: Sequence[bytes], chunks: Sequence[bytes]) -> bytes:
    """Give the offset table and the chunks behind it."""
    place = start + 8 * len(chunks)
    table, body = b"", b""
    for head, chunk in zip(heads, chunks, strict=True):
        table += struct.pack("<Q", place + len(body))
        body += head + chunk
    return table + body


def _line_chunks(window: Window, compression: int) -> list[bytes]:
    chunks = []
    x0, y0, x1, y1 = window
    for y in range(y0, y1 + 1, LINES[compression]):
        raw = noise((x1 - x0 + 1) * min(LINES[compression], y1 + 1 - y))
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


def header(
    window: Window, compression: int, extra: bytes = b"", *, shown: Window | None = None
) -> bytes:
    channels = b"".join(
        name + b"\0" + struct.pack("<iB3xii", kind, 0, 1, 1)
        for name, kind in ((b"A", 1), (b"Z", 2))
    )
    return (
        attribute("channels", "chlist", channels + b"\0")
        + attribute("compression", "compression", bytes([compression]))
        + attribute("dataWindow", "box2i", struct.pack("<4i", *window))
        + attribute("displayWindow", "box2i", struct.pack("<4i", *(shown or window)))
        + attribute("lineOrder", "lineOrder", b"\0")
        + attribute("pixelAspectRatio", "float", struct.pack("<f", 1))
        + attribute("screenWindowCenter", "v2f", struct.pack("<2f", 0, 0))
        + attribute("screenWindowWidth", "float", struct.pack("<f", 1))
        + extra
        + b"\0"
    )
