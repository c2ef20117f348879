"""Proves a packed chunk of an OpenEXR file: it unpacks to its pixels, as far as can be told soon.

ZIP, ZIPS, PXR24, RLE, B44 and B44A wholly. Of what Huffman's method packs the lengths alone: PIZ, a
part of DWA; to follow it takes a second a picture. HTJ2K not at all. The layouts are those that the
library OpenEXR writes; behind what Huffman's method packed, older ones leave a byte.
"""

import struct
from collections.abc import Callable, Sequence

from nodeagent.images.deflate import check_deflated
from nodeagent.images.exr_parts import FLOAT, HALF, Plane
from nodeagent.images.facts import BadImage, ImageFile
from nodeagent.images.packets import skip_packets

MAX_WHOLE_BYTES = 1 << 28  # of a chunk that is read as a whole
NONE, RLE, ZIPS, ZIP, PIZ, PXR24, B44, B44A, DWAA, DWAB = range(10)
BITMAP_BYTES = 8192  # a bit for each value of 16 bits
SYMBOLS = 65537  # of Huffman's method: these values, and one for a run
FLAT = 13 << 2  # from here on, the third byte of a block says that its pixels are all alike
RUNS = (
    *((head + 1, 2) for head in range(128)),  # a byte, and how often it comes again
    *((256 - head, 257 - head) for head in range(128, 256)),  # bytes as they are
)

Planes = Sequence[Plane]


def check_packed(
    file: ImageFile, place: int, stored: int, *, compression: int, planes: Planes
) -> None:
    """Raise BadImage unless `stored` bytes at `place` are the pixels of a chunk."""
    raw = sum(plane.bytes for plane in planes)
    if compression == NONE and stored != raw:
        raise BadImage("the EXR file is damaged: a chunk has not the size of its pixels")
    if stored > raw:
        raise BadImage("the EXR file is damaged: a chunk is larger than its pixels")
    if stored < raw and compression in _CHECKS:  # what does not shrink is stored as it is
        _CHECKS[compression](file, place, stored, planes)


def check_stream(file: ImageFile, place: int, stored: int, *, compression: int, size: int) -> None:
    """Raise BadImage unless bytes at `place` unpack to `size` bytes: deep pixels' counts, say."""
    if compression == NONE or stored >= size:
        _demand(stored == size)
    elif compression == RLE:
        _check_runs(file, place, stored, size)
    else:
        _inflate(file, place, stored, size)


def _demand(true: bool) -> None:
    if not true:
        raise BadImage("a part of the pixels is damaged: it does not unpack to its size")


def _inflate(file: ImageFile, place: int, stored: int, size: int) -> None:
    if stored or size:
        _demand(check_deflated(file, place, stored, size) == stored)


def _check_zip(file: ImageFile, place: int, stored: int, planes: Planes) -> None:
    _inflate(file, place, stored, sum(plane.bytes for plane in planes))


def _check_pxr24(file: ImageFile, place: int, stored: int, planes: Planes) -> None:
    """ZIP, but of a float's four bytes three are left."""
    sizes = (plane.bytes * 3 // 4 if plane.kind == FLOAT else plane.bytes for plane in planes)
    _inflate(file, place, stored, sum(sizes))


def _check_rle(file: ImageFile, place: int, stored: int, planes: Planes) -> None:
    _check_runs(file, place, stored, sum(plane.bytes for plane in planes))


def _check_runs(file: ImageFile, place: int, stored: int, size: int) -> None:
    end = place + stored
    _demand(skip_packets(file, place, end, wanted=size, packets=RUNS) == (end, size))


def _check_b44(file: ImageFile, place: int, stored: int, planes: Planes) -> None:
    """Halves in blocks of 4x4 pixels, each of 14 bytes, or of 3 if it is flat; all others raw."""
    packed = _whole(file, place, stored)
    at = 0
    for plane in planes:
        if plane.kind != HALF:
            at += plane.bytes
            continue
        for _ in range(-(-plane.width // 4) * -(-plane.height // 4)):
            _demand(at + 3 <= stored)
            at += 3 if packed[at + 2] >= FLAT else 14
    _demand(at == stored)


def _whole(file: ImageFile, place: int, stored: int) -> bytes:
    if stored > MAX_WHOLE_BYTES:
        raise BadImage("the EXR file has a chunk that is too large")
    file.seek(place)
    return file.read(stored)


def _check_piz(file: ImageFile, place: int, stored: int, _planes: Planes) -> None:
    """A bitmap of the values that occur; then a size, and their wavelet by Huffman's method."""
    file.seek(place)
    low, high = struct.unpack("<HH", file.read(4))
    _demand(high < BITMAP_BYTES)
    head = 4 + max(0, high - low + 1) + 4
    file.seek(place + head - 4)
    (size,) = struct.unpack("<i", file.read(4))
    _demand(0 <= size <= stored - head)
    _check_huffman(file, place + head, size)


def _check_huffman(file: ImageFile, place: int, stored: int) -> None:
    file.seek(place)
    lowest, highest, _, bits, _ = struct.unpack("<5I", file.read(20))
    _demand(max(lowest, highest) < SYMBOLS and 20 + -(-bits // 8) <= stored)


def _check_dwa(file: ImageFile, place: int, stored: int, _planes: Planes) -> None:
    """Eleven numbers, the rules that name the channels, and four streams: others, AC, DC, runs."""
    file.seek(place)
    numbers = struct.unpack("<11Q", file.read(88))
    version, others_raw, others, ac, dc, runs, runs_raw, _, ac_count, dc_count, ac_method = numbers
    at = 88 + (struct.unpack("<H", file.read(2))[0] if version >= 2 else 0)
    _demand(version <= 2 and 0 < others + ac + dc + runs <= stored - at)
    at += place
    _inflate(file, at, others, others_raw)
    at += others
    if ac and ac_method == 0:
        _check_huffman(file, at, ac)
    else:
        _inflate(file, at, ac, 2 * ac_count)
    _inflate(file, at + ac, dc, 2 * dc_count)
    _inflate(file, at + ac + dc, runs, runs_raw)


_CHECKS: dict[int, Callable[[ImageFile, int, int, Planes], None]] = {
    RLE: _check_rle,
    ZIPS: _check_zip,
    ZIP: _check_zip,
    PIZ: _check_piz,
    PXR24: _check_pxr24,
    B44: _check_b44,
    B44A: _check_b44,
    DWAA: _check_dwa,
    DWAB: _check_dwa,
}
