"""FarmDesk's two warm nodes against the bare tool, split in two halves by hand. Real Blender.

    python -m benchmarks.render [--scene FILE.blend] [--frames 1-48] [--rounds 3] [--json]

Both render the same frames to PNG on this machine, in turns. The bare tool is two `blender -b -a`
at the same time, from start to the end of the slower one. FarmDesk is a task on a running farm,
from submission until it is shown completed, so the frame-sequence check counts too. The gap is the
time between two frames on a warm node, as the nodes' journals have it.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from rich.console import Console

from farmdesk.demo.blender import find_blender, make_scene
from farmdesk.domain.errors import FarmError
from farmdesk.domain.frames import FrameSet
from farmdesk.domain.states import TaskState
from farmdesk.domain.task import ENDED
from farmdesk.domain.task_commands import SubmitTask
from farmdesk.farm_toml import read_config
from farmdesk.link.direct import DirectLink
from farmdesk.link.farm_link import FarmLink
from farmdesk.link.outcome import wait_outcome
from nodeagent.journal import read_journal

NODES = 2
POLL_S = 0.02
POLL_SHARE = 0.01  # of the time so far: looking must not cost what it measures
UNSEEN_SHARE = 0.9  # of the bare tool's time: the farm will not be ready earlier
START_S = 30.0
REST_S = 1.0  # before each: what the other one leaves to be done must not burden it


@dataclass(frozen=True)
class Job:
    """What both render."""

    blender: Path
    scene: Path
    frames: FrameSet


def bare(job: Job, folder: Path) -> float:
    """Render with the bare tool in two halves; give the seconds."""
    begun = time.monotonic()
    tools = []
    for half in job.frames.split(NODES):
        (run,) = half.runs
        argv = [str(job.blender), "-b", "--factory-startup", "-noaudio", str(job.scene)]
        argv += ["-o", str(folder / "frame_####"), "-F", "PNG", "-x", "1"]
        argv += ["-s", str(run.start), "-e", str(run.last), "-j", str(run.step), "-a"]
        tools.append(subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
    codes = [tool.wait() for tool in tools]
    seconds = time.monotonic() - begun
    written = len(list(folder.glob("frame_*.png")))
    if any(codes) or written != len(job.frames):
        raise RuntimeError(f"the bare tool wrote {written} frames, exit codes {codes}")
    return seconds


def farmdesk(job: Job, link: FarmLink, *, unseen_s: float) -> tuple[float, list[float]]:
    """Render on the farm; give the seconds, and the gaps between frames in seconds.

    For `unseen_s` nobody looks at the task: a look takes a millisecond of the CPU that renders.
    """
    begun = time.monotonic()
    command = SubmitTask("benchmark", "blender", "", str(job.scene), str(job.frames), start=True)
    outcome = wait_outcome(link, link.send(command), START_S)
    if outcome.task_id is None:
        raise RuntimeError(outcome.text)
    time.sleep(max(unseen_s - (time.monotonic() - begun), 0.0))
    while (row := link.task(outcome.task_id)).state not in ENDED:
        time.sleep(max(POLL_S, POLL_SHARE * (time.monotonic() - begun)))
    seconds = time.monotonic() - begun
    if row.state is not TaskState.COMPLETED:
        raise RuntimeError(f"the task ended {row.state}: {row.reason}")
    return seconds, list(_gaps(Path(row.output).parent / "logs"))


def _gaps(logs: Path) -> Iterator[float]:
    for journal in logs.glob("*.jsonl"):
        lines = sorted(read_journal(journal), key=lambda line: line.started)
        for before, after in pairwise(lines):
            yield max(after.started - before.started - before.seconds, 0.0)


@contextmanager
def _farm(folder: Path, blender: Path) -> Iterator[FarmLink]:
    """Run a farm of two nodes on this machine."""
    folder.mkdir()
    text = f"nodes = {NODES}\n[programs]\nblender = {json.dumps(str(blender))}\n"
    (folder / "farm.toml").write_text(text, encoding="utf-8")
    argv = [sys.executable, "-m", "farmdesk", "server", "--farm", str(folder)]
    server = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    link = DirectLink(read_config(folder).database, issued_by="benchmark")
    try:
        _await(link)
        yield link
    finally:
        link.close()
        server.terminate()
        server.wait()


def _await(link: FarmLink) -> None:
    end = time.monotonic() + START_S
    while True:
        try:
            if link.nodes():
                return
        except FarmError:
            if time.monotonic() > end:
                raise
        time.sleep(POLL_S)


def measure(job: Job, rounds: int, folder: Path) -> dict[str, float]:
    """Render in turns, and give the medians."""
    bare_s: list[float] = []
    farm_s: list[float] = []
    gaps: list[float] = []
    with _farm(folder / "farm", job.blender) as link:
        for number in range(rounds):
            target = folder / f"bare-{number}"
            target.mkdir()
            time.sleep(REST_S)
            bare_s.append(bare(job, target))
            time.sleep(REST_S)
            seconds, found = farmdesk(job, link, unseen_s=UNSEEN_SHARE * bare_s[-1])
            farm_s.append(seconds)
            gaps += found
    gaps.sort()
    return {
        "bare_s": round(statistics.median(bare_s), 3),
        "farmdesk_s": round(statistics.median(farm_s), 3),
        "ratio": round(statistics.median(f / b for f, b in zip(farm_s, bare_s, strict=True)), 4),
        "gap_ms_median": round(statistics.median(gaps) * 1000, 2),
        "gap_ms_p95": round(gaps[int(len(gaps) * 0.95)] * 1000, 2),
        "frames": len(job.frames),
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark; give the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--scene", type=Path, help="a .blend file; else the demo's scene")
    parser.add_argument("--frames", type=FrameSet.parse, default=FrameSet.range(1, 1, 48))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    words = parser.parse_args(arguments)
    blender = find_blender(os.environ)
    with tempfile.TemporaryDirectory(prefix="farmdesk-render-") as name:
        folder = Path(name)
        scene = words.scene.absolute() if words.scene else folder / "demo.blend"
        if words.scene is None:
            make_scene(blender, scene)
        figures = measure(Job(blender, scene, words.frames), words.rounds, folder)
    slowest = figures.pop("gap_ms_p95")
    if words.json:
        print(json.dumps(figures))
    else:
        console = Console()
        console.print(f"{scene.name}, frames {words.frames}, {words.rounds} rounds, two nodes")
        for key, value in figures.items():
            console.print(f"  {key:<16}{value}")
        console.print(f"  {'gap_ms_p95':<16}{slowest}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
