"""Manifests: what is written is read back, and every lie is refused early."""

import json
import time
import tracemalloc
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farmdesk.domain.errors import Refused
from farmdesk.security.manifest import (
    MAX_BYTES,
    MAX_FILES,
    MAX_TOTAL,
    BadManifest,
    Entry,
    Manifest,
)
from farmdesk.security.package_names import BadName
from farmdesk.security.sealed import MAX_SIZE, SegmentPlan

TRANSFER = bytes(range(16))
SCENE = Entry("场景/scene.blend", 5_000_000, 1_700_000_000_000_000_001, b"d" * 32, file=0)
WOOD = Entry("textures/wood.exr", 0, 0, b"w" * 32, file=7)
OLD = Entry("textures/old.exr", 12, 3, b"o" * 32, same_as="textures/Old name.exr")
MANIFEST = Manifest(TRANSFER, (SCENE, WOOD, OLD))


def test_what_is_written_is_read_back() -> None:
    assert Manifest.parse(MANIFEST.to_bytes(), transfer=TRANSFER) == MANIFEST
    assert MANIFEST.total_bytes == 5_000_012
    nothing = Manifest(TRANSFER, ())
    assert Manifest.parse(nothing.to_bytes(), transfer=TRANSFER) == nothing


def test_the_longest_names_of_any_script_fit_into_a_line() -> None:
    name = "/".join(["👩" * 63] * 4)
    entry = Entry(name, MAX_TOTAL, (1 << 63) - 1, b"d" * 32, same_as=name)
    few = Manifest(TRANSFER, (entry, replace(SCENE, size=0, file=(1 << 31) - 1)))
    assert Manifest.parse(few.to_bytes(), transfer=TRANSFER) == few


@pytest.mark.parametrize(
    "entries",
    [
        (SCENE, replace(WOOD, file=0)),
        (replace(SCENE, same_as="a"),),
        (replace(SCENE, file=None),),
        (replace(SCENE, size=MAX_TOTAL + 1),),
    ],
    ids=["one sealed file twice", "two sources", "no source", "too big"],
)
def test_a_manifest_that_nobody_could_open_is_not_written(entries: tuple[Entry, ...]) -> None:
    with pytest.raises(BadManifest):
        Manifest(TRANSFER, entries).to_bytes()


def _lines(*changes: tuple[int, str, Any]) -> bytes:
    """Give the manifest with fields changed: line, field, value; `...` takes the field out."""
    lines = [json.loads(line) for line in MANIFEST.to_bytes().splitlines()]
    for at, field, value in changes:
        if value is ...:
            del lines[at][field]
        else:
            lines[at][field] = value
    return b"".join(json.dumps(line).encode() + b"\n" for line in lines)


HOSTILE = {
    "nothing": b"",
    "a list": b"[]\n",
    "no JSON": b"farmdesk\n",
    "no UTF-8": b"\xff\xfe\n",
    "deep": b"[" * 8000 + b"\n",
    "a number of 5,000 digits": b'{"format":' + b"9" * 5000 + b"}\n",
    "another format": _lines((0, "format", "farmdesk-manifest-2")),
    "another transfer": _lines((0, "transfer", "00" * 16)),
    "a million entries": _lines((0, "files", 1_000_000)),
    "less than no entries": _lines((0, "files", -1)),
    "entries as text": _lines((0, "files", "3")),
    "entries as a truth": _lines((0, "files", True)),
    "fewer entries than it counts": _lines((0, "files", 4)),
    "more entries than it counts": _lines((0, "files", 2)),
    "a lying sum": _lines((0, "bytes", 5_000_011)),
    "a sum out of this world": _lines((0, "bytes", 1 << 60), (1, "size", (1 << 60) - 12)),
    "a size below nothing": _lines((1, "size", -1)),
    "a size that is no number": _lines((1, "size", "5000000")),
    "a size with a fraction": _lines((1, "size", 5e6)),
    "a size beyond any file": _lines((1, "size", MAX_SIZE + 1)),
    "no size": _lines((1, "size", ...)),
    "a field too many": _lines((1, "mode", 0o4755)),
    "a digest that is short": _lines((1, "digest", "00")),
    "a digest that is no hex": _lines((1, "digest", "zz" * 32)),
    "a digest that is no text": _lines((1, "digest", 0)),
    "a name that is no text": _lines((1, "name", ["a"])),
    "a source that is no text": _lines((3, "same_as", ["a"])),
    "a number that is no number": _lines((1, "file", "0")),
    "a number below nothing": _lines((1, "file", -1)),
    "a number beyond any file": _lines((1, "file", 1 << 31)),
    "one file twice": _lines((2, "file", 0)),
    "no source": _lines((1, "file", ...)),
    "two sources": _lines((1, "same_as", "a")),
    "a line without an end": MANIFEST.to_bytes()[:-1],
    "something behind the end": MANIFEST.to_bytes() + b"x",
    "a line too long": _lines((1, "name", "a" * 10_000)),
    "only line ends": b"\n" * 1_000_000,
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_lie_is_refused_in_both_languages(content: bytes) -> None:
    with pytest.raises(BadManifest) as told:
        Manifest.parse(content, transfer=TRANSFER)
    assert told.value.en != told.value.zh


@pytest.mark.parametrize(
    ("line", "field", "name"),
    [
        (1, "name", "../../etc/passwd"),
        (1, "name", "C:/Windows/a"),
        (1, "name", "TEXTURES/wood.exr"),
        (1, "name", "textures/wood.exr/a"),
        (1, "name", "a\ud800"),
        (3, "same_as", "../other customer/scene.blend"),
    ],
)
def test_a_hostile_name_is_refused(line: int, field: str, name: str) -> None:
    with pytest.raises(BadName):
        Manifest.parse(_lines((line, field, name)), transfer=TRANSFER)


@pytest.mark.parametrize("first", [b"", b'{"format": "farmdesk-manifest-1", "transfer": "'])
def test_the_largest_hostile_manifest_is_refused_early(first: bytes) -> None:
    content = first + b'{"name":"a"}\n' * ((MAX_BYTES - 100) // 13)
    tracemalloc.start()
    begun = time.process_time()
    try:
        with pytest.raises(BadManifest):
            Manifest.parse(content, transfer=TRANSFER)
        taken = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert taken < 1 << 20
    assert time.process_time() - begun < 10
    with pytest.raises(BadManifest, match="bytes"):
        Manifest.parse(bytes(MAX_BYTES + 1), transfer=TRANSFER)


def test_as_many_files_as_a_package_may_have() -> None:
    entries = tuple(
        Entry(f"cache/{n // 1000}/{n}.vdb", n, n, n.to_bytes(32), file=n) for n in range(MAX_FILES)
    )
    content = Manifest(TRANSFER, entries).to_bytes()
    assert len(content) < MAX_BYTES
    assert Manifest.parse(content, transfer=TRANSFER).entries[-1] == entries[-1]
    with pytest.raises(BadManifest, match=str(MAX_FILES)):
        Manifest(TRANSFER, (*entries, SCENE)).to_bytes()


def test_what_has_arrived_is_held_to_the_manifest() -> None:
    arrived = {0: SegmentPlan(5_000_000).sealed_size, 7: SegmentPlan(0).sealed_size}
    MANIFEST.check_arrived(arrived)
    for lie in (
        {0: arrived[0]},
        arrived | {8: 56},
        {0: arrived[0], 8: arrived[7]},
        arrived | {0: arrived[0] - 1},
        arrived | {7: arrived[7] + 1},
    ):
        with pytest.raises(BadManifest):
            MANIFEST.check_arrived(lie)


@given(st.binary(max_size=200), st.integers(0, 600), st.integers(0, 600))
def test_no_bytes_make_anything_but_a_refusal(junk: bytes, start: int, length: int) -> None:
    content = MANIFEST.to_bytes()
    content = content[:start] + junk + content[start + length :]
    try:
        read = Manifest.parse(content, transfer=TRANSFER)
    except Refused:
        return
    assert Manifest.parse(read.to_bytes(), transfer=TRANSFER) == read
