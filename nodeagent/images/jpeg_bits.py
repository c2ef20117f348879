"""Follows the coded bits of a sequential JPEG scan (ITU-T T.81, annex F), without its pixels.

So bits that were lost, added or changed are found, unless the wrong ones happen to fit.
"""

from collections.abc import Sequence

from nodeagent.images.facts import BadImage
from nodeagent.images.jpeg_frame import AC, COEFFICIENTS

AHEAD = 16  # bits: no code is longer
LONGEST = AHEAD + 15  # bits of a code and of the number behind it
REFILL_BYTES = 32
END = 100  # a step that no other symbol makes: the rest of the block is zero
STEP_BITS = 7
STEPS = (1 << STEP_BITS) - 1

Codes = list[int]  # the next AHEAD bits → bits to skip, times STEPS, and coefficients; 0: no code


def read_codes(kind: int, counts: bytes, symbols: bytes) -> Codes:
    """Make a table of a DHT segment's codes (annex C) and of the numbers behind them."""
    codes: Codes = []
    place = 0
    for length, count in enumerate(counts, 1):
        for symbol in symbols[place : place + count]:
            run, size = divmod(symbol, 16)
            step = END if kind == AC and size == 0 and run < 15 else run + 1
            codes += [length + size << STEP_BITS | step] * (1 << AHEAD - length)
        place += count
    return codes + [0] * ((1 << AHEAD) - len(codes))


def follow(bits: bytes, units: int, blocks: Sequence[tuple[Codes, Codes]]) -> None:
    """Raise BadImage unless coded bits are those of so many units, and end with the last one.

    `bits`: what lies between two markers, without the zeros that are stuffed behind ff. `blocks`:
    the tables of each block of a unit, for its first coefficient and for the others.
    """
    place = held = count = 0  # `held` ends with the next `count` bits; `place`: what comes then
    for _ in range(units):
        for first, others in blocks:
            codes, at = first, 0
            while at < COEFFICIENTS:
                if count < LONGEST:
                    part = bits[place : (place := place + REFILL_BYTES)]
                    if place >= len(bits) + 2 * REFILL_BYTES:
                        raise BadImage("the JPEG file is damaged: a part of the pixels is missing")
                    held &= (1 << count) - 1
                    held = held << 8 * REFILL_BYTES | int.from_bytes(
                        part.ljust(REFILL_BYTES, b"\0")
                    )
                    count += 8 * REFILL_BYTES
                code = codes[held >> count - AHEAD & 0xFFFF]
                count -= code >> STEP_BITS
                at += code & STEPS
                if code == 0 or COEFFICIENTS < at < END:
                    raise BadImage("the JPEG file is damaged: its pixels cannot be read")
                codes = others
    if not 0 <= 8 * len(bits) - (8 * place - count) < 8:
        raise BadImage("the JPEG file is damaged: a part of the pixels is missing, or too much")
