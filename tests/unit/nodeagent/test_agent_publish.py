"""Publishing in the face of shares that fail for a moment, or for good."""

import hashlib
import os
import queue
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from nodeagent import publish
from nodeagent.frame_runs import parse_frames
from nodeagent.images import ImageFacts, check_image
from nodeagent.journal import ENDED, Journal, JournalLine, read_journal
from nodeagent.publish import Published, Publisher, PublishFailed
from nodeagent.range_work import RangeWork
from nodeagent.renderer import RenderedFrame
from tests.frame_tool import png
from tests.power import Power

Outcome = Published | PublishFailed
Publish = Callable[..., Outcome]


@pytest.fixture
def publish_frame(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Publish:
    """Give a function that publishes a frame and says what became of it; it does not wait."""
    monkeypatch.setattr(publish, "RETRY_WAITS_S", (0.0, 0.0))
    outcomes: queue.SimpleQueue[Outcome] = queue.SimpleQueue()
    for folder in ("scratch", "output", "logs"):
        (tmp_path / folder).mkdir()
    publisher = Publisher(
        output=tmp_path / "output",
        journal=tmp_path / "logs" / "n1.jsonl",
        slot="n1-0",
        size=(None, None),
        post=outcomes.put,
    )
    work = RangeWork(1, parse_frames("1-9"), last=9)

    def one(frame: int, body: bytes | None = None) -> Outcome:
        path = tmp_path / "scratch" / f"f_{frame}.png"
        path.write_bytes(png(frame) if body is None else body)
        publisher.add(work, RenderedFrame(frame, 0.5, 1.0, path, time.time()))
        return outcomes.get(timeout=20)

    return one


def names(tmp_path: Path) -> list[str]:
    return sorted(path.name for path in (tmp_path / "output").iterdir())


def test_a_frame_is_copied_and_journaled(publish_frame: Publish, tmp_path: Path) -> None:
    outcome = publish_frame(1)
    assert isinstance(outcome, Published)
    assert outcome.line.sha256 == hashlib.sha256(png(1)).hexdigest()
    assert (tmp_path / "output" / "f_1.png").read_bytes() == png(1)
    assert list(read_journal(tmp_path / "logs" / "n1.jsonl")) == [outcome.line]
    assert list((tmp_path / "scratch").iterdir()) == []


@pytest.mark.parametrize("failures", [1, 2, 3])
def test_a_share_that_hiccups(
    failures: int, publish_frame: Publish, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two failures are survived; after the third the frame is broken and nothing is left of it."""
    sync, calls = os.fsync, []

    def failing(descriptor: int) -> None:
        calls.append(descriptor)
        if len(calls) <= failures:
            raise OSError(5, "Input/output error")
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", failing)
    outcome = publish_frame(1)
    assert isinstance(outcome, Published) == (failures < 3)
    assert names(tmp_path) == (["f_1.png"] if failures < 3 else [])
    if isinstance(outcome, PublishFailed):
        assert outcome.reason == "output_write"
        assert "Input/output error" in outcome.text


def test_a_frame_is_told_of_once_it_would_outlive_a_power_failure(
    publish_frame: Publish, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    power, add, frame = Power(monkeypatch), Journal.add, tmp_path / "output" / "f_1.png"
    kept = list[bool]()

    def noted(journal: Journal, line: JournalLine) -> None:
        kept.append(power.is_safe(frame) and power.is_named(frame))
        add(journal, line)

    monkeypatch.setattr(Journal, "add", noted)
    assert isinstance(publish_frame(1), Published)
    assert (power.named, kept) == ([("f_1.png", True)], [True])


def test_no_journal_no_frame(
    publish_frame: Publish, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(journal: Journal, line: JournalLine) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Journal, "add", refuse)
    outcome = publish_frame(1)
    assert isinstance(outcome, PublishFailed)
    assert outcome.reason == "output_write"


def test_the_first_frame_decides_the_size(publish_frame: Publish, tmp_path: Path) -> None:
    assert isinstance(publish_frame(1), Published)
    outcome = publish_frame(2, png(2, 4, 4))
    assert isinstance(outcome, PublishFailed)
    assert outcome.reason == "bad_image"
    assert "4x4" in outcome.text


def test_a_file_that_is_older_than_the_tool(publish_frame: Publish, tmp_path: Path) -> None:
    """A tool that copied an old picture keeps its time."""
    old, stat = time.time() - 60, Path.stat

    def touched(path: Path, *, follow_symlinks: bool = True) -> os.stat_result:
        if path.parent.name == "scratch":
            os.utime(path, (old, old))
        return stat(path, follow_symlinks=follow_symlinks)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "stat", touched)
        outcome = publish_frame(1)
    assert isinstance(outcome, PublishFailed)
    assert "older" in outcome.text


@pytest.mark.parametrize("written", [b"", b"more", png(2)])
def test_what_was_proven_is_what_is_published(
    written: bytes, publish_frame: Publish, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A tool that writes on, once its frame was taken for complete, gets nothing published."""

    def check_then_write(path: Path) -> ImageFacts:
        facts = check_image(path)
        path.write_bytes(path.read_bytes() + written if written == b"more" else written)
        return facts

    monkeypatch.setattr(publish, "check_image", check_then_write)
    outcome = publish_frame(1)
    assert isinstance(outcome, PublishFailed)
    assert outcome.reason == "bad_image"
    assert "wrote on" in outcome.text
    assert names(tmp_path) == []
    assert list(read_journal(tmp_path / "logs" / "n1.jsonl")) == []


def test_half_copies_of_a_killed_agent_are_deleted_and_no_others(tmp_path: Path) -> None:
    for name in ("f_1.png.n1-0.part", "f_1.png.n1-1.part", "f_1.png", "f_2.n1-0"):
        (tmp_path / name).touch()
    outcomes: queue.SimpleQueue[Outcome] = queue.SimpleQueue()
    publisher = Publisher(
        output=tmp_path, journal=tmp_path / "j", slot="n1-0", size=(3, None), post=outcomes.put
    )
    work, gone = RangeWork(1, parse_frames("1"), last=1), tmp_path / "scratch" / "f_1.png"
    publisher.add(work, RenderedFrame(1, 0.5, 1.0, gone, time.time()))
    failed = outcomes.get(timeout=60)
    assert isinstance(failed, PublishFailed)
    assert (failed.work, failed.frame, failed.reason) == (work, 1, "bad_image")
    assert "wrote no file" in failed.text
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "f_1.png",
        "f_1.png.n1-1.part",
        "f_2.n1-0",
    ]


@pytest.mark.parametrize(
    ("ordered", "wrong"),
    [((64, None), (63, 36)), ((None, 36), (64, 35)), ((64, 36), (63, 36)), ((64, 36), (64, 37))],
)
def test_frames_have_the_size_that_was_ordered(
    ordered: tuple[int | None, int | None], wrong: tuple[int, int], tmp_path: Path
) -> None:
    outcomes: queue.SimpleQueue[Outcome] = queue.SimpleQueue()
    publisher = Publisher(
        output=tmp_path, journal=tmp_path / "n1.jsonl", slot="n1-0", size=ordered, post=outcomes.put
    )
    work, path = RangeWork(1, parse_frames("1"), last=1), tmp_path / "in" / "f_1.png"
    path.parent.mkdir()
    for size in (wrong, (64, 36)):
        path.write_bytes(png(1, *size))
        publisher.add(work, RenderedFrame(1, 0.5, 1.0, path, time.time()))
        assert isinstance(outcomes.get(timeout=60), Published) == (size != wrong)


def test_a_proven_frame_of_another_node_is_not_replaced(
    publish_frame: Publish, tmp_path: Path
) -> None:
    """A cut-off agent comes late; what it reports is the frame as it lies there."""
    first = publish_frame(1)
    assert isinstance(first, Published)
    (tmp_path / "logs" / "n1.jsonl").rename(tmp_path / "logs" / "n2.jsonl")
    late = publish_frame(1, png(7))
    assert isinstance(late, Published)
    assert late.line == first.line
    assert (tmp_path / "output" / "f_1.png").read_bytes() == png(1)
    assert names(tmp_path) == ["f_1.png"]
    assert not (tmp_path / "logs" / "n1.jsonl").exists()


@pytest.mark.parametrize("damage", [b"rubbish", png(1)[:-1] + b"!"])
def test_a_damaged_frame_is_replaced(damage: bytes, publish_frame: Publish, tmp_path: Path) -> None:
    publish_frame(1)
    (tmp_path / "output" / "f_1.png").write_bytes(damage)
    again = publish_frame(1, png(7))
    assert isinstance(again, Published)
    assert (tmp_path / "output" / "f_1.png").read_bytes() == png(7)
    assert again.line.sha256 == hashlib.sha256(png(7)).hexdigest()


def test_nothing_is_published_after_the_end_of_the_task(
    publish_frame: Publish, tmp_path: Path
) -> None:
    (tmp_path / "logs" / ENDED).touch()
    outcome = publish_frame(1)
    assert isinstance(outcome, PublishFailed)
    assert "has ended" in outcome.text
    assert names(tmp_path) == []
