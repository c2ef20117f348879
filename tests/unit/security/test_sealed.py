"""The sealed format and whole sealed files: Tink is the oracle, and every damage is told."""

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farmdesk.security import sealed_files
from farmdesk.security.content import content_digest, digest_file, segment_digest
from farmdesk.security.sealed import (
    HEADER,
    MAX_SIZE,
    PLAIN,
    PLAIN_FIRST,
    SEGMENT,
    TAG,
    DamagedSegments,
    ForeignFile,
    SealedError,
    SealedFile,
    Seed,
    SegmentPlan,
    WrongKey,
    WrongLength,
    context,
)
from farmdesk.security.sealed_files import (
    SourceChanged,
    each_segment,
    open_file,
    read_at,
    seal_bytes,
    seal_file,
    whole_or_nothing,
)
from farmdesk.security.user_keys import SealedUse, key_check
from tests.unit.security.tink_oracle import Tink

KEY = bytes(range(32))
TRANSFER = bytes(range(16))
PLACE = context(SealedUse.UPLOAD, TRANSFER, 3, 1)
EDGES = (0, 1, *(edge + d for edge in (PLAIN_FIRST, PLAIN_FIRST + PLAIN) for d in (-1, 0, 1)))
FIVE = 4 * PLAIN + 1000  # bytes in five segments


@pytest.fixture(scope="module")
def content() -> bytes:
    return os.urandom(FIVE)


@pytest.fixture
def sealed(tmp_path: Path, content: bytes) -> Path:
    source = tmp_path / "source"
    source.write_bytes(content)
    seal_file(source, tmp_path / "sealed", key=KEY, context=PLACE)
    return tmp_path / "sealed"


@pytest.mark.parametrize("size", EDGES)
def test_tink_opens_ours_and_we_open_tinks(tmp_path: Path, content: bytes, size: int) -> None:
    source, ours, theirs = tmp_path / "source", tmp_path / "ours", tmp_path / "theirs"
    source.write_bytes(content[:size])
    seal_file(source, ours, key=KEY, context=PLACE)
    assert ours.stat().st_size == SegmentPlan(size).sealed_size
    assert Tink(KEY).open(ours, PLACE) == content[:size]

    theirs.write_bytes(Tink(KEY).seal(content[:size], PLACE))
    digest = open_file(theirs, tmp_path / "opened", key=KEY, context=PLACE, size=size)
    assert (tmp_path / "opened").read_bytes() == content[:size]
    assert digest == digest_file(source)


@given(st.integers(0, MAX_SIZE))
def test_a_plan_covers_each_byte_once_and_is_read_off_the_sealed_length(size: int) -> None:
    plan = SegmentPlan(size)
    assert SegmentPlan.of_sealed(plan.sealed_size) == plan
    some = (0, 1, plan.count // 2, plan.count - 2, plan.count - 1)
    for index in (index for index in some if 0 <= index < plan.count):
        start, length = plan.plain(index)
        at, sealed_length = plan.sealed(index)
        assert at == index * SEGMENT
        assert sealed_length == length + TAG + (HEADER if index == 0 else 0)
        is_last = index == plan.count - 1
        following = size if is_last else plan.plain(index + 1)[0]
        assert start + length == following
        assert length > 0 or size == 0


@pytest.mark.parametrize(
    "length",
    [
        0,
        1,
        HEADER,
        HEADER + TAG - 1,
        SEGMENT + 1,
        SEGMENT + TAG,
        2 * SEGMENT + TAG - 1,
        SegmentPlan(MAX_SIZE).sealed_size + TAG + 1,
    ],
)
def test_a_length_that_no_sealed_file_has(length: int) -> None:
    with pytest.raises(WrongLength) as told:
        SegmentPlan.of_sealed(length)
    assert str(length) in told.value.en
    assert str(length) in told.value.zh


def test_more_than_a_nonce_can_count_is_not_sealed() -> None:
    assert SegmentPlan(MAX_SIZE).count == 1 << 32
    for size in (-1, MAX_SIZE + 1):
        with pytest.raises(ValueError, match="no sealed file"):
            SegmentPlan(size)


def test_segments_are_sealed_and_opened_in_any_order(content: bytes) -> None:
    file = SealedFile(KEY, PLACE, plan=SegmentPlan(FIVE), seed=Seed.fresh())
    sealed, opened = memoryview(bytearray(SEGMENT)), memoryview(bytearray(SEGMENT))
    for index in (4, 0, 2, 3, 1):
        start, length = file.plan.plain(index)
        end = file.seal_into(index, content[start : start + length], sealed)
        assert end == file.plan.sealed(index)[1]
        assert file.open_into(index, sealed[:end], opened) == length
        assert opened[:length] == content[start : start + length]


def test_a_segment_of_another_length_than_planned_is_not_sealed(content: bytes) -> None:
    file = SealedFile(KEY, PLACE, plan=SegmentPlan(FIVE), seed=Seed.fresh())
    with pytest.raises(ValueError, match="segment 4"):
        file.seal_into(4, content[:999], memoryview(bytearray(SEGMENT)))


def test_a_segment_with_another_header_or_length_is_damaged(content: bytes) -> None:
    """Who knows the seed from elsewhere believes no header; its bytes are under no tag."""
    file = SealedFile(KEY, PLACE, plan=SegmentPlan(FIVE), seed=Seed.fresh())
    sealed, opened = memoryview(bytearray(SEGMENT)), memoryview(bytearray(SEGMENT))
    file.seal_into(0, content[:PLAIN_FIRST], sealed)
    assert file.open_into(0, sealed, opened) == PLAIN_FIRST
    for at in (0, 1, HEADER - 1):
        sealed[at] ^= 1
        with pytest.raises(DamagedSegments):
            file.open_into(0, sealed, opened)
        sealed[at] ^= 1
    for length in (0, HEADER, TAG, SEGMENT - 1):
        for index in (0, 1):
            with pytest.raises(DamagedSegments):
                file.open_into(index, sealed[:length], opened)


@pytest.mark.parametrize(("key", "salt", "prefix"), [(31, 32, 7), (32, 31, 7), (32, 32, 8)])
def test_keys_and_seeds_of_other_lengths_seal_nothing(key: int, salt: int, prefix: int) -> None:
    with pytest.raises(ValueError, match="bytes"):
        SealedFile(bytes(key), PLACE, plan=SegmentPlan(1), seed=Seed(bytes(salt), bytes(prefix)))


def test_a_derived_seed_is_the_same_again_and_another_for_other_bytes() -> None:
    assert Seed.derived(KEY, b"frame 1, sha a") == Seed.derived(KEY, b"frame 1, sha a")
    assert Seed.derived(KEY, b"frame 1, sha a") != Seed.derived(KEY, b"frame 1, sha b")
    assert Seed.derived(KEY, b"x") != Seed.derived(bytes(32), b"x")
    assert Seed.fresh() != Seed.fresh()
    assert Seed.of_header(Seed.derived(KEY, b"x").header) == Seed.derived(KEY, b"x")


def _flipped(at: int) -> Callable[[bytearray], None]:
    def flip(content: bytearray) -> None:
        content[at] ^= 1

    return flip


def _swapped(content: bytearray) -> None:
    one, two = slice(SEGMENT, 2 * SEGMENT), slice(2 * SEGMENT, 3 * SEGMENT)
    content[one], content[two] = content[two], content[one]


def _cut(at: int) -> Callable[[bytearray], None]:
    def cut(content: bytearray) -> None:
        del content[at:]

    return cut


def _appended(content: bytearray) -> None:
    """As if the last segment were not the last: a whole one more behind a full one."""
    del content[4 * SEGMENT :]
    content += content[SEGMENT : 2 * SEGMENT]


@pytest.mark.parametrize(
    ("damage", "segments"),
    [
        (_flipped(HEADER), (0,)),
        (_flipped(2 * SEGMENT + 99), (2,)),
        (_flipped(-1), (4,)),
        (_swapped, (1, 2)),
        (_cut(4 * SEGMENT), (3,)),
        (_cut(3 * SEGMENT + 50), (3,)),
        (_appended, (4,)),
    ],
    ids=["first", "inner", "tag", "swapped", "cut at a boundary", "cut inside", "appended"],
)
def test_damaged_segments_are_named_and_nothing_is_written(
    sealed: Path, damage: Callable[[bytearray], None], segments: tuple[int, ...]
) -> None:
    content = bytearray(sealed.read_bytes())
    damage(content)
    sealed.write_bytes(content)
    with pytest.raises(DamagedSegments) as told:
        open_file(sealed, sealed.with_name("opened"), key=KEY, context=PLACE)
    assert told.value.segments == segments
    assert _names(sealed) == {"source", "sealed"}


def test_many_damaged_segments_make_a_short_sentence() -> None:
    error = DamagedSegments(range(1000, 0, -1))
    assert error.segments[0] == 1
    assert "1000" in error.en
    assert len(error.en) < 100


@pytest.mark.parametrize(
    ("damage", "error"),
    [
        (_cut(-1), WrongLength),
        (lambda content: content.extend(b"x"), WrongLength),
        (lambda content: content.clear(), WrongLength),
        (_flipped(0), ForeignFile),
        (_flipped(5), ForeignFile),
        (_flipped(35), ForeignFile),
    ],
    ids=["cut", "longer", "empty", "header length", "salt", "prefix"],
)
def test_a_file_that_cannot_be_this_one_is_told_at_once(
    sealed: Path, damage: Callable[[bytearray], None], error: type[SealedError]
) -> None:
    content = bytearray(sealed.read_bytes())
    damage(content)
    sealed.write_bytes(content)
    with pytest.raises(error):
        open_file(sealed, sealed.with_name("opened"), key=KEY, context=PLACE, size=FIVE)
    assert _names(sealed) == {"source", "sealed"}


@pytest.mark.parametrize(
    "place",
    [
        context(SealedUse.RESULT, TRANSFER, 3, 1),
        context(SealedUse.UPLOAD, bytes(16), 3, 1),
        context(SealedUse.UPLOAD, TRANSFER, 4, 1),
        context(SealedUse.UPLOAD, TRANSFER, 3, 2),
    ],
    ids=["use", "transfer", "file", "key version"],
)
def test_a_file_of_another_place_does_not_open(sealed: Path, place: bytes) -> None:
    with pytest.raises(ForeignFile):
        open_file(sealed, sealed.with_name("opened"), key=KEY, context=place)
    assert _names(sealed) == {"source", "sealed"}


def test_a_wrong_key_is_told_from_damage_by_the_check_value(sealed: Path) -> None:
    target = sealed.with_name("opened")
    other = bytes(32)
    with pytest.raises(WrongKey):
        open_file(sealed, target, key=other, context=PLACE, check=key_check(KEY))
    with pytest.raises(ForeignFile):
        open_file(sealed, target, key=other, context=PLACE)
    assert _names(sealed) == {"source", "sealed"}
    open_file(sealed, target, key=KEY, context=PLACE, check=key_check(KEY))
    assert target.stat().st_size == FIVE


def test_an_id_that_is_no_id_makes_no_context() -> None:
    with pytest.raises(ValueError, match="16 bytes"):
        context(SealedUse.UPLOAD, b"short", 1, 1)


def test_a_failed_opening_leaves_the_old_file_as_it_was(sealed: Path) -> None:
    target = sealed.with_name("opened")
    target.write_text("the version before")
    content = bytearray(sealed.read_bytes())
    content[SEGMENT] ^= 1
    sealed.write_bytes(content)
    with pytest.raises(SealedError):
        open_file(sealed, target, key=KEY, context=PLACE)
    assert target.read_text() == "the version before"


def test_a_source_that_shrinks_is_not_sealed(tmp_path: Path, content: bytes) -> None:
    class Shrinking(type(tmp_path)):  # type: ignore[misc]
        """Says a length that the file no longer has."""

        def stat(self, **options: bool) -> os.stat_result:
            found = list(super().stat(**options))
            found[6] += SEGMENT
            return os.stat_result(found)

    source = tmp_path / "source"
    source.write_bytes(content)
    with pytest.raises(SourceChanged, match="source"):
        seal_file(Shrinking(source), tmp_path / "sealed", key=KEY, context=PLACE)
    assert not (tmp_path / "sealed").exists()


def test_a_source_that_grows_is_not_sealed(
    tmp_path: Path, content: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "source"
    source.write_bytes(content)

    def read_while_it_grows(file: BinaryIO, start: int, into: memoryview) -> int:
        with source.open("ab") as another:
            another.write(b"x")
        return read_at(file, start, into)

    monkeypatch.setattr(sealed_files, "read_at", read_while_it_grows)
    with pytest.raises(SourceChanged, match="source"):
        seal_file(source, tmp_path / "sealed", key=KEY, context=PLACE)
    assert [path.name for path in tmp_path.iterdir()] == ["source"]


@pytest.mark.parametrize("size", [0, PLAIN_FIRST, PLAIN_FIRST + 1, FIVE])
def test_bytes_in_memory_are_sealed_like_a_file(tmp_path: Path, content: bytes, size: int) -> None:
    sealed = seal_bytes(content[:size], key=KEY, context=PLACE)
    assert len(sealed) == SegmentPlan(size).sealed_size
    (tmp_path / "sealed").write_bytes(sealed)
    open_file(tmp_path / "sealed", tmp_path / "opened", key=KEY, context=PLACE)
    assert (tmp_path / "opened").read_bytes() == content[:size]


def test_a_full_disk_leaves_no_half_file(sealed: Path) -> None:
    """The limit on a file's length stands for the full disk: the same OSError in the same place."""
    code = (
        "import resource, signal, sys; from pathlib import Path\n"
        "from farmdesk.security.sealed_files import open_file\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (2 << 20, 2 << 20))\n"
        "source = Path(sys.argv[1])\n"
        "try: open_file(source, source.with_name('opened'),\n"
        "    key=bytes.fromhex(sys.argv[2]), context=bytes.fromhex(sys.argv[3]))\n"
        "except OSError as error: print(type(error).__name__)\n"
    )
    argv = [sys.executable, "-c", code, str(sealed), KEY.hex(), PLACE.hex()]
    done = subprocess.run(argv, check=True, capture_output=True, text=True)
    assert done.stdout == "OSError\n"
    assert _names(sealed) == {"source", "sealed"}


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    """Seal and open 256 MiB of holes in a process of its own; it may take 16 MiB for that."""
    with (tmp_path / "source").open("wb") as file:
        file.truncate(256 << 20)
    code = (
        "import resource, sys; from pathlib import Path\n"
        "from farmdesk.security.sealed_files import open_file, seal_file\n"
        "folder, place = Path(sys.argv[1]), dict(key=bytes(32), context=b'')\n"
        "(folder / 'small').write_bytes(bytes(3 << 20))\n"
        "def both(name):\n"
        "    seal_file(folder / name, folder / 'sealed', **place)\n"
        "    open_file(folder / 'sealed', folder / 'opened', **place)\n"
        "    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "print(-both('small') + both('source'))\n"
    )
    argv = [sys.executable, "-c", code, str(tmp_path)]
    grown = int(subprocess.run(argv, check=True, capture_output=True, text=True).stdout)
    unit = 1 if sys.platform == "darwin" else 1024
    assert grown * unit < 16 << 20


def test_the_first_error_ends_all_lanes() -> None:
    both_in = threading.Barrier(2, timeout=60)
    done = list[int]()

    @contextmanager
    def lane() -> Iterator[Callable[[int], None]]:
        def work(index: int) -> None:
            if index < 2:
                both_in.wait()
            if index == 0:
                raise OSError("disk full")
            done.append(index)

        yield work

    with pytest.raises(OSError, match="disk full"):
        each_segment(10_000_000, 2, lane)
    assert len(done) < 1_000_000


def test_whole_or_nothing_takes_the_name_at_the_end(tmp_path: Path) -> None:
    target = tmp_path / "file"
    with whole_or_nothing(target) as part:
        part.write_text("new")
        assert not target.exists()
    assert target.read_text() == "new"
    with suppress(KeyboardInterrupt), whole_or_nothing(target) as part:
        part.write_text("half")
        raise KeyboardInterrupt
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    assert target.read_text() == "new"


def test_a_package_may_hold_a_file_and_its_part(tmp_path: Path) -> None:
    (tmp_path / "a.part").write_text("a file like any other")
    with whole_or_nothing(tmp_path / "a") as part:
        part.write_text("new")
    assert (tmp_path / "a.part").read_text() == "a file like any other"


def test_the_digest_of_a_file_is_that_of_its_segments(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    plan = SegmentPlan(FIVE)
    parts = [plan.plain(index) for index in range(plan.count)]
    digests = [segment_digest(content[start : start + length]) for start, length in parts]
    assert digest_file(path) == content_digest(digests)
    path.write_bytes(content[:-1])
    assert digest_file(path) != content_digest(digests)


def _names(beside: Path) -> set[str]:
    return {path.name for path in beside.parent.iterdir()}
