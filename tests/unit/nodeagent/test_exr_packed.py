"""Chunks of EXR files in every compression: whole, cut, and of another size than their pixels."""

import random
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from nodeagent.images import check_image, deflate, exr_packed
from tests import exr_writer
from tests.exr_writer import header, join, magic, sized

Told = Callable[[bytes], str]

SIDE = 8
PIXELS = SIDE * SIDE  # of a half and a float each
RAW = PIXELS * exr_writer.PIXEL_BYTES
RLE, ZIPS, ZIP, PIZ, PXR24, B44, B44A, DWAA, DWAB = range(1, 10)
PICTURES = Path(__file__).parents[2] / "pictures"  # written by OpenEXR 3.5 and OpenImageIO 3.2


def one_chunk(stored: bytes, compression: int, window: exr_writer.Window | None = None) -> bytes:
    """Give a file of 8x8 pixels in one chunk; of 64x1 where each line is one."""
    one_line = compression in {RLE, ZIPS}
    window = window or ((0, 0, PIXELS - 1, 0) if one_line else (0, 0, SIDE - 1, SIDE - 1))
    head = magic(0) + header(window, compression)
    return head + join(len(head), [b""], [struct.pack("<i", window[1]) + sized(stored)])


def judged(told: Told, packed: bytes, compression: int) -> bool:
    """Say whether a chunk is proven; if not, for its size alone."""
    said = told(one_chunk(packed, compression))
    assert said in {"", "a part of the pixels is damaged: it does not unpack to its size"}
    return not said


@pytest.mark.parametrize("path", sorted(PICTURES.glob("*.exr")), ids=lambda path: path.stem)
def test_real_files(told: Told, path: Path) -> None:
    """Whole they are proven, cut anywhere they are not."""
    body = path.read_bytes()
    assert check_image(path).bytes == len(body)
    for end in [*range(0, len(body), 41), len(body) - 1]:
        assert told(body[:end]) != ""


@pytest.mark.parametrize("compression", range(1, 10))
def test_what_does_not_shrink_is_stored_as_it_is(told: Told, compression: int) -> None:
    raw = bytes(RAW)
    assert told(one_chunk(raw, compression)) == ""
    assert "larger" in told(one_chunk(raw + b"\0", compression))
    assert "damaged" in told(one_chunk(raw[:-1], compression))


@pytest.mark.parametrize("compression", [ZIPS, ZIP])
def test_zip_takes_all_its_bytes(told: Told, compression: int) -> None:
    packed = zlib.compress(bytes(RAW))
    assert judged(told, packed, compression)
    assert not judged(told, packed + b"\0", compression)
    for size in (RAW - 1, RAW + 1):
        assert not judged(told, zlib.compress(bytes(size)), compression)


@pytest.mark.parametrize("step", [1, 2, 7, 300])
def test_zip_is_unpacked_step_by_step(
    told: Told, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    """A packed byte may hold more than one step takes; and what holds far too much is left soon."""
    monkeypatch.setattr(deflate, "CHUNK_BYTES", step)
    raw = random.Random(2).randbytes(99) + bytes(RAW - 99)
    assert judged(told, zlib.compress(raw), ZIP)
    assert not judged(told, zlib.compress(raw) + b"\0", ZIP)
    for wrong in (raw[:-1], raw + b"\0", raw * 2):
        assert not judged(told, zlib.compress(wrong), ZIP)
    for cut in (1, 4, 5, 40):
        assert not judged(told, zlib.compress(raw)[:-cut], ZIP)


def test_pxr24_keeps_three_bytes_of_a_float(told: Told) -> None:
    assert judged(told, zlib.compress(bytes(PIXELS * (2 + 3))), PXR24)
    for size in (RAW, PIXELS * 5 - 1, PIXELS * 5 + 1):
        assert not judged(told, zlib.compress(bytes(size)), PXR24)


RUNS = {
    "runs": (b"\x7f\0" * 3, True),
    "runs and bytes": (b"\x7f\0" * 2 + b"\xff1" + b"\x7e\0", True),
    "many bytes": (b"\x80" + bytes(128) + b"\x7f\0\x7f\0", True),
    "a run of one": (b"\x7f\0" * 2 + b"\0\0" + b"\x7e\0", True),
    "a byte too many": (b"\x7f\0" * 3 + b"\0\0", False),
    "a byte too few": (b"\x7f\0" * 2 + b"\x7e\0", False),
    "a run without its byte": (b"\x7f\0" * 2 + b"\x7f", False),
    "bytes that break off": (b"\x7f\0" * 2 + b"\x80" + bytes(127), False),
    "all of another size": (b"\x7f", False),
}


@pytest.mark.parametrize(("packed", "proven"), RUNS.values(), ids=RUNS)
def test_runs(told: Told, packed: bytes, proven: bool) -> None:
    assert judged(told, packed, RLE) == proven


BLOCK, FLAT = bytes(2) + b"\x33" + bytes(11), bytes(2) + b"\x34"
FLOATS = bytes(PIXELS * 4)


@pytest.mark.parametrize("compression", [B44, B44A])
def test_blocks_of_halves(told: Told, compression: int) -> None:
    for blocks in ([BLOCK] * 4, [FLAT] * 4, [FLAT, BLOCK, BLOCK, FLAT]):
        packed = b"".join(blocks) + FLOATS
        assert judged(told, packed, compression)
        assert not judged(told, packed[:-1], compression)
        assert not judged(told, packed + b"\0", compression)
    assert not judged(told, BLOCK * 3 + FLOATS, compression)
    assert not judged(told, BLOCK * 5 + FLOATS, compression)
    assert not judged(told, BLOCK * 3 + bytes(2), compression)
    odd = (-3, 5, 1, 9)  # 5x5 pixels: a row and a column of blocks are not full
    assert told(one_chunk(FLAT * 4 + bytes(25 * 4), B44, odd)) == ""


def piz(
    *,
    low: int = 3,
    high: int = 5,
    bitmap: int = 3,
    size: int = 30,
    symbols: tuple[int, int] = (0, 65536),
    bits: int = 80,
    packed: int = 10,
) -> bytes:
    huffman = struct.pack("<5I", *symbols, 0, bits, 0) + bytes(packed)
    return struct.pack("<HH", low, high) + bytes(bitmap) + struct.pack("<i", size) + huffman


def test_the_lengths_of_a_wavelet(told: Told) -> None:
    black = piz(low=8191, high=0, bitmap=0)
    for right in (piz(), piz() + b"\0", piz(bits=73), piz(low=8191, high=8191, bitmap=1), black):
        assert judged(told, right, PIZ)
    for wrong in (
        piz(high=8192),
        piz(bitmap=2),
        piz(bitmap=4),
        piz(size=29),
        piz(size=31),
        piz()[:-1],
        piz(size=-1),
        piz(bits=81),
        piz(symbols=(65537, 9)),
        piz(symbols=(0, 65537)),
    ):
        assert told(one_chunk(wrong, PIZ)) != ""


AC_HUFFMAN = struct.pack("<5I", 0, 9, 0, 80, 0) + bytes(10)


def dwa(
    *,
    version: int = 2,
    rules: bytes = struct.pack("<H", 4) + b"R\0",
    raw: tuple[int, ...] = (5, 6, 7, 8),
    ac: bytes = zlib.compress(bytes(6)),
    method: int = 1,
    more: bytes = b"",
    lost: int = -1,
) -> bytes:
    """Give a chunk of four streams, of which one has `lost` a byte; `raw`: said to be in them."""
    streams = [zlib.compress(bytes(5)), ac, zlib.compress(bytes(14)), zlib.compress(bytes(8))]
    if lost >= 0:
        streams[lost] = streams[lost][:-1]
    sizes = [len(stream) for stream in streams]
    counts = raw[1] // 2, raw[2]
    head = struct.pack("<11Q", version, raw[0], *sizes, raw[3], 999, *counts, method)
    return head + (rules if version >= 2 else b"") + b"".join(streams) + more


@pytest.mark.parametrize("compression", [DWAA, DWAB])
def test_the_streams_of_dwa(told: Told, compression: int) -> None:
    for right in (
        dwa(),
        dwa(more=b"\0"),
        dwa(version=1),
        dwa(version=0),
        dwa(ac=AC_HUFFMAN, method=0),
    ):
        assert judged(told, right, compression)
    for wrong in (
        dwa(version=3),
        dwa(rules=struct.pack("<H", 3) + b"R\0"),
        *(dwa(lost=stream) for stream in range(4)),
        *(dwa(raw=raw) for raw in ((4, 6, 7, 8), (5, 4, 7, 8), (5, 6, 8, 8), (5, 6, 7, 9))),
        dwa(ac=AC_HUFFMAN[:-1], method=0),
        dwa(ac=AC_HUFFMAN),
        dwa(ac=b""),
        dwa(ac=b"", raw=(5, 6, 7, 8), method=0),
    ):
        assert "pixels is damaged" in told(one_chunk(wrong, compression))
    assert judged(told, dwa(ac=b"", raw=(5, 0, 7, 8)), compression)
    behind = dwa()[-1:]  # a stream does not end behind its chunk
    assert "unpack to its size" in told(one_chunk(dwa()[:-1], compression) + behind)


def test_a_chunk_is_not_read_whole_if_it_is_huge(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    packed = FLAT * 4 + FLOATS
    monkeypatch.setattr(exr_packed, "MAX_WHOLE_BYTES", len(packed))
    assert judged(told, packed, B44)
    monkeypatch.setattr(exr_packed, "MAX_WHOLE_BYTES", len(packed) - 1)
    assert "too large" in told(one_chunk(packed, B44))
