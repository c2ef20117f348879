"""TGA and DPX files whose bytes are all there, and whose structure does not say the truth."""

import struct
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

import pytest

from nodeagent.images import BadImage, check_image, packets

Told = Callable[[bytes], str]

WIDTH, HEIGHT = 4, 3
PIXELS = WIDTH * HEIGHT
FOOTER = bytes(8) + b"TRUEVISION-XFILE.\0"


def tga_file(
    pixels: bytes,
    *,
    kind: int = 2,
    bits: int = 24,
    has_map: int = 0,
    colours: int = 0,
    colour_bits: int = 0,
    name: bytes = b"",
    behind: bytes = b"",
) -> bytes:
    """Give a file after the TGA specification 2.0, of 4x3 pixels."""
    parts = (len(name), has_map, kind, 0, colours, colour_bits, 0, 0, WIDTH, HEIGHT, bits, 0)
    head = struct.pack("<BBBHHBHHHHBB", *parts)
    return head + name + bytes(colours * ((colour_bits + 7) // 8)) + pixels + behind


@pytest.mark.parametrize(("kind", "depths"), [(1, (8, 16)), (2, (15, 16, 24, 32)), (3, (8, 16))])
def test_tga_pixels_of_every_depth(told: Told, kind: int, depths: tuple[int, ...]) -> None:
    made = partial(tga_file, has_map=1, colours=5, colour_bits=15) if kind == 1 else tga_file
    for bits in range(33):
        size = (bits + 7) // 8
        raw = made(bytes(PIXELS * size), kind=kind, bits=bits)
        packet = bytes([0x80 | PIXELS - 1]) + bytes(size)
        packed = made(packet, kind=kind | 8, bits=bits)
        if bits in depths:
            assert told(raw) == told(packed) == ""
            assert "truncated" in told(raw[:-1])
            assert "truncated" in told(packed[:-1])
        else:
            assert "header is damaged" in told(raw)
            assert "header is damaged" in told(packed)


def test_a_tga_with_a_name_and_a_map_has_its_pixels_behind_them(told: Told) -> None:
    for colour_bits in (15, 16, 24, 32):
        body = tga_file(
            bytes(PIXELS),
            kind=1,
            bits=8,
            has_map=1,
            colours=256,
            colour_bits=colour_bits,
            name=b"a frame",
        )
        assert told(body) == ""
        assert "truncated" in told(body[:-1])
        assert "does not end" in told(body + b"\0")
    unused = tga_file(bytes(PIXELS * 3), colours=256, colour_bits=24)[:18] + bytes(PIXELS * 3)
    assert told(unused) == ""


def test_why_a_file_is_no_image_is_one_sentence(told: Told) -> None:
    assert told(b"") == "the file is empty"
    assert told(b"\0") == "the file is truncated"
    assert told(bytes(18)) == "the TGA header is damaged"
    assert told(b"\xff\xd8\xff\xdd\0\3\0").startswith("the JPEG file is damaged: unpack")


def test_a_tga_is_known_by_its_name_or_by_its_footer(tmp_path: Path) -> None:
    old = tga_file(bytes(PIXELS * 3))
    for suffix in (".tga", ".TGA", ".targa", ".vda", ".icb", ".vst"):
        (path := tmp_path / f"frame{suffix}").write_bytes(old)
        assert check_image(path).format == "TGA"
    (path := tmp_path / "frame.png").write_bytes(old)
    with pytest.raises(BadImage, match="no known image format"):
        check_image(path)
    path.write_bytes(old + FOOTER)
    assert check_image(path).format == "TGA"


@pytest.mark.parametrize("kind", [0, 4, 8, 12, 32])
def test_a_tga_of_no_known_kind(told: Told, kind: int) -> None:
    assert "header is damaged" in told(tga_file(bytes(PIXELS * 3), kind=kind))


def test_a_tga_header_that_cannot_be_true(told: Told) -> None:
    for has_map, why in ((1, ""), (2, "header is damaged")):
        assert why in told(tga_file(bytes(PIXELS * 3), has_map=has_map, colour_bits=24))
    for pixels, kind in ((bytes(PIXELS), 1), (b"\x8ba", 9)):
        assert "none are there" in told(tga_file(pixels, kind=kind, bits=8))
    flat = tga_file(bytes(PIXELS * 3))
    assert "4x0 pixels" in told(flat[:14] + bytes(2) + flat[16:])


def test_a_tgas_colours_have_a_size(told: Told) -> None:
    for colour_bits in range(33):
        body = tga_file(bytes(PIXELS), kind=1, bits=8, has_map=1, colour_bits=colour_bits)
        assert (told(body) == "") == (colour_bits in {15, 16, 24, 32})


def test_a_tga_ends_with_its_pixels_or_with_its_footer(told: Told) -> None:
    pixels = bytes(PIXELS * 3)
    for behind in (b"", FOOTER, b"whatever a tool notes" + FOOTER):
        assert told(tga_file(pixels, behind=behind)) == ""
    for behind in (b"\0", FOOTER + b"\0", FOOTER[:-1], bytes(26)):
        assert "does not end" in told(tga_file(pixels, behind=behind))


@pytest.mark.parametrize("missing", [1, 25, 26])
def test_a_tgas_footer_is_not_its_pixels(told: Told, missing: int) -> None:
    """A tool may end a picture properly of which it wrote too little."""
    assert "does not end" in told(tga_file(bytes(PIXELS * 3 - missing), behind=FOOTER))
    packed = bytes([PIXELS - 1]) + bytes(PIXELS * 3 - missing)
    assert "does not end" in told(tga_file(packed, kind=10, behind=FOOTER))


END = 18 + PIXELS * 3  # of the pixels
AREA = struct.pack("<H", 495) + bytes(493)


def footer(*, extension: int = 0, developer: int = 0) -> bytes:
    return struct.pack("<II", extension, developer) + FOOTER[8:]


def test_a_tgas_areas_are_not_its_pixels(told: Told) -> None:
    """A file that lost bytes in its middle still has them at its end, but not where it says."""
    pixels = bytes(PIXELS * 3)
    both = b"notes" + AREA + footer(extension=END + 5, developer=END)
    assert told(tga_file(pixels, behind=both)) == ""
    for extension in (END, END + 1):
        whole = bytes(extension - END) + AREA + footer(extension=extension)
        assert told(tga_file(pixels, behind=whole)) == ""
        assert "does not end" in told(tga_file(pixels[:-2], behind=whole))
        assert "does not end" in told(tga_file(pixels + b"\0\0", behind=whole))
    for wrong in (
        AREA + footer(extension=END - 1),
        AREA[:-1] + footer(extension=END),
        struct.pack("<H", 494) + AREA[2:] + footer(extension=END),
        struct.pack("<H", 496) + AREA[2:] + footer(extension=END),
        b"notes" + footer(developer=END - 1),
        b"notes" + footer(developer=END + 6),
    ):
        assert "does not end" in told(tga_file(pixels, behind=wrong))
    assert "truncated" in told(tga_file(pixels, behind=AREA + footer(extension=1 << 31)))
    assert told(tga_file(pixels, behind=b"notes" + footer(developer=END + 5))) == ""


PACKETS = {
    "one run": (b"\x8babc", ""),
    "raw pixels": (b"\x0b" + b"abc" * 12, ""),
    "both": (b"\x85abc" + b"\x05" + b"abc" * 6, ""),
    "a run too long": (b"\x8cabc", "more pixels"),
    "raw pixels, too many": (b"\x0c" + b"abc" * 13, "more pixels"),
    "a run too short": (b"\x8aabc", "truncated"),
    "no packets": (b"", "truncated"),
    "a run without its pixel": (b"\x85abc\x85ab", "truncated"),
    "raw pixels that break off": (b"\x85abc\x05" + b"abc" * 5, "truncated"),
    "one packet more": (b"\x8babc\x80abc", "does not end"),
}


@pytest.mark.parametrize(("body", "why"), PACKETS.values(), ids=PACKETS)
@pytest.mark.parametrize("step", [1, 4, 1 << 20])
def test_packets_of_a_tga(
    told: Told, monkeypatch: pytest.MonkeyPatch, body: bytes, why: str, step: int
) -> None:
    monkeypatch.setattr(packets, "CHUNK_BYTES", step)
    said = told(tga_file(body, kind=10))
    assert (why in said) if why else not said


def dpx_file(
    pixels: int,
    *,
    order: str = ">",
    descriptor: int = 50,
    depth: int = 8,
    packing: int = 0,
    encoding: int = 0,
    at: int = 2048,
    own_at: int = 0,
    pad: int = 0,
    elements: int = 1,
    said_bytes: int = 0,
) -> bytes:
    """Give a header after SMPTE 268M of 4x3 pixels, all elements alike, and bytes behind it."""
    head = bytearray(2048)
    struct.pack_into(order + "II8sI", head, 0, 0x53445058, at, b"V2.0", said_bytes)
    struct.pack_into(order + "HHII", head, 768, 0, elements, WIDTH, HEIGHT)
    parts = (descriptor, depth, packing, encoding, own_at, pad)
    for number in range(min(elements, 8)):
        struct.pack_into(order + "20xB2xBHHII", head, 780 + 72 * number, *parts)
    return bytes(head) + bytes(pixels)


def needs(told: Told, pixels: int, make: Callable[[int], bytes]) -> None:
    """Assert that a file is proven with so many bytes of pixels, and with no fewer."""
    assert told(make(pixels)) == ""
    assert "1 bytes of pixels are missing" in told(make(pixels - 1))


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize(
    ("depth", "packing", "line"),  # bytes of 4 RGB pixels, in words of four
    [
        (1, 0, 4),
        (8, 0, 12),
        (8, 1, 12),
        (10, 0, 16),
        (10, 1, 16),
        (10, 2, 16),
        (12, 0, 20),
        (12, 1, 24),
        (12, 2, 24),
        (16, 0, 24),
        (32, 0, 48),
        (64, 0, 96),
    ],
)
def test_dpx_lines_of_every_depth(
    told: Told, order: str, depth: int, packing: int, line: int
) -> None:
    needs(told, 3 * line, partial(dpx_file, order=order, depth=depth, packing=packing))


@pytest.mark.parametrize(
    ("descriptors", "samples"),
    [(range(1, 10), 1), ([50, 101, 102], 3), ([51, 52, 103], 4), ([100], 2)],
)
def test_dpx_pixels_of_every_kind(told: Told, descriptors: Iterable[int], samples: int) -> None:
    for descriptor in descriptors:
        needs(told, 3 * 4 * samples, partial(dpx_file, descriptor=descriptor))


def test_the_last_word_of_a_dpx_line_is_whole(told: Told) -> None:
    """Sixteen samples of ten bits are five words, or six with three in each."""
    rgba = partial(dpx_file, descriptor=51, depth=10)
    needs(told, 3 * 20, partial(rgba, packing=0))
    needs(told, 3 * 24, partial(rgba, packing=1))


def test_dpx_lines_may_be_padded(told: Told) -> None:
    needs(told, 3 * 12 + 2 * 5, partial(dpx_file, pad=5))
    needs(told, 3 * 12, partial(dpx_file, pad=0xFFFFFFFF))


def test_dpx_lines_are_not_filled_up_where_the_header_says_the_very_size(told: Told) -> None:
    """As OpenImageIO writes them: three lines of 4 pixels of one sample of 1 bit, a byte each."""
    bits = partial(dpx_file, depth=1, descriptor=6)
    needs(told, 3 * 4, bits)
    assert told(bits(3, said_bytes=2048 + 3)) == ""
    for pixels, said in ((2, 2), (2, 3), (3, 2), (4, 3)):
        assert "truncated" in told(bits(pixels, said_bytes=2048 + said))


def test_dpx_elements_lie_where_they_say(told: Told) -> None:
    needs(told, 100 + 36, partial(dpx_file, own_at=2148))
    needs(told, 36, partial(dpx_file, own_at=0xFFFFFFFF))
    needs(told, 36, partial(dpx_file, own_at=2048, at=9999))
    needs(told, 1, partial(dpx_file, encoding=1))
    assert told(dpx_file(36, at=1408)) == ""
    assert "in the header" in told(dpx_file(36, at=1407))
    assert "in the header" in told(dpx_file(36, own_at=1407))


@pytest.mark.parametrize("elements", [1, 8])
def test_every_element_of_a_dpx_counts(told: Told, elements: int) -> None:
    body = dpx_file(36, elements=elements)
    assert told(body) == ""
    last = 780 + 72 * (elements - 1) + 28  # where its own place is said
    assert "12 bytes of pixels" in told(body[:last] + struct.pack(">I", 2060) + body[last + 4 :])


def test_a_dpx_of_an_unknown_kind(told: Told) -> None:
    for descriptor in (0, 10, 53):
        assert "cannot be proven" in told(dpx_file(1000, descriptor=descriptor))
    assert "cannot be proven" in told(dpx_file(1000, depth=9))
    assert "cannot be proven" in told(dpx_file(1000, packing=3))


def test_a_dpx_header_that_cannot_be_true(told: Told) -> None:
    body = dpx_file(36)
    for elements in (0, 9):
        assert "header is damaged" in told(dpx_file(36, elements=elements))
    assert "0x3 pixels" in told(body[:772] + bytes(4) + body[776:])
    for said, proven in ((2084, True), (2085, False), (0xFFFFFFFF, True), (0, True)):
        assert (told(dpx_file(36, said_bytes=said)) == "") == proven
