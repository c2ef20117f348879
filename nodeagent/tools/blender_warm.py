"""A warm Blender: opens the scene once, then renders one frame for each line that the agent sends.

Started as `blender -b -P blender_warm.py`, or as `python blender_warm.py` where the `bpy` module is
the tool. Orders: `{"t": "render", "frame": 7, "path": "/…/frame_0007.png"}`; the end of stdin ends
it.
"""

# Plain strings are what bpy takes and gives:
# ruff: noqa: PTH100, PTH120

from __future__ import annotations

import json
import os
import sys
import time
import traceback
from typing import TYPE_CHECKING, Any, BinaryIO

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import bpy

if TYPE_CHECKING:
    from nodeagent.tools.blender_scene import (
        Refusal,
        Voice,
        open_scene,
        prepare,
        read_environment,
        sentence,
    )
else:
    from blender_scene import Refusal, Voice, open_scene, prepare, read_environment, sentence

REASONS = (
    ("no space left", "output_write"),
    ("cannot save", "output_write"),
    ("no camera", "bad_argument"),
    ("out of memory", "out_of_memory"),
    ("cuda", "gpu"),
    ("optix", "gpu"),
    ("hip error", "gpu"),
)


def main() -> None:
    """Load, then serve until the agent closes the pipe."""
    token, job = read_environment()
    orders, voice = own_the_line(token)
    try:
        seconds = open_scene(job["scene"])
        scene = bpy.context.scene
        prepare(scene, job)
    except Refusal as refusal:
        voice.say("refused", reason=refusal.reason, text=str(refusal))
        return
    voice.say("loaded", seconds=seconds)
    for line in orders:
        order = json.loads(line)
        render(scene, voice, frame=order["frame"], path=order["path"])


def own_the_line(token: str) -> tuple[BinaryIO, Voice]:
    """Take stdin and stdout for ourselves.

    What Blender and add-ons print goes to stderr from now on.
    """
    sys.stdout.flush()
    orders, output = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    return os.fdopen(orders, "rb", buffering=0), Voice(token, os.fdopen(output, "wb"))


def render(scene: Any, voice: Voice, *, frame: int, path: str) -> None:
    """Render one frame to this very path, and say how it went."""
    started, began = time.time(), time.perf_counter()
    voice.say("begun", frame=frame)
    try:
        scene.frame_set(frame)
        scene.render.filepath = path
        bpy.ops.render.render(write_still=True, scene=scene.name)
    except RuntimeError as error:  # how Blender says that an operator failed
        traceback.print_exc()
        voice.say("failed", frame=frame, reason=reason_of(str(error)), text=sentence(error))
        return
    voice.say("done", frame=frame, seconds=time.perf_counter() - began, started=started)


def reason_of(text: str) -> str:
    """Give the class of a render error."""
    for mark, reason in REASONS:
        if mark in text.lower():
            return reason
    return "crash"


if __name__ == "__main__":
    main()
    sys.stderr.flush()
    os._exit(0)  # leaving Blender in the usual way frees a big scene piece by piece
