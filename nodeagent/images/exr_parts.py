"""The parts of an OpenEXR file, and which chunks they promise ("OpenEXR File Layout")."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from math import lcm

# compression → scan lines in a chunk: NONE RLE ZIPS ZIP PIZ PXR24 B44 B44A DWAA DWAB HTJ2K256
# HTJ2K32
CHUNK_LINES = {0: 1, 1: 1, 2: 1, 3: 16, 4: 32, 5: 16, 6: 32, 7: 32, 8: 32, 9: 256, 10: 256, 11: 32}
UINT, HALF, FLOAT = 0, 1, 2
SAMPLE_BYTES = {UINT: 4, HALF: 2, FLOAT: 4}

Box = tuple[int, int, int, int]  # x and y of the first, x and y of the last pixel


@dataclass(frozen=True, slots=True)
class Channel:
    """The kind of a channel's samples, and which it has: every `across`th of each `down`th line."""

    kind: int
    across: int
    down: int


@dataclass(frozen=True, slots=True)
class Plane:
    """A channel's samples in a chunk."""

    kind: int
    width: int
    height: int

    @property
    def bytes(self) -> int:
        """Their size when unpacked."""
        return SAMPLE_BYTES[self.kind] * self.width * self.height


@dataclass(frozen=True, slots=True)
class Chunk:
    """A chunk that must be there: its coordinates, and what it holds, channel by channel."""

    where: tuple[int, ...]
    pixels: int
    planes: tuple[Plane, ...]


@dataclass(frozen=True, slots=True)
class Tiles:
    """Tile size, 0 one level, 1 mipmap or 2 ripmap, and whether level sizes are rounded up."""

    across: int
    down: int
    mode: int
    round_up: bool


@dataclass(frozen=True, slots=True)
class Part:
    """One part's header."""

    shown: Box  # display window: the whole picture
    box: Box  # data window: what is stored
    compression: int
    channels: tuple[Channel, ...]
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
        holds = cache(self._holds)  # few chunks differ in it
        if self.tiles is None:
            lines = CHUNK_LINES[self.compression]
            period = lcm(*(channel.down for channel in self.channels))
            for y in range(y0, y1 + 1, lines):
                top = y % period
                yield Chunk((y,), *holds((x0, top, x1, top + min(lines - 1, y1 - y))))
            return
        across, down = self.tiles.across, self.tiles.down
        for level, width, height in self._levels(self.tiles):
            for tile_y in range(-(-height // down)):
                for tile_x in range(-(-width // across)):
                    columns = min(across, width - tile_x * across)
                    lines = min(down, height - tile_y * down)
                    yield Chunk((tile_x, tile_y, *level), *holds((0, 0, columns - 1, lines - 1)))

    def _holds(self, box: Box) -> tuple[int, tuple[Plane, ...]]:
        """Give how many pixels lie in a box, and the samples of each channel there."""
        x0, y0, x1, y1 = box
        planes = (
            Plane(
                channel.kind,
                x1 // channel.across - (x0 - 1) // channel.across,
                y1 // channel.down - (y0 - 1) // channel.down,
            )
            for channel in self.channels
        )
        return (x1 - x0 + 1) * (y1 - y0 + 1), tuple(planes)

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
