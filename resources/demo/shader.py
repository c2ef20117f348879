"""Materials out of formulas, and the numbers in them that change from frame to frame."""

from typing import Any

import bpy

Colour = tuple[float, float, float]
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


def soft_disc(shader: Shader) -> Any:
    """Give 1 in the middle of a square, 0 at the circle that fits in it."""
    place = shader.node("ShaderNodeTexCoord").outputs["UV"]
    middle = shader.node("ShaderNodeVectorMath", Vector=place)
    middle.operation = "DISTANCE"
    middle.inputs[1].default_value = (0.5, 0.5, 0.0)
    return shader.between(middle.outputs["Value"], 0.5, 0.0)
