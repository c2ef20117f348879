"""Makes the scenes of the agent's tests: `blender -b -P blender_scenes.py -- FOLDER`.

Tiny Cycles scenes of one sample, for Workbench and Eevee need a GPU. Folder `codecs` gets one frame
in each kind of file that this Blender writes.
"""

import os
import shutil
import sys
from pathlib import Path

import bpy

FOLDER = Path(sys.argv[sys.argv.index("--") + 1])
CODECS = ("NONE", "RLE", "ZIPS", "ZIP", "PIZ", "PXR24", "DWAA", "DWAB")


def main() -> None:
    """Make them all."""
    scene = bpy.context.scene
    scene.render.engine = "CYCLES"
    scene.cycles.samples = 1
    scene.cycles.use_denoising = False
    scene.render.resolution_x, scene.render.resolution_y = 200, 100
    scene.render.resolution_percentage = 10
    scene.camera.keyframe_insert("location", frame=1)
    scene.camera.location.x += 2
    scene.camera.keyframe_insert("location", frame=9)
    scene.view_layers.new("Second")
    save("good")
    write_codecs(scene)
    scene.camera = None
    save("no_camera")
    scene.camera = bpy.data.objects["Camera"]
    reach_out(scene)
    lose_library(scene)
    lose_texture()


def save(name: str) -> None:
    """Save the scene as it is now."""
    bpy.ops.wm.save_as_mainfile(filepath=str(FOLDER / f"{name}.blend"), copy=True)


def reach_out(scene: object) -> None:
    """Save packages: scenes that read or write another task's files, and one that does neither."""
    (FOLDER / "theirs").mkdir()
    (FOLDER / "mine").mkdir()
    image = bpy.data.images.new("frame", 4, 4)
    image.file_format = "PNG"
    for folder in ("theirs", "mine"):
        image.filepath_raw = str(FOLDER / folder / "frame.png")
        image.save()
    image.source = "FILE"
    node = bpy.data.materials["Material"].node_tree.nodes.new("ShaderNodeTexImage")
    node.image = image
    image.filepath = "//../theirs/frame.png"
    save("mine/reads")
    image.filepath = "//frame.png"
    save("mine/keeps")
    scene.use_nodes = True  # type: ignore[attr-defined]
    writer = scene.node_tree.nodes.new("CompositorNodeOutputFile")  # type: ignore[attr-defined]
    writer.base_path = "//../theirs"
    save("mine/writes")
    writer.base_path = "//"
    writer.file_slots[0].path = "../theirs/frame"
    save("mine/climbs")
    scene.node_tree.nodes.remove(writer)  # type: ignore[attr-defined]
    scene.use_nodes = False  # type: ignore[attr-defined]
    bpy.data.materials["Material"].node_tree.nodes.remove(node)
    bpy.data.images.remove(image)


def lose_texture() -> None:
    """Save a scene whose texture is gone; Blender would paint it magenta and say nothing."""
    image = bpy.data.images.new("wood", 4, 4)
    image.filepath_raw = str(FOLDER / "wood.png")
    image.file_format = "PNG"
    image.save()
    image.source = "FILE"
    material = bpy.data.materials["Material"]
    node = material.node_tree.nodes.new("ShaderNodeTexImage")
    node.image = image
    save("no_texture")
    (FOLDER / "wood.png").unlink()


def lose_library(scene: object) -> None:
    """Save a scene that links a library which is gone."""
    library = FOLDER / "library.blend"
    bpy.data.libraries.write(str(library), {bpy.data.meshes["Cube"]})
    with bpy.data.libraries.load(str(library), link=True) as (there, here):
        here.meshes = there.meshes
    linked = bpy.data.objects.new("linked", here.meshes[0])
    scene.collection.objects.link(linked)  # type: ignore[attr-defined]
    save("no_library")
    bpy.data.objects.remove(linked)
    bpy.data.libraries.remove(bpy.data.libraries[0])
    library.unlink()


def write_codecs(scene: object) -> None:
    """Write one frame in many kinds."""
    bpy.ops.render.render()
    image = scene.render.image_settings  # type: ignore[attr-defined]
    kinds = [(f"{codec}.exr", "OPEN_EXR", {"exr_codec": codec}) for codec in CODECS]
    half = {"color_depth": "16"}
    kinds += [(f"{c}.exr", "OPEN_EXR", half | {"exr_codec": c}) for c in ("B44", "B44A")]
    kinds += [("layers.exr", "OPEN_EXR_MULTILAYER", {"exr_codec": "ZIP"})]
    kinds += [(f"{depth}.dpx", "DPX", {"color_depth": depth}) for depth in ("8", "10", "12", "16")]
    kinds += [("rle.tga", "TARGA", {}), ("raw.tga", "TARGA_RAW", {}), ("a.jpg", "JPEG", {})]
    kinds += [
        (f"{codec}.tif", "TIFF", {"tiff_codec": codec})
        for codec in ("NONE", "DEFLATE", "LZW", "PACKBITS")
    ]
    kinds += [("16.png", "PNG", {"color_depth": "16"})]
    scene.render.use_file_extension = False  # type: ignore[attr-defined]
    (FOLDER / "codecs").mkdir()
    for name, kind, options in kinds:
        image.file_format = kind
        for option, value in options.items():
            setattr(image, option, value)
        bpy.data.images["Render Result"].save_render(str(FOLDER / "codecs" / name))
    image.file_format = "PNG"


main()
shutil.copy(FOLDER / "good.blend", FOLDER / "雪 花.blend")
(FOLDER / "cut.blend").write_bytes((FOLDER / "good.blend").read_bytes()[:5000])
sys.stdout.flush()
os._exit(0)
