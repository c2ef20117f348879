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
NONE, RLE, ZIPS, ZIP, PXR24, HTJ2K32 = 0, 1, 2, 3, 5, 11


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
        body = body.replace(struct.pack("<4i", *WINDOW), moved)
        assert told(body) == ""
        assert "truncated" in told(body[:-1])


@pytest.mark.parametrize(
    ("compression", "lines"), [*enumerate((1, 1, 1, 16, 32, 16, 32, 32, 32, 256, 256, 32))]
)
def test_the_lines_of_a_chunk(told: Told, compression: int, lines: int) -> None:
    """From NONE to HTJ2K32, in chunks that did not shrink."""
    height = 2 * lines + 3
    head = magic(0) + header((0, 0, 0, height - 1), compression)
    for step in (lines, lines + 1, lines - 1):
        chunks = [
            struct.pack("<i", y) + sized(bytes(min(step, height - y) * exr_writer.PIXEL_BYTES))
            for y in range(0, height, step or 2)
        ]
        body = head + join(len(head), [b""] * len(chunks), chunks)
        assert (told(body) == "") == (step == lines)


def test_the_bytes_of_a_sample(told: Told) -> None:
    """Of whole numbers, of halves and of floats; the second channel is one of floats."""
    for kind, size in ((0, 4), (1, 2), (2, 4)):
        head = magic(0) + header(WINDOW, NONE)
        head = head.replace(CHANNEL, struct.pack("<iB3xii", kind, 0, 1, 1))
        for pixel, proven in ((size + 4, True), (size + 3, False), (size + 5, False)):
            chunks = [struct.pack("<i", y) + sized(bytes(WIDTH * pixel)) for y in range(HEIGHT)]
            assert (told(head + join(len(head), [b""] * HEIGHT, chunks)) == "") == proven


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
    body = exr_writer.multi_part((WINDOW, NONE), (WINDOW, NONE))
    assert told(body) == ""
    chunk = 4 + 8 + len(LINE)
    first = len(body) - 2 * HEIGHT * chunk
    tables = first - 2 * HEIGHT * 8
    mine = body[tables : tables + 8 * HEIGHT]
    others = body[tables + 8 * HEIGHT : first]
    assert "another part" in told(body[:tables] + others + others + body[first:])
    assert "another part" in told(body[:tables] + mine + mine + body[first:])


LARGE, SMALL, LOW = (0, 0, 6, 4), (-3, 2, 1, 33), (2, -1, 4, 0)  # windows of 5, 32 and 2 lines


@pytest.mark.parametrize("compressions", [(NONE, ZIP, NONE), (ZIP, NONE, ZIP), (NONE, NONE, NONE)])
def test_parts_of_unequal_size(told: Told, compressions: tuple[int, int, int]) -> None:
    """Each part's table has a length of its own, and each chunk the size of its part's lines."""
    windows = (LARGE, SMALL, LOW)
    body = exr_writer.multi_part(*zip(windows, compressions, strict=True))
    assert told(body) == ""
    assert "truncated" in told(body[:-1])
    for window in windows:  # a window that says more or less than its part holds
        said = struct.pack("<4i", *window)
        at = body.index(b"dataWindow\0box2i\0" + sized(said)) + len(b"dataWindow\0box2i\0") + 4
        for side in range(4):
            for step in (-1, 1):
                other = list(window)
                other[side] += step
                assert told(body[:at] + struct.pack("<4i", *other) + body[at + 16 :]) != ""


def test_the_chunks_of_parts_may_lie_in_any_order(told: Told) -> None:
    """Their tables find them, whichever part a tool finishes first."""
    body = exr_writer.multi_part((LARGE, NONE), (LOW, NONE))
    lines = 5, 2
    chunk = [4 + 4 + 4 + exr_writer.PIXEL_BYTES * width for width in (7, 3)]
    second = len(body) - lines[1] * chunk[1]
    first = second - lines[0] * chunk[0]
    table = first - 8 * sum(lines)
    places = [first + lines[1] * chunk[1] + n * chunk[0] for n in range(lines[0])]
    places += [first + n * chunk[1] for n in range(lines[1])]
    swapped = body[:table] + struct.pack("<7Q", *places) + body[second:] + body[first:second]
    assert told(swapped) == ""
    assert "another part" in told(body[:first] + body[second:] + body[first:second])


PARTS = exr_writer.multi_part((LARGE, NONE), (LOW, NONE))
WRONG_PARTS = {
    "two of one name": (PARTS.replace(b"part 1", b"part 0"), "the same name"),
    "no name": (PARTS.replace(b"name\0string", b"namx\0string", 1), "'name' is missing"),
    "no type": (PARTS.replace(b"type\0string", b"typx\0string", 1), "'type' is missing"),
    "no count": (PARTS.replace(b"chunkCount\0", b"chunkCounx\0", 1), "'chunkCount' is missing"),
    "a count of another": (
        PARTS.replace(sized(struct.pack("<i", 2)), sized(struct.pack("<i", 5))),
        "so many chunks",
    ),
    "not said to be several": (PARTS.replace(magic(0x1000), magic(0)), ""),
    "another picture's size": (
        PARTS[: (at := PARTS.rindex(b"displayWindow"))]
        + PARTS[at:].replace(struct.pack("<4i", *LARGE), struct.pack("<4i", *LOW), 1),
        "different pictures",
    ),
}


@pytest.mark.parametrize(("body", "why"), WRONG_PARTS.values(), ids=WRONG_PARTS)
def test_parts_that_do_not_belong_together(told: Told, body: bytes, why: str) -> None:
    assert told(PARTS) == ""
    assert why in told(body)
    assert told(body) != ""


def test_parts_that_the_file_does_not_hold(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    body = exr_writer.multi_part((WINDOW, NONE), (WINDOW, NONE))
    monkeypatch.setattr(exr_header, "MAX_PARTS", 2)
    assert told(body) == ""
    monkeypatch.setattr(exr_header, "MAX_PARTS", 1)
    assert "too many parts" in told(body)
    assert "no header" in told(magic(0x1000) + b"\0")


@pytest.mark.parametrize("compression", [NONE, RLE, ZIPS])
def test_a_chunk_has_the_size_of_its_pixels(told: Told, compression: int) -> None:
    """One that does not shrink is stored as it is, whatever the compression."""
    assert told(lines_of(LINE, compression)) == ""
    assert "larger" in told(lines_of(LINE + b"\0", RLE))
    assert "not the size" in told(lines_of(LINE + b"\0", NONE))
    assert "not the size" in told(lines_of(LINE[:-1], NONE))


@pytest.mark.parametrize("size", [0, -1, -(1 << 31)])
def test_a_chunk_of_an_impossible_size(told: Told, size: int) -> None:
    before, _, behind = lines_of(b"", RLE).rpartition(struct.pack("<ii", 1, 0))
    assert "cannot be true" in told(before + struct.pack("<ii", 1, size) + behind)


def test_chunks_do_not_share_their_bytes(told: Told) -> None:
    """Each one claims all that comes behind it: together they would be more than the file."""
    head = magic(0) + header((0, 0, 999, 32 * HEIGHT - 1), HTJ2K32)  # which is not unpacked
    for claims, why in (((900, 900, 900), ""), ((2716, 1808, 900), "cannot be true")):
        chunks = [struct.pack("<ii", 32 * y, claim) + bytes(900) for y, claim in enumerate(claims)]
        said = told(head + join(len(head), [b""] * HEIGHT, chunks))
        assert said.endswith(why)
        assert bool(said) == bool(why)


COUNTS = struct.pack("<5I", 1, 1, 2, 2, 3)  # samples of the five pixels, added up
SAMPLES = bytes(range(3 * exr_writer.PIXEL_BYTES))


def deep(
    counts: bytes,
    samples: bytes,
    *,
    compression: int = NONE,
    kind: bytes = b"deepscanline",
    raw: int = len(SAMPLES),
    more: tuple[int, int] = (0, 0),
    at: tuple[int, int] = (0, 0),
) -> bytes:
    """Give one line of deep pixels, whose two packed pieces claim to have so many bytes `more`."""
    extra = attribute("type", "string", kind)
    if kind == b"deeptile":
        extra += attribute("tiles", "tiledesc", struct.pack("<IIB", 8, 8, 0))
    window = (at[0], at[1], at[0] + WIDTH - 1, at[1])
    head = magic(0x800) + header(window, compression, extra)
    where = struct.pack("<4i", 0, 0, 0, 0) if kind == b"deeptile" else struct.pack("<i", at[1])
    sizes = struct.pack("<QQQ", len(counts) + more[0], len(samples) + more[1], raw)
    return head + join(len(head), [b""], [where + sizes + counts + samples])


@pytest.mark.parametrize("kind", [b"deepscanline", b"deeptile"])
def test_deep_pixels_lie_in_the_file(told: Told, kind: bytes) -> None:
    assert told(deep(COUNTS, SAMPLES, kind=kind)) == ""
    assert told(deep(COUNTS, SAMPLES, kind=kind, at=(7, -3))) == ""
    for more in ((1, 0), (0, 1)):
        assert "truncated" in told(deep(COUNTS, SAMPLES, kind=kind, more=more))
    for huge in ((1 << 63) - 20, (1 << 63) - 18):
        assert told(deep(COUNTS, SAMPLES, kind=kind, more=(huge, huge))) != ""
    assert "cannot be true" in told(deep(b"", b"", kind=kind))


PACK: dict[int, Callable[[bytes], bytes]] = {
    NONE: bytes,
    RLE: lambda raw: bytes([len(raw) - 1, 0]),
    ZIPS: lambda raw: zlib.compress(bytes(len(raw))),
}


@pytest.mark.parametrize("compression", PACK)
def test_deep_pixels_unpack_to_their_counts_and_samples(told: Told, compression: int) -> None:
    """What does not shrink is stored as it is, here too."""
    counts, samples = PACK[compression](COUNTS), PACK[compression](SAMPLES)
    assert told(deep(counts, samples, compression=compression)) == ""
    assert told(deep(COUNTS, SAMPLES, compression=compression)) == ""
    for wrong in (counts[:-1], counts + b"\0"):
        assert "unpack to its size" in told(deep(wrong, samples, compression=compression))
    for raw in (len(SAMPLES) - 1, len(SAMPLES) + 1):
        said = told(deep(counts, samples, compression=compression, raw=raw))
        assert "unpack to its size" in said


@pytest.mark.parametrize(
    ("window", "sampling", "pixels"),
    [
        ((0, 0, 4, 2), (5, 3), (1, 0, 0)),
        ((-4, -2, -1, 1), (2, 2), (2, 0, 2, 0)),
        ((3, 7, 8, 8), (3, 1), (2, 2)),
    ],
)
def test_channels_of_fewer_samples(
    told: Told, window: exr_writer.Window, sampling: tuple[int, int], pixels: tuple[int, ...]
) -> None:
    """A sampled channel has the pixels whose x and y its sampling divides."""
    one = struct.pack("<iB3xii", 2, 0, 1, 1)
    head = magic(0) + header(window, NONE)
    head = head.replace(one, struct.pack("<iB3xii", 2, 0, *sampling))
    width = window[2] - window[0] + 1
    for more in (0, 1):
        chunks = [
            struct.pack("<i", window[1] + line) + sized(bytes(2 * width + 4 * count + more))
            for line, count in enumerate(pixels)
        ]
        body = head + join(len(head), [b""] * len(pixels), chunks)
        assert ("not the size" in told(body)) == bool(more)


@pytest.mark.parametrize("side", range(4))
def test_a_window_has_whole_steps_of_each_sampled_channel(told: Told, side: int) -> None:
    one = struct.pack("<iB3xii", 2, 0, 1, 1)
    window = [-2, 2, 3, 5]
    for step, why in ((0, "truncated"), (1, "does not fit"), (-1, "does not fit")):
        window[side] += step
        head = magic(0) + header((window[0], window[1], window[2], window[3]), NONE)
        assert why in told(head.replace(one, struct.pack("<iB3xii", 2, 0, 2, 2)))
        window[side] -= step


WHOLE = lines_of(LINE, NONE)
CHANNEL, OTHER = (struct.pack("<iB3xii", kind, 0, 1, 1) for kind in (1, 2))
CHANNELS = b"A\0" + CHANNEL + b"Z\0" + OTHER + b"\0"
TILED = exr_writer.tiled(WIDTH, HEIGHT, tile=8)
TILES = struct.pack("<IIB", 8, 8, 0)
WRONG_HEADERS = {
    **{
        f"no {name}": (WHOLE.replace(name.encode(), name[:-1].encode() + b"x", 1), f"{name}' is mi")
        for name in exr_header.REQUIRED
    },
    **{
        f"{name} is no {kind}": (
            WHOLE.replace(named := f"{name}\0{kind}".encode(), named[:-1] + b"x"),
            f"'{name}' is no {kind}",
        )
        for name, kind in exr_header.REQUIRED.items()
    },
    "a window of 15 bytes": (
        WHOLE.replace(sized(struct.pack("<4i", *WINDOW)), sized(bytes(15)), 1),
        "'dataWindow' is no box2i",
    ),
    "an order of lines of 2 bytes": (
        WHOLE.replace(b"lineOrder\0" + sized(b"\0"), b"lineOrder\0" + sized(b"\0\0")),
        "'lineOrder' is no lineOrder",
    ),
    "an order of lines of kind 3": (
        WHOLE.replace(b"lineOrder\0" + sized(b"\0"), b"lineOrder\0" + sized(b"\3")),
        "unknown order",
    ),
    "an attribute of its own, too short": (
        lines_of(LINE, NONE, extra=attribute("mine", "v2f", bytes(7))),
        "'mine' is no v2f",
    ),
    "an attribute twice": (
        lines_of(LINE, NONE, extra=attribute("a", "int", bytes(4)) * 2),
        "'a' is there twice",
    ),
    "a flag that nobody knows": (WHOLE.replace(magic(0), magic(0x2000)), "unknown version"),
    "deep pixels without a type": (WHOLE.replace(magic(0), magic(0x800)), "unknown type"),
    "a type that nobody knows": (
        lines_of(LINE, NONE, extra=attribute("type", "string", b"scanline")),
        "unknown type",
    ),
    "one chunk too many": (
        lines_of(LINE, NONE, extra=attribute("chunkCount", "int", struct.pack("<i", 4))),
        "so many chunks",
    ),
    "two channels of one name": (WHOLE.replace(b"Z\0" + OTHER, b"A\0" + OTHER), "the same name"),
    "perceptually linear by 2": (
        WHOLE.replace(CHANNEL, struct.pack("<iB3xii", 1, 2, 1, 1)),
        "impossible channel",
    ),
    "version 3": (WHOLE.replace(magic(0), magic(1)), "unknown version"),
    "version 0": (WHOLE[:4] + bytes(4) + WHOLE[8:], "unknown version"),
    "compression 12": (WHOLE.replace(header(WINDOW, 0), header(WINDOW, 12)), "unknown compression"),
    "an empty list of channels": (WHOLE.replace(b"A\0" + CHANNEL, b"\0\0" + CHANNEL), "no channel"),
    "channels without an end": (
        WHOLE.replace(sized(CHANNELS), sized(CHANNELS[:-1])).replace(CHANNELS, CHANNELS[:-1]),
        "damaged",
    ),
    "half a channel": (
        WHOLE.replace(sized(CHANNELS), sized(CHANNELS[:-9])),
        "damaged",
    ),
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
    "sizes rounded by 2": (TILED.replace(TILES, struct.pack("<IIB", 8, 8, 32)), "impossible tiles"),
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


RIGHT_HEADERS = {
    "long names": WHOLE.replace(magic(0), magic(0x400)),
    "lines from below": WHOLE.replace(b"lineOrder\0" + sized(b"\0"), b"lineOrder\0" + sized(b"\1")),
    "lines in any order": WHOLE.replace(
        b"lineOrder\0" + sized(b"\0"), b"lineOrder\0" + sized(b"\2")
    ),
    "a perceptually linear channel": WHOLE.replace(CHANNEL, struct.pack("<iB3xii", 1, 1, 1, 1)),
    "attributes of many types": lines_of(
        LINE,
        NONE,
        extra=attribute("a", "string", b"any") + attribute("b", "timecode", bytes(8)),
    ),
    "tiles by their type alone": TILED.replace(magic(0x200), magic(0)).replace(
        b"tiles\0", attribute("type", "string", b"tiledimage") + b"tiles\0", 1
    ),
}


@pytest.mark.parametrize("body", RIGHT_HEADERS.values(), ids=RIGHT_HEADERS)
def test_a_header_that_is_true(told: Told, body: bytes) -> None:
    assert body not in {WHOLE, TILED}
    moved = len(body) - len(TILED if b"tiles\0" in body else WHOLE)
    assert told(with_table_moved(body, moved)) == ""


def with_table_moved(body: bytes, bytes_more: int) -> bytes:
    """Have the only entry of a tiled picture's table point so much further."""
    if not bytes_more or b"tiles\0" not in body:
        return body
    was = struct.pack("<Q", len(TILED) - 4 * 4 - 4 - WIDTH * HEIGHT * exr_writer.PIXEL_BYTES)
    now = struct.pack("<Q", struct.unpack("<Q", was)[0] + bytes_more)
    assert body.count(was) == 1
    return body.replace(was, now)


def test_the_longest_name_and_version_one(told: Told) -> None:
    assert told(lines_of(LINE, NONE, extra=attribute("n" * 255, "int", bytes(4)))) == ""
    assert told(WHOLE[:4] + struct.pack("<I", 1) + WHOLE[8:]) == ""


def test_attributes_without_an_end(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    """The limit is of all parts together."""
    body = exr_writer.multi_part((WINDOW, NONE), (WINDOW, NONE))
    monkeypatch.setattr(exr_header, "MAX_ATTRIBUTES", 22)
    assert told(body) == ""
    monkeypatch.setattr(exr_header, "MAX_ATTRIBUTES", 21)
    assert "attribute is too large" in told(body)


def test_the_type_of_a_part_counts_more_than_the_files_flag(told: Told) -> None:
    kind = attribute("type", "string", b"scanlineimage\0")
    lines = lines_of(LINE, NONE, extra=kind)
    assert told(lines) == told(magic(0x200) + lines[8:]) == ""
    assert "without tile size" in told(magic(0x200) + WHOLE[8:])


def test_the_display_window_is_the_pictures_size(tmp_path: Path) -> None:
    """Pixels may be stored for a part of it alone."""
    shown = struct.pack("<4i", *WINDOW)
    at = WHOLE.index(b"displayWindow")
    wider = WHOLE[:at] + WHOLE[at:].replace(shown, struct.pack("<4i", -10, -20, 89, 29), 1)
    (tmp_path / "frame.exr").write_bytes(wider)
    facts = check_image(tmp_path / "frame.exr")
    assert (facts.width, facts.height) == (100, 50)
