"""Fixtures of the end-to-end tests: farms of their own, and nothing left behind."""

from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.register_assert_rewrite("tests.farm")

from tests.farm import LocalFarm, local_farm  # noqa: E402


@pytest.fixture
def farm(tmp_path: Path) -> Iterator[LocalFarm]:
    """A running farm of two nodes on SQLite."""
    with local_farm(tmp_path) as made:
        yield made.start()
