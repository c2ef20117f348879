"""How good the forecast is, and how fast.

    python -m benchmarks.forecast [--seeds A-B] [--nodes N] [--json]

A simulated day (`benchmarks/day.py`: real RenderControls, the fleet's real plan, frame by
frame) is stopped in mid-flight, after 6, 12 and 18 hours; the forecast is given what the tables
would say then: frames left, mean and deviation of those that are done, slots. Then the day goes
on, without new tasks, and each task's true end is compared. `error`: median of |expected - true| /
true time left. `in_range`: how many ends lay between the 10 and 90 per cent; 0.8 is ideal.
The speed is that of 100 tasks of 5,000 frames on 200 nodes.
"""

import argparse
import json
import random
import statistics
import sys
import time
from collections.abc import Sequence

from benchmarks.day import Day, Task, make_day
from benchmarks.schedule import seeds_of
from farmdesk.dispatch.flow import Outlook
from farmdesk.dispatch.forecast import Span, forecast
from farmdesk.dispatch.outlooks import outlook_of
from farmdesk.dispatch.shares import by_weight
from farmdesk.domain.rows import Pace

HOURS = (6, 12, 18)
LOAD = 0.9  # of the farm, by the day's tasks


class StoppedDay(Day):
    """A day that says at one moment what is left of its tasks."""

    def stop_at(self, time_s: float) -> None:
        """Look at all tasks at this time; `outlooks` has them after `play`."""
        self.outlooks: list[Outlook] = []
        self._at(time_s, self._look)

    def _look(self) -> None:
        for number, control in self._controls.items():
            task = self._tasks[number]
            done = [s for frame, s in enumerate(task.work) if control.is_done(frame)]
            pace = Pace(
                number,
                len(done),
                statistics.fmean(done) if done else 0.0,
                statistics.pstdev(done) if done else 0.0,
                task.load_s if done else None,
            )
            self.outlooks.append(
                outlook_of(
                    number,
                    priority=task.priority,
                    position=number,
                    left=len(task.work) - len(done),
                    held=len(control.slots),
                    pace=pace,
                    typical_s=45.0,
                )
            )


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, and print a table or one JSON line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=_Plain)
    parser.add_argument("--seeds", default="0-4", type=seeds_of, help="like 0-4")
    parser.add_argument("--nodes", default=30, type=int)
    parser.add_argument("--json", action="store_true")
    words = parser.parse_args(arguments)
    report = measure(words.seeds, words.nodes)
    if words.json:
        print(json.dumps(report))
    else:
        for name, value in report.items():
            print(f"{name:<12} {value:8.3f}")
    return 0


def measure(seeds: Sequence[int], nodes: int) -> dict[str, float]:
    """Give the figures."""
    errors: list[float] = []
    inside: list[bool] = []
    for seed in seeds:
        for hour in HOURS:
            for span, left_s in compare(make_day(seed, nodes, LOAD), nodes, hour * 3600.0):
                errors.append(abs(span.expected_s - left_s) / left_s)
                inside.append(span.low_s <= left_s <= span.high_s)
    return {
        "tasks": len(errors),
        "error": statistics.median(errors),
        "error_p90": statistics.quantiles(errors, n=10)[-1],
        "in_range": sum(inside) / len(inside),
        "seconds": seconds(),
    }


def compare(tasks: Sequence[Task], nodes: int, stop_s: float) -> list[tuple[Span, float]]:
    """Give each unfinished task's forecast at `stop_s` and the seconds that it truly took."""
    day = StoppedDay([task for task in tasks if task.arrival_s < stop_s], nodes, by_weight)
    day.stop_at(stop_s)
    ends = day.play()
    spans = forecast(day.outlooks, nodes)
    return [(span, ends[number] - stop_s) for number, span in spans.items()]


def seconds() -> float:
    """Give the seconds of a forecast of 100 tasks x 5,000 frames on 200 nodes."""
    draw = random.Random(1)
    farm = [
        Outlook(
            task_id=number,
            priority=draw.randint(0, 9),
            position=number,
            frames=5000 * draw.random(),
            frame_s=draw.uniform(5, 60),
            spread=0.2,
            load_s=draw.uniform(10, 120),
        )
        for number in range(100)
    ]
    begun = time.perf_counter()
    forecast(farm, 200)
    return time.perf_counter() - begun


class _Plain(argparse.RawDescriptionHelpFormatter):
    """Keeps the lines of the module's text."""


if __name__ == "__main__":
    sys.exit(main())
