"""The ice: a dark mirror, on which the crystal draws itself and waves of light run outwards."""

import math
import random
from typing import Any

import bpy

from resources.demo import snow_crystal
from resources.demo.shader import BLUE, CYAN, VIOLET, WHITE_ICE, Clock, Shader
from resources.demo.things import add_mesh

RADIUS = 10.0  # metres, of a small stadium
CRYSTAL_RADIUS = 8.6


def build_ice(clock: Clock) -> None:
    """Lay the ice and the two tubes of light around it."""
    shader = Shader("ice")
    place = shader.node("ShaderNodeTexCoord").outputs["Object"]
    grain = _frost(shader, place)
    mirror = shader.node("ShaderNodeBsdfGlossy", Color=(0.30, 0.36, 0.44), Roughness=0.0)
    shader.put(mirror.inputs["Normal"], _ripples(shader, grain))
    glow = _glow(shader, clock, place=place, grain=grain)
    ice = _disc("ice", RADIUS)
    ice.data.materials.append(shader.finish(shader.both(glow, mirror.outputs[0])))
    _build_rim()


def _glow(shader: Shader, clock: Clock, *, place: Any, grain: Any) -> Any:
    """Give the light of the ice itself: the crystal's core white, the rest in colours."""
    radius = shader.node("ShaderNodeVectorMath", Vector=place)
    radius.operation = "LENGTH"
    away = shader.math("DIVIDE", radius.outputs["Value"], RADIUS)
    core, halo = _drawn_crystal(shader, place)
    shown = shader.between(shader.math("SUBTRACT", away, clock.value(shader, "drawn")), 0.06, -0.06)
    frost = shader.node("ShaderNodeSeparateXYZ", Vector=grain).outputs[2]
    strength = shader.add(
        shader.times(halo, shown, 2.4),
        shader.times(_wave(shader, clock, away), 2.2, shader.add(0.35, frost)),
        shader.times(frost, 0.05),
    )
    flow = shader.ramp(away, (0.0, CYAN), (0.55, BLUE), (1.0, VIOLET))
    white = shader.light(WHITE_ICE, shader.times(core, shown, 2.2))
    return shader.both(white, shader.light(flow, strength))


def _wave(shader: Shader, clock: Clock, away: Any) -> Any:
    """Give waves that run outwards with a sharp front; the middle is left to the crystal."""
    phase = shader.math(
        "SUBTRACT", shader.times(clock.value(shader, "time"), 2.2), shader.times(away, 2.0)
    )
    behind = shader.math("FRACT", phase)
    wave = shader.math("POWER", shader.math("SUBTRACT", 1.0, behind), 14.0)
    return shader.times(wave, shader.between(away, 0.08, 0.30))


def _drawn_crystal(shader: Shader, place: Any) -> tuple[Any, Any]:
    """Give core and halo of the crystal on the ice, read from a picture packed into the scene."""
    node = shader.tree.nodes.new("ShaderNodeTexImage")
    node.image, node.extension = _picture("crystal", 768, snow_crystal.glow_picture(768)), "CLIP"
    scale = 0.4 / CRYSTAL_RADIUS  # the crystal fills 0.8 of the picture
    mapping = shader.node(
        "ShaderNodeMapping", Vector=place, Location=(0.5, 0.5, 0.0), Scale=(scale, scale, 1.0)
    )
    shader.put(node.inputs["Vector"], mapping.outputs[0])
    split = shader.node("ShaderNodeSeparateXYZ", Vector=node.outputs["Color"])
    return split.outputs[0], split.outputs[1]


def _picture(name: str, size: int, pixels: list[float]) -> bpy.types.Image:
    """Give an image that lies inside the scene file."""
    image = bpy.data.images.new(name, size, size, alpha=False, is_data=True)
    image.pixels.foreach_set(pixels)
    image.pack()
    return image


def _frost(shader: Shader, place: Any) -> Any:
    """Give a smooth chance vector, 0..1, at each place of the ice, from a picture that repeats."""
    size, chance = 64, random.Random(7)
    pixels = [chance.betavariate(2, 2) for _ in range(size * size * 4)]
    pixels[3::4] = [1.0] * (size * size)
    node = shader.tree.nodes.new("ShaderNodeTexImage")
    node.image, node.interpolation = _picture("frost", size, pixels), "Cubic"
    mapping = shader.node("ShaderNodeMapping", Vector=place, Scale=(0.09, 0.09, 1.0))
    shader.put(node.inputs["Vector"], mapping.outputs[0])
    return node.outputs["Color"]


def _ripples(shader: Shader, grain: Any) -> Any:
    """Give the ice's normal, straight up but for a little."""
    lean = shader.node("ShaderNodeVectorMath")
    lean.operation = "MULTIPLY_ADD"
    shader.put(lean.inputs[0], grain)
    lean.inputs[1].default_value = (0.05, 0.05, 0.0)
    lean.inputs[2].default_value = (-0.025, -0.025, 1.0)
    normal = shader.node("ShaderNodeVectorMath")
    normal.operation = "NORMALIZE"
    shader.put(normal.inputs[0], lean.outputs[0])
    return normal.outputs[0]


def _build_rim() -> None:
    """Two thin tubes of light around the ice."""
    for radius, colour, strength in ((10.05, CYAN, 6.0), (10.9, VIOLET, 3.0)):
        bpy.ops.mesh.primitive_torus_add(
            major_radius=radius, minor_radius=0.045, major_segments=160, minor_segments=6
        )
        shader = Shader("rim")
        bpy.context.object.data.materials.append(shader.finish(shader.light(colour, strength)))


def _disc(name: str, radius: float) -> bpy.types.Object:
    steps = [number * math.tau / 160 for number in range(160)]
    points = [(radius * math.cos(step), radius * math.sin(step), 0.0) for step in steps]
    return add_mesh(name, points, [list(range(160))])
