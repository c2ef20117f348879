"""What a JPEG file's segments say (ITU-T T.81, annex B): the frame, its scans and their tables."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from nodeagent.images.facts import BadImage, check_size

SEQUENTIAL, PROGRESSIVE = {0xC0, 0xC1, 0xC9}, {0xC2, 0xCA}  # SOFn
ARITHMETIC = {0xC9, 0xCA}
MAX_BLOCKS = 10  # of all components in a minimum coded unit (B.2.3)
COEFFICIENTS = 64
DC, AC = 0, 1

Table = tuple[bytes, bytes]  # how many codes there are of 1 to 16 bits, and their symbols


@dataclass(frozen=True, slots=True)
class Component:
    """A component of the frame: its sampling, and the number of its quantization table."""

    across: int
    down: int
    quantization: int


@dataclass(frozen=True, slots=True)
class Frame:
    """What SOFn says."""

    marker: int
    width: int
    height: int
    components: dict[int, Component]

    def units(self, scanned: list[Component]) -> int:
        """Give how many minimum coded units a scan has: of one component, its own blocks."""
        widest = max(one.across for one in self.components.values())
        highest = max(one.down for one in self.components.values())
        if len(scanned) > 1:
            return -(-self.width // (8 * widest)) * -(-self.height // (8 * highest))
        columns = -(-self.width * scanned[0].across // widest)
        lines = -(-self.height * scanned[0].down // highest)
        return -(-columns // 8) * -(-lines // 8)


@dataclass(slots=True)
class Tables:
    """What was defined so far. Huffman tables by class and number; `restart` 0: no restarts."""

    quantizations: set[int] = field(default_factory=set)
    huffman: dict[tuple[int, int], Table] = field(default_factory=dict)
    restart: int = 0

    def define_quantizations(self, body: bytes) -> None:
        """Take a DQT segment (B.2.4.1). Raises BadImage."""
        place = 0
        while place < len(body):
            precision, number = divmod(body[place], 16)
            demand(precision <= 1 and number <= 3)
            self.quantizations.add(number)
            place += 1 + COEFFICIENTS * (precision + 1)
        demand(place == len(body))

    def define_huffman(self, body: bytes) -> None:
        """Take a DHT segment (B.2.4.2). Raises BadImage."""
        place = 0
        while place < len(body):
            kind, number = divmod(body[place], 16)
            counts = body[place + 1 : place + 17]
            symbols = body[place + 17 : (place := place + 17 + sum(counts))]
            demand(kind <= 1 and number <= 3 and len(counts) == 16 and place <= len(body))
            demand(sum(count << 16 - bits for bits, count in enumerate(counts, 1)) <= 1 << 16)
            demand(kind == AC or max(symbols, default=0) <= 15)
            self.huffman[kind, number] = counts, symbols


def read_frame(marker: int, body: bytes) -> Frame:
    """Read a SOFn segment (B.2.2). Raises BadImage."""
    if marker not in SEQUENTIAL | PROGRESSIVE:
        raise BadImage("the JPEG file is of a kind that cannot be proven")
    precision, height, width, count = struct.unpack_from(">BHHB", body)
    demand(precision in {8, 12} and count > 0 and len(body) == 6 + 3 * count)
    components = {}
    for number, sampling, quantization in _by(3, body[6:]):
        components[number] = Component(*divmod(sampling, 16), quantization)
        demand(sampling // 16 in range(1, 5) and sampling % 16 in range(1, 5))
    demand(len(components) == count)
    check_size(width, height)
    return Frame(marker, width, height, components)


@dataclass(frozen=True, slots=True)
class Scan:
    """What SOS says: components with their Huffman tables' numbers, and which bits come.

    Of the coefficients `first` to `last` all bits from `low` on; `high`: all from there on came
    before.
    """

    components: dict[int, tuple[int, int]]
    first: int
    last: int
    high: int
    low: int


def read_scan(body: bytes, frame: Frame, tables: Tables) -> Scan:
    """Read a SOS segment (B.2.3), whose tables must be defined. Raises BadImage."""
    count = body[0]
    demand(1 <= count <= 4 and len(body) == 4 + 2 * count)
    first, last, bits = body[-3:]
    components = {number: divmod(numbers, 16) for number, numbers in _by(2, body[1:-3])}
    scan = Scan(components, first, last, *divmod(bits, 16))
    demand(len(components) == count and components.keys() <= frame.components.keys())
    used = [frame.components[number] for number in components]
    demand(count == 1 or sum(one.across * one.down for one in used) <= MAX_BLOCKS)
    demand(all(one.quantization in tables.quantizations for one in used))
    if frame.marker in PROGRESSIVE:
        demand(last == 0 if first == 0 else first <= last < COEFFICIENTS and count == 1)
        demand(scan.high == 0 or scan.low == scan.high - 1)
    else:
        demand((first, last, bits) == (0, COEFFICIENTS - 1, 0))
    if frame.marker not in ARITHMETIC:
        for dc, ac in components.values():
            demand(first > 0 or scan.high > 0 or (DC, dc) in tables.huffman)
            demand(last == 0 or (AC, ac) in tables.huffman)
    return scan


def demand(true: bool) -> None:
    """Raise BadImage where something does not hold."""
    if not true:
        raise BadImage("the JPEG file is damaged: a segment cannot be true")


def _by(size: int, body: bytes) -> Iterator[bytes]:
    return (body[place : place + size] for place in range(0, len(body), size))
