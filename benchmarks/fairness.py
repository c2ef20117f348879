"""How long tasks take when many share a farm: the fleet's plan against "head takes all".

    python -m benchmarks.fairness [--seeds A-B] [--nodes N] [--loads X,Y] [--json]

A simulated day: tasks of 48 to 3,000 frames, of three priorities, arrive at random; each is
rendered by the real RenderControl on virtual nodes, and the real plan says which node works for
which. "Head takes all" gives the first task in the queue all the nodes that it can use, then the
next. A task's flow time is the time from its arrival to its last frame. The figures are medians
over the seeds; `flow_ratio` and `top_ratio` (of the highest priority) are geometric means over the
loads. The day and its two loads are those of the project's many-task study.
"""

import argparse
import json
import os
import statistics
import sys
from collections.abc import Mapping, Sequence
from multiprocessing import Pool
from typing import TypedDict

from benchmarks.day import Day, make_day
from benchmarks.schedule import seeds_of
from farmdesk.dispatch.fleet import ShareRule
from farmdesk.dispatch.grounds import Grounds
from farmdesk.dispatch.shares import Filling, Shares, by_weight

Job = tuple[str, int, int, float]  # rule, seed, nodes, load
Figures = dict[str, float]


class Report(TypedDict):
    """What the benchmark prints."""

    loads: dict[str, dict[str, Figures]]
    flow_ratio: float
    top_ratio: float


PROCESSES = 2


def head_takes_all(grounds: Grounds, licences: Mapping[str, int]) -> Shares:
    """Give each task all that it can use, in the order of the queue."""
    filling = Filling(grounds, licences)
    for want in grounds.wants:
        filling.fill([want], lambda item: item.frames)
    return filling.shares


RULES: dict[str, ShareRule] = {"head takes all": head_takes_all, "fleet": by_weight}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark; gives the exit code."""
    options = _parser().parse_args(arguments)
    jobs = [
        (name, seed, options.nodes, load)
        for load in options.loads
        for seed in options.seeds
        for name in RULES
    ]
    with Pool(min(PROCESSES, os.cpu_count() or 1)) as pool:
        rows = pool.map(figures, jobs, chunksize=1)
    report = _summary(jobs, rows)
    print(json.dumps(report) if options.json else _table(report))
    return 0


def figures(job: Job) -> Figures:
    """Play one day; gives mean flow times in minutes, of all tasks and of each priority."""
    name, seed, nodes, load = job
    tasks = make_day(seed, nodes, load)
    day = Day(tasks, nodes, RULES[name])
    ends = day.play()
    flows = [(task.priority, (ends[task.number] - task.arrival_s) / 60) for task in tasks]
    found = {"flow_min": statistics.mean(flow for _, flow in flows)}
    for priority in (0, 1, 2):
        part = [flow for at, flow in flows if at == priority]
        found[f"flow{priority}_min"] = statistics.mean(part) if part else 0.0
    found["loads"] = day.loads_s / sum(sum(task.work) for task in tasks)
    return found


def _summary(jobs: Sequence[Job], rows: Sequence[Figures]) -> Report:
    """Give the medians of each rule under each load, and how the rules compare."""
    loads: dict[str, dict[str, Figures]] = {}
    for (name, _, _, load), _ in zip(jobs, rows, strict=True):
        part = [row for job, row in zip(jobs, rows, strict=True) if job[0::3] == (name, load)]
        medians = {key: statistics.median(row[key] for row in part) for key in part[0]}
        loads.setdefault(str(load), {})[name] = medians
    return {
        "loads": loads,
        "flow_ratio": statistics.geometric_mean(_ratio(row, "flow_min") for row in loads.values()),
        "top_ratio": statistics.geometric_mean(_ratio(row, "flow2_min") for row in loads.values()),
    }


def _ratio(row: Mapping[str, Figures], key: str) -> float:
    return row["fleet"][key] / row["head takes all"][key]


def _table(report: Report) -> str:
    head = ("flow", "prio 0", "prio 1", "prio 2", "loads/work")
    lines = [f"mean minutes{'':12}" + "".join(f"{word:>12}" for word in head)]
    for load, rows in report["loads"].items():
        for name, row in rows.items():
            cells = "".join(f"{value:12.2f}" for value in row.values())
            lines.append(f"load {load:5}{name:14}{cells}")
        flow, top = _ratio(rows, "flow_min"), _ratio(rows, "flow2_min")
        lines.append(f"load {load:5}flow ratio {flow:.2f}, of the highest priority {top:.2f}")
    lines.append(f"flow ratio {report['flow_ratio']:.2f}, top ratio {report['top_ratio']:.2f}")
    return "\n".join(lines)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="benchmarks.fairness", description=__doc__)
    parser.add_argument("--seeds", type=seeds_of, default="0-3", metavar="A-B")
    parser.add_argument("--nodes", type=int, default=40)
    parser.add_argument(
        "--loads", type=_loads, default="0.6,0.85", help="shares of the farm that are needed"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON line")
    return parser


def _loads(text: str) -> list[float]:
    return [float(part) for part in text.split(",")]


if __name__ == "__main__":
    sys.exit(main())
