"""Proves a zlib stream (RFC 1950) inside a file.

It inflates to the right size and its checksum holds.
"""

import zlib

from nodeagent.images.facts import CHUNK_BYTES, BadImage, ImageFile


def check_deflated(file: ImageFile, place: int, stored: int, size: int | None) -> None:
    """Raise BadImage unless `stored` bytes at `place` inflate to `size` bytes (None.

    To any number).
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
            if (size is not None and got > size) or not (part or more):
                break
    except zlib.error as error:
        raise BadImage(f"a part of the pixels is damaged: {error}") from error
    if not stream.eof or (size is not None and got != size):
        raise BadImage("a part of the pixels is damaged: it does not unpack to its size")
