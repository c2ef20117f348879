"""What the warm and the cold script share: their voice, and making a scene ready to render.

Runs in Blender's own Python (2.93 and later), or beside the `bpy` module; standard library only.
"""

# Plain strings are what bpy takes and gives:
# ruff: noqa: PTH110, PTH112, PTH113, PTH122, PTH208

from __future__ import annotations

import json
import os
import time
from typing import TYPE_CHECKING, Any, BinaryIO

import bpy

if TYPE_CHECKING:
    from nodeagent.tools.blender_fence import outside
else:
    from blender_fence import outside

FORMATS = {"PNG", "OPEN_EXR", "OPEN_EXR_MULTILAYER", "JPEG", "TIFF", "TARGA", "TARGA_RAW", "DPX"}


class Refusal(Exception):
    """The scene cannot be rendered as the task wants it.

    `reason` is its class and `str()` a sentence.
    """

    def __init__(self, reason: str, text: str) -> None:
        super().__init__(text)
        self.reason = reason


class Voice:
    """Says things to the agent, in lines that no other code in this process can imitate."""

    def __init__(self, token: str, output: BinaryIO) -> None:
        self._head = b"@farmdesk:" + token.encode() + b" "
        self._output = output

    def say(self, word: str, **fields: object) -> None:
        """Write one line."""
        body = json.dumps({"t": word, **fields}).encode()
        self._output.write(b"\n" + self._head + body + b"\n")  # chatter may lack its line end
        self._output.flush()


def read_environment() -> tuple[str, dict[str, Any]]:
    """Give the token and the job, taken out of the environment that add-ons see."""
    return os.environ.pop("FARMDESK_TOKEN"), json.loads(os.environ.pop("FARMDESK_JOB"))


def open_scene(path: str) -> float:
    """Load the scene; give the seconds it took. Raises Refusal."""
    began = time.perf_counter()
    if _is_open(path):
        return 0.0  # it was named on the command line
    if not os.path.isfile(path):
        raise Refusal("scene_load", "there is no scene file " + path)
    try:
        bpy.ops.wm.open_mainfile(filepath=path, load_ui=False)
    except RuntimeError as error:
        if not _is_open(path):  # missing libraries raise too, but then the scene is open
            raise Refusal("scene_load", "the scene cannot be loaded: " + sentence(error)) from error
    if not _is_open(path):
        raise Refusal("scene_load", "the scene cannot be loaded: " + path)
    return time.perf_counter() - began


def sentence(error: Exception) -> str:
    """Give what an operator complains of, without the word and the line end that Blender adds."""
    return str(error).strip().removeprefix("Error: ")


def _is_open(path: str) -> bool:
    opened = bpy.data.filepath
    return bool(opened) and os.path.realpath(opened) == os.path.realpath(path)


def prepare(scene: Any, job: dict[str, Any]) -> None:
    """Apply the task's settings and look for what would make every frame wrong. Raises Refusal."""
    settings = job["settings"]
    if settings.get("package"):
        strange = outside(settings["package"])
        if strange:
            text = "the scene reaches out of its package: " + ", ".join(strange[:8])
            text += "; put these files into the package and name them by relative paths"
            raise Refusal("bad_argument", text)
    if not settings.get("allow_missing"):
        missing = missing_files()
        if missing:
            raise Refusal("missing_asset", "missing files: " + ", ".join(missing))
    render = scene.render
    render.use_overwrite = True
    render.use_placeholder = False
    render.use_file_extension = False  # the agent's file name is whole
    _set_size(render, job)
    _set_format(render, settings.get("format"))
    _set_engine(scene, settings)
    _set_layer(scene, settings.get("layer"))
    _set_camera(scene, settings.get("camera"))


def missing_files() -> list[str]:
    """Give the external files that the scene uses and that are not there.

    Blender only paints them magenta.
    """
    found = {}
    for item in (
        *bpy.data.libraries,
        *bpy.data.images,
        *bpy.data.movieclips,
        *bpy.data.cache_files,
    ):
        path = _external_path(item)
        if path and not _is_there(item, path):
            found[path] = True
    return list(found)


def _external_path(item: Any) -> str:
    """Give the absolute path of a datablock's file; empty where it has none or is not used."""
    if getattr(item, "packed_file", None) is not None or item.users == 0 or not item.filepath:
        return ""
    if getattr(item, "source", "FILE") in {"GENERATED", "VIEWER"}:
        return ""
    return str(bpy.path.abspath(item.filepath, library=item.library))


def _is_there(item: Any, path: str) -> bool:
    source = getattr(item, "source", "FILE")
    if source == "TILED":
        tiles = [str(tile.number) for tile in item.tiles]
        return all(os.path.exists(path.replace("<UDIM>", tile)) for tile in tiles)
    if source == "SEQUENCE":
        folder, name = os.path.split(path)
        start = os.path.splitext(name)[0].rstrip("0123456789")
        return os.path.isdir(folder) and any(each.startswith(start) for each in os.listdir(folder))
    return os.path.exists(path)


def _set_size(render: Any, job: dict[str, Any]) -> None:
    if job.get("width"):
        render.resolution_x = int(job["width"])
    if job.get("height"):
        render.resolution_y = int(job["height"])
    if job.get("width") or job.get("height"):
        render.resolution_percentage = 100


def _set_format(render: Any, wanted: object) -> None:
    image = render.image_settings
    if wanted:
        if wanted not in FORMATS:
            raise Refusal("bad_argument", "unknown output format " + repr(wanted))
        try:
            image.file_format = wanted
        except TypeError as error:
            raise Refusal("bad_argument", "this Blender cannot write " + str(wanted)) from error
    if image.file_format not in FORMATS:
        text = "the scene renders to " + image.file_format + ", which has no single frames"
        raise Refusal("bad_argument", text + "; choose an image format")


def _set_engine(scene: Any, settings: dict[str, Any]) -> None:
    if settings.get("engine"):
        try:
            scene.render.engine = settings["engine"]
        except TypeError as error:
            text = "this Blender has no render engine " + repr(settings["engine"])
            raise Refusal("bad_argument", text) from error
    if settings.get("samples"):
        samples = int(settings["samples"])
        if scene.render.engine == "CYCLES":
            scene.cycles.samples = samples
        elif hasattr(scene, "eevee"):
            scene.eevee.taa_render_samples = samples


def _set_layer(scene: Any, wanted: object) -> None:
    if not wanted:
        return
    if wanted not in scene.view_layers:
        known = ", ".join(layer.name for layer in scene.view_layers)
        raise Refusal("bad_argument", "no view layer " + repr(wanted) + "; there are: " + known)
    for layer in scene.view_layers:
        layer.use = layer.name == wanted
    scene.render.use_single_layer = False


def _set_camera(scene: Any, wanted: object) -> None:
    if wanted:
        camera = scene.objects.get(wanted)
        if camera is None or camera.type != "CAMERA":
            known = ", ".join(each.name for each in scene.objects if each.type == "CAMERA")
            raise Refusal("bad_argument", "no camera " + repr(wanted) + "; there are: " + known)
        scene.camera = camera
        for marker in scene.timeline_markers:
            marker.camera = None  # a marker bound to a camera would switch to it
    marked = any(marker.camera is not None for marker in scene.timeline_markers)
    editor = scene.sequence_editor
    strips = getattr(editor, "sequences", None) or getattr(editor, "strips", None)
    edited = scene.render.use_sequencer and bool(strips)
    if scene.camera is None and not marked and not edited:
        raise Refusal("bad_argument", "the scene has no camera")
