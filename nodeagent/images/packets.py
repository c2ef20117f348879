"""Follows packets of bytes and runs, as EXR, TGA and TIFF have them; keeps nothing of them."""

from collections.abc import Sequence

from nodeagent.images.facts import CHUNK_BYTES, ImageFile

Packets = Sequence[tuple[int, int]]
"""A packet's first byte → what it unpacks to, and its own bytes with the first one."""


def skip_packets(
    file: ImageFile, place: int, end: int, *, wanted: int, packets: Packets
) -> tuple[int, int]:
    """Give where packets from `place` on end that unpack to `wanted`, and to how much they do.

    That is less where packets begin at `end`, and more where the last one holds too much.
    """
    part, at, got = b"", 0, 0
    while got < wanted:
        if at >= len(part):
            place += at
            if place >= end:
                return place, got
            file.seek(place)
            part, at = file.read(min(CHUNK_BYTES, end - place)), 0
        unpacked, size = packets[part[at]]
        got += unpacked
        at += size
    return place + at, got
