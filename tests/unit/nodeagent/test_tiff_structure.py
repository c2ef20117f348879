"""TIFF files whose bytes are all there, and whose tables do not say the truth (TIFF 6.0)."""

import io
import random
import struct
import zlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest
from PIL import Image

from nodeagent.images import check_image, tiff, tiff_packed

Told = Callable[[bytes], str]
Tags = Mapping[int, tuple[int, Sequence[int]] | None]

WIDTH, HEIGHT, ROWS = 7, 5, 2
LINE = WIDTH * 3
STRIPS = [bytes(2 * LINE), bytes(2 * LINE), bytes(LINE)]
TILES = [bytes(4 * 4 * 3)] * 4
TILED: Tags = {322: (3, [4]), 323: (3, [4])}
BYTE, ASCII, SHORT, LONG, LONG8, UNKNOWN = 1, 2, 3, 4, 16, 99
LETTERS = {BYTE: "B", ASCII: "B", SHORT: "H", LONG: "I", LONG8: "Q", UNKNOWN: "B"}
LZW, JPEG, DEFLATE, OLD_DEFLATE, PACKBITS, ZSTD = 5, 7, 8, 32946, 32773, 50000


def written(
    pieces: Sequence[bytes], tags: Tags | None = None, *, order: str = "<", big: bool = False
) -> bytes:
    """Give a picture of 7x5 RGB pixels: its pieces, long values, and at the end its directory."""
    start, word, width = (16, "Q", 8) if big else (8, "I", 4)
    offsets = [start + sum(map(len, pieces[:number])) for number in range(len(pieces))]
    tags = tags or {}
    at, counts = (324, 325) if 322 in tags else (273, 279)
    fields: dict[int, tuple[int, Sequence[int]] | None] = {
        256: (SHORT, [WIDTH]),
        257: (SHORT, [HEIGHT]),
        258: (SHORT, [8, 8, 8]),
        277: (SHORT, [3]),
        278: (SHORT, [ROWS]),
        at: (LONG, offsets),
        counts: (LONG, [len(piece) for piece in pieces]),
        **tags,
    }
    body, entries = b"".join(pieces), []
    for tag, field in sorted(fields.items()):
        if field is None:
            continue
        kind, values = field
        raw = struct.pack(f"{order}{len(values)}{LETTERS[kind]}", *values)
        inline = raw.ljust(width, b"\0")
        if len(raw) > width:
            inline = struct.pack(order + word, start + len(body))
            body += raw
        entries.append(struct.pack(order + "HH" + word, tag, kind, len(values)) + inline)
    head = (b"II" if order == "<" else b"MM") + struct.pack(order + "H", 43 if big else 42)
    head += struct.pack(order + "HH", 8, 0) if big else b""
    head += struct.pack(order + word, start + len(body))
    count = struct.pack(order + ("Q" if big else "H"), len(entries))
    return head + body + count + b"".join(entries) + struct.pack(order + word, 0)


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("big", [False, True])
def test_strips_and_tiles_in_every_layout(told: Told, order: str, big: bool) -> None:
    for pieces, tags in ((STRIPS, {}), (TILES, TILED)):
        body = written(pieces, tags, order=order, big=big)
        assert told(body) == ""
        assert "truncated" in told(body[:-1])


def test_a_table_of_the_wrong_length(told: Told) -> None:
    for tag, values in ((273, [8, 8]), (273, [8] * 4), (279, [21] * 2), (279, [21] * 4)):
        assert "table of pixels is incomplete" in told(written(STRIPS, {tag: (LONG, values)}))
    for tag in (273, 279):
        assert "table of pixels is incomplete" in told(written(STRIPS, {tag: None}))
    assert "table of pixels is incomplete" in told(written(TILES[:3], TILED))
    assert "table of pixels is incomplete" in told(written([*TILES, TILES[0]], TILED))


def test_a_strip_outside_the_file(told: Told) -> None:
    size = len(written(STRIPS))
    for last, proven in ((size - LINE, True), (size - LINE + 1, False), (size + 1, False)):
        assert (told(written(STRIPS, {273: (LONG, [8, 8, last])})) == "") == proven
    for first, proven in ((8, True), (7, False), (0, False)):
        assert (told(written(STRIPS, {273: (LONG, [first, 50, 92])})) == "") == proven
    assert "pixels is missing" in told(written(STRIPS, {279: (LONG, [42, 0, 21])}))


def test_strips_that_together_are_more_than_the_file(told: Told) -> None:
    tags: Tags = {259: (SHORT, [ZSTD]), 273: (LONG, [8, 8, 8])}
    size = len(written(STRIPS, tags))
    for claimed, proven in ((size // 3, True), (size // 3 + 1, False)):
        assert (told(written(STRIPS, {**tags, 279: (LONG, [claimed] * 3)})) == "") == proven


def test_raw_pieces_have_all_their_lines(told: Told) -> None:
    for number in range(3):
        short = list(STRIPS)
        short[number] = short[number][:-1]
        assert "too short" in told(written(short))
        assert told(written(short, {259: (SHORT, [ZSTD])})) == ""
        assert told(written(short, {262: (SHORT, [6])})) == ""  # subsampled colours
        assert "too short" in told(written(short, {262: (SHORT, [2])}))
    assert "too short" in told(written([*TILES[:3], TILES[0][:-1]], TILED))


@pytest.mark.parametrize("compression", [DEFLATE, OLD_DEFLATE])
def test_deflated_pieces_unpack_to_their_lines(told: Told, compression: int) -> None:
    tags: Tags = {259: (SHORT, [compression])}
    packed = [zlib.compress(strip) for strip in STRIPS]
    assert told(written(packed, tags)) == ""
    for wrong in (bytes(LINE - 1), bytes(LINE + 1), b""):
        assert "unpack to its size" in told(written([*packed[:2], zlib.compress(wrong)], tags))
    assert "damaged" in told(written([*packed[:2], packed[2][:-1]], tags))
    assert told(written([zlib.compress(tile) for tile in TILES], {**TILED, **tags})) == ""


def test_planes_have_strips_and_tiles_of_their_own(told: Told) -> None:
    tags: Tags = {284: (SHORT, [2])}
    strips = [bytes(14), bytes(14), bytes(7)] * 3
    assert told(written(strips, tags)) == ""
    assert "too short" in told(written([*strips[:-1], bytes(6)], tags))
    assert "incomplete" in told(written(strips[:6], tags))
    assert told(written([bytes(16)] * 12, {**tags, **TILED})) == ""
    assert "incomplete" in told(written([bytes(16)] * 4, {**tags, **TILED}))


def test_bits_of_a_sample(told: Told) -> None:
    """One number counts for all samples; none at all means one bit."""
    assert told(written(STRIPS, {258: (SHORT, [8])})) == ""
    third = [bytes(14), bytes(14), bytes(7)]
    assert "too short" in told(written(third, {258: (SHORT, [8])}))
    assert "header is damaged" in told(written(STRIPS, {258: (SHORT, [8, 8])}))
    grey: Tags = {258: None, 277: None}
    assert told(written([bytes(2), bytes(2), bytes(1)], grey)) == ""
    assert "too short" in told(written([bytes(2), bytes(1), bytes(1)], grey))
    nine: Tags = {258: (SHORT, [9]), 277: None}
    assert told(written([bytes(16), bytes(16), bytes(8)], nine)) == ""
    assert "too short" in told(written([bytes(16), bytes(16), bytes(7)], nine))


def test_rows_of_a_strip(told: Told) -> None:
    whole = [bytes(HEIGHT * LINE)]
    for rows in (None, (SHORT, [HEIGHT]), (LONG, [(1 << 32) - 1])):
        assert told(written(whole, {278: rows})) == ""
        assert "too short" in told(written([whole[0][:-1]], {278: rows}))
    assert told(written([bytes(LINE)] * HEIGHT, {278: (SHORT, [1])})) == ""
    assert "header is damaged" in told(written(whole, {278: (SHORT, [0])}))


@pytest.mark.parametrize(
    "tags",
    [
        {277: (SHORT, [0])},
        {284: (SHORT, [0])},
        {284: (SHORT, [3])},
        {317: (SHORT, [0])},
        {317: (SHORT, [4])},
        {339: (SHORT, [0])},
        {339: (SHORT, [7])},
        {339: (SHORT, [1, 1, 3])},
        {258: (SHORT, [8, 8, 16])},
        {277: (SHORT, [65]), 258: (SHORT, [8])},
        {258: (SHORT, [0, 0, 0])},
        {258: (LONG, [1 << 13])},
        {**TILED, 322: (SHORT, [0])},
        {**TILED, 323: (SHORT, [0])},
        {**TILED, 322: (LONG, [(1 << 16) + 1])},
        {**TILED, 323: (LONG, [(1 << 16) + 1])},
    ],
)
def test_a_header_that_cannot_be_true(told: Told, tags: Tags) -> None:
    assert "header is damaged" in told(written(STRIPS, tags))


def test_predictors_and_kinds_of_samples(told: Told) -> None:
    """One number for all samples, or one for each."""
    for predictor in (1, 2, 3):
        assert told(written(STRIPS, {317: (SHORT, [predictor])})) == ""
    for kind in range(1, 7):
        assert told(written(STRIPS, {339: (SHORT, [kind])})) == ""
        assert told(written(STRIPS, {339: (SHORT, [kind] * 3)})) == ""


def test_the_largest_pixels_and_tiles(told: Told) -> None:
    deep: Tags = {258: (SHORT, [64]), 277: (SHORT, [64]), 278: None}
    assert told(written([bytes(WIDTH * HEIGHT * 64 * 8)], deep)) == ""
    wide: Tags = {322: (LONG, [1 << 16]), 323: (LONG, [1 << 16]), 259: (SHORT, [ZSTD])}
    assert told(written([b"packed"], wide)) == ""


def test_a_tag_that_is_no_number(told: Told) -> None:
    for tag in (256, 257):
        assert f"tag {tag} is missing" in told(written(STRIPS, {tag: None}))
        assert f"tag {tag} is missing" in told(written(STRIPS, {tag: (ASCII, [55])}))
        assert f"tag {tag} is missing" in told(written(STRIPS, {tag: (SHORT, [])}))
        assert "cannot be true" in told(written(STRIPS, {tag: (SHORT, [0])}))


def test_values_that_lie_outside_the_file(told: Told) -> None:
    """Even those of a tag that nobody asks for; but not those of an unknown type."""
    text = (1 << 15, ASCII, 70)
    body = written(STRIPS, {text[0]: (ASCII, [65] * text[2])})
    entry = struct.pack("<HHI", *text)
    assert told(body) == ""
    assert f"values of tag {text[0]}" in told(
        body.replace(entry, struct.pack("<HHI", text[0], ASCII, len(body)))
    )
    longest = len(body) - struct.unpack("<I", body[(at := body.index(entry) + 8) : at + 4])[0]
    for count, proven in ((longest, True), (longest + 1, False)):
        claimed = body.replace(entry, struct.pack("<HHI", text[0], ASCII, count))
        assert (told(claimed) == "") == proven
    assert told(body.replace(entry, struct.pack("<HHI", text[0], UNKNOWN, len(body)))) == ""


VALUE_BYTES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}


@pytest.mark.parametrize(("kind", "size"), [*VALUE_BYTES.items(), (16, 8), (17, 8), (18, 8)])
def test_values_of_every_type_lie_in_the_file(told: Told, kind: int, size: int) -> None:
    tag = 1 << 15
    body = written(STRIPS, {tag: (ASCII, [65] * 70)})
    entry = struct.pack("<HHI", tag, ASCII, 70)
    room = len(body) - struct.unpack("<I", body[(at := body.index(entry) + 8) : at + 4])[0]
    for count, proven in ((room // size, True), (room // size + 1, False)):
        claimed = body.replace(entry, struct.pack("<HHI", tag, kind, count))
        assert (told(claimed) == "") == proven


def test_directories_that_cannot_be_true(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    body = written(STRIPS)
    assert "no picture" in told(body[:4] + bytes(4) + body[8:])
    assert "empty or too long" in told(body[:4] + struct.pack("<I", 8) + body[8:])  # two zeros
    monkeypatch.setattr(tiff, "MAX_ENTRIES", 7)
    assert told(body) == ""
    monkeypatch.setattr(tiff, "MAX_ENTRIES", 6)
    assert "empty or too long" in told(body)


def test_of_two_pictures_both_are_proven_and_the_first_is_told(
    told: Told, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = written(STRIPS)
    directory = body[struct.unpack("<I", body[4:8])[0] : -4]

    def linked(width: int) -> bytes:
        """Give a second directory for the same strips."""
        entry = struct.pack("<HHII", 256, SHORT, 1, WIDTH)
        second = directory.replace(entry, struct.pack("<HHII", 256, SHORT, 1, width))
        return body[:-4] + struct.pack("<I", len(body)) + second + bytes(4)

    assert "too short" in told(linked(WIDTH + 1))
    assert told(linked(WIDTH - 1)) == ""
    (tmp_path / "two.tif").write_bytes(linked(WIDTH - 1))
    assert check_image(tmp_path / "two.tif").width == WIDTH
    monkeypatch.setattr(tiff, "MAX_DIRECTORIES", 1)
    assert "circle" in told(linked(WIDTH))


@pytest.mark.parametrize("step", [1, 2, 3])
def test_a_table_is_read_step_by_step(
    told: Told, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    monkeypatch.setattr(tiff, "CHUNK_BYTES", 8 * step)
    for kind in (BYTE, SHORT, LONG, LONG8):
        sizes = [len(strip) for strip in STRIPS]
        assert told(written(STRIPS, {279: (kind, sizes)})) == ""
        assert "pixels is missing" in told(written(STRIPS, {279: (kind, [*sizes[:2], 0])}))


def test_more_strips_than_any_picture_has(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tiff, "MAX_PIECES", 3)
    assert told(written(STRIPS)) == ""
    monkeypatch.setattr(tiff, "MAX_PIECES", 2)
    assert "too many strips" in told(written(STRIPS))


def test_a_size_is_one_number(told: Told) -> None:
    for tag in (256, 257, 259, 277, 278, 284, 322, 323):
        said = told(written(TILES if tag in TILED else STRIPS, {tag: (SHORT, [1, 1])}))
        assert "damaged" in said or "incomplete" in said


def test_what_is_asked_for_has_a_type_that_is_known(told: Told) -> None:
    for tag in (256, 258, 259, 262, 266, 277, 278, 284, 317, 339):
        assert f"tag {tag} is no number" in told(written(STRIPS, {tag: (UNKNOWN, [1])}))
    assert told(written(STRIPS, {1 << 15: (UNKNOWN, [1])})) == ""


def test_a_compression_that_nobody_knows(told: Told) -> None:
    for compression in (2, 3, 4, 6, 34676, 34677, 34712, 34925, 50000, 50001, 50002):
        assert told(written(STRIPS, {259: (SHORT, [compression])})) == ""  # these are not unpacked
    for compression in (0, 9, 32774):
        assert "cannot be proven" in told(written(STRIPS, {259: (SHORT, [compression])}))


PACKETS = {
    "one run": (b"\xec\0", True),
    "bytes as they are": (b"\x14" + bytes(21), True),
    "a head that means nothing": (b"\x80\x13" + bytes(20) + b"\x80\0\0", True),
    "the longest run": (b"\x81\0", True),
    "the longest bytes": (b"\x7f" + bytes(128), True),
    "the shortest run": (b"\xff\0\x12" + bytes(19), True),
    "nothing": (b"\x80", False),
    "a byte too few as they are": (b"\x13" + bytes(20), False),
    "a byte too few": (b"\xed\0", False),
    "a run without its byte": (b"\xec", False),
    "bytes that break off": (b"\x14" + bytes(20), False),
}


@pytest.mark.parametrize(("packed", "proven"), PACKETS.values(), ids=PACKETS)
def test_packets_unpack_to_their_lines(told: Told, packed: bytes, proven: bool) -> None:
    tags: Tags = {259: (SHORT, [PACKBITS])}
    body = written([b"\xd7\0", b"\xd7\0", packed], tags)
    assert (told(body) == "") == proven
    for more in ({262: (SHORT, [6])}, {266: (SHORT, [2])}):  # whose bytes are other ones
        assert told(written([b"\xd7\0", b"\xd7\0", packed], {**tags, **more})) == ""


def lzw(codes: Sequence[int], *, known: int = 258) -> bytes:
    """Write codes as libtiff does: wider by a bit one code before the table needs it."""
    bits, width = "", 9
    for code in codes:
        bits += f"{code:0{width}b}"
        known = 257 if code == 256 else known + 1
        width = max(9, min(12, (known + 1).bit_length()))
    return int(bits.ljust(-(-len(bits) // 8) * 8, "0"), 2).to_bytes(-(-len(bits) // 8))


CODES = {
    "bytes": ([256, *[7] * 21, 257], True),
    "without the end": ([256, *[7] * 21], True),
    "without the start": ([*[7] * 21, 257], False),
    "strings": ([256, 7, 258, 259, 260, 261, 262, 257], True),
    "cleared under way": ([256, 7, 258, 259, 260, 256, 7, 258, 259, 260, 7, 257], True),
    "more than the line": ([256, 7, 258, 259, 260, 261, 262, 263, 257], True),
    "an end too early": ([256, 7, 258, 259, 260, 261, 257, 7, 7, 7, 7, 7, 7], False),
    "a byte too few": ([256, *[7] * 20, 257], False),
    "cut": ([256, *[7] * 20], False),
    "a string that nobody made": ([256, 7, 258, 260, 260, 260, 260, 260], False),
    "a string before all others": ([256, 258, *[7] * 21], False),
    "a string from before the clearing": ([256, 7, 258, 259, 256, 7, 259, 259, 259, 259], False),
    "nothing": ([256, 257], False),
}


@pytest.mark.parametrize(("codes", "proven"), CODES.values(), ids=CODES)
def test_codes_unpack_to_their_lines(
    told: Told, tmp_path: Path, codes: Sequence[int], proven: bool
) -> None:
    tags: Tags = {259: (SHORT, [LZW])}
    whole = lzw([256, *[7] * 42, 257])
    body = written([whole, whole, lzw(codes)], tags)
    assert (told(body) == "") == proven
    for more in ({262: (SHORT, [6])}, {266: (SHORT, [2])}):
        assert told(written([whole, whole, lzw(codes)], {**tags, **more})) == ""
    (tmp_path / "a.tif").write_bytes(body)
    assert check_image(tmp_path / "a.tif", follow=False).width == WIDTH


def test_all_codes_of_libtiff_are_followed(told: Told) -> None:
    """Noise fills the table of codes, so that it is cleared; flat pixels make long strings."""
    picture = Image.frombytes("RGB", (80, 60), random.Random(3).randbytes(80 * 60 * 3))
    picture.paste((9, 9, 9), (0, 0, 80, 20))
    stream = io.BytesIO()
    picture.save(stream, format="TIFF", compression="packbits")
    assert told(stream.getvalue()) == ""
    stream = io.BytesIO()
    picture.save(stream, format="TIFF", compression="tiff_lzw")
    body = stream.getvalue()
    assert told(body) == ""
    for place in range(1000, len(body) - 1000, 371):  # a byte is lost there, and one put in at once
        assert "does not unpack" in told(
            body[:place] + body[place + 1 : -500] + b"\0" + body[-500:]
        )


def test_packed_pieces_are_read_step_by_step(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tiff_packed, "REFILL_BYTES", 1)
    for step in (1, 2, 3):
        monkeypatch.setattr(tiff_packed, "CHUNK_BYTES", step)
        for codes, proven in CODES.values():
            body = written([lzw([256, *[7] * 42])] * 2 + [lzw(codes)], {259: (SHORT, [LZW])})
            assert (told(body) == "") == proven


def test_pieces_that_are_jpegs(told: Told) -> None:
    tags: Tags = {259: (SHORT, [JPEG])}
    piece = b"\xff\xd8anything\xff\xd9"
    assert told(written([piece] * 3, tags)) == told(written([b"\xff\xd8\xff\xd9"] * 3, tags)) == ""
    for wrong in (piece[1:], piece[:-1], b"\xff\xd9", b"\xff", piece + b"\0"):
        assert "start or its end" in told(written([piece, piece, wrong], tags))
