"""JPEG (ITU-T T.81): a frame header with a size, at least one scan, and the end marker."""

import re
import struct

from nodeagent.images.facts import CHUNK_BYTES, BadImage, ImageFile, check_size

SOI, EOI, SOS = 0xD8, 0xD9, 0xDA
STANDALONE = {0x01, *range(0xD0, 0xD8)}  # TEM and RSTn have no length
FRAME_HEADERS = set(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # SOFn without DHT, JPG and DAC

_MARKER_IN_SCAN = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")


def check(file: ImageFile) -> tuple[int, int]:
    """Give width and height of a complete JPEG file. Raises BadImage."""
    file.seek(2)
    size: tuple[int, int] | None = None
    scanned = False
    while (marker := _next_marker(file)) != EOI:
        if marker in STANDALONE:
            continue
        length = struct.unpack(">H", file.read(2))[0] - 2
        if length < 0:
            raise BadImage("the JPEG file is damaged: a segment has no length")
        body = file.read(length)
        if marker in FRAME_HEADERS and len(body) >= 5:
            height, width = struct.unpack(">HH", body[1:5])
            size = (width, height)
        elif marker == SOS:
            scanned = True
            _skip_scan(file)
    if size is None or not scanned:
        raise BadImage("the JPEG file has no picture")
    check_size(*size)
    return size


def _next_marker(file: ImageFile) -> int:
    if file.read(1) != b"\xff":
        raise BadImage("the JPEG file is damaged: a marker is missing")
    marker = 0xFF
    while marker == 0xFF:  # any number of fill bytes may stand before a marker
        marker = file.read(1)[0]
    return marker


def _skip_scan(file: ImageFile) -> None:
    """Go to the marker that ends a scan's compressed pixels."""
    last = b""
    while file.left():
        part = last + file.read(min(file.left(), CHUNK_BYTES))
        if found := _MARKER_IN_SCAN.search(part):
            file.seek(file.tell() - len(part) + found.start())
            return
        last = part[-1:]
    raise BadImage("the JPEG file is truncated: it has no end marker")
