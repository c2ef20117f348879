"""How long tasks take under each policy: makespan / lower bound, over families of workloads.

    python -m benchmarks.schedule [--workloads FILE.py] [--seeds 0-29] [--policies a,b] [--json]

Every schedule is made by the real RenderControl, driven by the simulator. The workloads file has
the shape of `benchmarks/workloads.py`: `FAMILIES`, `make(family, seed)` giving a `World`, and
perhaps `lower_bound(world)`.
"""

import argparse
import importlib.util
import json
import os
import statistics
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing import Pool
from pathlib import Path
from typing import Any

from benchmarks import workloads as our_workloads
from benchmarks.chunks import Chunk10
from farmdesk.dispatch.events import SlotId
from farmdesk.dispatch.policy import PolicyMaker
from farmdesk.dispatch.render_control import RenderControl
from farmdesk.dispatch.simulator import Simulation, Truth
from farmdesk.dispatch.virtual_node import VirtualNode
from farmdesk.domain.frame_text import FrameSyntax
from farmdesk.domain.frames import FrameSet

PROCESSES = 2


@dataclass(frozen=True)
class Contender:
    """A policy as it takes part."""

    policy: str | PolicyMaker
    warm: bool = False
    contiguous: bool = False
    prior: bool = False


CONTENDERS = {
    "static": Contender("static"),
    "dynamic": Contender("dynamic"),
    "sampled": Contender("sampled"),
    "version": Contender("version", prior=True),
    "chunk10": Contender(Chunk10),
    "range_split": Contender("range_split"),
    "range_split_contiguous": Contender("range_split", contiguous=True),
    "range_split_warm": Contender("range_split", warm=True),
}

# family -> policy -> ratio of each seed
Ratios = dict[str, dict[str, list[float]]]
MODULE = "workloads_under_test"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark; gives the exit code."""
    options = _parser().parse_args(arguments)
    report = _summary(measure(options.workloads, options.seeds, options.policies))
    if options.json:
        print(json.dumps(report))
    else:
        print(_table(report))
    return 0


def measure(file: Path, seeds: Sequence[int], policies: Sequence[str]) -> Ratios:
    """Give makespan / lower bound of every policy on every family and seed of a workloads file."""
    _load(file)
    families = sys.modules[MODULE].FAMILIES
    jobs = [(family, seed, tuple(policies)) for family in families for seed in seeds]
    ratios: Ratios = {family: {policy: [] for policy in policies} for family in families}
    processes = min(PROCESSES, os.cpu_count() or 1)
    with Pool(processes, initializer=_load, initargs=(file,)) as pool:
        for job, row in zip(jobs, pool.imap(_job, jobs, chunksize=4), strict=True):
            for policy, ratio in zip(policies, row, strict=True):
                ratios[job[0]][policy].append(ratio)
    return ratios


def makespan(world: Any, contender: Contender) -> float:
    """Render a world under a policy; gives when the last frame was done."""
    control = RenderControl(
        FrameSet.range(0, 1, len(world.work)),
        policy=contender.policy,
        warm=contender.warm,
        load_s=float(world.load_hint),
        prior=world.prior.tolist() if contender.prior else None,
        contiguous=contender.contiguous,
    )
    truth = Truth(world.work.tolist().__getitem__, warm=contender.warm)
    return Simulation(control, _nodes(world), truth).run().end_s


def _nodes(world: Any) -> list[VirtualNode]:
    return [
        VirtualNode(
            SlotId(f"node{node}"),
            load_s=float(world.load[node]),
            speed=float(world.speed[node]),
            hint=float(world.speed_hint[node]),
            slow=world.slow.get(node),
            outages=(world.down[node],) if node in world.down else (),
        )
        for node in range(len(world.load))
    ]


def _load(file: Path) -> None:
    """Read a workloads file into this process."""
    spec = importlib.util.spec_from_file_location(MODULE, file)
    if spec is None or spec.loader is None:
        raise SystemExit(f"{file} is no Python file with workloads")
    module = importlib.util.module_from_spec(spec)
    sys.modules[MODULE] = module  # before it runs: dataclasses look their module up
    spec.loader.exec_module(module)


def _job(job: tuple[str, int, tuple[str, ...]]) -> list[float]:
    family, seed, policies = job
    workloads = sys.modules[MODULE]
    world = workloads.make(family, seed)
    bound = getattr(workloads, "lower_bound", our_workloads.lower_bound)(world)
    return [makespan(world, CONTENDERS[policy]) / bound for policy in policies]


def _summary(ratios: Ratios) -> dict[str, Any]:
    families = {
        family: {
            policy: {"median": statistics.median(values), "worst": max(values)}
            for policy, values in rows.items()
        }
        for family, rows in ratios.items()
    }
    policies = next(iter(families.values()))
    means = {
        policy: statistics.geometric_mean(rows[policy]["median"] for rows in families.values())
        for policy in policies
    }
    return {"families": families, "geometric_mean": means}


def _table(report: dict[str, Any]) -> str:
    """Families down, policies across: median (worst)."""
    means = report["geometric_mean"]
    lines = ["makespan / lower bound: median (worst) over the seeds", ""]
    lines.append(f"{'':16}" + "".join(f"{policy:>24}" for policy in means))
    for family, row in report["families"].items():
        cells = (f"{cell['median']:.3f} ({cell['worst']:.3f})" for cell in row.values())
        lines.append(f"{family:16}" + "".join(f"{cell:>24}" for cell in cells))
    cells = (f"{mean:.3f}" + " " * 8 for mean in means.values())
    lines.append(f"{'geometric mean':16}" + "".join(f"{cell:>24}" for cell in cells))
    return "\n".join(lines)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="benchmarks.schedule", description=__doc__)
    ours = Path(our_workloads.__file__)
    parser.add_argument("--workloads", type=Path, default=ours, metavar="FILE.py")
    parser.add_argument("--seeds", type=seeds_of, default="0-29", metavar="A-B")
    parser.add_argument("--policies", type=_policies, default=",".join(CONTENDERS), metavar="a,b")
    parser.add_argument("--json", action="store_true", help="print one JSON line")
    return parser


def seeds_of(text: str) -> list[int]:
    """Read a range of seeds like 0-29, for argparse."""
    try:
        return list(FrameSet.parse(text))
    except FrameSyntax as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no range of seeds like 0-29") from error


def _policies(text: str) -> list[str]:
    names = text.split(",")
    unknown = [name for name in names if name not in CONTENDERS]
    if unknown:
        raise argparse.ArgumentTypeError(f"{unknown[0]!r} is none of {', '.join(CONTENDERS)}")
    return names


if __name__ == "__main__":
    sys.exit(main())
