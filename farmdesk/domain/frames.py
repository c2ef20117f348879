"""`FrameSet`: which frames, of a task, a range, a retry; up to ten million without a list of them.

A set is a tuple of runs (`runs.py`) in one canonical form (`run_lists.py`), so that equal sets are
equal tuples. Operations cost what the runs cost, not what the frames cost; taking a few frames out
of a long list of runs touches only its middle.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate

from farmdesk.domain.frame_text import (
    MAX_RUNS,
    FrameProblem,
    FrameSyntax,
    read_runs,
    write_runs,
)
from farmdesk.domain.run_lists import (
    NamedTwice,
    RunLimit,
    canonical,
    combine,
    patch,
    stretches,
    united,
)
from farmdesk.domain.runs import DIFFERENCE, INTERSECTION, UNION, Operation, Run


class FrameSet:
    """An immutable set of frame numbers, in order, positions from 0; `FrameSet()` is empty."""

    __slots__ = ("_count", "_offsets", "_runs")

    def __init__(self) -> None:
        self._runs: tuple[Run, ...] = ()
        self._count = 0
        self._offsets: tuple[int, ...] | None = None  # where each run begins; None: not asked

    @classmethod
    def _of_runs(cls, runs: Sequence[Run], count: int | None = None) -> "FrameSet":
        """Wrap runs that are canonical already."""
        frames = cls()
        frames._runs = tuple(runs)
        frames._count = sum(run.count for run in runs) if count is None else count
        return frames

    @classmethod
    def parse(cls, text: str, *, once: bool = False) -> "FrameSet":
        """Read `1-100x2,150,-5-5`. Raises FrameSyntax when it is not of that form.

        `once`: refuse text that names a frame twice: in a submission that is a slip of the pen.
        """
        try:
            return cls._of_runs(united(read_runs(text), once=once, limit=MAX_RUNS))
        except NamedTwice as error:
            raise FrameSyntax(FrameProblem.OVERLAP, str(error.frame)) from None
        except RunLimit:
            raise FrameSyntax(FrameProblem.SCATTERED) from None

    @classmethod
    def range(cls, start: int, step: int, count: int) -> "FrameSet":
        """Give `count` frames from `start`, `step` apart.

        Raises ValueError for step < 1 or count < 0.
        """
        if step < 1 or count < 0:
            raise ValueError(f"no frame range has step {step} and count {count}")
        return cls._canonical((Run(start, step if count > 1 else 1, count),))

    @classmethod
    def of(cls, frames: Iterable[int]) -> "FrameSet":
        """Give the set of these frame numbers, in any order, doubles counted once."""
        return cls._canonical(stretches(sorted(frames)))

    @classmethod
    def _canonical(cls, runs: Iterable[Run]) -> "FrameSet":
        return cls._of_runs(canonical(runs))

    @property
    def runs(self) -> tuple[Run, ...]:
        """Its runs, ascending and not interleaved."""
        return self._runs

    @property
    def first(self) -> int:
        """The lowest frame. Raises IndexError when empty."""
        return self._runs[0].start

    @property
    def last(self) -> int:
        """The highest frame. Raises IndexError when empty."""
        return self._runs[-1].last

    def __len__(self) -> int:
        return self._count

    def __bool__(self) -> bool:
        return self._count > 0

    def __iter__(self) -> Iterator[int]:
        for run in self._runs:
            yield from run.frames()

    def __contains__(self, frame: object) -> bool:
        return isinstance(frame, int) and self._find(frame) is not None

    def __eq__(self, other: object) -> bool:
        return self._runs == other._runs if isinstance(other, FrameSet) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._runs)

    def __str__(self) -> str:
        return write_runs(self._runs)

    def __deepcopy__(self, memo: object) -> "FrameSet":
        return self  # nothing in it changes, and `asdict` copies whatever it meets

    def __repr__(self) -> str:
        return f"FrameSet({self})"

    def frame_at(self, index: int) -> int:
        """Give the frame at a position from 0. Raises IndexError outside the set."""
        if not 0 <= index < self._count:
            raise IndexError(f"no position {index} in {self._count} frames")
        run, within = self._place(index)
        return run.start + within * run.step

    def index_of(self, frame: int) -> int:
        """Give the position of a frame, from 0. Raises ValueError when it is not in the set."""
        found = self._find(frame)
        if found is None:
            raise ValueError(f"frame {frame} is not in the set")
        return self._positions()[found[0]] + found[1]

    def every(self, start_index: int, step: int, count: int) -> "FrameSet":
        """Give the frames at positions start_index, start_index + step, ... `count` of them.

        Raises IndexError for a position outside the set, ValueError for step < 1 or count < 0.
        """
        if step < 1 or count < 0:
            raise ValueError(f"no positions have step {step} and count {count}")
        if count and not 0 <= start_index <= start_index + step * (count - 1) < self._count:
            raise IndexError(f"{count} positions from {start_index} do not fit in {self._count}")
        return self._canonical(self._runs_at(start_index, step, count))

    def split(self, parts: int) -> "list[FrameSet]":
        """Cut into `parts` contiguous parts whose sizes differ by at most one, the larger first.

        No part is empty: there are fewer parts when there are fewer frames.
        Raises ValueError for parts < 1.
        """
        if parts < 1:
            raise ValueError(f"cannot split into {parts} parts")
        size, larger = divmod(self._count, parts)
        sizes = [size + 1] * larger + [size] * (parts - larger if size else 0)
        starts = accumulate(sizes, initial=0)
        return [self.every(low, 1, count) for low, count in zip(starts, sizes, strict=False)]

    def __or__(self, other: "FrameSet") -> "FrameSet":
        """Frames of either; the set with more runs is the one that is patched."""
        base, patch = (self, other) if len(self._runs) >= len(other._runs) else (other, self)
        return base._patched(patch, UNION)

    def __sub__(self, other: "FrameSet") -> "FrameSet":
        """Frames of this one that are not in the other."""
        return self._patched(other, DIFFERENCE)

    def __and__(self, other: "FrameSet") -> "FrameSet":
        """Frames of both."""
        if not self or not other:
            return FrameSet()
        low, high = max(self.first, other.first), min(self.last, other.last)
        return self._canonical(combine(self._near(low, high), other._near(low, high), INTERSECTION))

    def _patched(self, by: "FrameSet", operation: Operation) -> "FrameSet":
        """Combine with `by`, redoing only the runs that it can change."""
        if not by or not self:
            return self if not by else (by if operation.right else self)
        runs = self._runs
        low, high, fresh = patch(runs, by.runs, operation)
        count = self._count + _total(fresh) - _total(runs[low:high])
        return self._of_runs(runs[:low] + tuple(fresh) + runs[high:], count)

    def _near(self, low: int, high: int) -> tuple[Run, ...]:
        """The runs that reach into the frames `low` to `high`."""
        begin = bisect_left(self._runs, low, key=lambda run: run.last)
        return self._runs[begin : bisect_right(self._runs, high, key=lambda run: run.start)]

    def _find(self, frame: int) -> tuple[int, int] | None:
        """The run that holds a frame, and the frame's position in it."""
        index = bisect_right(self._runs, frame, key=lambda run: run.start) - 1
        within = self._runs[index].position(frame) if index >= 0 else None
        return None if within is None else (index, within)

    def _positions(self) -> tuple[int, ...]:
        if self._offsets is None:
            counts = (run.count for run in self._runs[:-1])
            self._offsets = tuple(accumulate(counts, initial=0))
        return self._offsets

    def _place(self, index: int) -> tuple[Run, int]:
        """The run at a position of the set, and the position in that run."""
        offsets = self._positions()
        at = bisect_right(offsets, index) - 1
        return self._runs[at], index - offsets[at]

    def _runs_at(self, index: int, step: int, count: int) -> Iterator[Run]:
        while count:
            run, within = self._place(index)
            taken = min((run.count - 1 - within) // step + 1, count)
            yield Run(run.start + within * run.step, run.step * step if taken > 1 else 1, taken)
            index += step * taken
            count -= taken


def _total(runs: Iterable[Run]) -> int:
    return sum(run.count for run in runs)
