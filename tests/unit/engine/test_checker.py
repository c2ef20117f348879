"""The frame-sequence check: real files, real worker processes."""

import hashlib
import os
import queue
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import psutil
import pytest
from PIL import Image

from farmdesk.domain.errors import FarmUnavailable
from farmdesk.domain.frames import FrameSet
from farmdesk.domain.records import FrameRecord
from farmdesk.domain.states import FrameState
from farmdesk.engine.check_workers import CheckWorkers
from farmdesk.engine.checker import Checker, CheckJob
from farmdesk.engine.frame_check import Claim
from farmdesk.engine.posts import CheckEnded, CheckReport
from tests.farm import wait_until

NOW = datetime(2026, 2, 4, 20, 0, tzinfo=UTC)


class Proofs:
    """What is recorded of finished frames."""

    def __init__(self, records: list[FrameRecord]) -> None:
        self.records = records

    def proofs(self, task_id: int) -> Iterator[FrameRecord]:
        return iter(self.records)


class Sequence:
    """A folder of six good frames, and what is recorded of them."""

    def __init__(self, folder: Path, workers: CheckWorkers) -> None:
        self.workers = workers
        self.folder = folder / "帧 frames"
        self.folder.mkdir()
        self.mark = folder / "started"
        self.mark.touch()
        self.records = [self._render(frame) for frame in range(1, 7)]

    def path(self, frame: int) -> Path:
        return self.folder / f"frame_{frame:04d}.png"

    def check(
        self, *, frames: str = "1-6", given_up: str = "", size: int | None = None
    ) -> CheckReport:
        job = CheckJob(
            task_id=1,
            frames=FrameSet.parse(frames),
            given_up=FrameSet.parse(given_up) if given_up else FrameSet(),
            folder=self.folder,
            started_mark=self.mark,
            size=(size, size),
        )
        return Checker(Proofs(self.records), lambda post: None, self.workers).check(job)

    def _render(self, frame: int) -> FrameRecord:
        image = Image.frombytes("RGB", (40, 30), os.urandom(3600))
        image.save(self.path(frame))
        content = self.path(frame).read_bytes()
        return FrameRecord(
            task_id=1,
            frame=frame,
            attempt=1,
            state=FrameState.DONE,
            node="n1",
            finished_at=NOW,
            render_s=1.0,
            bytes=len(content),
            sha256=hashlib.sha256(content).hexdigest(),
            width=40,
            height=30,
            path=self.path(frame).name,
        )


@pytest.fixture(scope="module")
def workers() -> Iterator[CheckWorkers]:
    with CheckWorkers(2) as made:
        yield made


@pytest.fixture
def sequence(tmp_path: Path, workers: CheckWorkers) -> Sequence:
    return Sequence(tmp_path, workers)


def test_a_good_sequence_is_proven(sequence: Sequence) -> None:
    report = sequence.check()
    assert (report.total, report.proven, report.bad) == (6, 6, ())
    assert (report.width, report.height) == (40, 30)
    assert report.bytes == sum(record.bytes for record in sequence.records)


def _truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-20])


def _flip_a_byte(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def _older_than_the_start(path: Path) -> None:
    os.utime(path, (1, 1))


@pytest.mark.parametrize(
    ("harm", "missing"),
    [
        (Path.unlink, True),
        (_truncate, False),
        (_flip_a_byte, False),
        (_older_than_the_start, False),
        (lambda path: path.write_bytes(b""), False),
    ],
)
def test_a_bad_frame_is_named(
    sequence: Sequence, harm: Callable[[Path], None], missing: bool
) -> None:
    harm(sequence.path(4))
    report = sequence.check()
    assert [(bad.frame, bad.missing) for bad in report.bad] == [(4, missing)]
    assert report.bad[0].text
    assert re.search("[一-鿿]", report.bad[0].text_zh)
    assert report.proven == 5


def test_another_whole_picture_under_a_frames_name_is_found(sequence: Sequence) -> None:
    sequence.path(2).write_bytes(sequence.path(3).read_bytes())
    sequence.records[1] = replace(sequence.records[1], bytes=sequence.records[2].bytes)
    assert [bad.frame for bad in sequence.check().bad] == [2]


def test_a_frame_of_another_size_is_found(sequence: Sequence) -> None:
    image = Image.new("RGB", (20, 30))
    image.save(sequence.path(5))
    content = sequence.path(5).read_bytes()
    sequence.records[4] = replace(
        sequence.records[4],
        bytes=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        width=20,
    )
    assert [bad.frame for bad in sequence.check().bad] == [5]
    assert len(sequence.check(size=64).bad) == 6


def test_a_frame_that_nobody_recorded_is_missing(sequence: Sequence) -> None:
    report = sequence.check(frames="1-8")
    assert [(bad.frame, bad.missing) for bad in report.bad] == [(7, True), (8, True)]
    assert sequence.check(frames="1-8", given_up="7-8").bad == ()


def test_records_that_cannot_be_read_end_the_check_with_the_reason(sequence: Sequence) -> None:
    class Away(Proofs):
        def proofs(self, task_id: int) -> Iterator[FrameRecord]:
            raise FarmUnavailable("the database is away", "数据库离线")

    posts: queue.SimpleQueue[CheckEnded] = queue.SimpleQueue()
    frames, empty = FrameSet.parse("1-6"), FrameSet()
    job = CheckJob(1, frames, empty, sequence.folder, sequence.mark, (None, None))
    Checker(Away([]), posts.put, sequence.workers).begin(job)
    assert posts.get(timeout=20) == CheckEnded(1, None, "the database is away")


def _running() -> set[int]:
    """Give the checking processes of this test."""
    found = set()
    for item in psutil.Process().children():
        with suppress(psutil.Error):  # it has just ended
            if "farmdesk.engine.frame_check" in item.cmdline():
                found.add(item.pid)
    return found


def test_the_processes_go_from_check_to_check(sequence: Sequence) -> None:
    sequence.check()
    first = _running()
    sequence.check()
    assert _running() == first
    assert len(first) == 2


def test_a_process_that_died_while_it_waited_is_replaced(sequence: Sequence) -> None:
    sequence.check()
    victim = psutil.Process(min(_running()))
    victim.kill()
    wait_until(lambda: victim.status() == psutil.STATUS_ZOMBIE, "its death")
    assert sequence.check().proven == 6
    assert len(_running()) == 2


def test_checks_at_once_have_processes_of_their_own_and_leave_two(
    sequence: Sequence, workers: CheckWorkers
) -> None:
    with workers.lend(2) as lent, workers.lend(2) as others:
        assert len({*lent, *others}) == 4
        assert len(_running()) == 4
    assert len(_running()) == 2
    assert sequence.check().proven == 6


def test_a_check_that_fails_takes_its_processes_along(
    sequence: Sequence, workers: CheckWorkers
) -> None:
    """They may hold claims: what they answer must not be taken for the next check's."""
    with suppress(ZeroDivisionError), workers.lend(1) as (worker,):
        for frame in (1, 2):
            worker.give(Claim(frame, "nowhere", 1, "", 1, 1, 0.0))
        assert worker.take().missing
        raise ZeroDivisionError
    assert not worker.alive
    assert sequence.check().proven == 6
