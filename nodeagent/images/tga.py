"""TGA ("TGA File Format Specification 2.0"): all raw pixels, or RLE packets that decode to all.

The format has no signature at its start, so a file is taken for one by its name or its footer.
"""

import struct

from nodeagent.images.facts import BadImage, ImageFile, check_size
from nodeagent.images.packets import skip_packets

FOOTER = b"TRUEVISION-XFILE.\0"
FOOTER_BYTES = 26
EXTENSION_BYTES = 495  # of the area with author, date and so on; it begins with its own size
RAW = {1, 2, 3}
RLE = {9, 10, 11}
MAPPED = {1, 9}
MAP_BITS = {15, 16, 24, 32}
DEPTHS = {1: {8, 16}, 2: {15, 16, 24, 32}, 3: {8, 16}}  # by kind: colour-mapped, true colour, grey


def check(file: ImageFile) -> tuple[int, int]:
    """Give width and height of a complete TGA file. Raises BadImage."""
    file.seek(0)
    header = struct.unpack("<BBBHHBHHHHBB", file.read(18))
    name_bytes, has_map, kind, _, colours, colour_bits, _, _, width, height, bits, _ = header
    if kind not in RAW | RLE or has_map > 1 or bits not in DEPTHS[kind & 7]:
        raise BadImage("the TGA header is damaged")
    if kind in MAPPED and not has_map:
        raise BadImage("the TGA header is damaged: colours are numbered, and none are there")
    if has_map and colour_bits not in MAP_BITS:
        raise BadImage("the TGA header is damaged: its colours have no size")
    check_size(width, height)
    map_bytes = colours * ((colour_bits + 7) // 8) if has_map else 0
    file.seek(18 + name_bytes + map_bytes)
    pixel_bytes = (bits + 7) // 8
    if kind in RAW:
        file.seek(file.tell() + width * height * pixel_bytes)
    else:
        _skip_packets(file, width * height, pixel_bytes)
    if not (_ends_well(file, file.tell()) if has_footer(file) else file.left() == 0):
        raise BadImage("the TGA file is damaged: it does not end with its pixels or its footer")
    return width, height


def _ends_well(file: ImageFile, place: int) -> bool:
    """Say whether pixels that end at `place` leave room for the footer and for what it names."""
    end = file.size - FOOTER_BYTES
    if place > end:
        return False
    file.seek(end)
    extension, developer = struct.unpack("<II", file.read(8))
    if extension:
        file.seek(extension)
        (size,) = struct.unpack("<H", file.read(2))
        if extension < place or size < EXTENSION_BYTES or extension + size > end:
            return False
    return not developer or place <= developer <= end


def has_footer(file: ImageFile) -> bool:
    """Give whether the file ends as TGA 2.0 files do; the place in the file stays."""
    place = file.tell()
    if file.size < FOOTER_BYTES:
        return False
    file.seek(file.size - len(FOOTER))
    found = file.read(len(FOOTER)) == FOOTER
    file.seek(place)
    return found


def _skip_packets(file: ImageFile, pixels: int, pixel_bytes: int) -> None:
    """Go behind the packets of so many pixels (section "Run-length encoded images")."""
    packets = [
        (count, 1 + pixel_bytes * (1 if is_run else count))
        for is_run in (False, True)
        for count in range(1, 129)
    ]
    place, got = skip_packets(file, file.tell(), file.size, wanted=pixels, packets=packets)
    if got < pixels:
        raise BadImage("the file is truncated: it lacks pixels")
    if got > pixels:
        raise BadImage("the TGA file holds more pixels than its size says")
    file.seek(place)
