"""JPEG files by hand (ITU-T T.81): segments that lie, missing scans, bits that do not fit."""

import io
import random
import struct
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from PIL import Image

from nodeagent.images import check_image, jpeg

Told = Callable[[bytes], str]

WIDTH, HEIGHT = 4, 3


def segment(marker: int, body: bytes) -> bytes:
    return bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2) + body


def frame(
    *components: tuple[int, int, int], marker: int = 0xC0, size: tuple[int, int] = (WIDTH, HEIGHT)
) -> bytes:
    """Give SOFn for components of number, sampling and quantization table."""
    head = struct.pack(">BHHB", 8, size[1], size[0], len(components))
    return segment(marker, head + b"".join(bytes(one) for one in components))


def scan(
    bits: bytes, *components: tuple[int, int], last: int = 63, first: int = 0, low: int = 0
) -> bytes:
    """Give SOS for components of number and Huffman tables, and coded bits."""
    body = bytes([len(components)]) + b"".join(bytes(one) for one in components)
    return segment(0xDA, body + bytes([first, last, low])) + bits


def huffman(kind: int, codes: Sequence[tuple[int, int]], number: int = 0) -> bytes:
    """Give DHT for codes of so many bits, for a symbol each."""
    counts = bytes(sum(length == bits for length, _ in codes) for bits in range(1, 17))
    return segment(0xC4, bytes([kind << 4 | number]) + counts + bytes(code[1] for code in codes))


SOI, EOI = b"\xff\xd8", b"\xff\xd9"
QUANTIZATION = segment(0xDB, b"\0" + bytes(64))
DC = huffman(0, [(1, 0), (2, 3)])  # 0: no difference, 10: one of 3 bits
AC = huffman(1, [(1, 0), (2, 0xF0), (3, 0x21)])  # 0: the end, 10: 16 zeros, 110: 2 and one of 1 bit
TABLES = QUANTIZATION + DC + AC
GREY = frame((1, 0x11, 0))
FLAT = b"\x3f"  # 0, 0, and ones to the end of the byte
SCAN = scan(FLAT, (1, 0))
WHOLE = SOI + TABLES + GREY + SCAN + EOI
FITS = "its pixels cannot be read"
COUNTS = "a part of the pixels is missing"


def with_bits(bits: str, size: tuple[int, int] = (WIDTH, HEIGHT)) -> bytes:
    """Give a grey picture with these coded bits, filled up with ones."""
    bits = bits.replace(" ", "")
    bits += "1" * (-len(bits) % 8)
    coded = int(bits, 2).to_bytes(len(bits) // 8) if bits else b""
    coded = coded.replace(b"\xff", b"\xff\0")
    return SOI + TABLES + frame((1, 0x11, 0), size=size) + scan(coded, (1, 0)) + EOI


BITS = {
    "a flat block": ("0 0", ""),
    "a difference": ("10 101 0", ""),
    "a coefficient": ("0 110 1 0", ""),
    "the last coefficient": ("0" + "10" * 3 + "110 1" * 5, ""),
    "the last but one": ("0" + "10" * 3 + "110 1" * 4 + "0", ""),
    "ones that are stuffed": ("10 111 110 1 110 1 110 1 0", ""),
    "a coefficient too many": ("0" + "10" * 3 + "110 1" * 4 + "10", FITS),
    "a code that nobody has": ("0 1111 1111 1111 1111", FITS),
    "a difference that nobody has": ("1111 1111 1111 1111", FITS),
    "nothing": ("", COUNTS),
    "half a block": ("0 10 10 10", "damaged"),
    "half a number": ("0 110", "damaged"),
    "a byte too many": ("0 0 111111 11111111", COUNTS),
    "eight bits too many": ("10 101 110 1 110 1 0 11111111", COUNTS),
}


@pytest.mark.parametrize(("bits", "why"), BITS.values(), ids=BITS)
def test_coded_bits_are_those_of_the_picture(told: Told, bits: str, why: str) -> None:
    said = told(with_bits(bits))
    assert why in said
    assert bool(said) == bool(why)


def test_every_block_has_its_bits(told: Told) -> None:
    for size, blocks in (((8, 8), 1), ((9, 8), 2), ((8, 9), 2), ((17, 25), 12), ((300, 300), 1444)):
        assert told(with_bits("00" * blocks, size)) == ""
        assert told(with_bits("00" * blocks + "0" * 8, size)) != ""
        assert told(with_bits("00" * (blocks - 1) + "0" * (blocks % 4 == 1), size)) != ""


def test_components_have_blocks_by_their_sampling(told: Told) -> None:
    """Together in units, alone only those that the picture covers."""
    three = frame((1, 0x21, 0), (2, 0x11, 0), (3, 0x12, 0), size=(17, 17))

    def picture(*scans: tuple[Sequence[int], int]) -> bytes:
        body = SOI + TABLES + three
        for numbers, blocks in scans:
            bits = int("00" * blocks + "1" * (-2 * blocks % 8), 2).to_bytes(-(-blocks // 4))
            body += scan(bits, *((number, 0) for number in numbers))
        return body + EOI

    together = 2 * 2 * (2 + 1 + 2)
    assert told(picture(((1, 2, 3), together))) == ""
    assert "pixels" in told(picture(((1, 2, 3), together + 4)))
    assert "pixels" in told(picture(((1, 2, 3), together - 4)))
    alone = ((1,), 3 * 2), ((2,), 2 * 2), ((3,), 2 * 3)
    assert told(picture(*alone)) == ""
    assert told(picture(alone[0], ((2, 3), 2 * 2 * 3))) == ""
    assert told(picture(((1, 2), 2 * 2 * 3), alone[2])) == ""
    for number in range(3):
        assert "lacks a part" in told(picture(*alone[:number], *alone[number + 1 :]))
        assert "cannot be true" in told(picture(*alone, alone[number]))


def restarted(*intervals: bytes, every: int = 2, width: int = 40, marker: int = 0) -> bytes:
    """Give a picture of five blocks, with these bits between restart markers."""
    bits = intervals[0]
    for number, interval in enumerate(intervals[1:]):
        bits += bytes([0xFF, 0xD0 + (number + marker) % 8]) + interval
    head = SOI + TABLES + segment(0xDD, struct.pack(">H", every))
    return head + frame((1, 0x11, 0), size=(width, HEIGHT)) + scan(bits, (1, 0)) + EOI


@pytest.mark.parametrize("step", [1, 2, 3, 1 << 20])
def test_restarts(told: Told, monkeypatch: pytest.MonkeyPatch, step: int) -> None:
    monkeypatch.setattr(jpeg, "CHUNK_BYTES", step)
    two, one = b"\x0f", b"\x3f"
    assert told(restarted(two, two, one)) == ""
    assert told(restarted(b"\x00\x3f", every=5)) == told(restarted(b"\x00\x3f", every=9)) == ""
    assert told(restarted(*[one] * 20, every=1, width=160)) == ""
    for wrong in (
        restarted(two, two),
        restarted(two, two, one, b""),
        restarted(two, one, two),
        restarted(two, two, one, marker=1),
        restarted(two, two, one, every=3),
        restarted(two, two, one, every=0),
    ):
        assert told(wrong) != ""


@pytest.mark.parametrize("step", [1, 2, 3, 1 << 20])
def test_a_cut_jpeg_is_not_proven(told: Told, monkeypatch: pytest.MonkeyPatch, step: int) -> None:
    """Wherever a piece that is read ends, markers are found, and stuffed bytes are none."""
    monkeypatch.setattr(jpeg, "CHUNK_BYTES", step)
    filled = b"\xff" * 3 + segment(0xFE, b"a comment\xff\xd9")
    head = SOI + segment(0xE0, b"JFIF") + b"\xff\1" + TABLES + GREY + filled
    whole = head + SCAN + b"\xff\xff" + EOI
    assert told(whole) == told(whole + b"what a camera adds") == ""
    for end in range(len(whole)):
        assert told(whole[:end]) != ""


def progressive(*scans: tuple[int, int, int, int]) -> bytes:
    """Give a progressive picture of scans: first and last coefficient, high and low bit."""
    body = SOI + TABLES + frame((1, 0x11, 0), marker=0xC2)
    for first, last, high, low in scans:
        body += scan(b"any bits", (1, 0), first=first, last=last, low=high << 4 | low)
    return body + EOI


SCANS = {
    "all in turn": ([(0, 0, 0, 1), (1, 63, 0, 2), (0, 0, 1, 0), (1, 63, 2, 1), (1, 63, 1, 0)], ""),
    "coefficients in two scans": ([(0, 0, 0, 0), (1, 5, 0, 0), (6, 63, 0, 0)], ""),
    "one coefficient alone": ([(0, 0, 0, 0), (1, 1, 0, 0), (2, 63, 0, 0)], ""),
    "the last bit is missing": ([(0, 0, 0, 0), (1, 63, 0, 1)], "lacks a part"),
    "the first coefficient's last bit is missing": ([(0, 0, 0, 1), (1, 63, 0, 0)], "lacks a part"),
    "a coefficient is missing": ([(0, 0, 0, 0), (1, 62, 0, 0)], "lacks a part"),
    "one comes twice": ([(0, 0, 0, 0), (1, 5, 0, 0), (5, 63, 0, 0)], "cannot be true"),
    "a bit is left out": ([(0, 0, 0, 2), (1, 63, 0, 0), (0, 0, 1, 0)], "cannot be true"),
    "two bits at once": ([(0, 0, 0, 2), (1, 63, 0, 0), (0, 0, 2, 0)], "cannot be true"),
    "a bit before the first ones": ([(0, 0, 1, 0), (1, 63, 0, 0)], "cannot be true"),
    "all coefficients at once": ([(0, 63, 0, 0)], "cannot be true"),
    "one that no block has": ([(0, 0, 0, 0), (1, 64, 0, 0)], "cannot be true"),
    "none": ([(0, 0, 0, 0), (7, 6, 0, 0)], "cannot be true"),
}  # fmt: skip


@pytest.mark.parametrize(("scans", "why"), SCANS.values(), ids=SCANS)
def test_a_progressive_jpeg_has_all_bits_of_all_coefficients(
    told: Told, scans: Sequence[tuple[int, int, int, int]], why: str
) -> None:
    said = told(progressive(*scans))
    assert why in said
    assert bool(said) == bool(why)


def made(
    *, tables: bytes = TABLES, head: bytes = GREY, scans: bytes = SCAN, before: bytes = b""
) -> bytes:
    return SOI + before + tables + head + scans + EOI


TWO = frame((1, 0x11, 0), (2, 0x11, 0))
CODES_16 = [(16, symbol) for symbol in range(200)]
WRONG = {
    "no frame": (made(head=b""), "no kind that can be here"),
    "no scan": (made(scans=b""), "lacks a part"),
    "nothing": (SOI + EOI, "no picture"),
    "two frames": (made(head=GREY * 2), "no kind that can be here"),
    "two starts": (made(before=SOI), "truncated"),
    "a restart between segments": (made(before=b"\xff\xd0\0\2"), "no kind that can be here"),
    "a segment that nobody knows": (made(before=segment(0xBE, b"")), "no kind that can be here"),
    "a segment of length 1": (made(before=b"\xff\xe0\0\1"), "has no length"),
    "a segment that ends too late": (made(before=b"\xff\xe0\xff\xff"), "truncated"),
    "bytes between segments": (made(tables=TABLES + b"\0"), "a marker is missing"),
    "no end": (made()[:-2], "no end marker"),
    "half an end": (made()[:-1], "no end marker"),
    "no lines": (made(head=frame((1, 0x11, 0), size=(4, 0))), "4x0 pixels"),
    "samples of 9 bits": (made(head=GREY.replace(b"\x08\0\3", b"\x09\0\3")), "cannot be true"),
    "no components, and no scan": (made(head=frame(), scans=b""), "cannot be true"),
    "one component twice, counted once": (
        made(head=segment(0xC0, GREY[4:] + b"\1\x11\0")),
        "cannot be true",
    ),
    "no components": (made(head=frame()), "cannot be true"),
    "a component too few": (made(head=GREY.replace(b"\1\x11", b"\1\x11\0\1\x11")), "marker"),
    "a frame of two bytes": (made(head=segment(0xC0, b"\x08\0")), "damaged"),
    "one component twice": (made(head=frame((1, 0x11, 0), (1, 0x11, 0))), "cannot be true"),
    **{
        f"sampling {sampling:02x}": (made(head=frame((1, sampling, 0))), "cannot be true")
        for sampling in (0x01, 0x10, 0x51, 0x15)
    },
    "a scan that says nothing": (made(scans=segment(0xDA, b"") + FLAT), "damaged"),
    "a frame that says nothing": (made(head=segment(0xC0, b"")), "damaged"),
    "a scan of nothing": (made(scans=scan(FLAT)), "cannot be true"),
    "a scan of what the frame has not": (made(scans=scan(FLAT, (2, 0))), "cannot be true"),
    "a scan of one twice": (made(scans=scan(FLAT, (1, 0), (1, 0))), "cannot be true"),
    "a scan of too many blocks": (
        made(head=frame((1, 0x42, 0), (2, 0x13, 0)), scans=scan(FLAT, (1, 0), (2, 0))),
        "cannot be true",
    ),
    "a scan that is too long": (
        made(scans=segment(0xDA, b"\1\1\0\0\x3f\0\0") + FLAT),
        "cannot be true",
    ),
    "a scan from the second coefficient on": (made(scans=scan(FLAT, (1, 0), first=1)), "cannot be"),
    "a scan without the last one": (made(scans=scan(FLAT, (1, 0), last=62)), "cannot be true"),
    "a scan without the last bit": (made(scans=scan(FLAT, (1, 0), low=1)), "cannot be true"),
    "no quantization": (made(tables=DC + AC), "cannot be true"),
    "another's quantization": (made(head=frame((1, 0x11, 1))), "cannot be true"),
    "no codes of differences": (made(tables=QUANTIZATION + AC), "cannot be true"),
    "no codes of coefficients": (made(tables=QUANTIZATION + DC), "cannot be true"),
    "another's codes of differences": (made(scans=scan(FLAT, (1, 0x10))), "cannot be true"),
    "another's codes of coefficients": (made(scans=scan(FLAT, (1, 0x01))), "cannot be true"),
    "half a quantization": (made(before=segment(0xDB, b"\1" + bytes(63))), "cannot be true"),
    "quantization of 24 bits": (made(before=segment(0xDB, b"\x21" + bytes(192))), "cannot be true"),
    "a fifth quantization": (made(before=segment(0xDB, b"\4" + bytes(64))), "cannot be true"),
    "a fifth table of codes": (made(before=huffman(0, [(1, 0)], number=4)), "cannot be true"),
    "a third kind of codes": (made(before=huffman(2, [(1, 0)])), "cannot be true"),
    "codes that end too early": (
        made(before=segment(0xC4, b"\0" + bytes([2] + [0] * 15) + b"\0")),
        "cannot be true",
    ),
    "codes of 15 lengths": (made(before=segment(0xC4, b"\0" + bytes(15))), "cannot be true"),
    "more codes than bits": (made(before=huffman(0, [(1, 0), (1, 1), (2, 2)])), "cannot be true"),
    "a difference of 16 bits": (made(before=huffman(0, [(1, 16)])), "cannot be true"),
    "restarts of one byte": (made(before=segment(0xDD, b"\0")), "damaged"),
}


@pytest.mark.parametrize(("body", "why"), WRONG.values(), ids=WRONG)
def test_a_jpeg_that_cannot_be_true(told: Told, body: bytes, why: str) -> None:
    assert why in told(body)
    assert told(body) != ""


RIGHT = {
    "tables in one segment": made(
        tables=segment(0xDB, b"\3" + bytes(64) + b"\x10" + bytes(128))
        + segment(0xC4, DC[4:] + AC[4:])
    ),
    "all codes of 16 bits": made(tables=TABLES + huffman(1, CODES_16, number=3)),
    "as many codes as bits": made(before=huffman(0, [(1, 0), (2, 1), (2, 15)])),
    "samples of 12 bits": made(head=GREY.replace(b"\x08\0\3", b"\x0c\0\3")),
    "a second component": made(head=TWO, scans=scan(b"\x0f", (1, 0), (2, 0))),
    "ten blocks": made(
        head=frame((1, 0x42, 0), (2, 0x12, 0)), scans=scan(b"\0\0\x0f", (1, 0), (2, 0))
    ),
    "more blocks of one": made(head=frame((1, 0x44, 0))),
    "arithmetic codes": SOI
    + QUANTIZATION
    + frame((1, 0x11, 0), marker=0xC9)
    + scan(b"any", (1, 0))
    + EOI,
    "a progressive of arithmetic codes": SOI
    + QUANTIZATION
    + frame((1, 0x11, 0), marker=0xCA)
    + scan(b"any", (1, 0), last=0)
    + scan(b"any", (1, 0), first=1)
    + EOI,
    "comments, and sizes of lines": made(before=segment(0xFE, b"") + segment(0xDC, b"\0\3")),
    "arithmetic conditions, and what tools note": made(
        before=segment(0xCC, b"\0\0") + segment(0xEF, b"x") + segment(0xE0, b"x")
    ),
}


@pytest.mark.parametrize("body", RIGHT.values(), ids=RIGHT)
def test_a_jpeg_that_is_true(told: Told, body: bytes) -> None:
    assert told(body) == ""


@pytest.mark.parametrize("marker", range(0xC0, 0xD0))
def test_which_kinds_of_jpeg_are_proven(told: Told, marker: int) -> None:
    """Those that image libraries read: sequential ones and, with two scans, progressive ones."""
    scans = SCAN
    if marker in {0xC2, 0xCA}:
        scans = scan(b"any", (1, 0), last=0) + scan(b"any", (1, 0), first=1)
    body = made(head=frame((1, 0x11, 0), marker=marker), scans=scans)
    assert (told(body) == "") == (marker in {0xC0, 0xC1, 0xC2, 0xC9, 0xCA})
    strange = made(head=frame((1, 0x11, 0), marker=marker), scans=scan(b"other bits", (1, 0)))
    assert (told(strange) == "") == (marker == 0xC9)  # whose arithmetic codes are not followed


def test_a_scan_that_nobody_could_keep(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jpeg, "CHUNK_BYTES", 1)
    monkeypatch.setattr(jpeg, "MAX_INTERVAL_BYTES", 2)
    assert told(WHOLE) == ""
    assert "too large" in told(made(scans=scan(bytes(3), (1, 0))))


def test_coded_bits_that_were_followed_before(tmp_path: Path) -> None:
    path = tmp_path / "frame.jpg"
    path.write_bytes(made(scans=scan(b"other bits", (1, 0))))
    assert check_image(path, follow=False).width == WIDTH


@pytest.mark.parametrize(
    "options", [{}, {"restart_marker_rows": 1}, {"subsampling": 0}, {"optimize": True}]
)
def test_damage_in_a_jpeg_of_pillow(told: Told, options: dict[str, int]) -> None:
    """A lost block, one of zeros, and one that came twice; now and then the wrong bits fit."""
    stream = io.BytesIO()
    noise = random.Random(5).randbytes(64 * 48 * 3)
    Image.frombytes("RGB", (64, 48), noise).save(stream, format="JPEG", **options)
    body = stream.getvalue()
    assert told(body) == ""
    found = [
        told(body[:place] + wrong + body[place + 64 :]) != ""
        for place in range(body.index(b"\xff\xda") + 20, len(body) - 70, 97)
        for wrong in (b"", bytes(64), body[place : place + 64] * 2)
    ]
    assert sum(found) > len(found) * 3 // 4
