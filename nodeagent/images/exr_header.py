"""The headers of an OpenEXR file ("OpenEXR File Layout"): attributes by name, made parts."""

import struct
from collections.abc import Iterator

from nodeagent.images.exr_parts import (
    CHUNK_LINES,
    SAMPLE_BYTES,
    Box,
    Channel,
    Part,
    Tiles,
)
from nodeagent.images.facts import BadImage, ImageFile, check_size

TILED, LONG_NAMES, DEEP, MULTI_PART = 0x200, 0x400, 0x800, 0x1000
KNOWN = 0xFF | TILED | LONG_NAMES | DEEP | MULTI_PART
MAX_ATTRIBUTE_BYTES = 1 << 26
MAX_NAME_BYTES = 256
MAX_ATTRIBUTES = 10_000  # of all parts together
MAX_PARTS = 4096

# attributes that every header has, and of which type each is
REQUIRED = {
    "channels": "chlist",
    "compression": "compression",
    "dataWindow": "box2i",
    "displayWindow": "box2i",
    "lineOrder": "lineOrder",
    "pixelAspectRatio": "float",
    "screenWindowCenter": "v2f",
    "screenWindowWidth": "float",
}
OF_MANY = {"name": "string", "type": "string", "chunkCount": "int"}  # and of several parts, each
TYPES = {**REQUIRED, **OF_MANY, "tiles": "tiledesc"}
BYTES = {"compression": 1, "lineOrder": 1, "int": 4, "float": 4, "double": 8, "timecode": 8}
BYTES |= {"v2i": 8, "v2f": 8, "v3f": 12, "box2i": 16, "tiledesc": 9, "chromaticities": 32}
KINDS = {b"scanlineimage", b"tiledimage", b"deepscanline", b"deeptile"}
MODES = {0, 1, 2, 16, 17, 18}  # of tiles: one level, mipmap, ripmap; from 16 on, sizes rounded up

Attributes = dict[str, bytes]


def read_parts(file: ImageFile) -> tuple[list[Part], bool]:
    """Read all headers; then the file is at its first offset table. Raises BadImage."""
    file.seek(4)
    (version,) = struct.unpack("<I", file.read(4))
    if version & 0xFF not in {1, 2} or version & ~KNOWN:
        raise BadImage("the EXR file is of an unknown version")
    multi = bool(version & MULTI_PART)
    left = MAX_ATTRIBUTES
    parts: list[Part] = []
    names = set[bytes]()
    while not parts or multi:
        attributes = _read_attributes(file, left)
        if not attributes:
            break
        left -= len(attributes)
        parts.append(_read_part(attributes, version))
        names.add(attributes.get("name", b""))
        if len(parts) > MAX_PARTS:
            raise BadImage("the EXR file has too many parts")
    if not parts:
        raise BadImage("the EXR file has no header")
    if len(names) < len(parts):
        raise BadImage("the EXR file is damaged: two parts have the same name")
    if len({part.shown for part in parts}) > 1:
        raise BadImage("the EXR file is damaged: its parts are of different pictures")
    return parts, multi


def _read_attributes(file: ImageFile, limit: int) -> Attributes:
    """Give the attributes of one header by name; none where the list of headers ends."""
    attributes: Attributes = {}
    while name := _read_name(file):
        kind = _read_name(file)
        (size,) = struct.unpack("<I", file.read(4))
        if size > MAX_ATTRIBUTE_BYTES or len(attributes) >= limit:
            raise BadImage("the EXR header is damaged: an attribute is too large")
        if name in attributes:
            raise BadImage(f"the EXR header is damaged: {name!r} is there twice")
        value = file.read(size)
        wanted = TYPES.get(name, kind)
        if kind != wanted or size != BYTES.get(kind, size):
            raise BadImage(f"the EXR header is damaged: {name!r} is no {wanted}")
        attributes[name] = value if name in TYPES else b""
    return attributes


def _read_name(file: ImageFile) -> str:
    name = b""
    while (letter := file.read(1)) != b"\0":
        name += letter
        if len(name) >= MAX_NAME_BYTES:
            raise BadImage("the EXR header is damaged: a name has no end")
    return name.decode("utf-8", errors="replace")


def _read_part(attributes: Attributes, version: int) -> Part:
    needed = {**REQUIRED, **OF_MANY} if version & MULTI_PART else REQUIRED
    for name in needed:
        if name not in attributes:
            raise BadImage(f"the EXR header is damaged: {name!r} is missing")
    shown: Box = struct.unpack("<4i", attributes["displayWindow"])
    box: Box = struct.unpack("<4i", attributes["dataWindow"])
    for x0, y0, x1, y1 in (shown, box):
        check_size(x1 - x0 + 1, y1 - y0 + 1)
    channels = tuple(_read_channels(attributes["channels"], box))
    if attributes["lineOrder"][0] > 2:
        raise BadImage("the EXR header is damaged: an unknown order of lines")
    compression = attributes["compression"][0]
    if compression not in CHUNK_LINES or not channels:
        raise BadImage("the EXR header is damaged: unknown compression, or no channels")
    kind = attributes.get("type", b"").rstrip(b"\0")
    if kind not in KINDS and (kind or version & DEEP):
        raise BadImage("the EXR header is damaged: a part of an unknown type")
    tiled = kind in {b"tiledimage", b"deeptile"} if kind else bool(version & TILED)
    part = Part(
        shown=shown,
        box=box,
        compression=compression,
        channels=channels,
        tiles=_read_tiles(attributes.get("tiles")) if tiled else None,
        deep=kind in {b"deepscanline", b"deeptile"},
    )
    said = attributes.get("chunkCount")
    if said is not None and struct.unpack("<i", said) != (part.chunk_count(),):
        raise BadImage("the EXR header is damaged: a part cannot have so many chunks")
    return part


def _read_tiles(value: bytes | None) -> Tiles:
    if value is None:
        raise BadImage("the EXR header is damaged: a tiled picture without tile size")
    across, down, mode = struct.unpack("<IIB", value)
    if across < 1 or down < 1 or mode not in MODES:
        raise BadImage("the EXR header is damaged: impossible tiles")
    return Tiles(across, down, mode & 15, bool(mode >> 4))


def _read_channels(value: bytes, box: Box) -> Iterator[Channel]:
    """Give the channels of a data window. Raises BadImage."""
    x0, y0, x1, y1 = box
    names = set[bytes]()
    place = 0
    while value[place]:
        name = value[place : (place := value.index(b"\0", place) + 1)]
        if name in names:
            raise BadImage("the EXR header is damaged: two channels have the same name")
        names.add(name)
        kind, linear, across, down = struct.unpack_from("<iB3x2i", value, place)
        place += 16
        if kind not in SAMPLE_BYTES or linear > 1 or across < 1 or down < 1:
            raise BadImage("the EXR header is damaged: an impossible channel")
        if x0 % across or y0 % down or (x1 + 1) % across or (y1 + 1) % down:
            raise BadImage("the EXR header is damaged: a channel does not fit its window")
        yield Channel(kind, across, down)
