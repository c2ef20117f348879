"""The frames of a range.

Read from text like `1-100x2,150,-5-5`, kept as runs so that a long range costs nothing.
"""

import re
from dataclasses import dataclass
from itertools import pairwise

MAX_INTERLEAVED = 1_000_000  # frames; runs that overlap are sorted one by one, so there is a bound

_RUN = re.compile(r"\s*(-?\d{1,9})(?:-(-?\d{1,9})(?:x(\d{1,9}))?)?\s*")


class BadFrames(ValueError):
    """Text that names no frames; `str()` says why."""


@dataclass(frozen=True, slots=True)
class FrameRuns:
    """Frames in ascending order: runs with a step, none of which reaches into the next one."""

    runs: tuple[range, ...]

    def after(self, frame: int | None) -> int | None:
        """Give the first frame behind `frame`, or the very first one for None.

        None where there is no such frame.
        """
        if frame is None:
            return self.runs[0].start
        for run in self.runs:
            if run[-1] > frame:
                return run.start + max(0, (frame - run.start) // run.step + 1) * run.step
        return None

    def up_to(self, frame: int) -> int | None:
        """Give the last frame that is not behind `frame`, or None."""
        for run in reversed(self.runs):
            if run.start <= frame:
                return min(run[-1], run.start + (frame - run.start) // run.step * run.step)
        return None

    def run_from(self, frame: int) -> range:
        """Give the rest of the run that holds `frame`, beginning with it.

        Raises KeyError where no run does.
        """
        for run in self.runs:
            if frame in run:
                return range(frame, run.stop, run.step)
        raise KeyError(frame)


def parse_frames(text: str) -> FrameRuns:
    """Read `1-100x2,150`. Raises BadFrames."""
    runs = sorted((_parse_run(part) for part in text.split(",")), key=lambda run: run.start)
    if any(left[-1] >= right.start for left, right in pairwise(runs)):
        runs = _separate(runs)
    return FrameRuns(tuple(runs))


def _parse_run(part: str) -> range:
    match = _RUN.fullmatch(part)
    if match is None:
        raise BadFrames(f"{part[:40]!r} is no frame and no range of frames")
    first = int(match[1])
    last = int(match[2]) if match[2] else first
    step = int(match[3]) if match[3] else 1
    if last < first or step < 1:
        raise BadFrames(f"{part[:40]!r} goes backwards")
    return range(first, last + 1, step)


def _separate(runs: list[range]) -> list[range]:
    """Sort the frames of interleaved runs into runs that follow each other."""
    if sum(len(run) for run in runs) > MAX_INTERLEAVED:
        raise BadFrames(f"more than {MAX_INTERLEAVED} frames in ranges that overlap")
    frames = sorted({frame for run in runs for frame in run})
    separate: list[range] = []
    for frame in frames:
        last = separate[-1] if separate else None
        if last is not None and (len(last) == 1 or frame == last[-1] + last.step):
            separate[-1] = range(last.start, frame + 1, frame - last[-1])
        else:
            separate.append(range(frame, frame + 1))
    return separate
