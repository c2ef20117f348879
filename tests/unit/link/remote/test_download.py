"""Downloads from farms that lie, and over lines that break, without HTTP."""

import errno
import hashlib
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import pytest

from farmdesk.domain.errors import FarmUnavailable
from farmdesk.domain.frames import FrameSet
from farmdesk.domain.states import TaskState
from farmdesk.domain.transfers import Room
from farmdesk.link.remote.download import Download, Fetched
from farmdesk.link.remote.download_errors import BadListing, DamagedFile, DiskFull, NotWritable
from farmdesk.link.remote.part_file import PartFile
from farmdesk.link.remote.parts_folder import PARTS, part_path
from farmdesk.link.remote.progress import Progress
from farmdesk.link.results_wire import RUN_SEGMENTS, ResultSeen, ResultsSeen
from farmdesk.link.wire import Unreadable
from farmdesk.security.sealed import SEGMENT, SegmentPlan, WrongKey
from farmdesk.security.sealed_files import write_at
from farmdesk.security.sealed_results import sealed_result
from farmdesk.security.user_keys import SealedUse, UserKeys
from tests.lying_farm import LARGE, LyingFarm, in_pieces, large, sealed_segments

Change = Callable[[int, list[bytes]], list[bytes]]


@cache
def keys() -> UserKeys:
    return UserKeys.make("ann", 3)


class LyingFrames(LyingFarm[int, ResultSeen, ResultsSeen, list[bytes]]):
    """Seals frames as a gateway does."""

    def seen(self, frame: int, /, **changed: object) -> ResultSeen:
        content = self.contents[frame]
        sha256 = hashlib.sha256(content).hexdigest()
        version = hashlib.sha256(f"{frame} {sha256}".encode()).hexdigest()
        seen = ResultSeen(frame, f"shot/{frame:04d}.png", len(content), sha256, version)
        return replace(seen, **changed)  # type: ignore[arg-type]

    def page(
        self, *seen: ResultSeen, rev: int, more: bool = False, **changed: object
    ) -> ResultsSeen:
        page = ResultsSeen(3, TaskState.COMPLETED, "1-3", list(seen), [], rev, more)
        return replace(page, **changed)  # type: ignore[arg-type]

    def results(self, task_id: int, frames: FrameSet | None, since: int) -> ResultsSeen:
        if self.pages is not None:
            return self.pages.pop(0)
        return self.page(*self.listed.values(), rev=5, key_version=self.key_version)

    @contextmanager
    def run(
        self, task_id: int, frame: int, version: bytes, segments: range
    ) -> Iterator[Iterator[bytes]]:
        first = segments.start
        self.asked.append((frame, first))
        content, key = self.contents[frame], keys().key_for(SealedUse.RESULT)
        place = {"task_id": task_id, "frame": frame, "key_version": 3, "version": version}
        sealed = sealed_result(key, size=len(content), **place)  # type: ignore[arg-type]
        segments_sent = sealed_segments(sealed, content, segments)
        yield in_pieces(b"".join(self.change(first, segments_sent)))


@pytest.fixture
def farm() -> LyingFrames:
    return LyingFrames({1: b"one", 2: large()})


def fetch(
    farm: LyingFrames, folder: Path, frames: FrameSet | None = None, connections: int = 4
) -> Fetched:
    return Download(farm, keys(), patience_s=0, connections=connections).fetch(7, folder, frames)


def names(folder: Path) -> set[str]:
    """Give all that bears a frame's name."""
    found = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return {path.as_posix() for path in found if path.parts[0] != PARTS}


def test_what_arrives_is_what_was_proven(farm: LyingFrames, tmp_path: Path) -> None:
    assert fetch(farm, tmp_path).files == 2
    for frame, content in farm.contents.items():
        assert (tmp_path / farm.listed[frame].name).read_bytes() == content
    assert not (tmp_path / PARTS).exists()


@pytest.mark.parametrize(
    "name",
    [
        "../up.png",
        "/etc/cron.d/x",
        "C:\\x.png",
        "a/../../x",
        "NUL",
        "con.png",
        "a:b",
        "",
        "a//b",
        "x\u202egnp.exe",
        "a. ",
        ".bashrc",
        "a/.ssh/authorized_keys",
        f"{PARTS}/x.part",
        f"{PARTS.upper()}/x.part",
        "shot/0001.PNG",  # the twin of another
        "shot",  # a file in the place of another one's folder
        "n" * 300,
    ],
)
def test_a_name_that_leads_elsewhere_is_refused(
    farm: LyingFrames, tmp_path: Path, name: str
) -> None:
    farm.listed[2] = farm.seen(2, name=name)
    folder = tmp_path / "results"
    with pytest.raises(BadListing):
        fetch(farm, folder)
    assert not folder.exists()


@pytest.mark.parametrize(
    "changed",
    [
        {"size": -1},
        {"size": 1 << 60},
        {"sha256": "zz"},
        {"sha256": "00"},
        {"version": "00"},
        {"frame": 0},  # no frame of the task
        {"frame": 10**9},
    ],
)
def test_a_listing_that_cannot_be_is_refused(
    farm: LyingFrames, tmp_path: Path, changed: dict[str, object]
) -> None:
    farm.listed[2] = replace(farm.seen(2), **changed)  # type: ignore[arg-type]
    with pytest.raises(Unreadable):
        fetch(farm, tmp_path)
    assert not names(tmp_path)


def test_a_listing_without_end_is_refused(farm: LyingFrames, tmp_path: Path) -> None:
    farm.pages = [farm.page(rev=5, more=True), farm.page(rev=5, more=True)]
    with pytest.raises(Unreadable):
        fetch(farm, tmp_path)


def test_frames_that_nobody_asked_for_are_left(farm: LyingFrames, tmp_path: Path) -> None:
    assert fetch(farm, tmp_path, FrameSet.parse("1,3")).files == 1
    assert names(tmp_path) == {farm.listed[1].name}


def test_another_key_version_is_named_before_anything_is_fetched(
    farm: LyingFrames, tmp_path: Path
) -> None:
    farm.key_version = 2
    with pytest.raises(WrongKey):
        fetch(farm, tmp_path)
    assert not farm.asked


def test_a_size_that_no_disk_has_is_told_before_anything_is_fetched(
    farm: LyingFrames, tmp_path: Path
) -> None:
    farm.listed[2] = farm.seen(2, size=1 << 50)
    with pytest.raises(DiskFull, match="PB more"):
        fetch(farm, tmp_path)
    assert not farm.asked


def _bit(_first: int, segments: list[bytes]) -> list[bytes]:
    return [*segments[:1], bytes([segments[1][0] ^ 1]) + segments[1][1:], *segments[2:]]


def _swapped(_first: int, segments: list[bytes]) -> list[bytes]:
    return [segments[0], segments[2], segments[1], *segments[3:]]


def _from_elsewhere(first: int, segments: list[bytes]) -> list[bytes]:
    return segments[1:] if first else segments


@pytest.mark.parametrize(
    ("change", "segment"), [(_bit, 1), (_swapped, 1), (_from_elsewhere, RUN_SEGMENTS)]
)
def test_damaged_and_swapped_segments_are_named(
    farm: LyingFrames, tmp_path: Path, change: Change, segment: int
) -> None:
    farm.change = change
    with pytest.raises(DamagedFile) as told:
        fetch(farm, tmp_path, FrameSet.parse("2"), connections=1)
    assert (told.value.name, told.value.segment) == (farm.listed[2].name, segment)
    assert not names(tmp_path)


def test_nothing_is_written_through_a_link_that_lies_where_a_part_would(
    farm: LyingFrames, tmp_path: Path
) -> None:
    mine, folder = tmp_path / "mine", tmp_path / "shared"
    mine.write_text("mine")
    part = part_path(folder, "frames-7-1", bytes.fromhex(farm.listed[1].version))
    part.parent.mkdir(parents=True)
    part.symlink_to(mine)
    with pytest.raises(NotWritable):
        fetch(farm, folder, FrameSet.parse("1"))
    assert mine.read_text() == "mine"


def test_a_lying_size_opens_nothing(farm: LyingFrames, tmp_path: Path) -> None:
    farm.listed[1] = farm.seen(1, size=2)  # the farm seals three bytes
    with pytest.raises((DamagedFile, FarmUnavailable)):
        fetch(farm, tmp_path, FrameSet.parse("1"))
    farm.listed[2] = farm.seen(2, size=LARGE - SEGMENT)
    with pytest.raises((DamagedFile, FarmUnavailable)):
        fetch(farm, tmp_path, FrameSet.parse("2"))
    assert not names(tmp_path)


@pytest.mark.parametrize(
    ("change", "asked"),
    [
        (lambda first, parts: [b"".join(parts)[:-1]] if first else parts, [(2, 20)]),
        (lambda first, parts: [] if first else parts, [(2, RUN_SEGMENTS)]),
        (lambda first, parts: [*parts, b"more"] if first else parts, []),
    ],
)
def test_an_answer_cut_off_or_lengthened_is_asked_for_again(
    farm: LyingFrames, tmp_path: Path, change: Change, asked: list[tuple[int, int]]
) -> None:
    """What came whole of it counts: the next question begins behind."""
    farm.change = change
    with pytest.raises(FarmUnavailable):
        fetch(farm, tmp_path, FrameSet.parse("2"), connections=1)
    assert not names(tmp_path)
    farm.change = lambda _first, segments: segments
    farm.asked.clear()
    assert fetch(farm, tmp_path, FrameSet.parse("2"), connections=1).files == 1
    assert farm.asked == asked
    assert (tmp_path / farm.listed[2].name).read_bytes() == farm.contents[2]


def test_bytes_that_were_not_proven_get_no_name(farm: LyingFrames, tmp_path: Path) -> None:
    farm.listed[1] = farm.seen(1, sha256="00" * 32)
    assert fetch(farm, tmp_path).lost == (1,)
    assert names(tmp_path) == {farm.listed[2].name}
    assert not (tmp_path / PARTS).exists()


@pytest.fixture
def stale(farm: LyingFrames, tmp_path: Path) -> Path:
    """The part of a frame that was fetched by half, and then rendered anew."""
    farm.change = lambda first, segments: [] if first else segments
    with pytest.raises(FarmUnavailable):
        fetch(farm, tmp_path, FrameSet.parse("2"), connections=1)
    stale = part_path(tmp_path, "frames-7-2", bytes.fromhex(farm.listed[2].version))
    assert stale.stat().st_size > SEGMENT
    farm.change = lambda _first, segments: segments
    farm.contents[2] = b"rendered anew"
    farm.listed[2] = farm.seen(2)
    return stale


def test_what_was_fetched_of_an_older_version_goes_when_a_download_ends_well(
    farm: LyingFrames, tmp_path: Path, stale: Path
) -> None:
    farm.change = lambda _first, _segments: []
    with pytest.raises(FarmUnavailable):
        fetch(farm, tmp_path)
    assert stale.exists()
    farm.change = lambda _first, segments: segments
    assert fetch(farm, tmp_path).files == 2
    assert not (tmp_path / PARTS).exists()


def test_what_others_may_still_want_stays(farm: LyingFrames, tmp_path: Path, stale: Path) -> None:
    others = [
        part_path(tmp_path, of, bytes(32))
        for of in ("frames-8-2", "package-7", "frames-7-99", "frames-7-", "frames-7-1x")
    ]
    for part in others:
        part.touch()
    assert fetch(farm, tmp_path, FrameSet.parse("1")).files == 1
    assert stale.exists()
    assert fetch(farm, tmp_path).files == 1
    assert sorted((tmp_path / PARTS).iterdir()) == sorted(others)


def test_a_part_that_another_program_has_open_stays(
    farm: LyingFrames, tmp_path: Path, stale: Path
) -> None:
    with closing(PartFile(tmp_path, "name", part=stale, plan=SegmentPlan(LARGE))):
        assert fetch(farm, tmp_path).files == 2
        assert stale.exists()
    assert fetch(farm, tmp_path).skipped == 2
    assert not (tmp_path / PARTS).exists()


def test_where_a_file_system_knows_no_locks_frames_come_and_parts_stay(
    farm: LyingFrames, tmp_path: Path, stale: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(_number: int, _how: int) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("fcntl.flock", unknown)
    assert fetch(farm, tmp_path).files == 2
    assert stale.exists()


def test_two_programs_at_once_do_each_other_no_harm(farm: LyingFrames, tmp_path: Path) -> None:
    """The other one ends first; each writes the same bytes to the same places."""
    listed = farm.listed

    def other(first: int, segments: list[bytes]) -> list[bytes]:
        if first:
            second = LyingFrames(farm.contents)
            assert fetch(second, tmp_path).files == 2
        return segments

    farm.change = other
    farm.listed = {2: listed[2]}
    assert fetch(farm, tmp_path).files == 1
    assert (tmp_path / listed[2].name).read_bytes() == farm.contents[2]
    assert names(tmp_path) == {seen.name for seen in listed.values()}


def test_a_disk_that_is_full_while_a_segment_is_written_leaves_no_name(
    farm: LyingFrames, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = SegmentPlan(LARGE).plain(4)[0]

    def full(file, start, content):  # type: ignore[no-untyped-def]
        if start < there:
            return write_at(file, start, content)
        write_at(file, start, content[: len(content) // 2])
        monkeypatch.setattr("shutil.disk_usage", lambda _folder: SimpleNamespace(free=1_234_567))
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("farmdesk.link.remote.part_file.write_at", full)
    with pytest.raises(DiskFull) as told:
        fetch(farm, tmp_path, FrameSet.parse("2"), connections=1)
    assert told.value.room == Room(len(farm.contents[2]) - there, 1_234_567)
    assert f"{tmp_path} is full: 16.8 MB are still to come, and 1.2 MB are free" in told.value.en
    assert "Make room for 15.5 MB more" in told.value.en
    assert "尚需 16.8 MB，剩余空间 1.2 MB。请腾出 15.5 MB 空间" in told.value.zh
    assert not names(tmp_path)
    monkeypatch.undo()
    assert fetch(farm, tmp_path).files == 2


def test_one_file_alone_has_several_connections(farm: LyingFrames, tmp_path: Path) -> None:
    """Neither of the two requests for it ends before the other has begun."""
    both = threading.Barrier(2, timeout=30)

    def together(_first: int, segments: list[bytes]) -> list[bytes]:
        both.wait()
        return segments

    farm.change = together
    assert fetch(farm, tmp_path, FrameSet.parse("2")).files == 1
    assert (tmp_path / farm.listed[2].name).read_bytes() == farm.contents[2]


def test_what_came_out_of_order_is_kept_and_only_the_gap_is_asked_for_again(
    farm: LyingFrames, tmp_path: Path
) -> None:
    """The client dies between two runs: the second one had come, the first one by half."""
    behind = threading.Event()

    def cut(first: int, segments: list[bytes]) -> list[bytes]:
        if first:
            return segments
        assert behind.wait(30)
        return segments[:3]

    class Watching(Progress):
        def add(self, count: int) -> None:
            super().add(count)
            if count < 1000:  # the last segment
                behind.set()

    farm.change = cut
    with pytest.raises(FarmUnavailable):
        Download(farm, keys(), patience_s=0, progress=Watching()).fetch(
            7, tmp_path, FrameSet.parse("2")
        )
    assert not names(tmp_path)
    farm.change = lambda _first, segments: segments
    farm.asked.clear()
    progress = Progress()
    fetched = Download(farm, keys(), patience_s=0, progress=progress).fetch(
        7, tmp_path, FrameSet.parse("2")
    )
    assert (fetched.files, farm.asked) == (1, [(2, 3)])
    assert (tmp_path / farm.listed[2].name).read_bytes() == farm.contents[2]
    assert progress.look().done == progress.look().total == len(farm.contents[2])


def test_a_failure_at_one_connection_is_told_once_and_ends_the_others(
    farm: LyingFrames, tmp_path: Path
) -> None:
    farm.change = _swapped
    with pytest.raises(DamagedFile):
        fetch(farm, tmp_path, FrameSet.parse("2"))
    assert farm.listed[2].name not in names(tmp_path)


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"frames": "1-"}, Unreadable),
        ({"frames": "7"}, Unreadable),  # a frame that the task has not
        ({"rev": -1}, Unreadable),
    ],
)
def test_a_page_that_cannot_be_is_refused(
    farm: LyingFrames, tmp_path: Path, changed: dict[str, object], error: type[Exception]
) -> None:
    page = farm.page(*farm.listed.values(), rev=5)
    farm.pages = [replace(page, **changed)]  # type: ignore[arg-type]
    with pytest.raises(error):
        fetch(farm, tmp_path)
    assert not farm.asked


def test_a_name_that_comes_later_must_not_meet_one_before(
    farm: LyingFrames, tmp_path: Path
) -> None:
    twin = farm.seen(2, name=farm.listed[1].name.upper())
    first = farm.page(farm.listed[1], rev=5, state=TaskState.RENDERING)
    farm.pages = [first, farm.page(twin, rev=6)]
    with pytest.raises(BadListing):
        Download(farm, keys(), poll_s=0.001).fetch(7, tmp_path, wait=True)
    assert names(tmp_path) <= {farm.listed[1].name}
