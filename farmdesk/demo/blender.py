"""The Blender that the demo renders with, and the demo's scene made by it."""

import shutil
import subprocess
import sys
from collections.abc import Mapping
from importlib import resources
from pathlib import Path

from farmdesk.domain.errors import Refused

FRAMES = "1-48"  # of the demo's scene
MAKE_SECONDS = 120.0  # it takes about four


def find_blender(environment: Mapping[str, str]) -> Path:
    """Give the Blender on PATH, else the one that set-up put beside this Python.

    Raises:
        Refused: there is none.
    """
    own = Path(sys.prefix, "bin", "blender")
    found = shutil.which("blender", path=environment.get("PATH", ""))
    if found:
        return Path(found)
    if own.exists():
        return own
    raise Refused(
        "There is no Blender on this machine. Run `make demo`, which brings one,"
        " or install Blender and put it on PATH.",
        "这台机器上没有 Blender。请运行 `make demo`(它会自动安装),或自行安装并加入 PATH。",
    )


def make_scene(blender: Path, target: Path) -> None:
    """Build the demo's scene file with this Blender.

    Raises:
        Refused: Blender failed; the text shows the end of what it said.
    """
    with resources.as_file(resources.files("resources") / "demo") as folder:
        # Its own modules lie around the script, so the whole folder must be real files.
        argv = [str(blender), "-b", "--factory-startup", "-noaudio", "--python-exit-code", "3"]
        argv += ["-P", str(folder / "make_scene.py"), "--", str(target)]
        try:
            done = subprocess.run(
                argv, capture_output=True, text=True, errors="replace", timeout=MAKE_SECONDS
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise _scene_failed(str(error)) from error
    if done.returncode != 0 or not target.exists():
        raise _scene_failed((done.stdout + done.stderr).strip()[-600:])


def _scene_failed(said: str) -> Refused:
    return Refused(
        f"Blender could not build the demo scene; check that it starts by itself. It said: {said}",
        f"Blender 无法生成演示场景,请检查它能否单独启动。输出:{said}",
    )
