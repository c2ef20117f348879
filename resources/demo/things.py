"""Things in the scene: meshes from corners, and where they are at a frame."""

import math
from collections.abc import Sequence

import bpy

Corner = tuple[float, float, float]


def add_mesh(
    name: str, points: Sequence[Sequence[float]], faces: list[list[int]]
) -> bpy.types.Object:
    """Put a mesh of these points and faces into the scene."""
    mesh = bpy.data.meshes.new(name)
    mesh.from_pydata(points, [], faces)
    thing = bpy.data.objects.new(name, mesh)
    bpy.context.scene.collection.objects.link(thing)
    return thing


def squares(points: Sequence[Corner]) -> list[list[int]]:
    """Give the faces of squares whose corners follow one another."""
    return [[i, i + 1, i + 2, i + 3] for i in range(0, len(points), 4)]


def upright_square(angle: float, radius: float, height: float, size: float) -> list[Corner]:
    """Give a square that looks at the middle of the ice."""
    x, y = radius * math.cos(angle), radius * math.sin(angle)
    dx, dy = -math.sin(angle) * size, math.cos(angle) * size
    low, high = height - size, height + size
    return [
        (x - dx, y - dy, low),
        (x + dx, y + dy, low),
        (x + dx, y + dy, high),
        (x - dx, y - dy, high),
    ]


def fill_squares(thing: bpy.types.Object) -> None:
    """Let a picture fill each square of the mesh: (0, 0) at its first corner."""
    corners = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
    layer = thing.data.uv_layers.new()
    for number, entry in enumerate(layer.data):
        entry.uv = corners[number % 4]


def hide_from_mirror(thing: bpy.types.Object) -> None:
    """Haze costs a ray's time and is too faint to be missed in the ice."""
    thing.visible_glossy = False


def key_location(thing: bpy.types.Object, location: Sequence[float], frame: int) -> None:
    """Say where the thing is at this frame."""
    thing.location = location
    thing.keyframe_insert("location", frame=frame)


def key_rotation(thing: bpy.types.Object, rotation: Sequence[float], frame: int) -> None:
    """Say how the thing is turned at this frame."""
    thing.rotation_euler = rotation
    thing.keyframe_insert("rotation_euler", frame=frame)
