"""Families of render tasks for the schedule benchmark: seeded worlds of frames and nodes.

`make(family, seed)` gives a `World`; every schedule of it sees the same truth. A scheduler may
know the number of frames, the nodes with their speed hints, the load hint, and what it has
measured; only the policy `version` may look at the prior. All times in seconds; a node of speed
1.0 is the reference.
"""

import math
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass
class World:
    """One task and the nodes that render it, as they truly are."""

    family: str
    seed: int
    work: Floats  # of each frame, on a node of speed 1
    load: Floats  # of each node, at every cold start
    speed: Floats
    speed_hint: Floats  # what a benchmark of the node said, 15 % off
    load_hint: float  # 20 % off
    prior: Floats  # frame times of the previous version: noisy, scaled, some shots changed
    slow: dict[int, tuple[float, float]] = field(default_factory=dict)  # node: from when, factor
    down: dict[int, tuple[float, float]] = field(default_factory=dict)  # node: from, until


@dataclass
class Outline:
    """A family's world before noise, hints and prior."""

    work: Floats
    nodes: int
    load_s: float
    speed: Floats | None = None
    noise: float = 0.05
    slow: dict[int, tuple[float, float]] = field(default_factory=dict)
    down: dict[int, tuple[float, float]] = field(default_factory=dict)


Draw = np.random.Generator


def shots(draw: Draw, frames: int, shortest: int, longest: int) -> NDArray[np.int64]:
    """Give each frame the number of its shot; shot lengths are uniform."""
    numbers = np.empty(frames, int)
    begin = shot = 0
    while begin < frames:
        length = int(draw.integers(shortest, longest + 1))
        numbers[begin : begin + length] = shot
        begin, shot = begin + length, shot + 1
    return numbers


def drift(draw: Draw, frames: int, low: float, high: float, step: float = 0.03) -> Floats:
    """Give a slow geometric random walk between `low` and `high`."""
    span = np.log(high / low)
    walk = np.cumsum(draw.normal(0, step, frames)) + draw.uniform(0, span)
    return np.asarray(low * np.exp(np.abs((walk % (2 * span)) - span)))


def _constant(_draw: Draw) -> Outline:
    return Outline(np.full(600, 60.0), 30, 120)


def _uniform(draw: Draw) -> Outline:
    return Outline(draw.uniform(10, 120, 900), 30, 60)


def _scene_cuts(draw: Draw) -> Outline:
    shot = shots(draw, 1500, 40, 120)
    work = np.where(draw.random(shot.max() + 1) < 0.35, 100.0, 10.0)
    return Outline(work[shot], 30, 90, noise=0.1)


def _ramp(_draw: Draw) -> Outline:
    return Outline(np.linspace(10, 150, 1200), 20, 120, noise=0.1)


def _heavy_shot(draw: Draw) -> Outline:
    work = np.full(1000, 8.0)
    begin = int(draw.integers(0, 950))
    work[begin : begin + 50] = 160
    return Outline(work, 25, 100, noise=0.1)


def _paper(draw: Draw) -> Outline:
    """3 minutes at 50 fps, about 33 s a frame: about 2 h 53 min on 30 nodes."""
    shot = shots(draw, 9000, 50, 400)
    level = np.clip(20 * np.exp(np.abs(draw.normal(0, 0.6, shot.max() + 1))), 20, 300)
    work = np.clip(level[shot] * drift(draw, 9000, 0.8, 1.25, 0.01), 20, 300)
    load_s = float(np.exp(draw.uniform(np.log(60), np.log(600))))
    return Outline(work, 30, load_s, noise=0.08)


def _tiny(draw: Draw) -> Outline:
    return Outline(draw.uniform(30, 90, 24), 30, 60)


def _short_frames(_draw: Draw) -> Outline:
    return Outline(np.full(3000, 1.0), 20, 300, noise=0.2)


def _unequal_nodes(draw: Draw) -> Outline:
    work = drift(draw, 1200, 20, 120)
    speed = draw.choice([1, 1.5, 2, 4], 24, p=[0.4, 0.2, 0.2, 0.2])
    return Outline(work, 24, 60, speed, noise=0.1)


def _failures(draw: Draw) -> Outline:
    outline = _scene_cuts(draw)
    for node in draw.choice(30, 6, replace=False):
        dies = float(draw.uniform(200, 2000))
        outline.down[int(node)] = (dies, dies + 600 if draw.random() < 0.5 else np.inf)
    return outline


def _stragglers(draw: Draw) -> Outline:
    work = drift(draw, 900, 20, 120)
    outline = Outline(work, 30, 60, noise=0.3)
    for node in draw.choice(30, 3, replace=False):
        outline.slow[int(node)] = (float(draw.uniform(100, 1500)), 0.3)
    return outline


def _huge_scene(draw: Draw) -> Outline:
    return Outline(drift(draw, 200, 300, 1800, 0.08), 30, 900, noise=0.15)


def _granular(_draw: Draw) -> Outline:
    return Outline(np.full(100, 100.0), 30, 200, noise=0.1)


FAMILIES: dict[str, Callable[[Draw], Outline]] = {
    "constant": _constant,
    "uniform": _uniform,
    "scenecuts": _scene_cuts,
    "ramp": _ramp,
    "heavyshot": _heavy_shot,
    "paper": _paper,
    "tiny": _tiny,
    "shortframes": _short_frames,
    "hetero": _unequal_nodes,
    "failures": _failures,
    "stragglers": _stragglers,
    "hugescene": _huge_scene,
    "granular": _granular,
}


def make(family: str, seed: int) -> World:
    """Give the world of a family and a seed; the same one every time."""
    draw = np.random.default_rng([zlib.crc32(family.encode()), seed])
    outline = FAMILIES[family](draw)
    frames, nodes, noise = len(outline.work), outline.nodes, outline.noise
    work = outline.work * np.exp(draw.normal(0, noise, frames) - noise**2 / 2)
    speed = np.ones(nodes) if outline.speed is None else np.asarray(outline.speed, float)
    load = outline.load_s * draw.uniform(0.85, 1.15, nodes)
    hint = speed * np.exp(draw.normal(0, 0.15, nodes)) if speed.std() > 0 else speed.copy()
    shot = shots(draw, frames, max(1, frames // 60), max(2, frames // 20))
    prior = work * np.exp(draw.normal(0, 0.10, frames)) * draw.uniform(0.8, 1.25)
    for number in range(shot.max() + 1):
        if draw.random() < 0.05:
            prior[shot == number] *= draw.uniform(0.4, 2.5)
    load_hint = outline.load_s * draw.uniform(0.8, 1.2)
    return World(
        family, seed, work, load, speed, hint, load_hint, prior, outline.slow, outline.down
    )


def lower_bound(world: World) -> float:
    """Give a time that no schedule of this world can beat, cold or warm.

    Each time that a node is up it must load once before its first frame; what it can do after
    that must hold all the work, and for every k the k longest frames as whole frames.
    """
    longest = np.sort(world.work)[::-1]
    frames = len(longest)
    firsts = np.arange(1, min(frames, 200) + 1)
    ks = np.unique(np.concatenate([firsts, np.geomspace(1, frames, 60).astype(int)]))

    def enough(end: float) -> bool:
        room = _room(world, end)
        if room.sum() < longest.sum() - 1e-6:
            return False
        whole = np.floor(room[:, None] / longest[ks - 1][None, :] + 1e-9).sum(0)
        return bool((whole >= ks).all())

    low, high = 0.0, 1.0
    while not enough(high):
        low, high = high, high * 2
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


def _room(world: World, end: float) -> Floats:
    """Work that each node can do until `end`, once for each time that it is up."""
    room: list[float] = []
    for node, load in enumerate(world.load):
        dies, returns = world.down.get(node, (math.inf, math.inf))
        for begin, until in ((0.0, min(end, dies)), (returns, end)):
            if until > begin + load:
                room.append(_done(world, node, until) - _done(world, node, begin + load))
    return np.array(room)


def _done(world: World, node: int, time: float) -> float:
    """Work that a node would have done by `time`, had it never loaded nor died."""
    turn, factor = world.slow.get(node, (math.inf, 1.0))
    return float(world.speed[node] * (min(time, turn) + factor * max(time - turn, 0.0)))
