"""A warm Blender: opens the scene once, then renders one frame for each line that the agent sends.

Started as `blender -b -P blender_warm.py`, or as `python blender_warm.py` where the `bpy` module is
the tool. Orders: `{"t": "render", "frame": 7, "step": 2, "path": "/…/frame_0007.png"}`; the end of
stdin ends it. `step` says which frame will probably be next.
"""

# Plain strings are what bpy takes and gives:
# ruff: noqa: PTH100, PTH105, PTH118, PTH120

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
    ("build without", "bad_argument"),  # this Blender lacks what the scene asks for
    ("out of memory", "out_of_memory"),
    ("cuda", "gpu"),
    ("optix", "gpu"),
    ("hip error", "gpu"),
)


LAST_FRAME = 1_048_574  # Blender's own; source: MAXFRAME in its DNA_scene_types.h

UPDATE = "_view_layer_update"  # how Blender's own Python class of operators calls it

Order = dict[str, Any]


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
    Painter(scene, orders, voice).serve()


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


class Painter:
    """Renders what is ordered, as many frames as possible inside one animation call.

    A render call of its own for every frame would build the whole scene's dependency graph twice:
    measured with 45,000 objects on 3.4.1, 6.3 s instead of 3.1 s a frame. Blender tells after each
    frame of an animation that it was written; there we wait for the next order, and go on or end
    the call. Its loop runs while the scene's current frame is not behind the last one, so setting
    it to the last one is how a script ends it.
    """

    def __init__(self, scene: Any, orders: BinaryIO, voice: Voice) -> None:
        self._scene = scene
        self._orders = orders
        self._voice = voice
        self._coming: Order | None = None  # read, and not begun
        self._in_hand: Order | None = None  # begun, and not answered
        self._began = self._started = 0.0

    def serve(self) -> None:
        """Render until the agent closes the pipe."""
        while (order := self._next()) is not None:
            render = self._animate if self._can_animate(order) else self._still
            self._begin(order)
            try:
                render(order)
            except (RuntimeError, OSError) as error:  # how Blender says that an operator failed
                traceback.print_exc()
                self._fail(sentence(error), reason_of(str(error)))
            self._fail("Blender ended without writing the frame", "crash")

    def _can_animate(self, order: Order) -> bool:
        """Prepare the scene for a call that begins with this frame; Blender's go from 0 on."""
        scene = self._scene
        scene.frame_start, scene.frame_end = 0, LAST_FRAME
        scene.frame_start, scene.frame_step = order["frame"], order["step"]
        return bool(scene.frame_start == order["frame"] < LAST_FRAME)

    def _animate(self, order: Order) -> None:
        """Render this frame, and those that come in its step."""
        render = self._scene.render
        render.filepath = os.path.join(os.path.dirname(order["path"]), "warm_######")
        render.use_overwrite, render.use_placeholder = True, False
        bpy.app.handlers.render_write.append(self._on_written)
        skip_next_update()
        try:
            bpy.ops.render.render(animation=True, scene=self._scene.name)
        finally:
            bpy.app.handlers.render_write.remove(self._on_written)

    def _on_written(self, *_: object) -> None:
        """Blender wrote a frame of the animation: go on with the next order, or leave the call."""
        scene, order = self._scene, self._in_hand
        if order is not None:
            try:
                os.replace(scene.render.frame_path(frame=order["frame"]), order["path"])
                self._succeed()
            except OSError as error:
                self._fail(sentence(error), reason_of(str(error)))
        coming = self._next()
        if order and coming and coming["frame"] == order["frame"] + scene.frame_step:
            self._begin(coming)
        else:
            scene.frame_current = scene.frame_end

    def _still(self, order: Order) -> None:
        """Render one frame by itself: Blender animates no negative ones."""
        self._scene.frame_set(order["frame"])
        if self._scene.frame_current != order["frame"]:
            self._fail(f"Blender has no frame {order['frame']}", "bad_argument")
            return
        self._scene.render.filepath = order["path"]
        bpy.ops.render.render(write_still=True, scene=self._scene.name)
        self._succeed()

    def _next(self) -> Order | None:
        """Give the order that comes next; wait for it, unless it was read before."""
        if self._coming is None:
            line = self._orders.readline()
            self._coming = json.loads(line) if line else None
        return self._coming

    def _begin(self, order: Order) -> None:
        self._in_hand, self._coming = order, None
        self._began, self._started = time.perf_counter(), time.time()
        self._voice.say("begun", frame=order["frame"])

    def _succeed(self) -> None:
        order, self._in_hand = self._in_hand, None
        if order is not None:
            seconds = time.perf_counter() - self._began
            frame = order["frame"]
            self._voice.say("done", frame=frame, seconds=seconds, started=self._started)

    def _fail(self, text: str, reason: str) -> None:
        """Say that the frame in hand failed, if there is one."""
        order, self._in_hand = self._in_hand, None
        if order is not None:
            self._voice.say("failed", frame=order["frame"], reason=reason, text=text)


def skip_next_update() -> None:
    """Keep the next operator from evaluating the window's view layer first, for nobody looks at it.

    Rendering evaluates a dependency graph of its own, as `blender -a` does. Measured with 45,000
    objects on 3.4.1: 2.4 s. Operators that the scene's own handlers call meanwhile see to it again.
    """
    operator: Any = type(bpy.ops.render.render)
    update = getattr(operator, UPDATE, None)
    if update is None:
        return  # not this Blender's way

    def skip(_context: object) -> None:
        setattr(operator, UPDATE, staticmethod(update))

    setattr(operator, UPDATE, staticmethod(skip))


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
