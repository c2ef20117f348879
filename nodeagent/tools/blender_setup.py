"""Makes a scene ready for a cold start.

`blender -b SCENE -P blender_setup.py -o … -s … -e … -j … -a`.

The scene is open already. What cannot be rendered is refused in the same words as by a warm
Blender, with exit code 7.
"""

# Plain strings are what bpy takes and gives:
# ruff: noqa: PTH100, PTH120

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import bpy

if TYPE_CHECKING:
    from nodeagent.tools.blender_scene import Refusal, Voice, prepare, read_environment
else:
    from blender_scene import Refusal, Voice, prepare, read_environment

REFUSED = 7


def main() -> None:
    """Apply the task's settings to the open scene."""
    token, job = read_environment()
    voice = Voice(token, sys.stdout.buffer)
    try:
        if not bpy.data.filepath:
            raise Refusal("scene_load", "the scene cannot be loaded: " + job["scene"])
        scene = bpy.context.scene
        scene.frame_start = scene.frame_end = 0  # Blender adds a negative `-s` or `-e` to these
        prepare(scene, job)
        voice.say("loaded")
    except Refusal as refusal:
        voice.say("refused", reason=refusal.reason, text=str(refusal))
        sys.stdout.flush()
        os._exit(REFUSED)


if __name__ == "__main__":
    main()
