"""Which Blender the demo takes, and what a broken one leads to."""

from pathlib import Path

import pytest

from farmdesk.demo import blender
from farmdesk.demo.blender import find_blender, make_scene
from farmdesk.domain.errors import Refused


def put(path: Path, text: str = "#!/bin/sh\n") -> Path:
    """Write a program."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)
    return path


def test_the_blender_on_path_comes_before_our_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.prefix", str(tmp_path / "venv"))
    with pytest.raises(Refused, match="make demo"):
        find_blender({"PATH": str(tmp_path / "bin")})
    own = put(tmp_path / "venv" / "bin" / "blender")
    assert find_blender({"PATH": str(tmp_path / "bin")}) == own
    assert find_blender({}) == own
    named = put(tmp_path / "bin" / "blender")
    assert find_blender({"PATH": str(tmp_path / "bin")}) == named


def test_a_blender_that_fails_is_quoted(tmp_path: Path) -> None:
    broken = put(tmp_path / "blender", "#!/bin/sh\necho libGL is missing >&2\nexit 1\n")
    with pytest.raises(Refused, match="libGL is missing"):
        make_scene(broken, tmp_path / "scene.blend")


def test_a_blender_that_claims_success_but_writes_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="could not build"):
        make_scene(put(tmp_path / "blender"), tmp_path / "scene.blend")


def test_a_blender_that_hangs_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blender, "MAKE_SECONDS", 0.2)
    hanging = put(tmp_path / "blender", "#!/bin/sh\nexec sleep 600\n")
    with pytest.raises(Refused, match="timed out"):
        make_scene(hanging, tmp_path / "scene.blend")
