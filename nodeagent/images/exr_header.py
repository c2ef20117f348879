"""The headers of an OpenEXR file, and which chunks they promise ("OpenEXR File Layout")."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from nodeagent.images.facts import BadImage, ImageFile, check_size

TILED, MULTI_PART = 0x200, 0x1000
MAX_ATTRIBUTE_BYTES = 1 << 26
MAX_NAME_BYTES = 256
MAX_ATTRIBUTES = 10_000  # of all parts together
MAX_PARTS = 4096
TILE_WORDS = 4  # tile x, tile y, level x, level y

# compression → scan lines in a chunk: NONE RLE ZIPS ZIP PIZ PXR24 B44 B44A DWAA DWAB HTJ2K256
# HTJ2K32
CHUNK_LINES = {0: 1, 1: 1, 2: 1, 3: 16, 4: 32, 5: 16, 6: 32, 7: 32, 8: 32, 9: 256, 10: 256, 11: 32}
SAMPLE_BYTES = {0: 4, 1: 2, 2: 4}  # UINT, HALF, FLOAT

Box = tuple[int, int, int, int]  # x and y of the first, x and y of the last pixel


@dataclass(frozen=True, slots=True)
class Chunk:
    """A chunk that must be there: its coordinates, and its bytes when unpacked."""

    where: tuple[int, ...]
    raw_bytes: int


@dataclass(frozen=True, slots=True)
class Tiles:
    """Tile size, 0 one level, 1 mipmap or 2 ripmap, and whether level sizes are rounded up."""

    across: int
    down: int
    mode: int
    round_up: bool


@dataclass(frozen=True, slots=True)
class Part:
    """One part's header.

    `width` and `height` are those of the display window, the whole picture.
    """

    width: int
    height: int
    box: Box  # data window: what is stored
    compression: int
    channels: tuple[tuple[int, int, int], ...]  # bytes of a sample, x and y sampling
    tiles: Tiles | None
    deep: bool

    def chunk_count(self) -> int:
        """Give how many chunks the part has."""
        if self.tiles is None:
            return -(-(self.box[3] - self.box[1] + 1) // CHUNK_LINES[self.compression])
        return sum(
            -(-width // self.tiles.across) * -(-height // self.tiles.down)
            for _, width, height in self._levels(self.tiles)
        )

    def chunks(self) -> Iterator[Chunk]:
        """Give the chunks in the order of their offset table."""
        x0, y0, x1, y1 = self.box
        if self.tiles is None:
            lines = CHUNK_LINES[self.compression]
            for y in range(y0, y1 + 1, lines):
                yield Chunk((y,), self._raw_bytes((x0, y, x1, min(y + lines - 1, y1))))
            return
        across, down = self.tiles.across, self.tiles.down
        for level, width, height in self._levels(self.tiles):
            for tile_y in range(-(-height // down)):
                for tile_x in range(-(-width // across)):
                    columns = min(across, width - tile_x * across)
                    lines = min(down, height - tile_y * down)
                    raw = self._raw_bytes((0, 0, columns - 1, lines - 1))
                    yield Chunk((tile_x, tile_y, *level), raw)

    def _raw_bytes(self, box: Box) -> int:
        x0, y0, x1, y1 = box
        return sum(
            size * (x1 // across - (x0 - 1) // across) * (y1 // down - (y0 - 1) // down)
            for size, across, down in self.channels
        )

    def _levels(self, tiles: Tiles) -> Iterator[tuple[tuple[int, int], int, int]]:
        """Give level x and y with the level's width and height."""
        x0, y0, x1, y1 = self.box
        widths = _level_sizes(x1 - x0 + 1, tiles.round_up)
        heights = _level_sizes(y1 - y0 + 1, tiles.round_up)
        if tiles.mode == 0:
            yield (0, 0), widths[0], heights[0]
        elif tiles.mode == 1:
            for level in range(max(len(widths), len(heights))):
                width = widths[min(level, len(widths) - 1)]
                yield (level, level), width, heights[min(level, len(heights) - 1)]
        else:
            for y, height in enumerate(heights):
                for x, width in enumerate(widths):
                    yield (x, y), width, height


def _level_sizes(size: int, round_up: bool) -> list[int]:
    sizes = [size]
    while sizes[-1] > 1:
        sizes.append((sizes[-1] + round_up) // 2)
    return sizes


def read_parts(file: ImageFile) -> tuple[list[Part], bool]:
    """Read all headers; then the file is at its first offset table. Raises BadImage."""
    file.seek(4)
    (version,) = struct.unpack("<I", file.read(4))
    if version & 0xFF not in {1, 2}:
        raise BadImage("the EXR file is of an unknown version")
    multi = bool(version & MULTI_PART)
    left = MAX_ATTRIBUTES
    parts: list[Part] = []
    while not parts or multi:
        attributes = _read_attributes(file, left)
        if not attributes:
            break
        left -= len(attributes)
        parts.append(_read_part(attributes, version))
        if len(parts) > MAX_PARTS:
            raise BadImage("the EXR file has too many parts")
    if not parts:
        raise BadImage("the EXR file has no header")
    return parts, multi


def _read_attributes(file: ImageFile, limit: int) -> dict[str, bytes]:
    """Give the attributes of one header by name; none where the list of headers ends."""
    attributes: dict[str, bytes] = {}
    while name := _read_name(file):
        _read_name(file)  # its type
        (size,) = struct.unpack("<I", file.read(4))
        if size > MAX_ATTRIBUTE_BYTES or len(attributes) >= limit:
            raise BadImage("the EXR header is damaged: an attribute is too large")
        value = file.read(size)
        attributes[name] = value if name in _USED else b""
    return attributes


_USED = {"channels", "compression", "dataWindow", "displayWindow", "tiles", "type"}


def _read_name(file: ImageFile) -> str:
    name = b""
    while (letter := file.read(1)) != b"\0":
        name += letter
        if len(name) >= MAX_NAME_BYTES:
            raise BadImage("the EXR header is damaged: a name has no end")
    return name.decode("utf-8", errors="replace")


def _read_part(attributes: dict[str, bytes], version: int) -> Part:
    try:
        shown: Box = struct.unpack("<4i", attributes["displayWindow"])
        box: Box = struct.unpack("<4i", attributes["dataWindow"])
        compression = attributes["compression"][0]
        channels = tuple(_read_channels(attributes["channels"]))
        tiles_value = attributes.get("tiles")
    except (KeyError, IndexError) as error:
        raise BadImage(f"the EXR header is damaged: {error} is missing") from error
    for x0, y0, x1, y1 in (shown, box):
        check_size(x1 - x0 + 1, y1 - y0 + 1)
    if compression not in CHUNK_LINES or not channels:
        raise BadImage("the EXR header is damaged: unknown compression, or no channels")
    kind = attributes.get("type", b"").rstrip(b"\0")
    tiled = kind in {b"tiledimage", b"deeptile"} if kind else bool(version & TILED)
    return Part(
        width=shown[2] - shown[0] + 1,
        height=shown[3] - shown[1] + 1,
        box=box,
        compression=compression,
        channels=channels,
        tiles=_read_tiles(tiles_value) if tiled else None,
        deep=kind in {b"deepscanline", b"deeptile"},
    )


def _read_tiles(value: bytes | None) -> Tiles:
    if value is None:
        raise BadImage("the EXR header is damaged: a tiled picture without tile size")
    across, down, mode = struct.unpack("<IIB", value)
    if across < 1 or down < 1 or mode & 15 > 2:
        raise BadImage("the EXR header is damaged: impossible tiles")
    return Tiles(across, down, mode & 15, bool(mode >> 4))


def _read_channels(value: bytes) -> Iterator[tuple[int, int, int]]:
    """Give each channel's bytes of a sample, and its sampling. Raises BadImage."""
    place = 0
    while place < len(value) and value[place]:
        place = value.index(b"\0", place) + 1
        kind, across, down = struct.unpack_from("<i4x2i", value, place)
        place += 16
        if kind not in SAMPLE_BYTES or across < 1 or down < 1:
            raise BadImage("the EXR header is damaged: an impossible channel")
        yield SAMPLE_BYTES[kind], across, down
