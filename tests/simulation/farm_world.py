"""One seeded farm under a storm, from its first command to its last frame.

    python -m tests.simulation.farm_world SEED [--without kills,late] [--last N]

replays a seed and prints what was wrong with the last N events. Left-out faults make a trace short.
"""

import argparse
import logging
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.simulation.farm_people import people
from tests.simulation.farm_rules import check_store
from tests.simulation.storm import StormWorld


def run_world(seed: int, *, without: str = "", told: bool = False) -> StormWorld:
    """Run one farm to its end; the witness of what comes back says what was wrong.

    `told`: the engine's log lines are in the trace.
    """
    with tempfile.TemporaryDirectory(prefix="fd-world-") as name:
        world = StormWorld(seed, Path(name), without=without)
        log, level = logging.getLogger(), logging.root.manager.disable
        logging.disable(logging.NOTSET if told else logging.CRITICAL)
        handler = _ToTrace(world)
        if told:
            log.addHandler(handler)
            log.setLevel(logging.INFO)
        try:
            people(world)
            world.run()
        finally:
            log.removeHandler(handler)
            logging.disable(level)
        if not world.witness.broken:
            check_store(world)
    return world


def replay_command(seed: int) -> str:
    """Give what replays a seed; sets of names must have the same order each time."""
    return f"PYTHONHASHSEED=0 python -m tests.simulation.farm_world {seed}"


class _ToTrace(logging.Handler):
    def __init__(self, world: StormWorld) -> None:
        super().__init__()
        self._world = world

    def emit(self, record: logging.LogRecord) -> None:
        self._world.witness.note(f"[{record.levelname.lower()}] {record.getMessage()}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Replay one seed; give 1 when it breaks a rule."""
    if os.environ.get("PYTHONHASHSEED") != "0":
        environment = {**os.environ, "PYTHONHASHSEED": "0"}
        command = [sys.executable, "-m", "tests.simulation.farm_world", *sys.argv[1:]]
        os.execve(sys.executable, command, environment)
    parser = argparse.ArgumentParser(description="Replay one simulated farm.")
    parser.add_argument("seed", type=int)
    parser.add_argument("--without", default="", help="faults to leave out, see mixes.py")
    parser.add_argument("--last", type=int, default=60, help="events to print")
    words = parser.parse_args(arguments)
    world = run_world(words.seed, without=words.without, told=True)
    print(world.mix)
    print("\n".join(list(world.witness.trace)[-words.last :]))
    print("\n".join(world.witness.broken) or f"seed {words.seed} kept every rule")
    return 1 if world.witness.broken else 0


if __name__ == "__main__":
    sys.exit(main())
