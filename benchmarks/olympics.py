"""The record run: a whole winter games through the real engine and a real MariaDB.

    python -m benchmarks.olympics [--tasks N] [--frames N] [--hours N] [--seed N] [--json]
                                  [--database mariadb|mysql|sqlite]

105 tasks with 472,428 frames, one in ten urgent, on 30 nodes of which one fails each day, in 1,512
hours of virtual time: nothing passes between two events, and what the engine does by the clock it
does `STRETCH` times more seldom than in a real farm. All else is the engine's own.

`lost`: frames without a proof in the database at the end. `rendered_twice`: frames that were
rendered to their end more than once. `utilisation`: node time that went into frames that were kept,
over the node time in which a node was up and a frame was left for it. No schedule reaches 1: scenes
must be loaded, and what a failing node had in hand is gone.
"""

import argparse
import json
import logging
import resource
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from unittest.mock import patch

import numpy as np

from benchmarks.databases import DATABASES, new_database
from benchmarks.games import SPEEDS, Games, Size, make_games
from benchmarks.games_farm import GamesFarm
from benchmarks.workloads import Floats
from farmdesk.db.migrate import migrate
from farmdesk.domain.urgent_states import UrgentState
from farmdesk.engine import allocation, farm, loop, session, urgent_course
from tests.simulation.virtual_time import NOON

STRETCH = {
    (loop, "TICK_S"): 100,
    (loop, "FLUSH_S"): 1000,
    (farm, "STATES_EVERY_S"): 1000,
    (session, "PING_S"): 100,
    (session, "SILENT_S"): 100,
    (allocation, "LOOK_S"): 100,
    (urgent_course, "LOOK_S"): 100,
    (urgent_course, "REFRESH_S"): 100,
}


@contextmanager
def _stretched() -> Iterator[None]:
    """Let the engine look around more seldom: its frames take a minute, and nobody watches it."""
    with ExitStack() as stack:
        for (module, name), factor in STRETCH.items():
            stack.enter_context(patch.object(module, name, getattr(module, name) * factor))
        yield


def measure(games: Games, database: str, folder: Path) -> dict[str, float]:
    """Play the games; give the figures. Raises AssertionError when the engine broke a rule."""
    migrate(database)
    begun = time.monotonic()
    world = GamesFarm(folder, database, games)
    logging.disable(logging.CRITICAL)
    try:
        with _stretched():
            world.run()
        if world.witness.broken:
            raise AssertionError("\n".join(world.witness.broken))
        figures = _figures(world, games)
    finally:
        logging.disable(logging.NOTSET)
        world.store.close()
    return figures | {
        "wall_s": round(time.monotonic() - begun, 1),
        "rss_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }


def _figures(world: GamesFarm, games: Games) -> dict[str, float]:
    """Count in the database what became of each frame, and of urgent requests and their losers."""
    ends, seconds = [], []
    for show in games.shows:
        for proof in world.store.proofs(show.number):
            ends.append((proof.finished_at - NOON).total_seconds())
            seconds.append(proof.render_s)
    frames = sum(len(show.work) for show in games.shows)
    urgents = [row.request for row in world.store.urgent_requests()]
    served = [item for item in urgents if item.state is UrgentState.ENDED]
    return {
        "tasks": len(games.shows),
        "frames": frames,
        "lost": frames - len(ends),
        "rendered_twice": world.rendered_twice,
        "utilisation": round(sum(seconds) / _room_s(games, np.array(ends)), 3),
        "hours": round(world.time.now / 3600),
        "urgent": len(served),
        "displaced": sum(len(item.cost.tasks) for item in served if item.cost),
    }


def _room_s(games: Games, ends: Floats) -> float:
    """Give the node seconds in which a node was up and a frame was left for it."""
    nodes = sum(count for count, _ in SPEEDS.values())
    arrivals = [(show.arrives_s, len(show.work), 0) for show in games.shows]
    fails = [(item.fails_s, 0, -1) for item in games.outages]
    backs = [(item.back_s, 0, 1) for item in games.outages]
    changes = np.array([*arrivals, *fails, *backs, *((end, -1, 0) for end in ends)])
    changes = changes[np.argsort(changes[:, 0], kind="stable")]
    left, up = np.cumsum(changes[:, 1]), nodes + np.cumsum(changes[:, 2])
    return float((np.minimum(left, up)[:-1] * np.diff(changes[:, 0])).sum())


JSON = ("tasks", "frames", "lost", "rendered_twice", "utilisation", "wall_s", "rss_mb")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark; give 1 when a frame was lost."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--tasks", type=int, default=Size.tasks)
    parser.add_argument("--frames", type=int, default=Size.frames)
    parser.add_argument("--hours", type=float, default=Size.hours, help="of virtual time")
    parser.add_argument("--database", choices=DATABASES, default="mariadb")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true")
    words = parser.parse_args(arguments)
    games = make_games(Size(words.tasks, words.frames, words.hours), words.seed)
    with tempfile.TemporaryDirectory() as name, new_database(words.database, Path(name)) as url:
        figures = measure(games, url, Path(name))
    if words.json:
        print(json.dumps({name: figures[name] for name in JSON}))
    else:
        for name, value in figures.items():
            print(f"{name:<16}{value:>12,}")
    return 1 if figures["lost"] else 0


if __name__ == "__main__":
    sys.exit(main())
