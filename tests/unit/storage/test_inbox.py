"""Where uploads lie."""

from pathlib import Path

import pytest

from farmdesk.storage.inbox import Inbox

TRANSFER = bytes(range(16))


def test_sizes_are_of_sealed_files_alone(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path)
    inbox.transfer(TRANSFER).mkdir(parents=True)
    inbox.sealed(TRANSFER, 0).write_bytes(b"abc")
    inbox.sealed(TRANSFER, 2_000_000_000).write_bytes(b"")
    inbox.manifest(TRANSFER).write_bytes(b"manifest")
    (inbox.transfer(TRANSFER) / "0000000001.sealed.part").write_bytes(b"half")
    assert inbox.sealed_sizes(TRANSFER) == {0: 3, 2_000_000_000: 0}


def test_what_is_discarded_is_gone_and_nothing_else(tmp_path: Path) -> None:
    inbox, other = Inbox(tmp_path), bytes(16)
    for transfer in (TRANSFER, other):
        inbox.transfer(transfer).mkdir(parents=True)
        inbox.sealed(transfer, 1).write_bytes(b"abc")
    inbox.discard(TRANSFER)
    inbox.discard(TRANSFER)
    assert not inbox.transfer(TRANSFER).exists()
    assert inbox.sealed_sizes(other) == {1: 3}
    with pytest.raises(FileNotFoundError):
        inbox.sealed_sizes(TRANSFER)


def test_the_uploads_that_are_here(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path)
    assert inbox.transfers() == []
    inbox.transfer(TRANSFER).mkdir(parents=True)
    (tmp_path / "inbox" / "lost+found").mkdir()
    assert inbox.transfers() == [TRANSFER]
