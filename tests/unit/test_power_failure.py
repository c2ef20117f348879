"""What is said to be kept outlives a power failure: flushed first, then named, then told."""

import threading
from collections.abc import Callable
from pathlib import Path, PurePosixPath

import pytest

from farmdesk.domain.records import Flush
from farmdesk.engine.flush_journal import FlushJournal
from farmdesk.gateway.arrivals import Arrivals
from farmdesk.gateway.run_writer import RunWriter
from farmdesk.security.content import segment_digest
from farmdesk.security.sealed import SEGMENT
from farmdesk.security.sealed_files import whole_or_nothing
from farmdesk.security.secret_file import write_secret
from farmdesk.storage.folder import Folder
from farmdesk.storage.inbox import Inbox
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


TRANSFER = bytes(range(16))


@pytest.fixture
def arrivals(tmp_path: Path, power: Power, monkeypatch: pytest.MonkeyPatch) -> Arrivals:
    """An upload of one file; before a segment of it is noted, all that leads to it is kept."""
    note = Arrivals.note

    def watched(self: Arrivals, digests: dict[int, bytes]) -> None:
        if digests:
            folder, sealed = _places(tmp_path)
            assert power.is_safe(sealed)
            assert all(map(power.is_named, (folder.parent, folder, folder / "files.json", sealed)))
        note(self, digests)

    monkeypatch.setattr(Arrivals, "note", watched)
    return _begun(tmp_path)


def _begun(farm: Path) -> Arrivals:
    arrivals = Arrivals(Inbox(farm), TRANSFER)
    arrivals.declare(0, [SEGMENT + len(CONTENT)], ())
    return arrivals


def _places(farm: Path) -> tuple[Path, Path]:
    inbox = Inbox(farm)
    return inbox.transfer(TRANSFER), inbox.sealed(TRANSFER, 0)


def _took(arrivals: Arrivals, number: int) -> RunWriter:
    sealed = CONTENT if number else bytes(SEGMENT)
    writer = RunWriter(arrivals)
    writer.take(number, [segment_digest(sealed) + sealed])
    return writer


def test_a_segment_is_noted_once_it_would_outlive_a_power_failure(arrivals: Arrivals) -> None:
    """Its file's name too, though another request has made the file and has not ended."""
    maker, other = _took(arrivals, 0), _took(arrivals, 1)
    other.settle()
    assert arrivals.missing() == ([(0, 1)], False)
    maker.settle()
    assert arrivals.missing() == ([], False)


def test_what_a_killed_gateway_left_is_kept_before_more_of_it_is_noted(
    tmp_path: Path, arrivals: Arrivals
) -> None:
    with arrivals.open_sealed(0) as sealed:
        sealed.write(bytes(SEGMENT))
    again = Arrivals(Inbox(tmp_path), TRANSFER)
    _took(again, 1).settle()
    assert again.missing() == ([(0, 1)], False)


def test_what_files_there_are_is_kept_before_anybody_is_answered(
    tmp_path: Path, power: Power, arrivals: Arrivals
) -> None:
    assert power.is_named(_places(tmp_path)[0] / "files.json")
    with arrivals.manifest() as part:
        part.write_bytes(CONTENT)
    manifest = Inbox(tmp_path).manifest(TRANSFER)
    assert power.is_safe(manifest)
    assert power.is_named(manifest)
