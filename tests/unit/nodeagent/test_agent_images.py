"""Images written by Pillow, cut, emptied and mangled."""

import contextlib
import io
import random
import struct
import time
import zlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from nodeagent.images import BadImage, ImageFacts, check_image
from tests import exr_writer

WIDTH, HEIGHT = 61, 37
WINDOW = (0, 0, WIDTH - 1, HEIGHT - 1)


def picture(mode: str = "RGB") -> Image.Image:
    """Half flat, half noise, so that every codec has both kinds of packets."""
    noise = random.Random(7).randbytes(WIDTH * HEIGHT)
    grey = Image.frombytes("L", (WIDTH, HEIGHT), noise)
    grey.paste(90, (0, 0, WIDTH, HEIGHT // 2))
    return grey.convert(mode)


def saved(name: str, mode: str = "RGB", **options: object) -> bytes:
    stream = io.BytesIO()
    picture(mode).save(stream, format=name, **options)
    return stream.getvalue()


def png_chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png_by_hand(pixels: bytes, *, header: bytes = b"\x08\0\0\0\0", between: bytes = b"") -> bytes:
    """Give a 3x2 picture with right checksums, whatever is wrong with the rest of it."""
    head = png_chunk(b"IHDR", struct.pack(">II", 3, 2) + header)
    body = head + between + png_chunk(b"IDAT", pixels) + png_chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def png_interlaced() -> bytes:
    """Give a 3x2 grey picture with Adam7, which Pillow cannot write."""
    lines = b"\0\1" + b"\0\2" + b"\0\3" + b"\0\4\5\6"
    return png_by_hand(zlib.compress(lines), header=b"\x08\0\0\0\1")


def dpx(order: str = ">", *, bits: int = 10) -> bytes:
    """A DPX file after SMPTE 268M; Pillow does not know the format."""
    line = {8: (WIDTH * 3 + 3) // 4 * 4, 10: WIDTH * 4, 16: (WIDTH * 3 * 16 + 31) // 32 * 4}[bits]
    size = 2048 + line * HEIGHT
    head = bytearray(2048)
    struct.pack_into(order + "I", head, 0, 0x53445058)
    struct.pack_into(order + "I8sI", head, 4, 2048, b"V2.0\0\0\0\0", size)
    struct.pack_into(order + "HHII", head, 768, 0, 1, WIDTH, HEIGHT)
    struct.pack_into(order + "20xB2xBHHII", head, 780, 50, bits, 1 if bits == 10 else 0, 0, 2048, 0)
    return bytes(head) + random.Random(3).randbytes(size - 2048)


def raw_tga() -> bytes:
    """Without a footer: one that is cut off whole leaves a complete file of the older kind."""
    return saved("TGA").removesuffix(b"\0" * 8 + b"TRUEVISION-XFILE.\0")


def tiff_strips_last(order: str) -> bytes:
    """A hand-made file whose strips come last, so that every byte of it is needed."""
    rows, strips = 10, -(-HEIGHT // 10)
    line = WIDTH * 3
    sizes = [min(rows, HEIGHT - n * rows) * line for n in range(strips)]
    entries = [
        (256, 3, 1, WIDTH),
        (257, 3, 1, HEIGHT),
        (258, 3, 3, 0),
        (259, 3, 1, 1),
        (262, 3, 1, 2),
        (273, 4, strips, 0),
        (277, 3, 1, 3),
        (278, 3, 1, rows),
        (279, 4, strips, 0),
    ]
    behind = 8 + 2 + 12 * len(entries) + 4
    bits_at, offsets_at = behind, behind + 6
    counts_at = offsets_at + 4 * strips
    first = counts_at + 4 * strips
    places = {258: bits_at, 273: offsets_at, 279: counts_at}
    body = struct.pack(order + "2sHI", b"II" if order == "<" else b"MM", 42, 8)
    body += struct.pack(order + "H", len(entries))
    for tag, kind, count, value in entries:
        inline = struct.pack(order + ("H2x" if kind == 3 else "I"), value)
        if tag in places:
            inline = struct.pack(order + "I", places[tag])
        body += struct.pack(order + "HHI", tag, kind, count) + inline
    body += struct.pack(order + "I", 0) + struct.pack(order + "3H", 8, 8, 8)
    offsets = [first + sum(sizes[:n]) for n in range(strips)]
    body += struct.pack(f"{order}{strips}I", *offsets) + struct.pack(f"{order}{strips}I", *sizes)
    return body + picture().tobytes()


WHOLE: dict[str, tuple[str, bytes]] = {
    "png.png": ("PNG", saved("PNG")),
    "palette.png": ("PNG", saved("PNG", "P")),
    "bits.png": ("PNG", saved("PNG", "1")),
    "alpha.png": ("PNG", saved("PNG", "RGBA")),
    "jpeg.jpg": ("JPEG", saved("JPEG")),
    "progressive.jpg": (
        "JPEG",
        saved("JPEG", progressive=True, exif=b"Exif\0\0" + b"\xff\xd9" * 9),
    ),
    "restarts.jpg": ("JPEG", saved("JPEG", restart_marker_rows=1)),
    "raw.tga": ("TGA", raw_tga()),
    "deflate.tif": ("TIFF", saved("TIFF", compression="tiff_adobe_deflate")),
    "lzw.tif": ("TIFF", saved("TIFF", compression="tiff_lzw")),
    "packbits.tif": ("TIFF", saved("TIFF", compression="packbits")),
    "little.tif": ("TIFF", tiff_strips_last("<")),
    "big_endian.tif": ("TIFF", tiff_strips_last(">")),
    "big.dpx": ("DPX", dpx(">")),
    "little.dpx": ("DPX", dpx("<")),
    "eight.dpx": ("DPX", dpx(">", bits=8)),
    "sixteen.dpx": ("DPX", dpx("<", bits=16)),
    "lines.exr": ("EXR", exr_writer.scan_lines(WIDTH, HEIGHT, compression=0)),
    "zip.exr": ("EXR", exr_writer.scan_lines(WIDTH, HEIGHT, compression=3)),
    "tiles.exr": ("EXR", exr_writer.tiled(WIDTH, HEIGHT, tile=16)),
    "mipmap.exr": ("EXR", exr_writer.tiled(WIDTH, HEIGHT, tile=16, mode=1)),
    "parts.exr": ("EXR", exr_writer.multi_part((WINDOW, 0), (WINDOW, 3))),
}
COMPLETE_EARLIER = {"deflate.tif", "lzw.tif", "packbits.tif"}
"""libtiff may leave one filler byte at the end, without which the file is complete."""


@pytest.mark.parametrize("name", WHOLE)
def test_a_whole_file_is_proven(name: str, tmp_path: Path) -> None:
    kind, body = WHOLE[name]
    (tmp_path / name).write_bytes(body)
    assert check_image(tmp_path / name) == ImageFacts(kind, WIDTH, HEIGHT, len(body))


def test_interlaced_png(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(png_interlaced())
    assert check_image(tmp_path / "a.png").width == 3


def test_more_of_pillow(tmp_path: Path) -> None:
    """Kinds whose last bytes are not all needed, so that only the whole file is of interest."""
    kinds = {
        "rle.tga": saved("TGA", compression="tga_rle"),
        "grey.tga": saved("TGA", "L"),
        "palette.tga": saved("TGA", "P"),
        "bigtiff.tif": saved("TIFF", big_tiff=True),
        "jpeg.tif": saved("TIFF", compression="jpeg"),
        "float.tif": saved("TIFF", "F"),
    }
    for name, body in kinds.items():
        (tmp_path / name).write_bytes(body)
        facts = check_image(tmp_path / name)
        assert (facts.width, facts.height) == (WIDTH, HEIGHT), name


@pytest.mark.parametrize("name", WHOLE)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_cut_file_is_never_proven(name: str, tmp_path: Path, data: st.DataObject) -> None:
    body = WHOLE[name][1]
    end = len(body) - (2 if name in COMPLETE_EARLIER else 1)
    near_end = st.integers(max(0, end - 64), end)
    keep = data.draw(st.one_of(st.integers(0, end), near_end, st.integers(0, 64)))
    (tmp_path / name).write_bytes(body[:keep])
    with pytest.raises(BadImage):
        check_image(tmp_path / name)


def test_a_cut_rle_tga_is_never_proven(tmp_path: Path) -> None:
    body = saved("TGA", compression="tga_rle")
    pixels = len(body) - 26
    for keep in [*range(0, pixels, 17), *range(pixels - 40, pixels), *range(pixels + 1, len(body))]:
        (tmp_path / "a.tga").write_bytes(body[:keep])
        with pytest.raises(BadImage):
            check_image(tmp_path / "a.tga")


@pytest.mark.parametrize("name", ["png.png", "jpeg.jpg", "deflate.tif", "zip.exr", "parts.exr"])
@pytest.mark.parametrize("zeros", [4, 64, 512])
def test_a_zeroed_tail_is_found(name: str, zeros: int, tmp_path: Path) -> None:
    body = WHOLE[name][1]
    (tmp_path / name).write_bytes(body[:-zeros] + bytes(zeros))
    with pytest.raises(BadImage):
        check_image(tmp_path / name)


def test_a_wrong_bit_in_a_png_is_found(tmp_path: Path) -> None:
    body = bytearray(WHOLE["png.png"][1])
    for place in range(8, len(body), 97):
        body[place] ^= 4
        (tmp_path / "a.png").write_bytes(body)
        with pytest.raises(BadImage):
            check_image(tmp_path / "a.png")
        body[place] ^= 4


@pytest.mark.parametrize("name", WHOLE)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_mangled_file_ends_well(name: str, tmp_path: Path, data: st.DataObject) -> None:
    """Whatever its bytes say: a file is proven or it is a BadImage, and soon."""
    body = bytearray(WHOLE[name][1])
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(
            st.one_of(st.integers(0, min(400, len(body) - 5)), st.integers(0, len(body) - 5))
        )
        body[place : place + 4] = data.draw(
            st.sampled_from(
                [b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", bytes(4), b"\0\0\0\1", b"\1\0\0\0"]
            )
        )
    (tmp_path / name).write_bytes(body)
    with contextlib.suppress(BadImage):
        check_image(tmp_path / name)


def test_a_circle_of_tiff_directories(tmp_path: Path) -> None:
    body = bytearray(tiff_strips_last("<"))
    following = 8 + 2 + 12 * 9
    struct.pack_into("<I", body, following, 8)
    (tmp_path / "a.tif").write_bytes(body)
    with pytest.raises(BadImage, match="circle"):
        check_image(tmp_path / "a.tif")


def test_a_header_that_promises_terabytes(tmp_path: Path) -> None:
    """The size that a header claims costs neither memory nor time."""
    header = struct.pack(">IIBBBBB", 1 << 20, 1 << 20, 16, 6, 0, 0, 0)
    crc = struct.pack(">I", zlib.crc32(b"IHDR" + header))
    png = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + b"IHDR" + header + crc
    exr = exr_writer.scan_lines(
        WIDTH, HEIGHT, compression=0, window=(0, 0, (1 << 20) - 1, (1 << 20) - 1)
    )
    rle = (
        struct.pack("<BBBHHBHHHHBB", 0, 0, 10, 0, 0, 0, 0, 0, 65535, 65535, 32, 0)
        + b"\xff1234" * 99
    )
    for name, body in (("a.png", png), ("a.exr", exr), ("a.tga", rle)):
        (tmp_path / name).write_bytes(body)
        began = time.monotonic()
        with pytest.raises(BadImage):
            check_image(tmp_path / name)
        assert time.monotonic() - began < 30


@pytest.mark.parametrize("body", [b"", b"\x89PNG", b"no image at all", bytes(4096)])
def test_no_image(body: bytes, tmp_path: Path) -> None:
    for name in ("a.png", "a.exr"):
        (tmp_path / name).write_bytes(body)
        with pytest.raises(BadImage):
            check_image(tmp_path / name)


LINES = b"\0\1\2\3" * 2
PACKED = zlib.compress(LINES)
UNENDED = (packer := zlib.compressobj()).compress(LINES) + packer.flush(zlib.Z_SYNC_FLUSH)
WRONG_PNGS = {
    "a byte too few": (png_by_hand(zlib.compress(LINES[:-1])), "lacks pixels: 1 bytes"),
    "no pixels": (png_by_hand(zlib.compress(b"")), "lacks pixels: 8 bytes"),
    "a byte too many": (png_by_hand(zlib.compress(LINES + b"\0")), "more pixels"),
    "a bomb": (png_by_hand(zlib.compress(bytes(1 << 24))), "more pixels"),
    "a stream without an end": (png_by_hand(UNENDED), "lacks pixels: 0 bytes"),
    "no depth of grey": (png_by_hand(PACKED, header=b"\x03\0\0\0\0"), "header is damaged"),
    "no colour type": (png_by_hand(PACKED, header=b"\x08\1\0\0\0"), "header is damaged"),
    "no compression": (png_by_hand(PACKED, header=b"\x08\0\1\0\0"), "header is damaged"),
    "no filter": (png_by_hand(PACKED, header=b"\x08\0\0\1\0"), "header is damaged"),
    "no interlacing": (png_by_hand(PACKED, header=b"\x08\0\0\0\2"), "header is damaged"),
    "a long header": (png_by_hand(PACKED, header=b"\x08\0\0\0\0\0"), "no header"),
    "a damaged header": (png_by_hand(PACKED).replace(b"IHDR\0\0\0\3", b"IHDR\0\0\0\2"), "checksum"),
    "an endless chunk": (png_by_hand(PACKED, between=b"\x10\0\0\1tEXt"), "chunk is too large"),
}


@pytest.mark.parametrize(("content", "told"), WRONG_PNGS.values(), ids=WRONG_PNGS)
def test_a_png_is_held_to_its_header_and_not_to_its_checksums_alone(
    tmp_path: Path, content: bytes, told: str
) -> None:
    """A tool that was told a wrong size, or stopped early, writes right checksums too."""
    path = tmp_path / "frame.png"
    path.write_bytes(png_by_hand(PACKED, between=png_chunk(b"tEXt", b"a comment")))
    assert check_image(path) == ImageFacts("PNG", 3, 2, path.stat().st_size)
    path.write_bytes(content)
    with pytest.raises(BadImage, match=told):
        check_image(path)
