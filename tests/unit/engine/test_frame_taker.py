"""Frames by hand: real files, a real checking process."""

import errno
import hashlib
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

import pytest

from farmdesk.domain.errors import Refused
from farmdesk.domain.frames import FrameSet
from farmdesk.domain.node import BY_HAND
from farmdesk.domain.records import FrameRecord
from farmdesk.domain.said import Said
from farmdesk.domain.states import FrameState
from farmdesk.engine import frame_taker
from farmdesk.engine.check_workers import CheckWorkers
from farmdesk.engine.frame_taker import FrameTaker
from farmdesk.engine.hand_ins import HandIn
from farmdesk.engine.posts import FrameTaken, HandInEnded
from farmdesk.engine.sent_frames import SentFrames
from nodeagent.journal import Journal, JournalLine, read_journal
from nodeagent.results import copy_down
from tests import frame_tool
from tests.power import Power
from tests.tiny_tool import png

NONE_SENT = SentFrames(None)


class Proofs:
    """What is recorded of finished frames."""

    def __init__(self, *records: FrameRecord) -> None:
        self.records = records

    def proofs(self, task_id: int) -> Iterator[FrameRecord]:
        return iter(self.records)


@pytest.fixture(scope="module")
def workers() -> Iterator[CheckWorkers]:
    with CheckWorkers(1) as made:
        yield made


@pytest.fixture
def order(tmp_path: Path) -> HandIn:
    folder, output, logs = (tmp_path / name for name in ("别处 rendered", "frames", "logs"))
    for made in (folder, output, logs):
        made.mkdir()
    return HandIn(
        command_id=1,
        sender="ops",
        task_id=7,
        folder=folder,
        pattern="frame_####.png",
        frames=FrameSet.parse("-1,1-6"),
        proven=FrameSet(),
        size=(4, 4),
        output=output,
        journal=logs / "by hand.jsonl",
    )


def put(order: HandIn, frame: int, *, edge: int = 4, cut: int = 0) -> Path:
    sign = "-" if frame < 0 else ""
    file = order.folder / f"frame_{sign}{abs(frame):04d}.png"
    body = png(frame, edge)
    file.write_bytes(body[: len(body) - cut])
    return file


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def take(
    order: HandIn, workers: CheckWorkers, *records: FrameRecord
) -> tuple[list[JournalLine], list[str]]:
    """Give the lines of taken frames, and the sentences about the others."""
    taker = FrameTaker(Proofs(*records), lambda post: None, workers, NONE_SENT, str)
    found = list(taker.take(order, lambda: None))
    said = [item for item in found if isinstance(item, Said)]
    assert all(item.zh for item in said)
    return [item for item in found if isinstance(item, JournalLine)], [item.en for item in said]


def test_whole_frames_are_copied_named_and_journaled(order: HandIn, workers: CheckWorkers) -> None:
    files = [put(order, frame) for frame in (-1, 1, 2)]
    lines, said = take(order, workers)
    assert (said, [line.frame for line in lines]) == ([], [-1, 1, 2])
    assert names(order.output) == sorted(file.name for file in files)
    assert list(read_journal(order.journal)) == lines
    for line, file in zip(lines, files, strict=True):
        body = (order.output / line.path).read_bytes()
        assert body == file.read_bytes()
        assert (line.bytes, line.sha256) == (len(body), hashlib.sha256(body).hexdigest())
        assert (line.width, line.height, line.node, line.seconds) == (4, 4, BY_HAND, 0.0)


def test_a_frame_is_noted_once_it_would_outlive_a_power_failure(
    order: HandIn, workers: CheckWorkers, monkeypatch: pytest.MonkeyPatch
) -> None:
    power, add = Power(monkeypatch), Journal.add
    frame, kept = order.output / put(order, 1).name, list[bool]()

    def noted(journal: Journal, line: JournalLine) -> None:
        kept.append(power.is_safe(frame) and power.is_named(frame))
        add(journal, line)

    monkeypatch.setattr(Journal, "add", noted)
    take(order, workers)
    assert (power.named, kept) == ([(frame.name, True)], [True])


def test_each_other_file_is_left_with_its_own_reason(order: HandIn, workers: CheckWorkers) -> None:
    put(order, 1, cut=9)
    put(order, 2, edge=2)
    put(order, 3)
    put(order, 9)
    (order.folder / "frame_0004.png").mkdir()
    (order.folder / "frame_0005.png").write_text("<html>not found</html>")
    (order.folder / "frame_0006.png").symlink_to(order.folder / "nowhere")
    (order.folder / "Thumbs.db").touch()
    (order.folder / "frame_1.png").touch()
    lines, said = take(replace(order, proven=FrameSet.parse("3")), workers)
    assert lines == []
    reasons = dict(zip(names(order.folder), said, strict=True))
    assert "fails the frame check" in reasons["frame_0001.png"]
    assert "is 2x2, expected is 4x4" in reasons["frame_0002.png"]
    assert "frame 3 is proven already" in reasons["frame_0003.png"]
    assert "is no file" in reasons["frame_0004.png"]
    assert "no known image format" in reasons["frame_0005.png"]
    assert "is no file" in reasons["frame_0006.png"]
    assert "has no frame 9" in reasons["frame_0009.png"]
    assert "not named like" in reasons["Thumbs.db"]
    assert "not named like" in reasons["frame_1.png"]
    assert names(order.output) == []  # no half copy is left
    assert not order.journal.exists()


@pytest.mark.parametrize("bad", ["nowhere", "frame_0001.png"])
def test_a_folder_that_cannot_be_read(order: HandIn, workers: CheckWorkers, bad: str) -> None:
    put(order, 1)
    with pytest.raises(Refused, match="cannot read the folder"):
        take(replace(order, folder=order.folder / bad), workers)


def test_a_file_that_cannot_be_read_keeps_nobody_waiting(
    order: HandIn, workers: CheckWorkers, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = put(order, 1)
    put(order, 2)
    opened = Path.open

    def guarded(path: Path, mode: str = "r", buffering: int = -1) -> IO[Any]:
        if path == closed:  # tests may run as root, whom no rights keep out
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return opened(path, mode, buffering)

    monkeypatch.setattr(Path, "open", guarded)
    lines, said = take(order, workers)
    assert [line.frame for line in lines] == [2]
    assert "cannot be read (Permission denied)" in said[0]


def test_without_a_size_the_recorded_frames_decide(order: HandIn, workers: CheckWorkers) -> None:
    put(order, 1, edge=8)
    put(order, 2, edge=4)
    known = FrameRecord(7, 3, 1, FrameState.DONE, "n1", datetime.now(UTC), 1.0, width=4, height=4)
    lines, said = take(replace(order, size=(None, None)), workers, known)
    assert [line.frame for line in lines] == [2]
    assert "is 8x8, expected is 4x4" in said[0]


def test_the_size_is_what_most_frames_have_as_far_as_the_task_leaves_it_open(
    order: HandIn, workers: CheckWorkers
) -> None:
    now = datetime.now(UTC)
    one = FrameRecord(7, 3, 1, FrameState.DONE, "n1", now, 1.0, width=4, height=8)
    most = [replace(one, frame=frame, width=8, height=4) for frame in (4, 5)]
    for frame, (width, height) in {1: (4, 8), 2: (8, 4), 6: (8, 8)}.items():
        (order.folder / f"frame_{frame:04d}.png").write_bytes(frame_tool.png(frame, width, height))
    for size, taken in {(None, None): [2], (None, 8): [6], (4, 8): [1]}.items():
        lines, said = take(replace(order, size=size), workers, one, *most)
        assert [line.frame for line in lines] == taken
        assert len(said) == 2


def test_where_nothing_decides_the_first_frame_does(order: HandIn, workers: CheckWorkers) -> None:
    put(order, 1, edge=8, cut=9)
    put(order, 2, edge=4)
    put(order, 3, edge=8)
    lines, said = take(replace(order, size=(None, None)), workers)
    assert [line.frame for line in lines] == [2]
    assert "is 8x8, expected is 4x4" in said[1]


def test_a_frame_that_a_node_published_meanwhile_is_left_as_it_is(
    order: HandIn, workers: CheckWorkers
) -> None:
    put(order, 1)
    take(order, workers)
    order.journal.rename(order.journal.with_name("n1.jsonl"))
    lying = order.output / "frame_0001.png"
    before = lying.stat().st_mtime_ns
    (order.folder / lying.name).write_bytes(png(99))
    lines, _ = take(order, workers)
    assert lying.stat().st_mtime_ns == before
    assert lines[0].sha256 == hashlib.sha256(png(1)).hexdigest()


def test_a_half_copy_of_a_killed_engine_is_swept_and_a_spoiled_frame_replaced(
    order: HandIn, workers: CheckWorkers
) -> None:
    (order.output / f"frame_0002.png.{BY_HAND}.part").write_bytes(b"half")
    (order.output / "frame_0001.png").write_bytes(b"\x89PNG spoiled")
    put(order, 1)
    take(order, workers)
    assert names(order.output) == ["frame_0001.png"]
    assert (order.output / "frame_0001.png").read_bytes() == png(1)


def test_a_file_that_changes_while_it_is_copied_is_not_taken(
    order: HandIn, workers: CheckWorkers, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(order, 1)

    def copy(source: Path, target: Path) -> tuple[str, int]:
        shutil.copy(source, target)
        old = source.read_bytes()
        source.write_bytes(png(99))
        return hashlib.sha256(old).hexdigest(), len(png(99))

    monkeypatch.setattr(frame_taker, "copy_down", copy)
    lines, said = take(order, workers)
    assert (lines, names(order.output)) == ([], [])
    assert "another digest" in said[0]


def test_a_full_storage_ends_it_and_what_was_taken_is_told(
    order: HandIn, workers: CheckWorkers, monkeypatch: pytest.MonkeyPatch
) -> None:
    (order.folder / "a note.txt").touch()
    for frame in (1, 2, 3):
        put(order, frame)

    def copy(source: Path, target: Path) -> tuple[str, int]:
        if "0002" in source.name:
            target.write_bytes(b"half")
            raise OSError(errno.ENOSPC, "No space left on device")
        return copy_down(source, target)

    monkeypatch.setattr(frame_taker, "copy_down", copy)
    posts: list[FrameTaken | HandInEnded] = []
    FrameTaker(Proofs(), posts.append, workers, NONE_SENT, str)._run(order)
    first, last = posts
    assert isinstance(first, FrameTaken)
    assert isinstance(last, HandInEnded)
    assert (last.taken, [said.en[:10] for said in last.refused]) == (1, ["a note.txt"])
    assert last.error is not None
    assert "No space left on device" in last.error.en
    assert names(order.output) == ["frame_0001.png"]


def test_a_fault_of_ours_is_answered_too(order: HandIn, workers: CheckWorkers) -> None:
    put(order, 1)
    posts: list[FrameTaken | HandInEnded] = []
    FrameTaker(Proofs(), posts.append, workers, NONE_SENT, str)._run(
        replace(order, pattern="no number")
    )
    (last,) = posts
    assert isinstance(last, HandInEnded)
    assert last.error is not None
    assert "fault of its own" in last.error.en
