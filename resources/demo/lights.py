"""The lights of the show: the crystal that rises from the ice, and the beams around it."""

import itertools
import math

import bpy
from mathutils import Matrix, Vector

from resources.demo import snow_crystal
from resources.demo.shader import BLUE, CYAN, VIOLET, WHITE_ICE, Clock, Shader, soft_disc
from resources.demo.things import (
    add_mesh,
    fill_squares,
    hide_from_mirror,
    key_location,
    key_rotation,
    squares,
)

BEAMS = 9
LAMPS_RADIUS = 10.5  # just outside the ice


def build_crystal(clock: Clock) -> tuple[bpy.types.Object, bpy.types.Object]:
    """The crystal that rises from the ice, and the haze around it."""
    shader = Shader("crystal")
    facing = shader.node("ShaderNodeLayerWeight", Blend=0.30).outputs["Facing"]
    place = shader.node("ShaderNodeTexCoord").outputs["Object"]
    length = shader.node("ShaderNodeVectorMath", Vector=place)
    length.operation = "LENGTH"
    colour = shader.ramp(facing, (0.0, WHITE_ICE), (0.22, CYAN), (0.75, BLUE), (1.0, VIOLET))
    time = shader.times(clock.value(shader, "time"), 15.0)
    ripple = shader.math("SUBTRACT", time, shader.times(length.outputs["Value"], 5.0))
    pulse = shader.math("POWER", shader.between(shader.math("SINE", ripple), -1.0, 1.0), 3.0)
    strength = shader.times(clock.value(shader, "risen"), shader.add(1.3, shader.times(pulse, 5.0)))
    points, faces = snow_crystal.bars(0.040)
    crystal = add_mesh("crystal", points, faces)
    crystal.data.materials.append(shader.finish(shader.light(colour, strength)))

    shader = Shader("halo")
    strength = shader.times(
        shader.math("POWER", soft_disc(shader), 2.0), clock.value(shader, "risen"), 0.45
    )
    halo = add_mesh("halo", [(-4, 0, -4), (4, 0, -4), (4, 0, 4), (-4, 0, 4)], [[0, 1, 2, 3]])
    halo.data.materials.append(shader.finish(shader.haze(CYAN, strength)))
    fill_squares(halo)
    hide_from_mirror(halo)
    return crystal, halo


def pose_crystal(
    crystal: bpy.types.Object, halo: bpy.types.Object, *, frame: int, time: float, risen: float
) -> None:
    """Lift, grow and turn the crystal; its haze goes with it (`aim_camera` turns that)."""
    height = 0.3 + 3.3 * risen
    key_location(crystal, (0.0, 0.0, height), frame)
    key_location(halo, (0.0, 0.0, height), frame)
    key_rotation(crystal, (0.0, math.radians(40 * time), math.radians(-75 + 132 * time)), frame)
    crystal.scale = (0.05 + 2.7 * risen,) * 3
    crystal.keyframe_insert("scale", frame=frame)


def build_beams(clock: Clock) -> list[bpy.types.Object]:
    """Search lights around the ice: sheets of haze, narrow at the lamp, that `pose_beam` turns."""
    shader = Shader("beam")
    split = shader.node(
        "ShaderNodeSeparateXYZ", Vector=shader.node("ShaderNodeTexCoord").outputs["UV"]
    )
    side = shader.math("ABSOLUTE", shader.add(shader.times(split.outputs[0], 2.0), -1.0))
    fade = shader.math("POWER", shader.math("SUBTRACT", 1.0, split.outputs[1]), 1.6)
    power = shader.add(0.15, shader.times(clock.value(shader, "risen"), 0.85))
    narrow = shader.math("DIVIDE", 0.22, shader.add(0.17, split.outputs[1]))
    strength = shader.times(shader.between(side, 1.0, 0.0), fade, power, narrow)
    tint = shader.node("ShaderNodeObjectInfo").outputs["Random"]
    colour = shader.ramp(tint, (0.0, CYAN), (0.5, BLUE), (1.0, VIOLET))
    material = shader.finish(shader.haze(colour, strength))
    beams = []
    for number in range(BEAMS):
        beam = _beam_sheet(f"beam {number}")
        beam.data.materials.append(material)
        hide_from_mirror(beam)
        angle = number * math.tau / BEAMS
        beam.location = (LAMPS_RADIUS * math.cos(angle), LAMPS_RADIUS * math.sin(angle), 0.1)
        beams.append(beam)
    return beams


def _beam_sheet(name: str) -> bpy.types.Object:
    """Give a sheet in the xz plane that widens upwards, in strips to keep its picture straight."""
    strips, length = 6, 14.0
    edges = []
    for step in range(strips + 1):
        up = step / strips
        half = 0.10 + 1.2 * up
        edges.append(((-half, 0.0, length * up), (half, 0.0, length * up)))
    points = [
        corner
        for low, high in itertools.pairwise(edges)
        for corner in (low[0], low[1], high[1], high[0])
    ]
    sheet = add_mesh(name, points, squares(points))
    layer = sheet.data.uv_layers.new()
    for entry, (x, _, z) in zip(layer.data, points, strict=True):
        entry.uv = (0.0 if x < 0 else 1.0, z / length)
    return sheet


def pose_beam(
    beam: bpy.types.Object, number: int, *, camera: bpy.types.Object, frame: int, time: float
) -> None:
    """Let the beam sweep, its neighbours a little later, and show its flat side to the camera."""
    angle = number * math.tau / BEAMS
    swing = math.sin(time * math.tau * 0.8 + number * math.tau * 3 / BEAMS)
    lean = math.radians(14 + 26 * swing)
    inwards = Vector((-math.cos(angle), -math.sin(angle), 0.0))
    along = (inwards * math.sin(lean) + Vector((0.0, 0.0, math.cos(lean)))).normalized()
    across = along.cross(camera.location - beam.location).normalized()
    turned = Matrix((across, along.cross(across), along)).transposed()
    key_rotation(beam, turned.to_euler("XYZ", beam.rotation_euler), frame)
