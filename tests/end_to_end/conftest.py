"""Fixtures of the end-to-end tests: farms of their own, and nothing left behind."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from farmdesk.security import key_file
from tests.farm import LocalFarm, local_farm
from tests.street import Street, wait_open


@pytest.fixture
def farm(tmp_path: Path) -> Iterator[LocalFarm]:
    """A running farm of two nodes on SQLite."""
    with local_farm(tmp_path) as made:
        yield made.start()


@pytest.fixture
def said(capfd: pytest.CaptureFixture[str]) -> Callable[[], str]:
    """What was printed since it was asked for last."""

    def read() -> str:
        told = capfd.readouterr()
        return told.out + told.err

    return read


@pytest.fixture
def street(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Street]:
    """A running farm with a gateway; nobody but its superadmin has come in."""
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.delenv("FARMDESK_SERVER", raising=False)
    quick = partial(key_file.lock, n=1 << 14)  # passphrases of tests need no slow lock
    monkeypatch.setattr(key_file, "lock", lambda keys, passphrase, n: quick(keys, passphrase))
    with local_farm(tmp_path) as farm:
        made = Street(farm, tmp_path, monkeypatch)
        farm.start()
        wait_open(made)
        yield made
