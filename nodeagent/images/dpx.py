"""DPX (SMPTE 268M): the header, and all pixels of each element inside the file."""

import struct

from nodeagent.images.facts import BadImage, ImageFile, check_size

HEADER_BYTES = 2048
UNDEFINED = 0xFFFFFFFF
MAX_ELEMENTS = 8
# descriptor → samples per pixel (table 1 of the standard); 4:2:2 has two a pixel on average
SAMPLES = {
    **dict.fromkeys(range(1, 10), 1),
    50: 3,
    51: 4,
    52: 4,
    100: 2,
    101: 3,
    102: 3,
    103: 4,
}
DEPTHS = {1, 8, 10, 12, 16, 32, 64}


def check(file: ImageFile) -> tuple[int, int]:
    """Give width and height of a complete DPX file. Raises BadImage."""
    file.seek(0)
    header = file.read(HEADER_BYTES)
    order = ">" if header[:4] == b"SDPX" else "<"
    pixels_at, said_bytes = struct.unpack_from(order + "I8xI", header, 4)
    _, elements, width, height = struct.unpack_from(order + "HHII", header, 768)
    check_size(width, height)
    if not 1 <= elements <= MAX_ELEMENTS:
        raise BadImage("the DPX header is damaged")
    if said_bytes not in {0, UNDEFINED} and said_bytes > file.size:
        raise BadImage(f"the file is truncated: {file.size} of {said_bytes} bytes are there")
    exact = said_bytes == file.size
    for index in range(elements):
        needed = _element_end(
            header[780 + 72 * index :],
            order=order,
            size=(width, height),
            at=pixels_at,
            word_bits=8 if exact else 32,
        )
        if needed > file.size:
            missing = needed - file.size
            raise BadImage(f"the file is truncated: {missing} bytes of pixels are missing")
    return width, height


def _element_end(
    element: bytes, *, order: str, size: tuple[int, int], at: int, word_bits: int
) -> int:
    """Give the place in the file where an image element ends. `at`: where pixels begin.

    Raises BadImage.
    """
    descriptor, depth, packing, encoding, own_at, pad = struct.unpack_from(
        order + "20xB2xBHHII", element
    )
    if descriptor not in SAMPLES or depth not in DEPTHS or packing > 2:
        raise BadImage("the DPX file is of a kind that cannot be proven")
    begin = int(own_at if own_at not in {0, UNDEFINED} else at)
    if begin < 768 + 640:
        raise BadImage("the DPX header is damaged: pixels would lie in the header")
    if encoding == 1:  # run-length encoded: the size is only known to be something
        return begin + 1
    width, height = size
    line = _line_bytes(width * SAMPLES[descriptor], depth, packing, word_bits)
    return begin + line * height + (pad if pad != UNDEFINED else 0) * (height - 1)


def _line_bytes(samples: int, depth: int, packing: int, word_bits: int) -> int:
    """Give the bytes of one line; lines begin at 32-bit words (section 5.1 of the standard).

    OpenImageIO fills no words up; its files are known by a header that says their very size.
    """
    if depth == 10 and packing:
        return (samples + 2) // 3 * 4  # three samples to a word, two bits are filler
    bits = 16 if depth == 12 and packing else depth
    return -(-samples * bits // word_bits) * (word_bits // 8)
