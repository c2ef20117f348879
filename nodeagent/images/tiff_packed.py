"""Follows TIFF's own packing (TIFF 6.0, sections 9 and 13), without keeping the pixels.

A piece must unpack to as many bytes as its pixels need; readers leave what is more.
"""

from collections.abc import Iterator

from nodeagent.images.facts import CHUNK_BYTES, BadImage, ImageFile
from nodeagent.images.packets import skip_packets

PACKBITS = (
    *((head + 1, head + 2) for head in range(128)),  # bytes as they are
    (0, 1),  # nothing
    *((257 - head, 2) for head in range(129, 256)),  # one byte, many times
)
CLEAR, END = 256, 257  # codes of LZW
STRINGS = [1] * 256 + [0, 0]  # how long their strings are before it makes its own
FEWEST_BITS, MOST_BITS = 9, 12
MOST_CODES = 1 << MOST_BITS
REFILL_BYTES = 64


def check_jpeg(file: ImageFile, place: int, stored: int) -> None:
    """Raise BadImage unless `stored` bytes at `place` begin and end as a JPEG file does."""
    file.seek(place)
    start = file.read(min(2, stored))
    file.seek(place + stored - len(start))
    if start != b"\xff\xd8" or file.read(2) != b"\xff\xd9":
        raise BadImage("a part of the pixels is damaged: its start or its end is missing")


def check_packbits(file: ImageFile, place: int, stored: int, size: int) -> None:
    """Raise BadImage unless `stored` bytes at `place` unpack to `size` bytes."""
    end = place + stored
    place, got = skip_packets(file, place, end, wanted=size, packets=PACKBITS)
    if got < size or place > end:
        raise BadImage("a part of the pixels is damaged: it does not unpack to its size")


def check_lzw(file: ImageFile, place: int, stored: int, size: int) -> None:
    """Raise BadImage unless `stored` bytes at `place` unpack to `size` bytes.

    Of a string only its length is kept: that of the one before, and a byte.
    """
    parts = _parts(file, place, stored)
    lengths: list[int] = []
    bits, top = FEWEST_BITS, (1 << FEWEST_BITS) - 1
    held = count = before = got = 0  # `held` ends with the next `count` bits
    try:
        while got < size:
            while count < bits:
                part = next(parts)
                held = (held & top) << 8 * len(part) | int.from_bytes(part)
                count += 8 * len(part)
            count -= bits
            code = held >> count & top
            if code == CLEAR:  # the first one always is
                lengths = list(STRINGS)
                bits, top, before = FEWEST_BITS, (1 << FEWEST_BITS) - 1, 0
                continue
            if before and len(lengths) < MOST_CODES:
                lengths.append(before + 1)
                if len(lengths) == top and bits < MOST_BITS:  # one code early
                    bits += 1
                    top = (1 << bits) - 1
            before = lengths[code]
            got += before
            if code == END:
                break
    except (IndexError, StopIteration):
        got = 0  # a code that is not known yet, or no code
    if got < size:
        raise BadImage("a part of the pixels is damaged: it does not unpack to its size")


def _parts(file: ImageFile, place: int, stored: int) -> Iterator[bytes]:
    file.seek(place)
    for begin in range(0, stored, CHUNK_BYTES):
        chunk = file.read(min(CHUNK_BYTES, stored - begin))
        for at in range(0, len(chunk), REFILL_BYTES):
            yield chunk[at : at + REFILL_BYTES]
