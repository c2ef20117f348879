"""Builds our demo scene: a light show on the ice of a stadium, 48 frames, the same everywhere.

    blender -b --factory-startup -P make_scene.py -- OUT.blend
    python make_scene.py -- OUT.blend            (with Blender's wheel `bpy`)

Works with Blender 3.4 and newer. Everything glows by itself and the ice is a clear mirror: there is
nothing to be guessed, so a few samples give a picture without grain, in about a second on one
core. `show` in this file is the screenplay; its neighbours build what it names.
"""

import math
import sys
from pathlib import Path

import bpy

sys.path.append(str(Path(__file__).resolve().parents[2]))
from resources.demo import ice, lights, stadium, things
from resources.demo.shader import Clock

FRAMES = 48
WIDTH, HEIGHT = 640, 360
SAMPLES = 4


def main(arguments: list[str]) -> None:
    """Build the scene and save it at the path after `--`."""
    target = Path(arguments[arguments.index("--") + 1]).resolve()
    bpy.ops.wm.read_factory_settings(use_empty=True)
    # Each frame gets its own key, so that nothing but straight lines is needed between them.
    bpy.context.preferences.edit.keyframe_new_interpolation_type = "LINEAR"
    scene = bpy.context.scene
    set_output(scene)
    set_renderer(scene)
    set_colours(scene)
    show(scene)
    bpy.ops.wm.save_as_mainfile(filepath=str(target), compress=True)


def set_output(scene: bpy.types.Scene) -> None:
    """Say what a frame is: size, rate, PNG."""
    scene.frame_start, scene.frame_end = 1, FRAMES
    scene.render.fps = 24
    scene.render.resolution_x, scene.render.resolution_y = WIDTH, HEIGHT
    scene.render.resolution_percentage = 100
    scene.render.image_settings.file_format = "PNG"
    scene.render.image_settings.color_mode = "RGB"
    scene.render.filepath = "//frame_####"


def set_renderer(scene: bpy.types.Scene) -> None:
    """Take Cycles on the processor, and no more of it than this scene shows."""
    scene.render.engine = "CYCLES"
    cycles = scene.cycles
    cycles.device = "CPU"
    cycles.filter_width = 1.9  # softens edges where four samples are few
    cycles.samples = SAMPLES
    cycles.use_adaptive_sampling = False
    cycles.use_denoising = False  # there is no grain, and it would blur the snow
    cycles.max_bounces = 2
    cycles.diffuse_bounces = 0
    cycles.glossy_bounces = 1
    cycles.transmission_bounces = 0
    cycles.transparent_max_bounces = 24
    cycles.seed = 1
    scene.render.use_persistent_data = True
    scene.render.use_motion_blur = False


def set_colours(scene: bpy.types.Scene) -> None:
    """Choose how light becomes colour; names came and went between Blender's versions."""
    scene.display_settings.display_device = "sRGB"
    for view, look in (
        ("Filmic", "High Contrast"),
        ("AgX", "AgX - Punchy"),
        ("Standard", "None"),
    ):
        try:
            scene.view_settings.view_transform = view
            scene.view_settings.look = look
        except TypeError:  # this version does not know the name
            continue
        return


def show(scene: bpy.types.Scene) -> None:
    """The screenplay: the crystal draws itself on the ice, rises, and the lights come up."""
    stadium.build_sky(scene)
    clock = Clock()
    ice.build_ice(clock)
    crystal, halo = lights.build_crystal(clock)
    beams = lights.build_beams(clock)
    stadium.build_audience(clock)
    near, far = stadium.build_snow()
    camera = stadium.build_camera(scene)
    for frame in range(1, FRAMES + 1):
        time = (frame - 1) / (FRAMES - 1)  # 0..1
        risen = ease((time - 0.10) / 0.45)
        clock.set(frame, time=time, drawn=1.1 * ease(0.15 + time / 0.5), risen=risen)
        turn, height = math.radians(-118 + 86 * ease(time)), 6.2 - 3.2 * ease(time)
        stadium.aim_camera(camera, turn=turn, height=height, away=16.5 - 3.0 * time, frame=frame)
        lights.pose_crystal(crystal, halo, frame=frame, time=time, risen=risen)
        for number, beam in enumerate(beams):
            lights.pose_beam(beam, number, camera=camera, frame=frame, time=time)
        things.key_location(near, (0.0, 0.0, -1.3 * time), frame)
        things.key_location(far, (0.0, 0.0, -0.8 * time), frame)


def ease(share: float) -> float:
    """Give 0..1 for 0..1, slow at both ends; outside it stays at the end."""
    share = min(1.0, max(0.0, share))
    return share * share * (3 - 2 * share)


if __name__ == "__main__":
    main(sys.argv)
