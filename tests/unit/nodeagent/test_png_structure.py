"""PNG files by hand (ISO/IEC 15948): the bytes that each kind of pixels and Adam7 need."""

import struct
import zlib
from collections.abc import Callable
from functools import partial

import pytest

from nodeagent.images import png

Told = Callable[[bytes], str]

ADAM7 = (
    "16462646",
    "77777777",
    "56565656",
    "77777777",
    "36463646",
    "77777777",
    "56565656",
    "7" * 8,
)


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def picture(
    raw: bytes,
    size: tuple[int, int] = (3, 2),
    *,
    depth: int = 8,
    colour: int = 0,
    interlaced: bool = False,
    pieces: int = 1,
    extra: bytes = b"",
) -> bytes:
    """Give a picture whose lines, filter bytes and all, are `raw`, in so many IDAT chunks."""
    head = struct.pack(">IIBBBBB", *size, depth, colour, 0, 0, interlaced)
    packed = zlib.compress(raw)
    step = -(-len(packed) // pieces)
    parts = [packed[start : start + step] for start in range(0, len(packed), step)]
    body = b"".join(chunk(b"IDAT", part) for part in parts)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + extra + body + chunk(b"IEND", b"")


def needs(told: Told, wanted: int, make: Callable[[bytes], bytes]) -> None:
    """Assert that a picture is proven with so many bytes, no fewer and no more."""
    assert told(make(bytes(wanted))) == ""
    assert "lacks pixels: 1 bytes" in told(make(bytes(wanted - 1)))
    assert "more pixels" in told(make(bytes(wanted + 1)))


@pytest.mark.parametrize(
    ("colour", "depths", "samples"),
    [
        (0, (1, 2, 4, 8, 16), 1),
        (2, (8, 16), 3),
        (3, (1, 2, 4, 8), 1),
        (4, (8, 16), 2),
        (6, (8, 16), 4),
    ],
)
def test_pixels_of_every_kind(
    told: Told, colour: int, depths: tuple[int, ...], samples: int
) -> None:
    for depth in range(18):
        line = 1 + -(-11 * samples * depth // 8)
        if depth in depths:
            needs(told, 5 * line, partial(picture, size=(11, 5), depth=depth, colour=colour))
        else:
            body = picture(bytes(5 * line), (11, 5), depth=depth, colour=colour)
            assert "header is damaged" in told(body)


@pytest.mark.parametrize("colour", [1, 5, 7])
def test_a_colour_type_that_nobody_knows(told: Told, colour: int) -> None:
    assert "header is damaged" in told(picture(bytes(8), colour=colour))


@pytest.mark.parametrize("width", [1, 2, 3, 4, 5, 8, 9, 20])
@pytest.mark.parametrize("height", [1, 2, 3, 4, 5, 8, 9, 13])
def test_the_passes_of_adam7(told: Told, width: int, height: int) -> None:
    for depth in (1, 8):
        wanted = 0
        for number in "1234567":
            for y in range(height):
                pixels = sum(ADAM7[y % 8][x % 8] == number for x in range(width))
                wanted += 1 + -(-pixels * depth // 8) if pixels else 0
        needs(
            told,
            wanted,
            partial(picture, size=(width, height), depth=depth, interlaced=True),
        )


@pytest.mark.parametrize("step", [1, 2, 7, 64])
@pytest.mark.parametrize("pieces", [1, 3])
def test_pixels_are_unpacked_step_by_step(
    told: Told, monkeypatch: pytest.MonkeyPatch, step: int, pieces: int
) -> None:
    """A packed byte may hold more pixels than one step takes, the last one too."""
    monkeypatch.setattr(png, "CHUNK_BYTES", step)
    needs(told, 30 * 31, partial(picture, size=(30, 30), pieces=pieces))


def test_what_is_noted_beside_the_pixels_may_not_be_endless(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(png, "MAX_METADATA_BYTES", 15)
    lines = bytes(range(72))  # which take more than that
    assert told(picture(lines, (8, 8), extra=chunk(b"tEXt", bytes(15)))) == ""
    assert "too large" in told(picture(lines, (8, 8), extra=chunk(b"tEXt", bytes(16))))
