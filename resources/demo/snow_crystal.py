"""The shape of our snow crystal: strokes in the plane, their glow as a picture, and solid bars.

A crystal has six equal arms at 60 degrees; an arm is a stem with pairs of side twigs, as in stellar
dendrites. All lengths are shares of the crystal's radius 1.
"""

import math
from dataclasses import dataclass

ARMS = 6
TWIG_ANGLE = math.radians(60)
# Where the twigs leave the stem, and how long they are.
TWIGS = ((0.20, 0.10), (0.36, 0.22), (0.53, 0.30), (0.70, 0.20), (0.84, 0.10))
HEXAGONS = (0.13, 0.27)  # radii of the plates in the middle

Point = tuple[float, float]


@dataclass(frozen=True)
class Stroke:
    """A straight line of the crystal from one point to another, `width` thick."""

    start: Point
    end: Point
    width: float


def strokes() -> list[Stroke]:
    """Give all strokes of the crystal."""
    lines: list[Stroke] = []
    for arm in range(ARMS):
        direction = arm * math.tau / ARMS
        lines.append(Stroke(_polar(0.0, 0.0), _polar(1.0, direction), 0.030))
        for distance, length in TWIGS:
            root = _polar(distance, direction)
            for side in (-1, 1):
                step = _polar(length, direction + side * TWIG_ANGLE)
                lines.append(Stroke(root, (root[0] + step[0], root[1] + step[1]), 0.020))
        lines += [
            Stroke(_polar(radius, direction), _polar(radius, direction + math.tau / ARMS), 0.020)
            for radius in HEXAGONS
        ]
    return lines


def glow_picture(size: int) -> list[float]:
    """Give a picture of the crystal as RGBA rows, values 0..1: red its bright core, green its halo.

    The crystal fills 0.8 of the picture's width; the rest is for the halo. `size` is even.
    """
    # Plain Python, since Debian's Blender comes without NumPy. The crystal is the same in all four
    # quarters, and one arm is enough: the quarter is folded onto the sector around it.
    near = [stroke for stroke in strokes() if _near_first_arm(stroke)]
    axis = [(step + 0.5) / size * 2.5 for step in range(size // 2)]
    rows: list[list[float]] = []
    for y in axis:
        half: list[tuple[float, ...]] = []
        for x in axis:
            angle = math.atan2(y, x)
            folded = abs((angle + math.pi / ARMS) % (math.tau / ARMS) - math.pi / ARMS)
            half.append(_glow(math.hypot(x, y), folded, near))
        row = [value for pixel in (*reversed(half), *half) for value in pixel]
        rows.append(row)
    return [value for row in (*reversed(rows), *rows) for value in row]


def bars(thickness: float) -> tuple[list[tuple[float, float, float]], list[list[int]]]:
    """Give the crystal as solid bars with ridges: points and faces of a mesh in the xz plane.

    The bars are `thickness` deep (along y) on their ridge and end in points, like cut ice.
    """
    points: list[tuple[float, float, float]] = []
    faces: list[list[int]] = []
    for stroke in strokes():
        (x1, z1), (x2, z2) = stroke.start, stroke.end
        length = math.hypot(x2 - x1, z2 - z1)
        along = ((x2 - x1) / length, (z2 - z1) / length)
        half, depth = stroke.width, thickness * stroke.width / 0.030
        first = len(points)
        for share in (0.06, 0.80):
            x, z = x1 + along[0] * length * share, z1 + along[1] * length * share
            points += [
                (x - along[1] * half, 0.0, z + along[0] * half),
                (x, depth, z),
                (x + along[1] * half, 0.0, z - along[0] * half),
                (x, -depth, z),
            ]
        points += [(x1, 0.0, z1), (x2, 0.0, z2)]
        for side in range(4):
            a, b = first + side, first + (side + 1) % 4
            faces += [[a, b, b + 4, a + 4], [b, a, first + 8], [a + 4, b + 4, first + 9]]
    return points, faces


def _polar(radius: float, angle: float) -> Point:
    return (radius * math.cos(angle), radius * math.sin(angle))


def _near_first_arm(stroke: Stroke) -> bool:
    """Tell whether the stroke touches the half sector onto which the picture is folded."""
    return stroke.end[0] > 0 and stroke.end[1] > -1e-9 and stroke.start[1] > -1e-9


def _glow(radius: float, angle: float, near: list[Stroke]) -> tuple[float, ...]:
    """Give the pixel at this place of the first arm's sector."""
    x, y = radius * math.cos(angle), radius * math.sin(angle)
    distance = min(_distance(x, y, stroke) - stroke.width * 0.5 for stroke in near)
    core = min(1.0, max(0.0, 0.5 - distance / 0.012))
    halo = 0.030 / (0.030 + max(0.0, distance))
    fade = min(1.0, max(0.0, (1.20 - radius) / 0.25))  # nothing is left at the picture's edge
    return (core, halo**1.6 * fade, 0.0, 1.0)


def _distance(x: float, y: float, stroke: Stroke) -> float:
    """Give the distance of a point to the stroke's middle line."""
    (x1, y1), (x2, y2) = stroke.start, stroke.end
    dx, dy = x2 - x1, y2 - y1
    share = min(1.0, max(0.0, ((x - x1) * dx + (y - y1) * dy) / (dx * dx + dy * dy)))
    return math.hypot(x - x1 - share * dx, y - y1 - share * dy)
