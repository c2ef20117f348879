"""The crystal's shape: six equal arms, and a picture that tiles nothing at its edge."""

import math

import pytest

from resources.demo.snow_crystal import bars, glow_picture, strokes


def test_turning_by_sixty_degrees_gives_the_same_crystal() -> None:
    def middles(turn: float) -> list[tuple[float, float]]:
        found = []
        for stroke in strokes():
            x, y = (stroke.start[0] + stroke.end[0]) / 2, (stroke.start[1] + stroke.end[1]) / 2
            turned = (
                x * math.cos(turn) - y * math.sin(turn),
                x * math.sin(turn) + y * math.cos(turn),
            )
            found.append((round(turned[0], 6) + 0.0, round(turned[1], 6) + 0.0))
        return sorted(found)

    once, turned = middles(0.0), middles(math.tau / 6)
    for left, right in zip(once, turned, strict=True):
        assert left == pytest.approx(right, abs=1e-5)


def test_the_picture_is_symmetric_bright_inside_and_dark_at_its_edge() -> None:
    size = 200
    pixels = glow_picture(size)
    assert len(pixels) == size * size * 4
    assert all(0.0 <= value <= 1.0 for value in pixels)
    rows = [pixels[start : start + 4 * size] for start in range(0, len(pixels), 4 * size)]
    assert rows == rows[::-1]
    assert all(value == 0.0 for value in rows[0][0::4] + rows[0][1::4])
    assert rows[size // 2][4 * (size // 2)] == 1.0


def test_every_face_of_the_bars_has_its_points() -> None:
    points, faces = bars(0.04)
    assert {index for face in faces for index in face} == set(range(len(points)))
    assert max(math.hypot(x, z) for x, _, z in points) <= 1.05
