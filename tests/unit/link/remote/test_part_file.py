"""A part that fills up: from several hands, in any order, and again after a program was killed."""

import random
from collections.abc import Iterable, Iterator
from contextlib import closing
from functools import cache
from pathlib import Path

import psutil
import pytest

from farmdesk.link.remote.download_errors import CutOff, DamagedFile, NotWritable
from farmdesk.link.remote.part_file import Answer, PartFile
from farmdesk.link.remote.parts_folder import digests_path, part_path
from farmdesk.security.content import DIGEST
from farmdesk.security.sealed import SEGMENT, SealedFile, Seed, SegmentPlan
from tests.lying_farm import in_pieces, sealed_segments
from tests.power import Power

COUNT = 4
SIZE = (COUNT - 1) * SEGMENT + 5


@cache
def content() -> bytes:
    return random.Random(4).randbytes(SIZE)


@cache
def sealed() -> SealedFile:
    seed = Seed(b"s" * 32, b"p" * 7)
    return SealedFile(b"k" * 32, b"context", plan=SegmentPlan(SIZE), seed=seed)


@cache
def sent(first: int, stop: int) -> bytes:
    """Give these segments as the farm sends them."""
    return b"".join(sealed_segments(sealed(), content(), range(first, stop)))


def lengths(segments: Iterable[int]) -> list[int]:
    return [sealed().plan.plain(index)[1] for index in segments]


def place(folder: Path) -> Path:
    return part_path(folder, "7", b"version")


@pytest.fixture
def part(tmp_path: Path) -> Iterator[PartFile]:
    with closing(opened(tmp_path)) as file:
        yield file


def opened(folder: Path) -> PartFile:
    return PartFile(folder, "a frame", part=place(folder), plan=SegmentPlan(SIZE))


def still_open(folder: Path) -> list[str]:
    found = (file.path for file in psutil.Process().open_files())
    return [path for path in found if path.startswith(str(folder.resolve()))]


def take(part: PartFile, segments: range, pieces: Iterable[bytes] | None = None) -> list[int]:
    pieces = in_pieces(sent(segments.start, segments.stop)) if pieces is None else pieces
    return list(part.take(segments, Answer(sealed(), pieces)))


def test_segments_in_any_order_are_the_file(part: PartFile, tmp_path: Path) -> None:
    assert take(part, range(2, 4)) == lengths(range(2, 4))
    assert [part.has(index) for index in range(COUNT + 1)] == [False, False, True, True, False]
    assert take(part, range(2)) == lengths(range(2))
    assert place(tmp_path).read_bytes() == content()
    into = memoryview(bytearray(SEGMENT))
    for index in range(COUNT):
        start, length = part.plan.plain(index)
        assert part.read(index, into) == content()[start : start + length]


@pytest.mark.parametrize(
    ("segments", "piece"), [(range(3, 4), 1), (range(4), 999_983), (range(4), 3 * SEGMENT)]
)
def test_an_answer_comes_in_pieces_of_any_size(part: PartFile, segments: range, piece: int) -> None:
    body = sent(segments.start, segments.stop)
    pieces = (body[start : start + piece] for start in range(0, len(body), piece))
    assert take(part, segments, pieces) == lengths(segments)


@pytest.mark.parametrize("lost", [1, SEGMENT])
def test_what_came_before_the_line_broke_stays(part: PartFile, lost: int) -> None:
    assert part.lacking(range(3)) == range(3)
    found = list[int]()
    with pytest.raises(CutOff):
        found.extend(part.take(range(3), Answer(sealed(), [sent(0, 3)[:-lost]])))
    assert found == lengths(range(2))
    assert part.lacking(range(3)) == range(2, 3)
    assert part.lacking(range(2)) == range(2, 2)


def test_more_than_was_asked_for_is_no_answer(part: PartFile) -> None:
    with pytest.raises(CutOff):
        take(part, range(2), [sent(0, 2), b"x"])
    assert [part.has(index) for index in range(COUNT)] == [True, True, False, False]
    with pytest.raises(CutOff):
        take(part, range(3, 4), [sent(3, 4) + b"x"])
    assert take(part, range(2, 3), [b"", sent(2, 3), b""]) == lengths([2])


def test_a_segment_that_does_not_open_is_named_and_not_written(part: PartFile) -> None:
    body = bytearray(sent(0, 3))
    body[SEGMENT + 100] ^= 1
    with pytest.raises(DamagedFile) as caught:
        take(part, range(3), [bytes(body)])
    assert (caught.value.name, caught.value.segment) == ("a frame", 1)
    assert [part.has(index) for index in range(COUNT)] == [True, False, False, False]
    with pytest.raises(DamagedFile):  # another one's place
        take(part, range(2, 3), [sent(1, 2)])


def test_segments_are_given_once_and_none_that_is_here(part: PartFile) -> None:
    take(part, range(2, 3))
    assert part.give(1) == range(1)
    assert part.give(8) == range(1, 2)
    assert part.give(8) == range(3, 4)
    assert part.give(8) is None
    with closing(opened(part.folder)) as again:
        assert again.give(2) == range(2)
        assert again.give(8) == range(2, 4)


def test_a_later_program_keeps_what_is_as_it_was_written(tmp_path: Path) -> None:
    with closing(opened(tmp_path)) as first:
        take(first, range(4))
    with closing(opened(tmp_path)) as second:
        assert list(second.recall()) == lengths(range(4))
        assert second.give(8) is None
    with place(tmp_path).open("r+b") as file:  # a page that was lost with the power
        file.seek(SEGMENT + 4096)
        file.write(bytes(4096))
    with closing(opened(tmp_path)) as third:
        assert list(third.recall()) == lengths([0, 2, 3])
        assert (third.give(8), third.give(8)) == (range(1, 2), None)


@pytest.mark.parametrize(
    ("digests", "kept"), [(4 * DIGEST - 1, 3), (DIGEST, 1), (DIGEST - 1, 0), (0, 0)]
)
def test_what_has_no_digest_is_fetched_again(tmp_path: Path, digests: int, kept: int) -> None:
    with closing(opened(tmp_path)) as first:
        take(first, range(4))
    with digests_path(place(tmp_path)).open("r+b") as file:
        file.truncate(digests)
    with closing(opened(tmp_path)) as second:
        assert list(second.recall()) == lengths(range(kept))


def test_a_part_that_is_shorter_than_its_digests_say(tmp_path: Path) -> None:
    with closing(opened(tmp_path)) as first:
        take(first, range(4))
    with place(tmp_path).open("r+b") as file:
        file.truncate(SIZE - 1)
    with closing(opened(tmp_path)) as second:
        assert list(second.recall()) == lengths(range(3))


def test_digests_go_when_all_is_on_the_disk_and_a_bad_part_with_them(tmp_path: Path) -> None:
    with closing(opened(tmp_path)) as part:
        take(part, range(4))
        part.flush()
        assert not digests_path(place(tmp_path)).exists()
        assert place(tmp_path).read_bytes() == content()
    with closing(opened(tmp_path)) as part:
        take(part, range(1))
        part.discard()
        assert list(place(tmp_path).parent.iterdir()) == []
        assert still_open(tmp_path) == []


def test_what_is_said_to_be_on_the_disk_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    power = Power(monkeypatch)
    folder = tmp_path / "new" / "deeper"
    with closing(opened(folder)) as part:
        take(part, range(4))
        assert not power.is_safe(place(folder))
        part.flush()
        assert power.is_safe(place(folder))
        assert still_open(folder) == []  # Windows renames nothing that is open


def test_no_file_stays_open(tmp_path: Path) -> None:
    part = opened(tmp_path)
    assert len(still_open(tmp_path)) == 2
    part.close()
    assert still_open(tmp_path) == []
    digests_path(place(tmp_path)).unlink()
    digests_path(place(tmp_path)).mkdir()
    with pytest.raises(NotWritable):
        opened(tmp_path)
    assert still_open(tmp_path) == []


@pytest.mark.parametrize("which", [place, lambda folder: digests_path(place(folder))])
def test_a_link_in_its_place_leads_nowhere(tmp_path: Path, which: type[Path]) -> None:
    (mine := tmp_path / "mine").write_bytes(b"precious")
    link = which(tmp_path)
    link.parent.mkdir()
    link.symlink_to(mine)
    with pytest.raises(NotWritable):
        opened(tmp_path)
    assert mine.read_bytes() == b"precious"
