"""The demo's scene, built and rendered by a real Blender."""

import os
import subprocess
from pathlib import Path

import pytest
from PIL import Image, ImageStat

from farmdesk.demo.blender import find_blender, make_scene
from farmdesk.domain.errors import Refused


@pytest.fixture(scope="module")
def blender() -> Path:
    """A real Blender."""
    try:
        return find_blender(os.environ)
    except Refused as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(error))


def render(blender: Path, scene: Path, target: Path) -> list[Path]:
    """Render the first and the last frame at a quarter of the size."""
    small = "import bpy; bpy.context.scene.render.resolution_percentage = 25"
    subprocess.run(
        [
            *(str(blender), "-b", "--factory-startup", "-noaudio", str(scene), "-t", "1"),
            *("--python-expr", small, "-o", str(target / "f_####"), "-f", "1,48"),
        ],
        check=True,
        capture_output=True,
    )
    return sorted(target.glob("*.png"))


def test_the_scene_is_the_same_each_time_it_is_built_and_worth_a_look(
    blender: Path, tmp_path: Path
) -> None:
    frames = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        scene = tmp_path / name / "scene with a blank.blend"
        make_scene(blender, scene)
        frames.append(render(blender, scene, tmp_path / name))
    assert [path.name for path in frames[0]] == ["f_0001.png", "f_0048.png"]
    for once, again in zip(*frames, strict=True):
        with Image.open(once) as first, Image.open(again) as second:
            assert first.size == (160, 90)
            assert first.tobytes() == second.tobytes()
            # Neither black nor burnt out, and blue is the colour of the show.
            red, green, blue = ImageStat.Stat(first.convert("RGB")).mean
            assert 15 < blue < 160
            assert blue > red
            assert blue > green
