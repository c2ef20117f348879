"""The shows of a winter games: what is submitted when, how long its frames take, what is urgent.

Source of the numbers: the first farm of this kind, 105 tasks with 472,428 frames in 1,512 hours on
20 GPU and 10 CPU nodes, a task in 2 h 53 min on average. The shows come more and more often towards
the opening; one in ten is urgent and comes while another one renders.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from benchmarks.workloads import Draw, Floats, drift, shots

HOUR_S = 3600.0
DAY_S = 24 * HOUR_S
SPEEDS = {"gpu": (20, 1.0), "cpu": (10, 0.5)}  # pool: nodes, and their speed
CAPACITY = sum(count * speed for count, speed in SPEEDS.values())
MEAN_RUN_S = 2 * HOUR_S + 53 * 60
OWNERS = ("opening", "closing", "snow", "torch", "parade")  # content teams
URGENT_SHARE = 0.1
FASTEST_S = 2.0  # no frame is quicker on a node of speed 1


@dataclass(frozen=True)
class Size:
    """How large the games are."""

    tasks: int = 105
    frames: int = 472_428
    hours: float = 1512.0


@dataclass(frozen=True)
class Show:
    """A task: `work` are the seconds of each frame on a node of speed 1."""

    number: int
    arrives_s: float
    owner: str
    work: Floats
    load_s: float
    urgent: bool


@dataclass(frozen=True)
class Outage:
    """A node that fails, and when it is back: `node` is its place among all nodes."""

    node: int
    fails_s: float
    back_s: float


@dataclass(frozen=True)
class Games:
    """All that comes to the farm: shows in the order of their arrival, a node failure each day."""

    shows: list[Show]
    outages: list[Outage]
    ends_s: float


def make_games(size: Size, seed: int = 0) -> Games:
    """Draw the games; the same ones for the same seed."""
    draw = np.random.default_rng([2022, seed])
    frames = _shares(draw.uniform(0.1, 1.9, size.tasks), size.frames)
    works = [_work(draw, count) for count in frames]
    seconds = np.array([work.sum() for work in works])
    works = [work * MEAN_RUN_S * CAPACITY / seconds.mean() for work in works]
    runs = np.array([work.sum() for work in works]) / CAPACITY
    urgent = _urgent(draw, size.tasks)
    arrivals = _arrivals(draw, size, runs, urgent)
    shows = [
        Show(
            number=number + 1,
            arrives_s=float(arrivals[number]),
            owner=str(draw.choice(OWNERS)),
            work=np.maximum(works[number], FASTEST_S).astype(np.float32),
            load_s=float(np.exp(draw.uniform(np.log(60), np.log(600)))),
            urgent=number in urgent,
        )
        for number in range(size.tasks)
    ]
    return Games(shows, _outages(draw, shows, runs, size), size.hours * HOUR_S)


def _shares(weights: Floats, total: int) -> list[int]:
    """Divide a total by weights into whole numbers of at least 1."""
    ends = np.rint(np.cumsum(weights) / weights.sum() * (total - len(weights))).astype(int)
    return [1 + int(b - a) for a, b in pairwise([0, *ends])]


def _work(draw: Draw, frames: int) -> Floats:
    """Shots of unlike weight, frames that drift within them; the unit is chosen later."""
    shot = shots(draw, frames, 50, 400)
    level = np.exp(draw.normal(0, 0.6, shot.max() + 1))
    noise = np.exp(draw.normal(0, 0.08, frames))
    return np.asarray(level[shot] * drift(draw, frames, 0.8, 1.25, 0.01) * noise)


def _urgent(draw: Draw, tasks: int) -> set[int]:
    """Choose which shows are urgent: not the first one, never two in a row."""
    places = draw.permutation(np.arange(1, tasks, 2))
    return {int(place) for place in places[: max(1, round(tasks * URGENT_SHARE))]}


def _arrivals(draw: Draw, size: Size, runs: Floats, urgent: set[int]) -> Floats:
    """Shows come between 9 and 23 o'clock, three times as many at the end as at the beginning.

    An urgent one comes while the show before it renders.
    """
    days = max(int(size.hours / 24) - 1, 1)  # the last day ends what was begun
    chances = np.linspace(1, 3, days)
    day = np.sort(draw.choice(days, size.tasks, p=chances / chances.sum()))
    times = np.sort(day * DAY_S + draw.uniform(9 * HOUR_S, 23 * HOUR_S, size.tasks))
    for place in sorted(urgent):
        times[place] = times[place - 1] + draw.uniform(0.2, 0.6) * runs[place - 1]
    return np.maximum.accumulate(times)


def _outages(draw: Draw, shows: list[Show], runs: Floats, size: Size) -> list[Outage]:
    """One node a day fails for up to six hours: where it hurts, while a show of the day renders."""
    nodes = sum(count for count, _ in SPEEDS.values())
    outages: list[Outage] = []
    for day in range(max(int(size.hours / 24), 1)):
        todays = [show for show in shows if int(show.arrives_s / DAY_S) == day]
        fails = (day + draw.random()) * DAY_S
        if todays:
            show = todays[draw.integers(len(todays))]
            fails = show.arrives_s + draw.uniform(0.1, 0.9) * runs[show.number - 1]
        back = fails + draw.uniform(0.2, 6.0) * HOUR_S
        outages.append(Outage(int(draw.integers(nodes)), float(fails), float(back)))
    return outages
