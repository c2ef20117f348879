"""Proves a zlib stream (RFC 1950) inside a file.

It inflates to the right size and its checksum holds.
"""

import zlib

from nodeagent.images.facts import CHUNK_BYTES, BadImage, ImageFile


def check_deflated(file: ImageFile, place: int, stored: int, size: int) -> int:
    """Give how many of `stored` bytes at `place` it takes to inflate to `size` bytes.

    Raises BadImage where they do not.
    """
    file.seek(place)
    stream = zlib.decompressobj()
    got = 0
    left = stored
    try:
        while not stream.eof:
            part = stream.unconsumed_tail
            if not part and left:
                part = file.read(min(left, CHUNK_BYTES))
                left -= len(part)
            more = stream.decompress(part, CHUNK_BYTES)
            got += len(more)
            if got > size or not (part or more):
                break
    except zlib.error as error:
        raise BadImage(f"a part of the pixels is damaged: {error}") from error
    if not stream.eof or got != size:
        raise BadImage("a part of the pixels is damaged: it does not unpack to its size")
    return stored - left - len(stream.unused_data)
