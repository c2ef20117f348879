"""What is around the show: night, audience, snow, and the camera."""

import math
import random
from collections.abc import Iterator
from typing import Any

import bpy
from mathutils import Vector

from resources.demo.shader import AMBER, BLUE, CYAN, WHITE_ICE, Clock, Shader, soft_disc
from resources.demo.things import (
    Corner,
    add_mesh,
    fill_squares,
    hide_from_mirror,
    key_location,
    key_rotation,
    squares,
    upright_square,
)


def build_sky(scene: bpy.types.Scene) -> None:
    """A night that is a little blue."""
    scene.world = bpy.data.worlds.new("night")
    scene.world.use_nodes = True
    background = scene.world.node_tree.nodes["Background"]
    background.inputs["Color"].default_value = (0.0015, 0.003, 0.010, 1.0)
    scene.world.cycles.sampling_method = "NONE"


def build_audience(clock: Clock) -> None:
    """The stands: thousands of small lights in people's hands, each with its own rhythm."""
    shader = Shader("audience")
    own = shader.node("ShaderNodeNewGeometry").outputs["Random Per Island"]
    rhythm = shader.add(shader.times(clock.value(shader, "time"), 9.0), shader.times(own, 90.0))
    strength = shader.add(0.55, shader.times(shader.math("SINE", rhythm), 0.5))
    colour = shader.ramp(own, (0.0, BLUE), (0.5, CYAN), (0.72, WHITE_ICE), (0.86, AMBER))
    points = [corner for seat in _seats() for corner in upright_square(*seat)]
    stands = add_mesh("audience", points, squares(points))
    stands.data.materials.append(shader.finish(shader.light(colour, shader.times(strength, 1.9))))


def _seats() -> Iterator[tuple[float, float, float, float]]:
    """Give the lights: angle, radius, height, size; two tiers in blocks, with aisles between."""
    chance = random.Random(2022)
    for row in range(30):
        radius = 14.0 + 0.62 * row + (2.0 if row >= 15 else 0.0)
        height = 0.4 + 0.40 * row + (1.6 if row >= 15 else 0.0)
        count = int(radius * 11)
        for seat in range(count):
            angle = (seat + chance.uniform(-0.2, 0.2)) / count * math.tau
            in_aisle = angle * 24 / math.tau % 1.0 < 0.09
            if chance.random() < 0.45 and not in_aisle:
                yield (
                    angle,
                    radius,
                    height + chance.uniform(-0.08, 0.08),
                    chance.uniform(0.02, 0.045),
                )


def build_snow() -> tuple[bpy.types.Object, bpy.types.Object]:
    """Falling snow, near and far: soft discs that add their light."""
    shader = Shader("snow")
    own = shader.node("ShaderNodeNewGeometry").outputs["Random Per Island"]
    soft = shader.math("POWER", soft_disc(shader), 1.5)
    strength = shader.times(soft, shader.add(0.15, shader.times(own, 0.6)))
    material = shader.finish(shader.haze(WHITE_ICE, strength))
    return (
        _flakes("snow near", 90, spread=12.5, material=material),
        _flakes("snow far", 120, spread=12.5, material=material),
    )


def _flakes(name: str, count: int, *, spread: float, material: Any) -> bpy.types.Object:
    chance = random.Random(name)
    points: list[Corner] = []
    for _ in range(count):
        place = (chance.uniform(0, math.tau), spread * math.sqrt(chance.random()))
        points += upright_square(*place, chance.uniform(0.4, 10.0), chance.uniform(0.03, 0.07))
    flakes = add_mesh(name, points, squares(points))
    fill_squares(flakes)
    hide_from_mirror(flakes)
    flakes.data.materials.append(material)
    return flakes


def build_camera(scene: bpy.types.Scene) -> bpy.types.Object:
    """The camera, a little wide."""
    camera = bpy.data.objects.new("camera", bpy.data.cameras.new("camera"))
    camera.data.lens = 30
    scene.collection.objects.link(camera)
    scene.camera = camera
    return camera


def aim_camera(
    camera: bpy.types.Object, *, turn: float, height: float, away: float, frame: int
) -> None:
    """Place the camera on its arc, looking at the crystal; turn the crystal's haze to it."""
    place = Vector((away * math.cos(turn), away * math.sin(turn), height))
    view = Vector((0.0, 0.0, 2.3)) - place
    key_location(camera, place, frame)
    key_rotation(camera, view.to_track_quat("-Z", "Y").to_euler(), frame)
    key_rotation(bpy.data.objects["halo"], (0.0, 0.0, turn + math.pi / 2), frame)
