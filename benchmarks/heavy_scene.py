"""Makes a scene that Blender loads in about 5 s and renders in about 1 s a frame.

    blender -b --factory-startup -P benchmarks/heavy_scene.py -- OUT.blend [OBJECTS] [SAMPLES]

Thousands of objects that the camera does not render make the load, samples make the frame.
"""

import sys

import bpy

OBJECTS = 45_000
SAMPLES = 64


def main() -> None:
    """Build the scene and save it."""
    target, *numbers = sys.argv[sys.argv.index("--") + 1 :]
    objects = int(numbers[0]) if numbers else OBJECTS
    samples = int(numbers[1]) if len(numbers) > 1 else SAMPLES
    scene = bpy.context.scene
    mesh = bpy.data.objects["Cube"].data
    for number in range(objects):
        item = bpy.data.objects.new(f"load {number}", mesh)
        item.location = (number % 100, number // 100, -50)
        item.hide_render = True
        scene.collection.objects.link(item)
    cube = bpy.data.objects["Cube"]
    cube.keyframe_insert("rotation_euler", frame=1)
    cube.rotation_euler.z = 3
    cube.keyframe_insert("rotation_euler", frame=48)
    scene.render.engine = "CYCLES"
    scene.cycles.samples = samples
    scene.cycles.use_denoising = False
    scene.render.resolution_x, scene.render.resolution_y = 320, 180
    scene.render.resolution_percentage = 100
    scene.frame_start, scene.frame_end = 1, 48
    bpy.ops.wm.save_as_mainfile(filepath=target, compress=False)


if __name__ == "__main__":
    main()
