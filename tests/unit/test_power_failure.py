"""What is said to be kept outlives a power failure: flushed first, then named, then told."""

import threading
from collections.abc import Callable
from pathlib import Path, PurePosixPath

import pytest

from farmdesk.domain.records import Flush
from farmdesk.engine.flush_journal import FlushJournal
from farmdesk.security.sealed_files import whole_or_nothing
from farmdesk.security.secret_file import write_secret
from farmdesk.storage.folder import Folder
from farmdesk.storage.package_copy import PackageCopy
from nodeagent.journal import Journal, JournalLine
from nodeagent.results import copy_down
from tests.power import Power

CONTENT = b"kept"  # small enough to wait in a buffer


@pytest.fixture
def power(monkeypatch: pytest.MonkeyPatch) -> Power:
    return Power(monkeypatch)


def _appended_twice(file: Path) -> None:
    for frame in (1, 2):
        Journal(file).add(JournalLine(frame, 0.5, 1.0, 2.0, "f", 3, "ab" * 32, 64, 36, "n1"))


def _flushes(file: Path) -> None:
    for number in (1, 2):
        FlushJournal(file).append(Flush(number))


def _copied(file: Path) -> None:
    source = file.with_name("source")
    source.write_bytes(CONTENT)
    copy_down(source, file)


WRITERS: dict[str, Callable[[Path], object]] = {
    "a node's journal": _appended_twice,
    "flushes": _flushes,
    "a frame on the share": _copied,
    "a storage": lambda file: Folder(file.parent).write(PurePosixPath(file.name), [CONTENT] * 2),
}


@pytest.mark.parametrize("write", WRITERS.values(), ids=WRITERS)
def test_what_was_written_is_on_the_disk(
    tmp_path: Path, power: Power, write: Callable[[Path], object]
) -> None:
    write(tmp_path / "file")
    assert power.is_safe(tmp_path / "file")


def test_a_file_takes_its_name_once_it_is_on_the_disk(tmp_path: Path, power: Power) -> None:
    with whole_or_nothing(tmp_path / "whole") as part:
        part.write_bytes(CONTENT)
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "scene").write_bytes(CONTENT)
    copy = PackageCopy(tmp_path / "package", tmp_path / "to")
    assert copy.carry_out(copy.lacking(), lambda _count: None, threading.Event())
    assert power.named == [("whole", True), ("scene", True)]


def test_a_secret_takes_its_name_once_it_is_on_the_disk(tmp_path: Path, power: Power) -> None:
    """The name too: an account's keys are handed out once."""
    secret = tmp_path / "zhang.fdkey"
    write_secret(secret, CONTENT)
    assert power.is_named(secret)
    write_secret(secret, CONTENT * 2, replace=True)
    assert power.named == [(secret.name, True), (secret.name, True)]
    assert power.is_safe(secret)
