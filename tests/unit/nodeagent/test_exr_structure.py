"""EXR files whose bytes are all there, and whose header, table or chunks do not say the truth."""

import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from nodeagent.images import check_image, exr, exr_header
from tests import exr_writer
from tests.exr_writer import attribute, header, join, magic, sized

Told = Callable[[bytes], str]

WIDTH, HEIGHT = 5, 3
WINDOW = (0, 0, WIDTH - 1, HEIGHT - 1)
LINE = bytes(range(WIDTH * exr_writer.PIXEL_BYTES))
NONE, RLE, ZIPS, ZIP, PXR24 = 0, 1, 2, 3, 5


def lines_of(stored: bytes, compression: int, *, extra: bytes = b"") -> bytes:
    """Give a file with a chunk for each line, of which the second holds `stored`."""
    head = magic(0) + header(WINDOW, compression, extra)
    bodies = [LINE, stored, LINE]
    chunks = [struct.pack("<i", y) + sized(body) for y, body in enumerate(bodies)]
    return head + join(len(head), [b""] * HEIGHT, chunks)


def with_offset(body: bytes, number: int, place: int) -> bytes:
    """Have an entry of the only part's table point elsewhere."""
    table = struct.unpack("<Q", body[(at := table_of(body)) : at + 8])[0] - 8 * HEIGHT
    assert table == at
    return body[: at + 8 * number] + struct.pack("<Q", place) + body[at + 8 * (number + 1) :]


def table_of(body: bytes) -> int:
    return len(body) - HEIGHT * (8 + 8 + len(LINE))


@pytest.mark.parametrize("mode", [0, 1, 2, 16, 17, 18])
@pytest.mark.parametrize("size", [(37, 9), (5, 33), (16, 16), (1, 7)])
def test_all_levels_of_tiles_must_be_there(told: Told, mode: int, size: tuple[int, int]) -> None:
    body = exr_writer.tiled(*size, tile=8, mode=mode)
    assert told(body) == ""
    assert "truncated" in told(body[:-1])


@pytest.mark.parametrize(("was", "claimed"), [(0, 1), (1, 2), (2, 1), (17, 1), (1, 17)])
def test_tiles_of_other_levels_than_the_header_says(told: Told, was: int, claimed: int) -> None:
    body = exr_writer.tiled(19, 9, tile=8, mode=was)
    tiles = struct.pack("<II", 8, 8)
    assert told(body.replace(tiles + bytes([was]), tiles + bytes([claimed]), 1)) != ""


def test_tiles_of_one_pixel_and_of_a_window_that_begins_anywhere(told: Told) -> None:
    assert told(exr_writer.tiled(WIDTH, HEIGHT, tile=1)) == ""
    for mode in (0, 1, 2):
        body = exr_writer.tiled(WIDTH, HEIGHT, tile=2, mode=mode)
        moved = struct.pack("<4i", 7, -9, WIDTH + 6, HEIGHT - 10)
        assert told(body.replace(struct.pack("<4i", *WINDOW), moved)) == ""


def test_a_header_that_promises_more_lines_than_there_are(told: Told) -> None:
    window = (0, 0, WIDTH - 1, HEIGHT)
    assert told(exr_writer.scan_lines(WIDTH, HEIGHT, compression=0, window=WINDOW)) == ""
    assert told(exr_writer.scan_lines(WIDTH, HEIGHT, compression=0, window=window)) != ""


def test_a_chunk_count_that_nothing_could_hold(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    body = lines_of(LINE, NONE)
    monkeypatch.setattr(exr, "MAX_CHUNKS", HEIGHT)
    assert told(body) == ""
    monkeypatch.setattr(exr, "MAX_CHUNKS", HEIGHT - 1)
    assert "too many chunks" in told(body)


@pytest.mark.parametrize("step", [1, 2, 3])
def test_a_table_of_offsets_is_read_step_by_step(
    told: Told, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    monkeypatch.setattr(exr, "TABLE_STEP", step)
    body = lines_of(LINE, NONE)
    assert told(body) == ""
    assert told(with_offset(body, 2, 0)) != ""


def test_a_table_that_was_never_filled_in(told: Told) -> None:
    """What a tool leaves that ends while it writes: it knows the places at the very end."""
    body = lines_of(LINE, NONE)
    assert "was not finished" in told(with_offset(body, 2, 0))
    inside = table_of(body) + 8 * HEIGHT
    assert "was not finished" in told(with_offset(body, 0, inside - 1))


def test_a_table_that_names_another_chunk(told: Told) -> None:
    body = lines_of(LINE, NONE)
    assert "not the one" in told(with_offset(body, 1, table_of(body) + 8 * HEIGHT))
    assert "truncated" in told(with_offset(body, 1, len(body) + 1))


def test_a_chunk_that_lies_in_the_header_is_none(told: Told) -> None:
    chunk = struct.pack("<i", 1) + sized(LINE)
    body = lines_of(LINE, NONE, extra=attribute("comments", "string", chunk))
    assert told(body) == ""
    assert "was not finished" in told(with_offset(body, 1, body.index(chunk)))


def test_a_part_cannot_take_the_chunks_of_another(told: Told) -> None:
    body = exr_writer.multi_part(WIDTH, HEIGHT, (NONE, NONE))
    assert told(body) == ""
    chunk = 4 + 8 + len(LINE)
    first = len(body) - 2 * HEIGHT * chunk
    tables = first - 2 * HEIGHT * 8
    mine = body[tables : tables + 8 * HEIGHT]
    others = body[tables + 8 * HEIGHT : first]
    assert "another part" in told(body[:tables] + others + others + body[first:])
    assert "another part" in told(body[:tables] + mine + mine + body[first:])


def test_parts_that_the_file_does_not_hold(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    body = exr_writer.multi_part(WIDTH, HEIGHT, (NONE, NONE))
    monkeypatch.setattr(exr_header, "MAX_PARTS", 2)
    assert told(body) == ""
    monkeypatch.setattr(exr_header, "MAX_PARTS", 1)
    assert "too many parts" in told(body)
    assert "no header" in told(magic(0x1000) + b"\0")


PACKED = {
    ZIPS: zlib.compress(bytes(len(LINE))),
    PXR24: zlib.compress(b"of any size"),
    RLE: b"anything",
}


@pytest.mark.parametrize("compression", [NONE, RLE, ZIPS])
def test_a_chunk_has_the_size_of_its_pixels(told: Told, compression: int) -> None:
    """One that does not shrink is stored as it is, whatever the compression."""
    assert told(lines_of(LINE, compression)) == ""
    assert "larger" in told(lines_of(LINE + b"\0", RLE))
    assert "not the size" in told(lines_of(LINE + b"\0", NONE))
    assert "not the size" in told(lines_of(LINE[:-1], NONE))


def test_packed_chunks_unpack_to_their_lines(told: Told) -> None:
    assert told(lines_of(PACKED[ZIPS], ZIPS)) == ""
    assert told(lines_of(PACKED[RLE], RLE)) == told(lines_of(b"1", RLE)) == ""
    for wrong in (
        zlib.compress(bytes(len(LINE) - 1)),
        zlib.compress(bytes(len(LINE) + 1)),
        PACKED[ZIPS][:-1],
        b"no stream at all",
    ):
        assert "pixels is damaged" in told(lines_of(wrong, ZIPS))


@pytest.mark.parametrize("compression", [ZIP, PXR24])
def test_a_chunk_of_sixteen_lines(told: Told, compression: int) -> None:
    def packed(stored: bytes) -> bytes:
        head = magic(0) + header(WINDOW, compression)
        return head + join(len(head), [b""], [struct.pack("<i", 0) + sized(stored)])

    right = zlib.compress(bytes(HEIGHT * len(LINE)))
    assert told(packed(right)) == ""
    assert "damaged" in told(packed(right[:-1]))
    assert "damaged" in told(packed(b"no stream at all"))
    other = told(packed(zlib.compress(b"another size")))
    assert (other == "") == (compression == PXR24)  # it drops bits of each sample first


@pytest.mark.parametrize("size", [0, -1, -(1 << 31)])
def test_a_chunk_of_an_impossible_size(told: Told, size: int) -> None:
    body = lines_of(b"", RLE).replace(struct.pack("<ii", 1, 0), struct.pack("<ii", 1, size))
    assert "cannot be true" in told(body)


def test_chunks_do_not_share_their_bytes(told: Told) -> None:
    """Each one claims all that comes behind it: together they would be more than the file."""
    head = magic(0) + header((0, 0, 999, HEIGHT - 1), RLE)
    for claims, proven in (((900, 900, 900), True), ((2716, 1808, 900), False)):
        chunks = [struct.pack("<ii", y, claim) + bytes(900) for y, claim in enumerate(claims)]
        said = told(head + join(len(head), [b""] * HEIGHT, chunks))
        assert ("cannot be true" not in said) == proven
        assert (said == "") == proven


def deep(counts: int, samples: int, *, kind: bytes = b"deepscanline") -> bytes:
    """Give one line of deep pixels, of so many bytes, which claims to be `counts` + `samples`."""
    extra = attribute("type", "string", kind)
    if kind == b"deeptile":
        extra += attribute("tiles", "tiledesc", struct.pack("<IIB", 8, 8, 0))
    head = magic(0x800) + header((0, 0, WIDTH - 1, 0), ZIPS, extra)
    where = struct.pack("<4i", 0, 0, 0, 0) if kind == b"deeptile" else struct.pack("<i", 0)
    chunk = where + struct.pack("<QQQ", counts, samples, 999) + bytes(30)
    return head + join(len(head), [b""], [chunk])


@pytest.mark.parametrize("kind", [b"deepscanline", b"deeptile"])
def test_deep_pixels_lie_in_the_file(told: Told, kind: bytes) -> None:
    assert told(deep(10, 20, kind=kind)) == ""
    assert "truncated" in told(deep(10, 21, kind=kind))
    assert "truncated" in told(deep(11, 20, kind=kind))
    assert "cannot be true" in told(deep(0, 0, kind=kind))
    assert told(deep(1 << 63, 1 << 63, kind=kind)) != ""


def test_channels_of_fewer_samples(told: Told) -> None:
    """A sampled channel has the pixels whose x and y its sampling divides, in any window."""
    one = struct.pack("<iB3xii", 2, 0, 1, 1)
    for x0, y0, sampling, pixels in (
        (0, 0, (2, 1), (3, 3, 3)),
        (1, 0, (2, 1), (2, 2, 2)),
        (-1, -1, (2, 2), (0, 2, 0)),
        (1, 1, (3, 2), (0, 1, 0)),
    ):
        window = (x0, y0, x0 + WIDTH - 1, y0 + HEIGHT - 1)
        head = magic(0) + header(window, NONE)
        head = head.replace(one, struct.pack("<iB3xii", 2, 0, *sampling))
        for more in (0, 1):
            chunks = [
                struct.pack("<i", y0 + line) + sized(bytes(2 * WIDTH + 4 * count + more))
                for line, count in enumerate(pixels)
            ]
            body = head + join(len(head), [b""] * HEIGHT, chunks)
            assert ("not the size" in told(body)) == bool(more), (x0, y0, sampling)


WHOLE = lines_of(LINE, NONE)
CHANNEL = struct.pack("<iB3xii", 1, 0, 1, 1)
TILED = exr_writer.tiled(WIDTH, HEIGHT, tile=8)
TILES = struct.pack("<IIB", 8, 8, 0)
WRONG_HEADERS = {
    "no channels": (WHOLE.replace(b"channels\0", b"channelx\0"), "channels' is missing"),
    "no compression": (WHOLE.replace(b"compression\0", b"compressiox\0", 1), "is missing"),
    "no data window": (WHOLE.replace(b"dataWindow\0", b"dataWindox\0"), "is missing"),
    "no display window": (WHOLE.replace(b"displayWindow\0", b"displayWindox\0"), "is missing"),
    "version 3": (WHOLE.replace(magic(0), magic(1)), "unknown version"),
    "version 0": (WHOLE[:4] + bytes(4) + WHOLE[8:], "unknown version"),
    "compression 12": (WHOLE.replace(header(WINDOW, 0), header(WINDOW, 12)), "unknown compression"),
    "an empty list of channels": (WHOLE.replace(b"A\0" + CHANNEL, b"\0\0" + CHANNEL), "no channel"),
    "samples of type 3": (
        WHOLE.replace(CHANNEL, struct.pack("<iB3xii", 3, 0, 1, 1)),
        "impossible channel",
    ),
    "sampling of 0 across": (
        WHOLE.replace(CHANNEL, struct.pack("<iB3xii", 1, 0, 0, 1)),
        "impossible channel",
    ),
    "sampling of 0 down": (
        WHOLE.replace(CHANNEL, struct.pack("<iB3xii", 1, 0, 1, 0)),
        "impossible channel",
    ),
    "a window of no width": (
        WHOLE.replace(struct.pack("<4i", *WINDOW), struct.pack("<4i", 0, 0, -1, HEIGHT - 1), 1),
        "0x3 pixels",
    ),
    "tiles without a size": (
        TILED.replace(b"tiles\0tiledesc", b"tilex\0tiledesc"),
        "without tile size",
    ),
    "tiles of no width": (TILED.replace(TILES, struct.pack("<IIB", 0, 8, 0)), "impossible tiles"),
    "tiles of no height": (TILED.replace(TILES, struct.pack("<IIB", 8, 0, 0)), "impossible tiles"),
    "levels of kind 3": (TILED.replace(TILES, struct.pack("<IIB", 8, 8, 3)), "impossible tiles"),
    "a name of 256 bytes": (
        lines_of(LINE, NONE, extra=attribute("n" * 256, "int", bytes(4))),
        "a name has no end",
    ),
    "an attribute without an end": (
        lines_of(LINE, NONE, extra=b"a\0int\0" + struct.pack("<I", (1 << 26) + 1)),
        "attribute is too large",
    ),
}


@pytest.mark.parametrize(("body", "why"), WRONG_HEADERS.values(), ids=WRONG_HEADERS)
def test_a_header_that_cannot_be_true(told: Told, body: bytes, why: str) -> None:
    assert told(WHOLE) == told(TILED) == ""
    assert why in told(body)


def test_the_longest_name_and_version_one(told: Told) -> None:
    assert told(lines_of(LINE, NONE, extra=attribute("n" * 255, "int", bytes(4)))) == ""
    assert told(WHOLE[:4] + struct.pack("<I", 1) + WHOLE[8:]) == ""


def test_attributes_without_an_end(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    """The limit is of all parts together."""
    body = exr_writer.multi_part(WIDTH, HEIGHT, (NONE, NONE))
    monkeypatch.setattr(exr_header, "MAX_ATTRIBUTES", 10)
    assert told(body) == ""
    monkeypatch.setattr(exr_header, "MAX_ATTRIBUTES", 9)
    assert "attribute is too large" in told(body)


def test_the_type_of_a_part_counts_more_than_the_files_flag(told: Told) -> None:
    kind = attribute("type", "string", b"scanlineimage\0")
    lines = lines_of(LINE, NONE, extra=kind)
    assert told(magic(0x200) + lines[8:]) == ""
    assert "without tile size" in told(magic(0x200) + WHOLE[8:])


def test_the_display_window_is_the_pictures_size(tmp_path: Path) -> None:
    """Pixels may be stored for a part of it alone."""
    shown = struct.pack("<4i", *WINDOW)
    at = WHOLE.index(b"displayWindow")
    wider = WHOLE[:at] + WHOLE[at:].replace(shown, struct.pack("<4i", -10, -20, 89, 29), 1)
    (tmp_path / "frame.exr").write_bytes(wider)
    facts = check_image(tmp_path / "frame.exr")
    assert (facts.width, facts.height) == (100, 50)
