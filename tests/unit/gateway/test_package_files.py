"""Files of opened packages: how they are walked. What is in a page: the tests of fetching."""

import os
import threading
from pathlib import Path
from typing import Any

import pytest

from farmdesk.gateway.package_files import files_behind


@pytest.mark.parametrize("most", [0, 10])
def test_a_listing_leaves_no_folder_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    """Nor one that ends in the middle: a farm that lists for years would run out of them."""
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "c").write_bytes(b"")
    opened, closed = list[int](), list[int]()
    real_open, real_close, me = os.open, os.close, threading.get_ident()

    def counting_open(path: str | Path, flags: int, *more: Any, **named: Any) -> int:
        number = real_open(path, flags, *more, **named)
        if threading.get_ident() == me:
            opened.append(number)
        return number

    def counting_close(number: int) -> None:
        if threading.get_ident() == me:
            closed.append(number)
        real_close(number)

    with monkeypatch.context() as patch:
        patch.setattr(os, "open", counting_open)
        patch.setattr(os, "close", counting_close)
        assert files_behind(tmp_path, 1, "", most)[1] is (most == 0)
    assert len(opened) == 3
    assert closed == opened[::-1]
