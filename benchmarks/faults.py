"""Simulated farms under storms, seed by seed: which of them break a rule.

    python -m benchmarks.faults --seeds 1-1000 [--without kills,late] [--jobs N] [--json]

Each seed is a whole farm with its own mix of users, commands and faults; `tests/simulation` says
what every farm must keep. A seed that fails is replayed by `python -m tests.simulation.farm_world`.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial

from tests.simulation.farm_world import replay_command, run_world

SHOWN = 5  # failing seeds whose first broken rule is printed


def broken_rule(seed: int, without: str = "") -> str:
    """Run one farm; give the first rule that it broke, or nothing."""
    broken = run_world(seed, without=without).witness.broken
    return broken[0] if broken else ""


def run_seeds(
    seeds: Sequence[int], *, without: str = "", jobs: int | None = None
) -> dict[int, str]:
    """Run farms side by side; give what each failing one broke, by seed."""
    with ProcessPoolExecutor(jobs or os.cpu_count()) as pool:
        found = pool.map(partial(broken_rule, without=without), seeds, chunksize=4)
        return {seed: text for seed, text in zip(seeds, found, strict=True) if text}


def _seeds(text: str) -> range:
    first, _, last = text.partition("-")
    return range(int(first), int(last or first) + 1)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark; give 1 when a seed failed."""
    if os.environ.get("PYTHONHASHSEED") != "0":  # sets of names have one order, here and replayed
        environment = {**os.environ, "PYTHONHASHSEED": "0"}
        command = [sys.executable, "-m", "benchmarks.faults", *sys.argv[1:]]
        os.execve(sys.executable, command, environment)  # noqa: S606 - this program once more
    parser = argparse.ArgumentParser(description="Which simulated farms break a rule.")
    parser.add_argument("--seeds", type=_seeds, default=range(1, 1001), metavar="A-B")
    parser.add_argument("--without", default="", help="faults to leave out: kills,late")
    parser.add_argument("--jobs", type=int)
    parser.add_argument("--json", action="store_true")
    words = parser.parse_args(arguments)
    begun = time.perf_counter()
    failed = run_seeds(words.seeds, without=words.without, jobs=words.jobs)
    seconds = round(time.perf_counter() - begun, 1)
    if words.json:
        print(json.dumps({"seeds": len(words.seeds), "failed": list(failed), "seconds": seconds}))
    else:
        print(f"{len(words.seeds)} seeds, {len(failed)} failed, {seconds} s")
    for seed, text in list(failed.items())[:SHOWN]:
        print(f"seed {seed}: {text}\n  replay: {replay_command(seed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
