"""How long people wait: for a first tool, an end, a stop, a frame of a node that died.

`python -m benchmarks.latency [--json] [--runs 7]` measures a real local farm of two nodes, with the
tests' tiny tool: agents, processes, kills and the database are real, only a frame costs nothing.
The medians are compared with the targets; a missed one makes the exit code 1.
"""

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from signal import SIGKILL, SIGSTOP, Signals

import psutil
from rich.console import Console
from rich.table import Table

from farmdesk.domain.task_commands import StopTask
from tests.farm import LocalFarm, Scene, local_farm, wait_until

SLOW_RUNS = 3  # of what takes seconds by its nature
HALF_A_MILLION = "1-500000"


@contextmanager
def _farm() -> Iterator[LocalFarm]:
    with tempfile.TemporaryDirectory() as folder, local_farm(Path(folder)) as farm:
        yield farm.start()


def first_tool_ms(farm: LocalFarm, name: str) -> float:
    """Send `submit --start`; give the milliseconds until a tool has a process that runs."""
    scene = farm.scene(name)
    sent = time.time()
    task = farm.submit(scene, "1-4", tool_version="1")
    farm.wait_state(task)
    return (scene.log()[0].at - sent) * 1000


def shown_finished_ms(farm: LocalFarm, name: str) -> float:
    """Give the milliseconds from the last frame's end to `completed`, less the check's own."""
    scene = farm.scene(name)
    task = farm.submit(scene, "1-8")
    row = farm.wait_state(task)
    shown = time.time()
    own_s = float(json.loads(row.check_report or "{}")["seconds"])
    return (shown - max(line.at for line in scene.log()) - own_s) * 1000


def tools_gone_ms(farm: LocalFarm, name: str) -> float:
    """Stop a rendering task; give the milliseconds until its tools' processes are gone."""
    scene = farm.scene(name, gated=True)
    task = farm.submit(scene, "1-8")
    tools = [farm.tool_on(scene, frame) for frame in scene.wait_in_hand().values()]
    sent = time.time()
    farm.link.send(StopTask(task))
    psutil.wait_procs(tools, timeout=30)
    gone = time.time()
    farm.wait_state(task)
    return (gone - sent) * 1000


def elsewhere_s(farm: LocalFarm, name: str, fault: Signals) -> float:
    """Kill or freeze an agent; give the seconds until its frame is rendered again."""
    scene = farm.scene(name, gated=True)
    task = farm.submit(scene, "1-8")
    frame = scene.wait_in_hand()["local-1"]
    agent = farm.agent_on("local-1")
    sent = time.time()
    agent.send_signal(fault)
    wait_until(lambda: len(scene.begins(frame)) > 1, f"frame {frame} again")
    again = [line.at for line in scene.log() if line[:2] == ("begin", frame)][1]
    _finish(farm, scene, task)
    return again - sent


def accepted_s(farm: LocalFarm, name: str) -> float:
    """Submit 500,000 frames to render at once; give the seconds until that is answered."""
    scene = farm.scene(name, gated=True)
    sent = time.time()
    task = farm.submit(scene, HALF_A_MILLION)
    answered = time.time()
    farm.do(StopTask(task))
    farm.wait_empty("agent")
    return answered - sent


def _finish(farm: LocalFarm, scene: Scene, task: int) -> None:
    scene.let()
    farm.wait_state(task)
    farm.wait_empty("agent")


Measure = Callable[[LocalFarm, str], float]

MEASURES: dict[str, tuple[str, float, Measure]] = {
    "first_tool_ms": ("submit and start → first tool process", 300, first_tool_ms),
    "shown_finished_ms": ("last frame's end → shown finished, less the check", 300,
                          shown_finished_ms),
    "tools_gone_ms": ("stop → tools' processes gone", 500, tools_gone_ms),
    "dead_agent_s": ("agent killed → its frame runs again", 10,
                     lambda farm, name: elsewhere_s(farm, name, SIGKILL)),
    "hung_agent_s": ("agent hangs → its frame runs again", 10,
                     lambda farm, name: elsewhere_s(farm, name, SIGSTOP)),
    "accepted_500000_s": ("500,000 frames submitted → accepted", 1, accepted_s),
}  # fmt: skip
"""What each is for people, its target, and how it is measured."""


def measure(runs: int) -> dict[str, list[float]]:
    """Give all figures of each measure."""
    figures: dict[str, list[float]] = {}
    with _farm() as farm:
        for key, (_, _, take) in MEASURES.items():
            times = runs if key.endswith("_ms") else SLOW_RUNS
            figures[key] = [take(farm, f"{key}-{number}") for number in range(times)]
    return figures


def main() -> int:
    """Measure and print; give 1 when a target is missed."""
    options = argparse.ArgumentParser(description=__doc__, prog="python -m benchmarks.latency")
    options.add_argument("--json", action="store_true", help="one JSON line of medians")
    options.add_argument(
        "--runs", type=int, default=7, metavar="N", help="of what takes no seconds"
    )
    words = options.parse_args()
    figures = measure(words.runs)
    medians = {key: round(statistics.median(values), 3) for key, values in figures.items()}
    if words.json:
        print(json.dumps(medians))
    else:
        _print_table(figures, medians)
    return int(any(medians[key] > target for key, (_, target, _) in MEASURES.items()))


def _print_table(figures: dict[str, list[float]], medians: dict[str, float]) -> None:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in ("From → to", "Median", "Worst", "Target", ""):
        table.add_column(name, justify="left" if name[:1] in ("F", "") else "right")
    for key, (text, target, _) in MEASURES.items():
        unit = key.rpartition("_")[2]
        table.add_row(
            text,
            f"{medians[key]:.3g} {unit}",
            f"{max(figures[key]):.3g} {unit}",
            f"{target:g} {unit}",
            "[green]met[/]" if medians[key] <= target else "[red]missed[/]",
        )
    Console().print(table)


if __name__ == "__main__":
    sys.exit(main())
