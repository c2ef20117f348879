"""What one frame's file is held to; the worker program around it has a test of its own."""

import hashlib
import io
import os
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from farmdesk.engine.frame_check import Claim, Finding, check_frame

SIDE = 48


def written(path: Path, body: bytes) -> Claim:
    """Write a frame's file and give what would be recorded of it."""
    path.write_bytes(body)
    digest = hashlib.sha256(body).hexdigest()
    return Claim(7, str(path), len(body), digest, SIDE, SIDE, path.stat().st_mtime)


@pytest.fixture
def frame(tmp_path: Path) -> Claim:
    stream = io.BytesIO()
    Image.frombytes("RGB", (SIDE, SIDE), os.urandom(3 * SIDE * SIDE)).save(stream, "PNG")
    return written(tmp_path / "frame.png", stream.getvalue())


def test_a_frame_that_is_as_it_was_recorded(frame: Claim) -> None:
    found = Finding(7, frame.bytes, width=SIDE, height=SIDE)
    assert check_frame(frame) == found
    for any_size in (replace(frame, width=0), replace(frame, height=0)):
        assert check_frame(any_size) == found


def test_each_thing_that_is_recorded_must_be_true(frame: Claim) -> None:
    for wrong, why in (
        (replace(frame, bytes=frame.bytes + 1), f"has {frame.bytes} bytes"),
        (replace(frame, sha256="00" * 32), "another digest"),
        (replace(frame, width=SIDE + 1), f"expected is {SIDE + 1}x{SIDE}"),
        (replace(frame, height=SIDE - 1), f"expected is {SIDE}x{SIDE - 1}"),
        (replace(frame, newer_than=frame.newer_than + 0.001), "older than the start"),
    ):
        found = check_frame(wrong)
        assert why in found.error
        assert found.error_zh
        assert (found.missing, found.bytes) == (False, 0)


def test_a_missing_frame_is_told_apart_from_a_bad_one(frame: Claim, tmp_path: Path) -> None:
    gone = check_frame(replace(frame, path=str(tmp_path / "other.png")))
    assert (gone.missing, gone.bytes) == (True, 0)
    assert "missing" in gone.error
    folder = check_frame(replace(frame, path=str(tmp_path), bytes=tmp_path.stat().st_size))
    assert folder.error
    assert not folder.missing


def test_a_damaged_frame_is_bad_even_if_it_was_recorded_so(frame: Claim) -> None:
    """An agent that could not see it, say of an older version, recorded its digest."""
    body = bytearray(Path(frame.path).read_bytes())
    body[-20] ^= 1
    assert "damaged" in check_frame(written(Path(frame.path), bytes(body))).error


def test_bits_that_were_proven_are_not_followed_again(tmp_path: Path) -> None:
    """That takes long in a JPEG, and the digest says that they are the same."""
    stream = io.BytesIO()
    Image.new("L", (SIDE, SIDE), 90).save(stream, "JPEG")
    lost = stream.getvalue()[:-3] + b"\xff\xd9"
    claim = written(tmp_path / "frame.jpg", lost)
    assert "damaged" in check_frame(claim).error
    assert check_frame(replace(claim, proven=True)).error == ""
