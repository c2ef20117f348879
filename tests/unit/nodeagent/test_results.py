"""What lies among the published frames, and how a file gets there and stays."""

import errno
import hashlib
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from nodeagent import results
from nodeagent.journal import Journal, JournalLine
from nodeagent.results import copy_down, lying, sync_folder

BODY = b"a frame's bytes"
LINE = JournalLine(
    7, 0.5, 1.0, 2.0, "f_7.png", len(BODY), hashlib.sha256(BODY).hexdigest(), 64, 36, "n1"
)


@pytest.fixture
def frame(tmp_path: Path) -> Path:
    (tmp_path / "frames").mkdir()
    (tmp_path / "logs").mkdir()
    (target := tmp_path / "frames" / "f_7.png").write_bytes(BODY)
    return target


def found(frame: Path, *lines: JournalLine, number: int = 7) -> JournalLine | None:
    """Note lines, each in its node's journal, and ask for the frame."""
    logs = frame.parent.parent / "logs"
    for line in lines:
        Journal(logs / f"{line.node}.jsonl").add(line)
    return lying(frame, number, logs)


def test_a_frame_lies_there_if_a_journal_tells_of_these_very_bytes(frame: Path) -> None:
    assert found(frame) is None
    later = replace(LINE, node="n2", sha256="00" * 32)
    longer = replace(LINE, bytes=len(BODY) + 1)
    assert found(frame, longer, replace(LINE, sha256="11" * 32), later) is None
    assert found(frame, LINE) == LINE
    frame.write_bytes(BODY[:-1] + b"!")
    assert found(frame) is None
    frame.unlink()
    assert found(frame) is None


def test_lines_of_other_frames_and_names_count_for_nothing(frame: Path) -> None:
    assert found(frame, replace(LINE, frame=8), replace(LINE, path="f_8.png")) is None
    assert found(frame, LINE, number=9) is None
    assert found(frame) == LINE


def test_a_frame_is_read_once_at_most_and_not_for_lines_of_another_size(
    frame: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads, real = list[Path](), results._read

    def read(source: Path, take: Callable[[bytes], None]) -> tuple[str, int]:
        reads.append(source)
        return real(source, take)

    monkeypatch.setattr(results, "_read", read)
    assert found(frame, replace(LINE, bytes=1)) is None
    assert reads == []
    wrong = [replace(LINE, sha256=f"{number:064}") for number in range(9)]
    assert found(frame, *wrong, LINE) == LINE
    assert reads == [frame]


@pytest.mark.parametrize("size", [0, 1, 5, 6, 7, 12, 13])
def test_a_copy_has_all_bytes_and_their_digest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    """Whatever the last piece holds, and whatever lay there before."""
    monkeypatch.setattr(results, "CHUNK_BYTES", 6)
    body = bytes(range(size))
    (tmp_path / "a").write_bytes(body)
    (tmp_path / "b").write_bytes(b"what a killed agent left, and longer")
    assert copy_down(tmp_path / "a", tmp_path / "b") == (hashlib.sha256(body).hexdigest(), size)
    assert (tmp_path / "b").read_bytes() == body


@pytest.mark.parametrize("number", [errno.EINVAL, errno.ENOTSUP, errno.EBADF, errno.EIO])
def test_only_a_share_that_knows_no_flush_of_folders_may_go_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    refused, closed, close = list[int](), list[int](), os.close

    def refuse(descriptor: int) -> None:
        refused.append(descriptor)
        raise OSError(number, os.strerror(number))

    def watched(descriptor: int) -> None:
        closed.append(descriptor)
        close(descriptor)

    monkeypatch.setattr(os, "fsync", refuse)
    monkeypatch.setattr(os, "close", watched)
    if number == errno.EIO:
        with pytest.raises(OSError, match="Input/output"):
            sync_folder(tmp_path)
    else:
        sync_folder(tmp_path)
    assert set(refused) <= set(closed)
    assert len(refused) == 1
