"""The things of the demo scene, made of nothing but numbers: ice, crystal, beams, audience, snow.

Lengths are metres of a small stadium: the ice has radius 10. Used by `make_scene.py` in Blender.
"""

import itertools
import math
import random
from collections.abc import Iterator, Sequence
from typing import Any

import bpy
from mathutils import Matrix, Vector

from resources.demo import snow_crystal

ICE_RADIUS = 10.0
FLOOR_CRYSTAL = 8.6  # radius of the crystal drawn on the ice
BEAMS = 9
Colour = tuple[float, float, float]
Corner = tuple[float, float, float]
WHITE_ICE: Colour = (0.75, 0.93, 1.0)
CYAN: Colour = (0.05, 0.55, 1.0)
BLUE: Colour = (0.02, 0.10, 0.75)
VIOLET: Colour = (0.42, 0.06, 0.95)
AMBER: Colour = (1.0, 0.55, 0.18)


class Clock:
    """Numbers that change from frame to frame and that materials read: `time`, `drawn`, `risen`."""

    def __init__(self) -> None:
        self._values: list[tuple[str, Any]] = []

    def value(self, shader: "Shader", name: str) -> Any:
        """Give a socket with the number's value at the present frame."""
        node = shader.tree.nodes.new("ShaderNodeValue")
        self._values.append((name, node.outputs[0]))
        return node.outputs[0]

    def set(self, frame: int, **values: float) -> None:
        """Say what the numbers are at this frame."""
        for name, socket in self._values:
            socket.default_value = values[name]
            socket.keyframe_insert("default_value", frame=frame)


class Shader:
    """A material in the making; its methods take and give node sockets or plain numbers."""

    def __init__(self, name: str) -> None:
        self.material = bpy.data.materials.new(name)
        self.material.use_nodes = True
        self.tree = self.material.node_tree
        self.tree.nodes.clear()

    def node(self, kind: str, **inputs: Any) -> Any:
        """Add a node; inputs are named as in Blender, with `_` for a blank."""
        node = self.tree.nodes.new(kind)
        for name, value in inputs.items():
            self.put(node.inputs[name.replace("_", " ")], value)
        return node

    def put(self, socket: Any, value: Any) -> None:
        """Connect a socket, or set its value."""
        if isinstance(value, bpy.types.NodeSocket):
            self.tree.links.new(value, socket)
        elif isinstance(value, tuple) and socket.type == "RGBA":
            socket.default_value = (*value, 1.0)
        else:
            socket.default_value = value

    def math(self, operation: str, *values: Any) -> Any:
        """Give the result of one of Blender's operations on numbers."""
        node = self.tree.nodes.new("ShaderNodeMath")
        node.operation = operation
        for socket, value in zip(node.inputs, values, strict=False):
            self.put(socket, value)
        return node.outputs[0]

    def add(self, *values: Any) -> Any:
        """Give the sum."""
        total = values[0]
        for value in values[1:]:
            total = self.math("ADD", total, value)
        return total

    def times(self, *values: Any) -> Any:
        """Give the product."""
        product = values[0]
        for value in values[1:]:
            product = self.math("MULTIPLY", product, value)
        return product

    def between(self, value: Any, low: float, high: float) -> Any:
        """Give 0 at `low`, 1 at `high`, smooth between; `low` may be the larger one."""
        node = self.node("ShaderNodeMapRange", Value=value, From_Min=low, From_Max=high)
        node.interpolation_type = "SMOOTHSTEP"
        return node.outputs[0]

    def ramp(self, value: Any, *stops: tuple[float, Colour]) -> Any:
        """Give a colour between the stops."""
        node = self.node("ShaderNodeValToRGB", Fac=value)
        elements = node.color_ramp.elements
        while len(elements) < len(stops):
            elements.new(0.5)
        for element, (position, colour) in zip(elements, stops, strict=True):
            element.position, element.color = position, (*colour, 1.0)
        return node.outputs[0]

    def light(self, colour: Any, strength: Any) -> Any:
        """Give a shader that glows."""
        return self.node("ShaderNodeEmission", Color=colour, Strength=strength).outputs[0]

    def both(self, first: Any, second: Any) -> Any:
        """Give two shaders laid over each other."""
        node = self.tree.nodes.new("ShaderNodeAddShader")
        self.put(node.inputs[0], first)
        self.put(node.inputs[1], second)
        return node.outputs[0]

    def haze(self, colour: Any, strength: Any) -> Any:
        """Give a shader that adds light to what lies behind it and hides nothing."""
        return self.both(
            self.light(colour, strength), self.node("ShaderNodeBsdfTransparent").outputs[0]
        )

    def finish(self, surface: Any) -> bpy.types.Material:
        """Make this the material's surface, and give the material."""
        # It shines into the camera and the mirror only, so no ray need look for it.
        if hasattr(self.material.cycles, "emission_sampling"):
            self.material.cycles.emission_sampling = "NONE"
        else:  # Blender 3.4
            self.material.cycles.sample_as_light = False
        self.node("ShaderNodeOutputMaterial", Surface=surface)
        return self.material


def build_sky(scene: bpy.types.Scene) -> None:
    """A night that is a little blue."""
    scene.world = bpy.data.worlds.new("night")
    scene.world.use_nodes = True
    background = scene.world.node_tree.nodes["Background"]
    background.inputs["Color"].default_value = (0.0015, 0.003, 0.010, 1.0)
    scene.world.cycles.sampling_method = "NONE"


def build_ice(clock: Clock) -> None:
    """The ice: a dark mirror, on which the crystal draws itself and waves of light run outwards."""
    shader = Shader("ice")
    place = shader.node("ShaderNodeTexCoord").outputs["Object"]
    radius = shader.node("ShaderNodeVectorMath", Vector=place)
    radius.operation = "LENGTH"
    away = shader.math("DIVIDE", radius.outputs["Value"], ICE_RADIUS)
    time = clock.value(shader, "time")
    wave = shader.math(
        "FRACT", shader.math("SUBTRACT", shader.times(time, 2.2), shader.times(away, 2.0))
    )
    wave = shader.math("POWER", shader.math("SUBTRACT", 1.0, wave), 14.0)
    wave = shader.times(wave, shader.between(away, 0.08, 0.30))
    core, halo = _drawn_crystal(shader, place)
    shown = shader.between(shader.math("SUBTRACT", away, clock.value(shader, "drawn")), 0.06, -0.06)
    flow = shader.ramp(away, (0.0, CYAN), (0.55, BLUE), (1.0, VIOLET))
    grain = _frost(shader, place)
    frost = shader.node("ShaderNodeSeparateXYZ", Vector=grain).outputs[2]
    glow = shader.both(
        shader.light(WHITE_ICE, shader.times(core, shown, 2.2)),
        shader.light(
            flow,
            shader.add(
                shader.times(halo, shown, 2.4),
                shader.times(wave, 2.2, shader.add(0.35, frost)),
                shader.times(frost, 0.05),
            ),
        ),
    )
    mirror = shader.node("ShaderNodeBsdfGlossy", Color=(0.30, 0.36, 0.44), Roughness=0.0)
    shader.put(mirror.inputs["Normal"], _ripples(shader, grain))
    ice = _disc("ice", ICE_RADIUS)
    ice.data.materials.append(shader.finish(shader.both(glow, mirror.outputs[0])))
    _build_rim()


def _drawn_crystal(shader: Shader, place: Any) -> tuple[Any, Any]:
    """Give core and halo of the crystal on the ice, read from a picture packed into the scene."""
    node = shader.tree.nodes.new("ShaderNodeTexImage")
    node.image, node.extension = _picture("crystal", 768, snow_crystal.glow_picture(768)), "CLIP"
    scale = 0.4 / FLOOR_CRYSTAL  # the crystal fills 0.8 of the picture
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
    crystal = _mesh("crystal", points, faces)
    crystal.data.materials.append(shader.finish(shader.light(colour, strength)))

    shader = Shader("halo")
    strength = shader.times(
        shader.math("POWER", _softness(shader), 2.0), clock.value(shader, "risen"), 0.45
    )
    halo = _mesh("halo", [(-4, 0, -4), (4, 0, -4), (4, 0, 4), (-4, 0, 4)], [[0, 1, 2, 3]])
    halo.data.materials.append(shader.finish(shader.haze(CYAN, strength)))
    _quad_uv(halo)
    _hide_from_mirror(halo)
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
        _hide_from_mirror(beam)
        angle = number * math.tau / BEAMS
        beam.location = (10.5 * math.cos(angle), 10.5 * math.sin(angle), 0.1)
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
    sheet = _mesh(name, points, _squares(points))
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


def build_audience(clock: Clock) -> None:
    """The stands: thousands of small lights in people's hands, each with its own rhythm."""
    shader = Shader("audience")
    own = shader.node("ShaderNodeNewGeometry").outputs["Random Per Island"]
    rhythm = shader.add(shader.times(clock.value(shader, "time"), 9.0), shader.times(own, 90.0))
    strength = shader.add(0.55, shader.times(shader.math("SINE", rhythm), 0.5))
    colour = shader.ramp(own, (0.0, BLUE), (0.5, CYAN), (0.72, WHITE_ICE), (0.86, AMBER))
    points = [corner for seat in _seats() for corner in _light_in_hand(*seat)]
    stands = _mesh("audience", points, _squares(points))
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


def _light_in_hand(angle: float, radius: float, height: float, size: float) -> list[Corner]:
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


def build_snow() -> tuple[bpy.types.Object, bpy.types.Object]:
    """Falling snow, near and far: soft discs that add their light."""
    shader = Shader("snow")
    own = shader.node("ShaderNodeNewGeometry").outputs["Random Per Island"]
    soft = shader.math("POWER", _softness(shader), 1.5)
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
        points += _light_in_hand(*place, chance.uniform(0.4, 10.0), chance.uniform(0.03, 0.07))
    flakes = _mesh(name, points, _squares(points))
    _quad_uv(flakes)
    _hide_from_mirror(flakes)
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


def key_location(thing: bpy.types.Object, location: Sequence[float], frame: int) -> None:
    """Say where the thing is at this frame."""
    thing.location = location
    thing.keyframe_insert("location", frame=frame)


def key_rotation(thing: bpy.types.Object, rotation: Sequence[float], frame: int) -> None:
    """Say how the thing is turned at this frame."""
    thing.rotation_euler = rotation
    thing.keyframe_insert("rotation_euler", frame=frame)


def _softness(shader: Shader) -> Any:
    """Give 1 in the middle of a square, 0 at the circle that fits in it."""
    place = shader.node("ShaderNodeTexCoord").outputs["UV"]
    middle = shader.node("ShaderNodeVectorMath", Vector=place)
    middle.operation = "DISTANCE"
    middle.inputs[1].default_value = (0.5, 0.5, 0.0)
    return shader.between(middle.outputs["Value"], 0.5, 0.0)


def _squares(points: Sequence[Corner]) -> list[list[int]]:
    """Give the faces of squares whose corners follow one another."""
    return [[i, i + 1, i + 2, i + 3] for i in range(0, len(points), 4)]


def _hide_from_mirror(thing: bpy.types.Object) -> None:
    """Haze costs a ray's time and is too faint to be missed in the ice."""
    thing.visible_glossy = False


def _quad_uv(thing: bpy.types.Object) -> None:
    corners = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
    layer = thing.data.uv_layers.new()
    for number, entry in enumerate(layer.data):
        entry.uv = corners[number % 4]


def _disc(name: str, radius: float) -> bpy.types.Object:
    steps = [number * math.tau / 160 for number in range(160)]
    points = [(radius * math.cos(step), radius * math.sin(step), 0.0) for step in steps]
    return _mesh(name, points, [list(range(160))])


def _mesh(name: str, points: Sequence[Sequence[float]], faces: list[list[int]]) -> bpy.types.Object:
    mesh = bpy.data.meshes.new(name)
    mesh.from_pydata(points, [], faces)
    thing = bpy.data.objects.new(name, mesh)
    bpy.context.scene.collection.objects.link(thing)
    return thing
