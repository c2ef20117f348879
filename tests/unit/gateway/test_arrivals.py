"""What has arrived of an upload: noted once it lies on the disk, whatever dies, however it came."""

import asyncio
import errno
import os
from collections.abc import AsyncIterator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from farmdesk.gateway import run_writer
from farmdesk.gateway.arrivals import MAX_RANGES, Arrivals, OtherFiles
from farmdesk.gateway.run_body import BadRun, take_run
from farmdesk.security.content import segment_digest
from farmdesk.security.sealed import SEGMENT
from farmdesk.storage.inbox import Inbox

TRANSFER = bytes(range(16))
SIZES = (2 * SEGMENT + 100, 60, 77, SEGMENT)
SEALED = [os.urandom(size) for size in SIZES]


@pytest.fixture
def inbox(tmp_path: Path) -> Inbox:
    return Inbox(tmp_path)


@pytest.fixture(scope="module")
def disk() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(2) as pool:
        yield pool


def _declared(inbox: Inbox) -> Arrivals:
    arrivals = Arrivals(inbox, TRANSFER)
    arrivals.declare(0, SIZES, ())
    return arrivals


def _body(arrivals: Arrivals, first: int, end: int) -> bytes:
    body = b""
    for number in range(first, end):
        place = arrivals.row.place(number)
        sealed = SEALED[place.file][place.offset : place.offset + place.length]
        body += segment_digest(sealed) + sealed
    return body


def _take(
    arrivals: Arrivals, disk: ThreadPoolExecutor, first: int, pieces: Sequence[bytes | Exception]
) -> None:
    async def body() -> AsyncIterator[bytes]:
        for piece in pieces:
            if isinstance(piece, Exception):
                raise piece
            yield piece

    asyncio.run(take_run(body(), arrivals, first, disk))


def _cut(content: bytes, cuts: Sequence[int]) -> list[bytes]:
    places = sorted({0, len(content), *(cut % (len(content) + 1) for cut in cuts)})
    return [content[begin:end] for begin, end in pairwise(places)]


@given(cuts=st.lists(st.integers(0, 1 << 30), max_size=40))
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_run_may_come_in_any_pieces(
    tmp_path: Path, disk: ThreadPoolExecutor, cuts: list[int]
) -> None:
    inbox = Inbox(tmp_path)
    inbox.discard(TRANSFER)
    arrivals = _declared(inbox)
    _take(arrivals, disk, 0, _cut(_body(arrivals, 0, 6), cuts))
    assert [inbox.sealed(TRANSFER, n).read_bytes() for n in range(4)] == SEALED
    again = Arrivals(inbox, TRANSFER)
    assert again.missing() == ([], False)
    assert again.bytes_here() == again.bytes_total() == sum(SIZES)


@pytest.mark.parametrize("end", [1, SEGMENT + 31, SEGMENT + 32, 2 * SEGMENT + 64, -1])
def test_of_a_run_that_breaks_off_whole_segments_count(
    inbox: Inbox, disk: ThreadPoolExecutor, end: int
) -> None:
    arrivals = _declared(inbox)
    body = _body(arrivals, 0, 6)
    with pytest.raises(ConnectionError):
        _take(arrivals, disk, 0, [body[:end], ConnectionError("the line broke")])
    whole = {1: 0, SEGMENT + 31: 0, SEGMENT + 32: 1, 2 * SEGMENT + 64: 2, -1: 5}[end]
    assert Arrivals(inbox, TRANSFER).missing() == ([(whole, 6)], False)


def test_a_body_that_ends_in_a_segment_is_no_run(inbox: Inbox, disk: ThreadPoolExecutor) -> None:
    arrivals = _declared(inbox)
    with pytest.raises(BadRun):
        _take(arrivals, disk, 0, [_body(arrivals, 0, 2)[:-1]])
    assert arrivals.missing() == ([(1, 6)], False)
    with pytest.raises(BadRun):
        _take(arrivals, disk, 5, [_body(arrivals, 5, 6), b"x"])
    assert arrivals.missing() == ([(1, 5)], False)


def test_a_segment_that_was_damaged_on_the_way_is_not_written(
    inbox: Inbox, disk: ThreadPoolExecutor
) -> None:
    arrivals = _declared(inbox)
    body = bytearray(_body(arrivals, 3, 5))
    body[-1] ^= 1
    with pytest.raises(run_writer.Garbled, match="Segment 4 was damaged"):
        _take(arrivals, disk, 3, [bytes(body)])
    assert arrivals.missing() == ([(0, 3), (4, 6)], False)
    assert inbox.sealed_sizes(TRANSFER).keys() == {1}


def test_what_is_here_is_not_written_again(
    inbox: Inbox, disk: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A client that never heard the answer sends all of it again; the disk may be full by then."""
    arrivals = _declared(inbox)
    _take(arrivals, disk, 3, [_body(arrivals, 3, 6)])

    def full(_file: int, _pieces: Sequence[memoryview], _start: int) -> int:
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(os, "pwritev", full)
    _take(arrivals, disk, 3, [_body(arrivals, 3, 6)])
    assert arrivals.missing() == ([(0, 3)], False)


def test_nothing_is_noted_before_it_lies_on_the_disk(
    inbox: Inbox, disk: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    arrivals = _declared(inbox)
    noted = inbox.transfer(TRANSFER) / "arrived"
    at_flush = list[bytes]()
    real = os.fsync

    def watched(file: int) -> None:
        at_flush.append(noted.read_bytes())
        real(file)

    monkeypatch.setattr(os, "fsync", watched)
    _take(arrivals, disk, 3, [_body(arrivals, 3, 6)])
    assert at_flush == [b""] * 4  # three files and their folder: all before a segment is noted
    assert noted.read_bytes()[:96] == bytes(96)
    assert noted.read_bytes()[96:] != bytes(96)


def test_a_folder_is_flushed_where_a_request_brings_new_files_alone(
    inbox: Inbox, disk: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    arrivals, flushed = _declared(inbox), list[Path]()
    monkeypatch.setattr("farmdesk.gateway.arrivals.sync_folder", flushed.append)
    folder = inbox.transfer(TRANSFER)
    for first, end, flushes in ((0, 1, 1), (1, 2, 1), (2, 6, 2), (0, 6, 2)):
        _take(arrivals, disk, first, [_body(arrivals, first, end)])
        assert flushed == [folder] * flushes


def test_a_folder_that_cannot_be_flushed_loses_the_new_files_of_its_request(
    inbox: Inbox, disk: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    arrivals = _declared(inbox)
    _take(arrivals, disk, 3, [_body(arrivals, 3, 4)])

    def broken(_folder: Path) -> None:
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as failing:
        failing.setattr("farmdesk.gateway.arrivals.sync_folder", broken)
        with pytest.raises(OSError, match="Input/output"):
            _take(arrivals, disk, 4, [_body(arrivals, 4, 6)])
    assert arrivals.missing() == ([(0, 3), (4, 6)], False)
    _take(arrivals, disk, 4, [_body(arrivals, 4, 6)])
    assert arrivals.missing() == ([(0, 3)], False)


def test_a_file_that_cannot_be_flushed_loses_only_its_own_segments(
    inbox: Inbox, disk: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    arrivals, real = _declared(inbox), os.fsync

    def broken(file: int) -> None:
        if os.fstat(file).st_size == SIZES[1]:
            raise OSError(errno.EIO, "Input/output error")
        real(file)

    monkeypatch.setattr(os, "fsync", broken)
    with pytest.raises(OSError, match="Input/output"):
        _take(arrivals, disk, 0, [_body(arrivals, 0, arrivals.row.count)])
    assert Arrivals(inbox, TRANSFER).missing() == ([(3, 4)], False)


@pytest.mark.parametrize("most", [0, 1, 299_999, 300_000, 300_001, 900_000])
def test_a_disk_that_takes_less_than_it_is_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    content = os.urandom(900_000)
    pieces = [memoryview(content)[start : start + 300_000] for start in range(0, 900_000, 300_000)]
    monkeypatch.setattr(
        os, "pwritev", lambda file, given, start: os.pwrite(file, b"".join(given)[:most], start)
    )
    with (tmp_path / "file").open("w+b", buffering=0) as file:
        run_writer.write_pieces_at(file, 50, pieces)
    assert (tmp_path / "file").read_bytes() == bytes(50) + content


def test_a_full_disk_in_the_middle_of_a_run(
    inbox: Inbox, disk: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    arrivals = _declared(inbox)
    real, written = os.pwritev, list[int]()

    def full(file: int, pieces: Sequence[memoryview], start: int) -> int:
        if sum(written) > SEGMENT:
            raise OSError(errno.ENOSPC, "No space left on device")
        written.append(real(file, pieces, start))
        return written[-1]

    monkeypatch.setattr(os, "pwritev", full)
    with pytest.raises(OSError, match="No space"):
        _take(arrivals, disk, 0, [_body(arrivals, 0, 6)])
    monkeypatch.undo()
    again = Arrivals(inbox, TRANSFER)
    (begin, _end), *_ = again.missing()[0]
    assert 0 < begin < 3
    _take(again, disk, begin, [_body(again, begin, 6)])
    assert again.missing() == ([], False)
    assert [inbox.sealed(TRANSFER, n).read_bytes() for n in range(4)] == SEALED


def test_a_dropped_file_counts_no_more_and_does_not_come_back(
    inbox: Inbox, disk: ThreadPoolExecutor
) -> None:
    arrivals = _declared(inbox)
    _take(arrivals, disk, 0, [_body(arrivals, 0, 4)])
    arrivals.delete(arrivals.declare(4, [100], [0, 2]))
    assert inbox.sealed_sizes(TRANSFER).keys() == {1}
    assert arrivals.declare(4, [100], [0, 2]) == set()  # said again, it is no work
    assert arrivals.missing() == ([(5, 7)], False)
    assert arrivals.bytes_total() == sum(SIZES) + 100 - SIZES[0] - SIZES[2]
    assert arrivals.bytes_here() == SIZES[1]
    _take(arrivals, disk, 0, [_body(arrivals, 0, 4)])
    assert inbox.sealed_sizes(TRANSFER).keys() == {1}
    arrivals.open_sealed(0).close()  # by a request that was writing when it was dropped
    arrivals.sweep_dropped()
    assert inbox.sealed_sizes(TRANSFER).keys() == {1}
    again = Arrivals(inbox, TRANSFER)
    assert (again.missing(), again.bytes_here()) == (arrivals.missing(), SIZES[1])


@pytest.mark.parametrize(
    ("first", "sizes", "dropped"),
    [(5, [1], []), (-1, [1], []), (0, [1], []), (4, [], [4]), (4, [60], [5])],
)
def test_files_that_were_told_otherwise(
    inbox: Inbox, first: int, sizes: list[int], dropped: list[int]
) -> None:
    arrivals = _declared(inbox)
    with pytest.raises(OtherFiles):
        arrivals.declare(first, sizes, dropped)
    assert arrivals.row.sizes == list(SIZES)


def test_what_is_missing_is_told_in_parts(inbox: Inbox) -> None:
    arrivals = Arrivals(inbox, TRANSFER)
    arrivals.declare(0, [60] * (2 * MAX_RANGES + 3), ())
    arrivals.note({number: bytes([1] * 32) for number in range(0, 2 * MAX_RANGES + 3, 2)})
    ranges, more = arrivals.missing()
    assert more
    rest, more = arrivals.missing(ranges[-1][1])
    assert not more
    assert [*ranges, *rest] == [(number, number + 1) for number in range(1, 2 * MAX_RANGES + 3, 2)]


def test_two_programs_at_once_do_not_mix_their_bytes(inbox: Inbox) -> None:
    """What one has written and not flushed yet is not another one's to write otherwise."""
    arrivals = _declared(inbox)
    mine, other = SEALED[3], os.urandom(SEGMENT)
    first, second, third = (run_writer.RunWriter(arrivals) for _ in range(3))
    number = arrivals.row.of_file(3).start
    first.take(number, [segment_digest(mine) + mine])
    with pytest.raises(run_writer.SentOtherwise, match=f"Segment {number} arrived before"):
        second.take(number, [segment_digest(other) + other])
    third.take(number, [segment_digest(mine) + mine])  # a line that broke without the farm's notice
    first.settle()
    with pytest.raises(run_writer.SentOtherwise):
        second.take(number, [segment_digest(other) + other])
    second.settle()
    third.settle()
    assert inbox.sealed(TRANSFER, 3).read_bytes() == mine
    assert arrivals.known_digest(number) == segment_digest(mine)


def test_what_one_program_could_not_flush_another_may_send(
    inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    arrivals = _declared(inbox)
    mine, other = SEALED[3], os.urandom(SEGMENT)
    first, second = run_writer.RunWriter(arrivals), run_writer.RunWriter(arrivals)
    number = arrivals.row.of_file(3).start
    first.take(number, [segment_digest(mine) + mine])
    with monkeypatch.context() as broken:
        broken.setattr(os, "fsync", _full_disk)
        with pytest.raises(OSError, match="full"):
            first.settle()
    second.take(number, [segment_digest(other) + other])
    second.settle()
    assert inbox.sealed(TRANSFER, 3).read_bytes() == other


def _full_disk(_file: int) -> None:
    raise OSError(errno.ENOSPC, "full")
