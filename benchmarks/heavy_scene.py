"""Makes scenes that Blender takes long to load.

    blender -b --factory-startup -P benchmarks/heavy_scene.py -- OUT.blend [LAYER] [OBJECTS]

Thousands of objects that the camera does not render make the load, samples make the frame. LAYER
`apart` (the default): the objects lie in the view layer that artists work in, not in the rendered
one; about 5 s to load, 1 s a frame. `same`: they lie in the rendered one, so each frame's
dependency graph has them too; about 5 s to load, 4 s a frame.
"""

import sys

import bpy

OBJECTS = 45_000
SAMPLES = 64


def main() -> None:
    """Build the scene and save it."""
    target, *words = sys.argv[sys.argv.index("--") + 1 :]
    apart = "same" not in words[:1]
    scene = bpy.context.scene
    crowd = bpy.data.collections.new("crowd")
    scene.collection.children.link(crowd)
    if apart:
        rendered = scene.view_layers.new("Rendered")
        rendered.layer_collection.children["crowd"].exclude = True
        scene.view_layers[0].use = False
    fill(crowd, int(words[1]) if len(words) > 1 else OBJECTS)
    cube = bpy.data.objects["Cube"]
    cube.keyframe_insert("rotation_euler", frame=1)
    cube.rotation_euler.z = 3
    cube.keyframe_insert("rotation_euler", frame=48)
    scene.render.engine = "CYCLES"
    scene.cycles.samples = SAMPLES * (2 if apart else 1)
    scene.cycles.use_denoising = False
    scene.render.resolution_x, scene.render.resolution_y = 320, 180
    scene.render.resolution_percentage = 100
    scene.frame_start, scene.frame_end = 1, 48
    bpy.ops.wm.save_as_mainfile(filepath=target, compress=False)


def fill(crowd: bpy.types.Collection, objects: int) -> None:
    """Put so many cubes, which no render shows, into the collection."""
    mesh = bpy.data.objects["Cube"].data
    for number in range(objects):
        item = bpy.data.objects.new(f"load {number}", mesh)
        item.location = (number % 100, number // 100, -50)
        item.hide_render = True
        crowd.objects.link(item)


if __name__ == "__main__":
    main()
